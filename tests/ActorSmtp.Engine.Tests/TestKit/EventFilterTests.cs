using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit.TestActors;
using Xunit.Sdk;

namespace ActorSmtp.Engine.Tests;

/// <summary>Expectations on what is logged.</summary>
public sealed class EventFilterTests : PatientTestKit
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(200);

    [Fact]
    public void The_count_expected_passes() => EventFilter.Warning("w").Expect(2, () =>
    {
        Log.Warning("w");
        Log.Warning("w");
    });

    [Fact]
    public void One_too_many_fails() => Assert.ThrowsAny<XunitException>(() => EventFilter.Warning("w").Expect(1, s_short, () =>
    {
        Log.Warning("w");
        Logged("w");
    }));

    [Fact]
    public void Too_few_fail() =>
        Assert.ThrowsAny<XunitException>(() => EventFilter.Warning("nope").ExpectOne(s_short, () => { }));

    [Fact]
    public void None_expected_passes_when_only_others_come() =>
        EventFilter.Warning("zz").Expect(0, s_short, () => Log.Warning("other"));

    [Fact]
    public void None_expected_fails_when_one_comes() =>
        Assert.ThrowsAny<XunitException>(() => EventFilter.Warning("zz").Expect(0, s_short, () => Logged("zz")));

    [Fact]
    public void The_beginning_of_the_text_can_be_told() => EventFilter.Warning(start: "ab").ExpectOne(() => Log.Warning("abc"));

    [Fact]
    public void A_part_of_the_text_can_be_told() => EventFilter.Warning(contains: "bc").ExpectOne(() => Log.Warning("abcd"));

    [Fact]
    public void A_pattern_of_the_text_can_be_told() =>
        EventFilter.Warning(new Regex("^a.c$")).ExpectOne(() => Log.Warning("axc"));

    [Fact]
    public void The_source_can_be_told()
    {
        var source = Sys.ActorOf(Props.Create(() => new Complainer()), "complainer");

        EventFilter.Warning("c", source: source.Path.ToString()).ExpectOne(() => source.Tell("c"));
    }

    [Fact]
    public void An_exception_is_told_by_its_type_and_subtypes_fit() =>
        EventFilter.Exception<ArgumentException>().ExpectOne(() => Log.Error(new ArgumentNullException("x"), "failed"));

    [Fact]
    public void A_dead_letter_is_told_by_its_type()
    {
        var actor = Sys.ActorOf(BlackHoleActor.Props);
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);

        EventFilter.DeadLetter<string>().ExpectOne(() => actor.Tell("dl"));
    }

    [Fact]
    public void A_predicate_can_be_told() =>
        EventFilter.Custom(e => e is Warning && e.Message.ToString() == "cust").ExpectOne(() => Log.Warning("cust"));

    [Fact]
    public void Filters_joined_by_And_are_counted_together() => EventFilter.Warning("a").And.Warning("b").Expect(2, () =>
    {
        Log.Warning("a");
        Log.Warning("b");
    });

    [Fact]
    public void The_result_of_the_function_is_given() => Assert.Equal(5, EventFilter.Warning("w").ExpectOne(() =>
    {
        Log.Warning("w");
        return 5;
    }));

    [Fact]
    public void The_error_of_the_action_comes_out() =>
        Assert.Throws<FormatException>(() => EventFilter.Warning("w").ExpectOne(() => throw new FormatException()));

    [Fact]
    public Task An_expectation_can_be_awaited() => EventFilter.Warning("w").ExpectOneAsync(() =>
    {
        Log.Warning("w");
        return Task.CompletedTask;
    });

    [Fact]
    public void A_muted_event_is_not_seen_by_a_later_filter()
    {
        using (EventFilter.Warning("w").Mute())
            Assert.ThrowsAny<XunitException>(() => EventFilter.Warning("w").ExpectOne(s_short, () => Logged("w")));

        EventFilter.Warning("w").ExpectOne(() => Log.Warning("w"));
    }

    /// <summary>Comes back when the listener has seen it.</summary>
    private void Logged(string warning) => EventFilter.Info("the listener is this far").ExpectOne(() =>
    {
        Log.Warning(warning);
        Log.Info("the listener is this far");
    });

    private sealed class Complainer : UntypedActor
    {
        private readonly ILoggingAdapter _log = Context.GetLogger();

        protected override void OnReceive(object message) => _log.Warning(message.ToString());
    }
}
