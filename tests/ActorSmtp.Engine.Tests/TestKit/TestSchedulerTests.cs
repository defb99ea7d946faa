using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;

namespace ActorSmtp.Engine.Tests;

/// <summary>A clock that a test moves.</summary>
public sealed class TestSchedulerTests : PatientTestKit
{
    public TestSchedulerTests()
        : base(ConfigurationFactory.ParseString(
            $"akka.scheduler.implementation = \"{typeof(TestScheduler).AssemblyQualifiedName}\""))
    {
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void A_message_is_sent_when_its_time_has_come_and_not_before()
    {
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMinutes(5), TestActor, "x", ActorRefs.NoSender);

        Scheduler.Advance(TimeSpan.FromMinutes(4));
        ExpectNoMsg(100);

        Scheduler.Advance(TimeSpan.FromMinutes(1));
        ExpectMsg("x");
    }

    [Fact]
    public void What_is_due_is_sent_in_the_order_of_time()
    {
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMinutes(2), TestActor, "second", ActorRefs.NoSender);
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMinutes(1), TestActor, "first", ActorRefs.NoSender);

        Scheduler.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(["first", "second"], ReceiveN(2));
    }

    [Fact]
    public void A_repeated_message_is_sent_once_an_advance_however_large()
    {
        Sys.Scheduler.ScheduleTellRepeatedly(
            TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TestActor, "t", ActorRefs.NoSender);

        Scheduler.Advance(TimeSpan.FromSeconds(10));
        ExpectMsg("t");
        ExpectNoMsg(100);

        Scheduler.Advance(TimeSpan.FromSeconds(1));
        ExpectMsg("t");
    }

    [Fact]
    public void A_cancelled_message_is_not_sent()
    {
        var timer = Sys.Scheduler.ScheduleTellOnceCancelable(TimeSpan.FromSeconds(1), TestActor, "x", ActorRefs.NoSender);

        timer.Cancel();
        Scheduler.Advance(TimeSpan.FromSeconds(2));

        ExpectNoMsg(100);
    }

    [Fact]
    public void The_clock_can_be_moved_to_a_moment()
    {
        var begin = Scheduler.Now;

        Scheduler.AdvanceTo(begin.AddSeconds(5));

        Assert.Equal(begin.AddSeconds(5), Scheduler.Now);
    }

    [Fact]
    public void The_clock_does_not_go_back()
    {
        var begin = Scheduler.Now;
        Scheduler.Advance(TimeSpan.FromSeconds(5));

        Assert.Throws<InvalidOperationException>(() => Scheduler.AdvanceTo(begin));
    }

    [Fact]
    public void A_state_machines_timeout_comes_with_the_clock()
    {
        Sys.ActorOf(Props.Create(() => new Waiter(TestActor)));
        ExpectMsg("up");

        Scheduler.Advance(TimeSpan.FromMinutes(5));

        ExpectMsg("timeout");
    }

    private sealed class Waiter : FSM<string, int>
    {
        public Waiter(IActorRef test)
        {
            StartWith("waiting", 0);
            When(
                "waiting",
                e =>
                {
                    if (e.FsmEvent is not StateTimeout)
                        return null;
                    test.Tell("timeout");
                    return GoTo("done");
                },
                TimeSpan.FromMinutes(5));
            When("done", _ => Stay());
            Initialize();
            test.Tell("up");
        }
    }
}
