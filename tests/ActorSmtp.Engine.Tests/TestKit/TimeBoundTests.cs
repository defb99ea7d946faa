using Akka.Actor;
using Xunit.Sdk;

namespace ActorSmtp.Engine.Tests;

/// <summary>Blocks that must end in time, and things that must come true in time.</summary>
public sealed class TimeBoundTests : PatientTestKit
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void Within_passes_a_quick_block() => Within(TimeSpan.FromSeconds(30), () =>
    {
        TestActor.Tell(1);
        ExpectMsg(1);
    });

    [Fact]
    public void Within_tells_the_block_what_is_left() =>
        Within(TimeSpan.FromSeconds(30), () => Assert.InRange(Remaining, TimeSpan.Zero, TimeSpan.FromSeconds(30)));

    [Fact]
    public void Within_fails_a_block_that_takes_too_long() =>
        Assert.ThrowsAny<XunitException>(() => Within(s_short, () => LetPass(TimeSpan.FromMilliseconds(400))));

    [Fact]
    public void Within_fails_a_block_that_is_too_quick() =>
        Assert.ThrowsAny<XunitException>(() => Within(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), () => { }));

    [Fact]
    public void Within_shortens_the_default_of_expectations_inside()
    {
        var begin = System.Diagnostics.Stopwatch.StartNew();

        Assert.ThrowsAny<XunitException>(() => Within(s_short, () => ExpectMsg<int>()));

        Assert.InRange(begin.Elapsed, TimeSpan.Zero, TestKitSettings.SingleExpectDefault / 2);
    }

    [Fact]
    public void Remaining_is_an_error_outside_of_Within() => Assert.Throws<InvalidOperationException>(() => Remaining);

    [Fact]
    public void Within_gives_what_the_function_gives() => Assert.Equal(7, Within(TimeSpan.FromSeconds(30), () => 7));

    [Fact]
    public Task Within_can_be_awaited() => WithinAsync(TimeSpan.FromSeconds(30), async () => await ExpectNoMsgAsync(10));

    [Fact]
    public Task Within_gives_up_a_task_that_never_ends() =>
        Assert.ThrowsAnyAsync<XunitException>(() => WithinAsync(s_short, () => new TaskCompletionSource().Task));

    [Fact]
    public void AwaitAssert_tries_until_nothing_is_thrown()
    {
        var tries = 0;

        AwaitAssert(() => Assert.Equal(3, ++tries));

        Assert.Equal(3, tries);
    }

    [Fact]
    public void AwaitAssert_throws_the_last_error_when_the_time_is_over() =>
        Assert.Throws<FormatException>(
            () => AwaitAssert(() => throw new FormatException(), s_short, TimeSpan.FromMilliseconds(20)));

    [Fact]
    public async Task AwaitAssert_can_be_awaited()
    {
        var tries = 0;

        await AwaitAssertAsync(() => Assert.Equal(2, ++tries));

        Assert.Equal(2, tries);
    }

    [Fact]
    public void AwaitCondition_looks_until_it_holds()
    {
        var looks = 0;

        AwaitCondition(() => ++looks == 3);

        Assert.Equal(3, looks);
    }

    [Fact]
    public void AwaitCondition_fails_when_the_time_is_over() =>
        Assert.ThrowsAny<XunitException>(() => AwaitCondition(() => false, s_short));

    [Fact]
    public void AwaitConditionNoThrow_says_false_when_the_time_is_over() =>
        Assert.False(AwaitConditionNoThrow(() => false, s_short));

    private void LetPass(TimeSpan time) => AwaitConditionNoThrow(() => false, time);
}
