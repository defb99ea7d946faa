using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>State timeouts and named timers, in real time.</summary>
public sealed class FsmTimerTests : PatientTestKit
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(30);

    [Fact]
    public void A_state_lasts_as_long_as_it_says()
    {
        Sys.ActorOf(Timed(s_soon, _ => null));

        ExpectMsg("timeout");
    }

    [Fact]
    public void ForMax_sets_the_time_of_one_stay()
    {
        var machine = Sys.ActorOf(Timed(null, m => m.Stay().ForMax(s_soon)));

        machine.Tell("event");

        ExpectMsg("timeout");
        ExpectNoMsg(s_soon * 4);
    }

    [Fact]
    public void A_timeout_that_is_queued_when_an_event_is_handled_is_no_event_any_more()
    {
        var gate = new Gate();
        var machine = Sys.ActorOf(Machine.Of(m =>
        {
            m.When(Light.Red, e => e.FsmEvent switch
            {
                "hold" => m.Do(gate.Pass),
                "go" => m.GoTo(Light.Green),
                _ => m.Stay().Replying("too early"),
            });
            m.When(Light.Green, e => e.FsmEvent is FSMBase.StateTimeout ? m.Do(() => TestActor.Tell("stale")) : m.Stay().Replying(e.FsmEvent));
        }));
        machine.Tell("hold");
        gate.AwaitArrival();
        machine.Tell("go");
        gate.Open();

        machine.Tell("last");

        ExpectMsg("last");
    }

    [Fact]
    public void A_single_timer_is_not_active_when_its_event_is_handled()
    {
        Sys.ActorOf(WithTimer(repeat: false)).Tell("set");

        ExpectMsg(("tick", false));
        ExpectNoMsg(s_soon * 4);
    }

    [Fact]
    public void A_repeating_timer_stays_active_until_it_is_cancelled()
    {
        var machine = Sys.ActorOf(WithTimer(repeat: true));
        machine.Tell("set");
        ExpectMsg(("tick", true));
        ExpectMsg(("tick", true));

        machine.Tell("cancel");

        FishForMessage(m => m is "cancelled");
        ExpectNoMsg(s_soon * 4);
    }

    [Fact]
    public void A_firing_that_is_queued_is_dropped_when_its_timer_is_set_anew()
    {
        var to = TestActor;
        Sys.ActorOf(Machine.Of(m => m.When(Light.Red, e =>
        {
            if (e.FsmEvent is not "set")
            {
                to.Tell(e.FsmEvent);
                return m.Stay();
            }

            m.SetTimer("name", "first", TimeSpan.FromMilliseconds(10));
            using var later = new ManualResetEventSlim();
            Sys.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(100), later.Set);
            Assert.True(later.Wait(TimeSpan.FromSeconds(30)));
            m.SetTimer("name", "second", s_soon);
            return m.Stay();
        }))).Tell("set");

        ExpectMsg("second");
    }

    [Fact]
    public void Several_timers_run_side_by_side()
    {
        var to = TestActor;
        Sys.ActorOf(Machine.Of(m => m.When(Light.Red, e =>
        {
            if (e.FsmEvent is "set")
            {
                m.SetTimer("one", 1, s_soon);
                m.SetTimer("two", 2, s_soon * 2);
                m.SetTimer("three", 3, s_soon * 3);
                m.CancelTimer("two");
            }
            else
            {
                to.Tell(e.FsmEvent);
            }

            return m.Stay();
        }))).Tell("set");

        ExpectMsg(1);
        ExpectMsg(3);
    }

    /// <summary>Tells "timeout" once and then lasts for ever.</summary>
    private Props Timed(TimeSpan? time, Func<Machine, FSMBase.State<Light, int>?> onEvent)
    {
        var to = TestActor;
        return Machine.Of(m =>
        {
            m.When(Light.Red, e =>
            {
                if (e.FsmEvent is not FSMBase.StateTimeout)
                {
                    return onEvent(m);
                }

                to.Tell("timeout");
                return m.GoTo(Light.Green);
            }, time);
            m.When(Light.Green, _ => m.Stay());
        });
    }

    private Props WithTimer(bool repeat)
    {
        var to = TestActor;
        return Machine.Of(m => m.When(Light.Red, e =>
        {
            switch (e.FsmEvent)
            {
                case "set":
                    m.SetTimer("name", "tick", s_soon, repeat);
                    break;
                case "cancel":
                    m.CancelTimer("name");
                    to.Tell("cancelled");
                    break;
                case string tick:
                    to.Tell((tick, m.IsTimerActive("name")));
                    break;
            }

            return m.Stay();
        }));
    }
}
