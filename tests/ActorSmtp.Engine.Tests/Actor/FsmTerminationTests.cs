using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>How machines end, and who is told.</summary>
public sealed class FsmTerminationTests : PatientTestKit
{
    [Fact]
    public void Stop_ends_the_machine_and_says_so_once()
    {
        var machine = Sys.ActorOf(Stopping(m => m.Stop()));
        Watch(machine);

        machine.Tell("end");

        ExpectMsg("Normal Red 0");
        ExpectTerminated(machine);
        ExpectNoMsg(100);
    }

    [Fact]
    public void Stop_may_give_last_data()
    {
        Sys.ActorOf(Stopping(m => m.Stop(FSMBase.Normal.Instance, 42))).Tell("end");

        ExpectMsg("Normal Red 42");
    }

    [Fact]
    public void Stop_may_answer_first()
    {
        Sys.ActorOf(Stopping(m => m.Stop().Replying("bye"))).Tell("end");

        ExpectMsg("bye");
        ExpectMsg("Normal Red 0");
    }

    [Fact]
    public void Stop_for_a_failure_is_logged_as_an_error()
    {
        var machine = Sys.ActorOf(Stopping(m => m.Stop(new FSMBase.Failure("why"))));

        EventFilter.Error(message: "why").ExpectOne(() => machine.Tell("end"));

        ExpectMsg("Failure Red 0");
    }

    [Fact]
    public void A_stop_from_outside_is_a_shutdown()
    {
        var machine = Sys.ActorOf(Stopping(m => m.Stay().Replying("there")));
        machine.Tell("there?");
        ExpectMsg("there");

        Sys.Stop(machine);

        ExpectMsg("Shutdown Red 0");
    }

    [Fact]
    public void A_restart_is_a_shutdown_and_a_fresh_start()
    {
        var machine = Sys.ActorOf(Stopping(m => m.StateData == 0 ? m.Stay().Using(1).Replying("one") : throw new Boom()));
        machine.Tell("first");
        ExpectMsg("one");

        EventFilter.Exception<Boom>().ExpectOne(() => machine.Tell("second"));

        ExpectMsg("Shutdown Red 1");
        machine.Tell("third");
        ExpectMsg("one");
    }

    [Fact]
    public void Going_to_a_state_that_is_not_there_ends_the_machine_but_not_the_actor()
    {
        var machine = Sys.ActorOf(Stopping(m => m.GoTo(Light.Unknown)));
        Watch(machine);

        EventFilter.Error(start: "Next state Unknown does not exist").ExpectOne(() => machine.Tell("end"));

        ExpectMsg("Failure Red 0");
        ExpectNoMsg(100);
    }

    private Props Stopping(Func<Machine, FSMBase.State<Light, int>> onEvent)
    {
        var to = TestActor;
        return Machine.Of(m =>
        {
            m.When(Light.Red, _ => onEvent(m));
            m.OnTermination(e => to.Tell($"{e.Reason.GetType().Name} {e.TerminatedState} {e.StateData}"));
        });
    }
}
