using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Handlers that await: nothing else is handled meanwhile, but the actor can be stopped.</summary>
public sealed class ReceiveAsyncTests : PatientTestKit
{
    private readonly TaskCompletionSource _awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public void The_next_message_waits_until_the_handler_has_ended()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(TestActor, _awaited.Task)));
        actor.Tell("a");
        actor.Tell(1);
        actor.Tell("b");
        ExpectMsg("begin a");

        _awaited.SetResult();

        ExpectMsg("end a");
        ExpectMsg(1);
        ExpectMsg("begin b");
        ExpectMsg("end b");
    }

    [Fact]
    public void Sender_Self_and_Context_hold_after_an_await()
    {
        _awaited.SetResult();
        var actor = Sys.ActorOf(Props.Create(() => new SaysWhoAfterAwaiting()));

        actor.Tell("x");

        ExpectMsg((actor, TestActor, actor));
    }

    [Fact]
    public void An_exception_after_an_await_goes_to_the_supervisor_as_it_is()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(TestActor, _awaited.Task)));

        EventFilter.Exception<Boom>().ExpectOne(() => actor.Tell("boom"));
        actor.Tell(3);

        ExpectMsg(3);
    }

    [Fact]
    public void An_actor_can_be_stopped_while_its_handler_awaits()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(TestActor, _awaited.Task)));
        Watch(actor);
        actor.Tell("a");
        ExpectMsg("begin a");

        Sys.Stop(actor);

        ExpectTerminated(actor);
        _awaited.SetResult();
    }

    private sealed class Awaiting : ReceiveActor
    {
        public Awaiting(IActorRef to, Task awaited)
        {
            ReceiveAsync<string>(async message =>
            {
                if (message == "boom")
                {
                    await Task.Yield();
                    throw new Boom();
                }

                to.Tell("begin " + message);
                await awaited;
                to.Tell("end " + message);
            });
            Receive<int>(i => to.Tell(i));
        }
    }

    private sealed class SaysWhoAfterAwaiting : ReceiveActor
    {
        public SaysWhoAfterAwaiting() => ReceiveAsync<string>(async _ =>
        {
            await Task.Yield();
            Sender.Tell((Self, Sender, Context.Self));
        });
    }
}
