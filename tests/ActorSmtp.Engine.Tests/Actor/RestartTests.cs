using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>What a restart keeps, what it loses, and which hook runs when.</summary>
public sealed class RestartTests : PatientTestKit
{
    private readonly Journal _journal = new();

    [Fact]
    public void The_hooks_run_in_order()
    {
        var actor = Sys.ActorOf(Diarist.With(_journal));

        Fail(actor);
        actor.Tell("next");

        AwaitAssert(() => Assert.Equal(
            "ctor preStart preRestart(boom) postStop ctor postRestart preStart got(next)", _journal.Text));
    }

    [Fact]
    public void The_instance_is_new_and_the_failing_message_is_not_tried_again()
    {
        var actor = Sys.ActorOf(Diarist.With(_journal));
        actor.Tell("id");
        var before = ExpectMsg<int>();

        Fail(actor);
        actor.Tell("id");

        Assert.NotEqual(before, ExpectMsg<int>());
        Assert.Equal(1, _journal.Count("preRestart(boom)"));
    }

    [Fact]
    public void Children_are_stopped_before_the_new_instance_may_use_their_names()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Parent(_journal)));
        parent.Tell("count");
        ExpectMsg(1);
        AwaitAssert(() => Assert.Equal("child.start", _journal.Text));          // it starts on a thread of its own

        Fail(parent);
        parent.Tell("count");
        ExpectMsg(1);

        // Parent and child stop on threads of their own, in either order; the new child comes after both.
        AwaitAssert(() => Assert.Contains(_journal.Text, (string[])
            ["child.start parent.stop child.stop child.start", "child.start child.stop parent.stop child.start"]));
    }

    [Fact]
    public void Children_that_are_kept_are_restarted_after_their_parent()
    {
        var parent = Sys.ActorOf(Props.Create(() => new KeepsItsChild(_journal)));
        parent.Tell("child");
        var child = ExpectMsg<IActorRef>();
        AwaitAssert(() => Assert.Equal("child.start", _journal.Text));

        Fail(parent);
        parent.Tell("child");

        Assert.Equal(child, ExpectMsg<IActorRef>());
        AwaitAssert(() => Assert.Equal(
            "child.start parent.preRestart parent.postRestart child.stop child.postRestart child.start", _journal.Text));
    }

    [Fact]
    public void A_failure_in_PostRestart_stops_the_actor()
    {
        var actor = Sys.ActorOf(Props.Create<FailsInPostRestart>());
        Watch(actor);

        EventFilter.Exception<PostRestartException>().ExpectOne(() => EventFilter.Exception<Boom>().ExpectOne(() => actor.Tell("boom")));

        ExpectTerminated(actor);
    }

    [Fact]
    public void A_failure_in_PreRestart_is_logged_and_the_restart_goes_on()
    {
        var actor = Sys.ActorOf(Props.Create<FailsInPreRestart>());

        EventFilter.Exception<PreRestartException>().ExpectOne(() => EventFilter.Exception<Boom>().ExpectOne(() => actor.Tell("boom")));

        actor.Tell("there?");
        ExpectMsg("there?");
    }

    [Fact]
    public void A_watch_outlives_a_restart()
    {
        var watched = Sys.ActorOf(Acts.Idle);
        var to = TestActor;
        var watcher = Sys.ActorOf(Acts.On((message, context) =>
        {
            switch (message)
            {
                case IActorRef actor:
                    context.Watch(actor);
                    break;
                case "boom":
                    throw new Boom();
                case Terminated terminated:
                    to.Tell(terminated.ActorRef, context.Self);
                    break;
            }
        }));
        watcher.Tell(watched);
        Fail(watcher);

        Sys.Stop(watched);

        ExpectMsg(watched);
    }

    private void Fail(IActorRef actor) => EventFilter.Exception<Boom>().ExpectOne(() => actor.Tell("boom"));

    private sealed class Child(Journal journal) : UntypedActor
    {
        protected override void PreStart() => journal.Note("child.start");

        protected override void PostStop() => journal.Note("child.stop");

        protected override void PostRestart(Exception reason)
        {
            journal.Note("child.postRestart");
            base.PostRestart(reason);
        }

        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class Parent(Journal journal) : UntypedActor
    {
        protected override void PreStart() => Context.ActorOf(Props.Create(() => new Child(journal)), "child");

        protected override void PostStop() => journal.Note("parent.stop");

        protected override void OnReceive(object message)
        {
            if (message is "boom")
            {
                throw new Boom();
            }

            Sender.Tell(Context.GetChildren().Count());
        }
    }

    private sealed class KeepsItsChild(Journal journal) : UntypedActor
    {
        protected override void PreStart() => Context.ActorOf(Props.Create(() => new Child(journal)), "child");

        protected override void PreRestart(Exception reason, object message) => journal.Note("parent.preRestart");

        protected override void PostRestart(Exception reason) => journal.Note("parent.postRestart");

        protected override void OnReceive(object message)
        {
            if (message is "boom")
            {
                throw new Boom();
            }

            Sender.Tell(Context.Child("child"));
        }
    }

    private sealed class FailsInPostRestart : UntypedActor
    {
        protected override void PostRestart(Exception reason) => throw new InvalidOperationException("no second life");

        protected override void OnReceive(object message) => throw new Boom();
    }

    private sealed class FailsInPreRestart : UntypedActor
    {
        protected override void PreRestart(Exception reason, object message) => throw new InvalidOperationException("no farewell");

        protected override void OnReceive(object message)
        {
            if (message is "boom")
            {
                throw new Boom();
            }

            Sender.Tell(message);
        }
    }
}
