using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Handlers by type, and behaviours that replace each other.</summary>
public sealed class ReceiveActorTests : PatientTestKit
{
    [Theory]
    [InlineData(5, "small number")]
    [InlineData(50, "number")]
    [InlineData("x", "anything")]
    public void The_first_handler_that_matches_wins(object message, string handler)
    {
        Sys.ActorOf(Props.Create<Sorter>()).Tell(message);

        ExpectMsg(handler);
    }

    [Fact]
    public void A_handler_that_answers_false_lets_the_search_go_on()
    {
        Sys.ActorOf(Props.Create<Picky>()).Tell(1);

        ExpectMsg("second");
    }

    [Fact]
    public void No_handler_can_be_added_while_a_message_is_handled()
    {
        Sys.ActorOf(Props.Create<AddsLate>()).Tell("now");

        ExpectMsg<InvalidOperationException>();
    }

    [Fact]
    public void No_handler_can_be_added_after_one_for_everything()
    {
        EventFilter.Exception<ActorInitializationException>().ExpectOne(() => Sys.ActorOf(Props.Create<AddsAfterAny>()));
    }

    [Fact]
    public void BecomeStacked_lies_upon_and_Unbecome_never_removes_the_first()
    {
        var actor = Sys.ActorOf(Props.Create<Changes>());

        Assert.Equal("A", Who(actor));
        actor.Tell("stack");
        Assert.Equal("B", Who(actor));
        actor.Tell("pop");
        Assert.Equal("A", Who(actor));
        actor.Tell("pop");
        Assert.Equal("A", Who(actor));
    }

    [Fact]
    public void Become_replaces_and_Unbecome_goes_back_to_the_first()
    {
        var actor = Sys.ActorOf(Props.Create<Changes>());

        actor.Tell("become");
        Assert.Equal("B", Who(actor));
        actor.Tell("pop");
        Assert.Equal("A", Who(actor));
    }

    [Fact]
    public void A_restart_goes_back_to_the_first_behaviour()
    {
        var actor = Sys.ActorOf(Props.Create<BecomesHandlers>());
        actor.Tell("become");
        Assert.Equal("B", Who(actor));

        EventFilter.Exception<Boom>().ExpectOne(() => actor.Tell("boom"));

        Assert.Equal("A", Who(actor));
    }

    private string Who(IActorRef actor)
    {
        actor.Tell("who");
        return ExpectMsg<string>();
    }

    private sealed class Sorter : ReceiveActor
    {
        public Sorter()
        {
            Receive<int>(i => i < 10, _ => Sender.Tell("small number"));
            Receive<int>(_ => Sender.Tell("number"));
            Receive<object>(_ => Sender.Tell("anything"));
        }
    }

    private sealed class Picky : ReceiveActor
    {
        public Picky()
        {
            Receive<int>(_ => false);
            Receive<int>(_ => Sender.Tell("second"));
        }
    }

    private sealed class AddsLate : ReceiveActor
    {
        public AddsLate() => Receive<string>(_ => Sender.Tell(Record.Exception(() => Receive<int>(_ => { }))));
    }

    private sealed class AddsAfterAny : ReceiveActor
    {
        public AddsAfterAny()
        {
            ReceiveAny(_ => { });
            Receive<int>(_ => { });
        }
    }

    private sealed class Changes : UntypedActor
    {
        protected override void OnReceive(object message) => Answer(message, "A");

        private void B(object message) => Answer(message, "B");

        private void Answer(object message, string name)
        {
            switch (message)
            {
                case "who":
                    Sender.Tell(name);
                    break;
                case "stack":
                    BecomeStacked(B);
                    break;
                case "become":
                    Become(B);
                    break;
                case "pop":
                    UnbecomeStacked();
                    break;
            }
        }
    }

    private sealed class BecomesHandlers : ReceiveActor
    {
        public BecomesHandlers() => Receive<string>(message => Answer(message, "A"));

        private void Answer(string message, string name)
        {
            switch (message)
            {
                case "who":
                    Sender.Tell(name);
                    break;
                case "boom":
                    throw new Boom();
                case "become":
                    Become(() => Receive<string>(m => Answer(m, "B")));
                    break;
            }
        }
    }
}
