using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Messages actors send themselves later; and the receive timeout.</summary>
public sealed class TimersTests : PatientTestKit
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(30);

    [Fact]
    public void A_single_timer_fires_once_and_is_not_active_when_it_does()
    {
        var actor = Timed((message, timers, to) =>
        {
            if (message is "start")
            {
                timers.StartSingleTimer("key", "fired", s_soon);
            }

            to.Tell((message, timers.IsTimerActive("key")));
        });

        actor.Tell("start");

        ExpectMsg(((object)"start", true));
        ExpectMsg(((object)"fired", false));
        ExpectNoMsg(100);
    }

    [Fact]
    public void A_firing_that_is_queued_is_dropped_when_its_timer_is_set_anew()
    {
        Holding((timers, _) => timers.StartSingleTimer("key", "second", s_soon)).Tell("start");

        ExpectMsg("second");
    }

    [Fact]
    public void A_firing_that_is_queued_is_dropped_when_its_timer_is_cancelled()
    {
        Holding((timers, self) =>
        {
            timers.Cancel("key");
            self.Tell("last", ActorRefs.NoSender);
        }).Tell("start");

        ExpectMsg("last");
    }

    [Fact]
    public void A_firing_that_is_queued_is_dropped_when_its_actor_is_restarted()
    {
        EventFilter.Exception<Boom>().ExpectOne(() => Holding((_, self) =>
        {
            self.Tell("last", ActorRefs.NoSender);
            throw new Boom();
        }).Tell("start"));

        ExpectMsg("last");
    }

    [Fact]
    public void A_periodic_timer_repeats_until_it_is_cancelled()
    {
        var actor = Timed((message, timers, to) =>
        {
            switch (message)
            {
                case "start":
                    timers.StartPeriodicTimer("key", "tick", s_soon);
                    break;
                case "cancel":
                    timers.Cancel("key");
                    to.Tell("cancelled");
                    break;
                default:
                    to.Tell(message);
                    break;
            }
        });
        actor.Tell("start");
        ExpectMsg("tick");
        ExpectMsg("tick");

        actor.Tell("cancel");

        FishForMessage(m => m is "cancelled");
        ExpectNoMsg(100);
    }

    [Fact]
    public void A_timer_may_send_PoisonPill()
    {
        var actor = Timed((_, timers, _) => timers.StartSingleTimer("key", PoisonPill.Instance, s_soon));
        Watch(actor);

        actor.Tell("start");

        ExpectTerminated(actor);
    }

    [Fact]
    public void A_timers_message_comes_from_nobody()
    {
        Sys.ActorOf(Props.Create(() => new SaysWhoSent(TestActor))).Tell("start");

        ExpectMsg(Sys.DeadLetters);
    }

    [Fact]
    public void The_receive_timeout_repeats_until_it_is_taken_back()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Impatient(TestActor)));
        actor.Tell(s_soon);
        ExpectMsg("timeout");
        ExpectMsg("timeout");

        actor.Tell("off");

        FishForMessage(m => m is "off");
        ExpectNoMsg(100);
    }

    [Fact]
    public void Messages_put_the_receive_timeout_off_unless_they_are_marked()
    {
        var patience = TimeSpan.FromSeconds(2);                     // much longer than a busy machine keeps a thread waiting
        var actor = Sys.ActorOf(Props.Create(() => new Impatient(TestActor)));
        actor.Tell(patience);
        var ordinary = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, patience / 40, actor, "message", ActorRefs.NoSender);
        ExpectNoMsg(patience * 1.5);

        ordinary.Cancel();
        var marked = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, patience / 40, actor, new Quiet(), ActorRefs.NoSender);

        ExpectMsg("timeout");
        marked.Cancel();
    }

    private IActorRef Holding(Action<ITimerScheduler, IActorRef> then) =>
        Sys.ActorOf(Props.Create(() => new HoldsWhileItFires(TestActor, then)));

    private IActorRef Timed(Action<object, ITimerScheduler, IActorRef> behaviour) =>
        Sys.ActorOf(Props.Create(() => new Timing(TestActor, behaviour)));

    private sealed class Quiet : INotInfluenceReceiveTimeout;

    private sealed class Timing(IActorRef to, Action<object, ITimerScheduler, IActorRef> behaviour) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message) => behaviour(message, Timers, to);
    }

    /// <summary>Sets a timer and does not end its message before the firing is queued; then does what the test wants.</summary>
    private sealed class HoldsWhileItFires(IActorRef to, Action<ITimerScheduler, IActorRef> then) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            if (message is not "start")
            {
                to.Tell(message);
                return;
            }

            Timers.StartSingleTimer("key", "first", TimeSpan.FromMilliseconds(10));
            using var later = new ManualResetEventSlim();
            Context.System.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(100), later.Set);
            Assert.True(later.Wait(TimeSpan.FromSeconds(30)));
            then(Timers, Self);
        }
    }

    private sealed class SaysWhoSent(IActorRef to) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            if (message is "start")
            {
                Timers.StartSingleTimer("key", "fired", s_soon);
            }
            else
            {
                to.Tell(Sender);
            }
        }
    }

    private sealed class Impatient(IActorRef to) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case TimeSpan patience:
                    Context.SetReceiveTimeout(patience);
                    break;
                case "off":
                    Context.SetReceiveTimeout(null);
                    to.Tell("off");
                    break;
                case ReceiveTimeout:
                    to.Tell("timeout");
                    break;
            }
        }
    }
}
