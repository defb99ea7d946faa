using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Order, senders, and what cannot be told.</summary>
public sealed class TellTests : PatientTestKit
{
    [Fact]
    public void Messages_of_one_sender_arrive_in_order()
    {
        const int Count = 20_000;
        var expected = 0;
        var to = TestActor;
        var actor = Sys.ActorOf(Acts.On((m, c) =>
        {
            if ((int)m != expected++)
            {
                to.Tell($"{m} out of order", c.Self);
            }
            else if (expected == Count)
            {
                to.Tell("all", c.Self);
            }
        }));

        for (var i = 0; i < Count; i++)
        {
            actor.Tell(i);
        }

        ExpectMsg("all", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void The_implicit_sender_of_an_actor_is_itself_also_in_constructor_and_PreStart()
    {
        var actor = Sys.ActorOf(Props.Create(() => new TellsEarly(TestActor)));

        ExpectMsg("constructor");
        Assert.Equal(actor, LastSender);
        ExpectMsg("PreStart");
        Assert.Equal(actor, LastSender);
    }

    [Fact]
    public void No_sender_is_seen_as_dead_letters()
    {
        var to = TestActor;
        var actor = Sys.ActorOf(Acts.On((_, c) => to.Tell(c.Sender, c.Self)));

        actor.Tell("x", ActorRefs.NoSender);

        Assert.Equal(Sys.DeadLetters, ExpectMsg<IActorRef>());
    }

    [Fact]
    public void Forward_keeps_the_sender()
    {
        var echo = Sys.ActorOf(Acts.Echo);
        var forwarder = Sys.ActorOf(Acts.On((m, _) => echo.Forward(m)));

        forwarder.Tell("x");

        ExpectMsg("x");
        Assert.Equal(echo, LastSender);
    }

    [Fact]
    public void Null_cannot_be_told_and_harms_only_its_teller()
    {
        var echo = Sys.ActorOf(Acts.Echo);
        echo.Tell(1);
        ExpectMsg(1);

        Assert.Throws<ArgumentNullException>(() => echo.Tell(null!, ActorRefs.NoSender));
        Assert.Throws<InvalidMessageException>(() => Sys.DeadLetters.Tell(null!, ActorRefs.NoSender));

        echo.Tell(2);
        ExpectMsg(2);
    }

    private sealed class TellsEarly : UntypedActor
    {
        private readonly IActorRef _to;

        public TellsEarly(IActorRef to)
        {
            _to = to;
            to.Tell("constructor");
        }

        protected override void PreStart() => _to.Tell("PreStart");

        protected override void OnReceive(object message)
        {
        }
    }
}
