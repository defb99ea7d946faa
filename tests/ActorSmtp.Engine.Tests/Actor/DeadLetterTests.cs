using Akka.Actor;
using Akka.Event;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Messages that nobody takes.</summary>
public sealed class DeadLetterTests : PatientTestKit
{
    [Fact]
    public void A_message_to_a_stopped_actor_is_a_dead_letter_with_sender_and_recipient()
    {
        var actor = Sys.ActorOf(Acts.Idle);
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        actor.Tell("lost");

        var letter = ExpectMsg<DeadLetter>();
        Assert.Equal(("lost", actor, TestActor), (letter.Message, letter.Recipient, letter.Sender));
    }

    [Fact]
    public void What_is_queued_when_an_actor_stops_becomes_dead_letters_in_order()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        var gate = new Gate();
        var actor = Sys.ActorOf(Acts.On((_, c) =>
        {
            gate.Pass();
            c.Stop(c.Self);
        }));

        actor.Tell("stop");
        gate.AwaitArrival();
        actor.Tell("first");
        actor.Tell("second");
        gate.Open();

        Assert.Equal("first", ExpectMsg<DeadLetter>().Message);
        Assert.Equal("second", ExpectMsg<DeadLetter>().Message);
    }

    [Fact]
    public void PoisonPill_waits_its_turn()
    {
        var to = TestActor;
        var actor = Sys.ActorOf(Acts.On((m, c) => to.Tell(m, c.Self)));
        Watch(actor);

        actor.Tell(1);
        actor.Tell(2);
        actor.Tell(PoisonPill.Instance);

        ExpectMsg(1);
        ExpectMsg(2);
        ExpectTerminated(actor);
    }

    [Fact]
    public void A_PoisonPill_that_comes_too_late_is_no_dead_letter()
    {
        var actor = Sys.ActorOf(Acts.Idle);
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        actor.Tell(PoisonPill.Instance);
        actor.Tell("behind it");

        Assert.Equal("behind it", ExpectMsg<DeadLetter>().Message);
    }

    [Fact]
    public void What_a_receive_actor_has_no_handler_for_is_published_as_unhandled()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(UnhandledMessage));
        var actor = Sys.ActorOf(Props.Create<OnlyNumbers>());

        actor.Tell("text");

        var unhandled = ExpectMsg<UnhandledMessage>();
        Assert.Equal(("text", actor), (unhandled.Message, unhandled.Recipient));
    }

    private sealed class OnlyNumbers : ReceiveActor
    {
        public OnlyNumbers() => Receive<int>(_ => { });
    }
}
