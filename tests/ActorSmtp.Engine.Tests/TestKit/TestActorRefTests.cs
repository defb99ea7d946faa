using Akka.Actor;

namespace ActorSmtp.Engine.Tests;

/// <summary>Actors that run on the test's thread.</summary>
public sealed class TestActorRefTests : PatientTestKit
{
    [Fact]
    public void A_message_is_handled_when_Tell_returns()
    {
        var counter = ActorOfAsTestActorRef<Counter>(Props.Create<Counter>());

        counter.Tell("x");
        counter.Tell("x");

        Assert.Equal(2, counter.UnderlyingActor.Count);
    }

    [Fact]
    public void Receive_throws_what_the_actor_throws()
    {
        var counter = ActorOfAsTestActorRef<Counter>();

        Assert.Throws<FormatException>(() => counter.Receive("fail"));
    }

    [Fact]
    public void Tell_leaves_what_the_actor_throws_to_its_supervisor()
    {
        var counter = ActorOfAsTestActorRef<Counter>();
        var before = counter.UnderlyingActor;

        EventFilter.Exception<FormatException>().ExpectOne(() => counter.Tell("fail"));

        AwaitAssert(() => Assert.NotSame(before, counter.UnderlyingActor));
    }

    [Fact]
    public void Receive_gives_the_actor_the_sender_told()
    {
        var probe = CreateTestProbe();
        var counter = ActorOfAsTestActorRef<Counter>();

        counter.Receive("who", probe.Ref);

        probe.ExpectMsgFrom<string>(counter.Ref);
    }

    [Fact]
    public void A_supervisor_can_be_told()
    {
        var parent = ActorOfAsTestActorRef<Counter>();

        var child = ActorOfAsTestActorRef<Counter>(parent, "child");

        Assert.Equal(parent.Path, child.Path.Parent);
    }

    [Fact]
    public void It_equals_its_plain_reference()
    {
        var counter = ActorOfAsTestActorRef<Counter>();

        Assert.True(counter == counter.Ref);
        Assert.Equal(counter.Ref, counter);
    }

    [Fact]
    public void A_state_machine_is_in_its_next_state_when_Tell_returns()
    {
        var door = ActorOfAsTestFSMRef<Door, string, int>(() => new Door());
        Assert.Equal("closed", door.StateName);

        door.Tell("open");

        Assert.Equal("open", door.StateName);
        Assert.Equal(1, door.StateData);
    }

    [Fact]
    public void A_state_machines_state_can_be_set()
    {
        var door = ActorOfAsTestFSMRef<Door, string, int>(() => new Door());

        door.SetState("open", 9);

        Assert.Equal("open", door.StateName);
        Assert.Equal(9, door.StateData);
        Assert.True(door.IsStateTimerActive());
    }

    [Fact]
    public void A_state_machines_timers_can_be_set_and_cancelled()
    {
        var door = ActorOfAsTestFSMRef<Door, string, int>(() => new Door());

        door.SetTimer("t", "late", TimeSpan.FromMinutes(1));
        Assert.True(door.IsTimerActive("t"));

        door.CancelTimer("t");
        Assert.False(door.IsTimerActive("t"));
    }

    private sealed class Counter : UntypedActor
    {
        public int Count { get; private set; }

        protected override void OnReceive(object message)
        {
            if (message is "fail")
                throw new FormatException();
            if (message is "who")
                Sender.Tell("me");
            Count++;
        }
    }

    private sealed class Door : FSM<string, int>
    {
        public Door()
        {
            StartWith("closed", 0);
            When("closed", e => e.FsmEvent is "open" ? GoTo("open").Using(e.StateData + 1) : null);
            When("open", e => e.FsmEvent is "close" ? GoTo("closed") : null, TimeSpan.FromMinutes(5));
            Initialize();
        }
    }
}
