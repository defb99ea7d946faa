using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Messages and actions later, in real time.</summary>
public sealed class SchedulerTests : PatientTestKit
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(2);              // not before the next line, on a busy machine either

    [Fact]
    public void A_message_is_told_after_its_delay_and_never_before()
    {
        var delay = TimeSpan.FromMilliseconds(80);
        var start = Sys.Scheduler.HighResMonotonicClock;

        Sys.Scheduler.ScheduleTellOnce(delay, TestActor, "due", ActorRefs.NoSender);

        ExpectMsg("due");
        Assert.True(Sys.Scheduler.HighResMonotonicClock - start >= delay);
    }

    [Fact]
    public void What_is_cancelled_is_not_told()
    {
        var cancelable = Sys.Scheduler.ScheduleTellOnceCancelable(s_late, TestActor, "cancelled", ActorRefs.NoSender);
        cancelable.Cancel();
        Sys.Scheduler.ScheduleTellOnce(s_late + s_soon, TestActor, "due", ActorRefs.NoSender);

        Assert.True(cancelable.IsCancellationRequested);
        ExpectMsg("due");
    }

    [Fact]
    public void What_repeats_repeats_until_it_is_cancelled()
    {
        var cancelable = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, s_soon, TestActor, "tick", ActorRefs.NoSender);
        ExpectMsg("tick");
        ExpectMsg("tick");

        cancelable.Cancel();

        Sys.Scheduler.ScheduleTellOnce(s_soon * 2, TestActor, "last", ActorRefs.NoSender);      // behind a tick that was on its way
        FishForMessage(m => m is "last");
        ExpectNoMsg(s_soon * 4);
    }

    [Fact]
    public void Cancelling_through_a_Cancelable_given_works_as_well()
    {
        var cancelable = new Cancelable(Sys.Scheduler);
        Sys.Scheduler.ScheduleTellOnce(s_late, TestActor, "cancelled", ActorRefs.NoSender, cancelable);

        cancelable.Cancel();

        Sys.Scheduler.ScheduleTellOnce(s_late + s_soon, TestActor, "due", ActorRefs.NoSender);
        ExpectMsg("due");
    }

    [Fact]
    public void A_negative_delay_is_refused() =>
        Assert.ThrowsAny<ArgumentException>(() => Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(-1), TestActor, "x", ActorRefs.NoSender));
}
