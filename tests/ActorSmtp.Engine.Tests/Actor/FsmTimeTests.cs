using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>How long a state lasts, by a clock that the test moves: a busy machine is never late here.</summary>
public sealed class FsmTimeTests : PatientTestKit
{
    public FsmTimeTests()
        : base(ConfigurationFactory.ParseString($"akka.scheduler.implementation = \"{typeof(TestScheduler).AssemblyQualifiedName}\""))
    {
    }

    [Fact]
    public void Each_event_begins_the_time_of_a_state_anew()
    {
        var machine = Sys.ActorOf(Timed(m => m.Stay()));
        Handle(machine, "event");

        Pass(minutes: 4);
        Handle(machine, "event");
        Pass(minutes: 4);
        NothingTold(machine);
        Pass(minutes: 1);

        ExpectMsg("timeout");
    }

    [Fact]
    public void ForMax_with_MaxValue_lifts_the_time_of_the_state()
    {
        var machine = Sys.ActorOf(Timed(m => m.Stay().ForMax(TimeSpan.MaxValue)));

        Handle(machine, "event");
        Pass(minutes: 50);

        NothingTold(machine);
    }

    private void Handle(IActorRef machine, object what)
    {
        machine.Tell(what);
        NothingTold(machine);
    }

    /// <summary>What was told before has been handled, and it told nothing.</summary>
    private void NothingTold(IActorRef machine)
    {
        machine.Tell(new Identify(null));
        ExpectMsg<ActorIdentity>();
    }

    private void Pass(int minutes) => ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromMinutes(minutes));

    /// <summary>Five minutes in its state; tells "timeout" once and then lasts for ever.</summary>
    private Props Timed(Func<Machine, FSMBase.State<Light, int>?> onEvent)
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
            }, TimeSpan.FromMinutes(5));
            m.When(Light.Green, _ => m.Stay());
        });
    }
}
