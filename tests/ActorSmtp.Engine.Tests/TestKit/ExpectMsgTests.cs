using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit.Sdk;

namespace ActorSmtp.Engine.Tests;

/// <summary>Expectations on the next message and on several.</summary>
public sealed class ExpectMsgTests : PatientTestKit
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void By_type_gives_the_message()
    {
        TestActor.Tell(1);

        Assert.Equal(1, ExpectMsg<int>());
    }

    [Fact]
    public void By_value_gives_the_message()
    {
        TestActor.Tell("a");

        Assert.Equal("a", ExpectMsg("a"));
    }

    [Fact]
    public void By_predicate_gives_the_message()
    {
        TestActor.Tell(3);

        Assert.Equal(3, ExpectMsg<int>(i => i == 3));
    }

    [Fact]
    public void By_assertions_gives_the_message()
    {
        TestActor.Tell(4);

        Assert.Equal(4, ExpectMsg<int>(i => { Assert.Equal(4, i); }));
    }

    [Fact]
    public void By_predicate_on_message_and_sender_sees_both()
    {
        TestActor.Tell(5);

        ExpectMsg<int>((i, sender) => i == 5 && sender.Equals(TestActor));
    }

    [Fact]
    public void By_assertions_on_message_and_sender_sees_both()
    {
        TestActor.Tell(6);

        ExpectMsg<int>((i, sender) =>
        {
            Assert.Equal(6, i);
            Assert.Equal(TestActor, sender);
        });
    }

    [Fact]
    public void By_comparer_takes_what_the_comparer_calls_equal()
    {
        TestActor.Tell("ABC");

        ExpectMsg("abc", (expected, actual) => string.Equals(expected, actual, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void From_a_sender_refuses_another_sender()
    {
        var probe = CreateTestProbe();
        probe.Send(TestActor, "x");
        probe.Send(TestActor, "x");

        ExpectMsgFrom<string>(probe.Ref);
        Assert.ThrowsAny<XunitException>(() => ExpectMsgFrom(TestActor, "x"));
    }

    [Fact]
    public void Wrong_type_fails()
    {
        TestActor.Tell(1);

        Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>(s_short));
    }

    [Fact]
    public void Wrong_value_fails()
    {
        TestActor.Tell(1);

        Assert.ThrowsAny<XunitException>(() => ExpectMsg(2, s_short));
    }

    [Fact]
    public void A_predicate_that_does_not_hold_fails()
    {
        TestActor.Tell(1);

        Assert.ThrowsAny<XunitException>(() => ExpectMsg<int>(i => i == 2));
    }

    [Fact]
    public void Silence_fails_and_says_what_was_waited_for()
    {
        var failure = Assert.ThrowsAny<XunitException>(() => ExpectMsg<int>(s_short));

        Assert.Contains("System.Int32", failure.Message);
    }

    [Fact]
    public void A_failed_expectation_has_taken_the_message()
    {
        TestActor.Tell(1);

        Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>(s_short));
        Assert.False(HasMessages);
    }

    [Fact]
    public void No_message_fails_if_something_arrives()
    {
        TestActor.Tell(1);

        Assert.ThrowsAny<XunitException>(() => ExpectNoMsg(100));
    }

    [Fact]
    public void No_message_passes_in_silence() => ExpectNoMsg(TimeSpan.FromMilliseconds(50));

    [Fact]
    public void All_of_takes_them_in_any_order()
    {
        TestActor.Tell("b");
        TestActor.Tell("a");

        Assert.Equal(["b", "a"], ExpectMsgAllOf("a", "b"));
    }

    [Fact]
    public void All_of_fails_when_another_comes()
    {
        TestActor.Tell("a");
        TestActor.Tell("c");

        Assert.ThrowsAny<XunitException>(() => ExpectMsgAllOf("a", "b"));
    }

    [Fact]
    public void All_of_matching_predicates_takes_them_in_any_order()
    {
        TestActor.Tell("b");
        TestActor.Tell(1);

        ExpectMsgAllOfMatchingPredicates(
            new Predicate<int>(i => i == 1).CreatePredicateInfo(), new Predicate<string>(s => s == "b").CreatePredicateInfo());
    }

    [Fact]
    public void Any_of_gives_the_one_that_came()
    {
        TestActor.Tell("b");

        Assert.Equal("b", ExpectMsgAnyOf(["a", "b"]));
    }

    [Fact]
    public void Any_of_fails_when_none_of_them_came()
    {
        TestActor.Tell("c");

        Assert.ThrowsAny<XunitException>(() => ExpectMsgAnyOf(["a", "b"]));
    }

    [Fact]
    public void Ignored_messages_are_not_kept_until_nothing_is_ignored()
    {
        IgnoreMessages(m => m is int);
        TestActor.Tell(1);
        TestActor.Tell("a");
        ExpectMsg("a");

        IgnoreNoMessages();
        TestActor.Tell(2);
        ExpectMsg(2);
    }

    [Fact]
    public async Task Awaiting_waits_for_a_message_that_comes_later()
    {
        var message = ExpectMsgAsync<int>();
        Assert.False(message.IsCompleted);

        TestActor.Tell(1);

        Assert.Equal(1, await message);
    }

    [Fact]
    public async Task Awaiting_no_message_passes_in_silence() => await ExpectNoMsgAsync(50);

    [Fact]
    public async Task Awaiting_silence_fails() =>
        await Assert.ThrowsAnyAsync<XunitException>(async () => await ExpectMsgAsync<int>(s_short));

    [Fact]
    public void The_system_is_called_test() => Assert.Equal("test", Sys.Name);
}

/// <summary>What the kit is where nothing is set.</summary>
public sealed class ExpectMsgDefaultsTests : TestKit
{
    [Fact]
    public void Durations_have_the_defaults_the_documentation_gives()
    {
        Assert.Equal(TimeSpan.FromSeconds(3), TestKitSettings.SingleExpectDefault);
        Assert.Equal(TimeSpan.FromSeconds(3), TestKitSettings.TestEventFilterLeeway);
        Assert.Equal(TimeSpan.FromSeconds(5), TestKitSettings.DefaultTimeout);
    }
}
