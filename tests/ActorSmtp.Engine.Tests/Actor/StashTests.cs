using Akka.Actor;
using Akka.Event;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Messages set aside until their time has come.</summary>
public sealed class StashTests : PatientTestKit
{
    [Fact]
    public void What_is_unstashed_comes_first_in_the_order_of_arrival_with_its_senders()
    {
        var actor = Sys.ActorOf(Props.Create<Closed>());
        var probe = CreateTestProbe();

        actor.Tell(1, probe.Ref);
        actor.Tell(2);
        actor.Tell("open");
        actor.Tell(3);

        probe.ExpectMsg(1);
        ExpectMsg(2);
        ExpectMsg(3);
    }

    [Fact]
    public void One_message_cannot_be_stashed_twice()
    {
        Sys.ActorOf(Props.Create<Closed>()).Tell("twice");

        ExpectMsg<IllegalActorStateException>();
    }

    [Fact]
    public void Two_equal_messages_can_be_stashed()
    {
        var actor = Sys.ActorOf(Props.Create<Closed>());

        actor.Tell("same");
        actor.Tell("same");
        actor.Tell("open");

        ExpectMsg("same");
        ExpectMsg("same");
    }

    [Fact]
    public void The_stash_outlives_a_restart()
    {
        var actor = Sys.ActorOf(Props.Create<Closed>());
        actor.Tell(1);
        actor.Tell(2);

        EventFilter.Exception<Boom>().ExpectOne(() => actor.Tell("boom"));
        actor.Tell("open");

        ExpectMsg(1);
        ExpectMsg(2);
    }

    [Fact]
    public void The_stash_of_a_stopped_actor_becomes_dead_letters()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        var actor = Sys.ActorOf(Props.Create<Closed>());

        actor.Tell(1);
        actor.Tell(PoisonPill.Instance);

        Assert.Equal(1, ExpectMsg<DeadLetter>().Message);
    }

    [Fact]
    public void A_full_stash_fails_its_actor()
    {
        var actor = Sys.ActorOf(Props.Create<Closed>().WithStashCapacity(1));

        EventFilter.Exception<StashOverflowException>().ExpectOne(() =>
        {
            actor.Tell(1);
            actor.Tell(2);
        });
    }

    private sealed class Closed : UntypedActor, IWithStash
    {
        private bool _open;

        public IStash Stash { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "open":
                    _open = true;
                    Stash.UnstashAll();
                    break;
                case "twice":
                    Stash.Stash();
                    Sender.Tell(Record.Exception(Stash.Stash));
                    break;
                case "boom":
                    throw new Boom();
                case var other when _open:
                    Sender.Tell(other);
                    break;
                default:
                    Stash.Stash();
                    break;
            }
        }
    }
}
