using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Making and stopping: which hook runs when.</summary>
public sealed class LifecycleTests : PatientTestKit
{
    private readonly Journal _journal = new();

    [Fact]
    public void An_actor_that_is_stopped_runs_PostStop_last()
    {
        var actor = Sys.ActorOf(Diarist.With(_journal));
        Watch(actor);

        Sys.Stop(actor);

        ExpectTerminated(actor);
        Assert.Equal("ctor preStart postStop", _journal.Text);
    }

    [Fact]
    public void A_parent_stops_after_its_children()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Parent(_journal)));
        parent.Tell("count");
        ExpectMsg(1);
        Watch(parent);

        Sys.Stop(parent);

        ExpectTerminated(parent);
        Assert.Equal("child.start child.stop parent.stop", _journal.Text);
    }

    [Fact]
    public void Stop_overtakes_what_is_queued()
    {
        var gate = new Gate();
        var actor = Sys.ActorOf(Acts.On((message, _) =>
        {
            _journal.Note((string)message);
            gate.Pass();
        }));
        Watch(actor);
        actor.Tell("first");
        gate.AwaitArrival();
        actor.Tell("queued");
        var stopper = Sys.ActorOf(Acts.On((_, c) => c.Stop(actor)));
        stopper.Tell("go");
        stopper.Tell(PoisonPill.Instance);
        Watch(stopper);
        ExpectTerminated(stopper);

        gate.Open();

        ExpectTerminated(actor);
        Assert.Equal("first", _journal.Text);
    }

    [Fact]
    public void Kill_throws_in_the_actor_which_is_stopped_by_default()
    {
        var actor = Sys.ActorOf(Diarist.With(_journal));
        Watch(actor);

        EventFilter.Exception<ActorKilledException>().ExpectOne(() => actor.Tell(Kill.Instance));

        ExpectTerminated(actor);
        Assert.Equal("ctor preStart postStop", _journal.Text);
    }

    [Fact]
    public void A_disposable_actor_is_disposed_after_PostStop_when_it_is_stopped()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Disposable(_journal)));
        Watch(actor);

        Sys.Stop(actor);

        ExpectTerminated(actor);
        AwaitAssert(() => Assert.Equal("postStop dispose", _journal.Text));
    }

    [Fact]
    public void A_disposable_actor_is_disposed_when_it_is_restarted()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Disposable(_journal)));

        EventFilter.Exception<Boom>().ExpectOne(() => actor.Tell("boom"));

        actor.Tell("there?");
        ExpectMsg("there?");
        Assert.Equal("postStop dispose", _journal.Text);
    }

    [Fact]
    public void An_actor_whose_constructor_throws_is_stopped() => IsStoppedAtTheStart(Props.Create<FailsInConstructor>());

    [Fact]
    public void An_actor_whose_PreStart_throws_is_stopped() => IsStoppedAtTheStart(Props.Create<FailsInPreStart>());

    [Fact]
    public void The_arguments_of_a_props_expression_are_evaluated_once()
    {
        var evaluated = 0;
        Func<int> next = () => ++evaluated;
        var props = Props.Create(() => new Holder(next()));
        var (one, two) = (Sys.ActorOf(props), Sys.ActorOf(props));

        one.Tell("value");
        ExpectMsg(1);
        two.Tell("value");
        ExpectMsg(1);
        EventFilter.Exception<Boom>().ExpectOne(() => one.Tell("boom"));
        one.Tell("value");
        ExpectMsg(1);

        Assert.Equal(1, evaluated);
    }

    [Fact]
    public void An_actor_cannot_be_made_with_new() =>
        Assert.Throws<ActorInitializationException>(() => OnAThreadOfItsOwn(() => new Holder(1)));

    [Fact]
    public void The_context_is_not_there_on_another_thread()
    {
        Sys.ActorOf(Props.Create<ReadsContextElsewhere>()).Tell("go");

        ExpectMsg<NotSupportedException>();
    }

    [Fact]
    public async Task GracefulStop_is_true_when_the_actor_has_stopped_or_is_dead()
    {
        var actor = Sys.ActorOf(Acts.Idle);

        Assert.True(await actor.GracefulStop(TimeSpan.FromSeconds(30)));
        Assert.True(await actor.GracefulStop(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task GracefulStop_is_false_when_the_actor_takes_too_long() =>
        Assert.False(await Sys.ActorOf(Acts.Idle).GracefulStop(TimeSpan.FromMilliseconds(100), "no reason to stop"));

    [Fact]
    public async Task WatchAsync_is_true_when_the_actor_stops()
    {
        var actor = Sys.ActorOf(Acts.Idle);
        var watch = actor.WatchAsync();

        Sys.Stop(actor);

        Assert.True(await watch.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task WatchAsync_is_false_when_it_is_cancelled_first()
    {
        using var cancel = new CancellationTokenSource();
        var watch = Sys.ActorOf(Acts.Idle).WatchAsync(cancel.Token);

        await cancel.CancelAsync();

        Assert.False(await watch.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private void IsStoppedAtTheStart(Props props) => EventFilter.Exception<ActorInitializationException>().ExpectOne(() =>
    {
        var actor = Sys.ActorOf(props);
        Watch(actor);
        ExpectTerminated(actor);
    });

    private static void OnAThreadOfItsOwn(Func<object> make)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(make));
        thread.Start();
        thread.Join();
        if (thrown != null)
        {
            throw thrown;
        }
    }

    private sealed class Parent(Journal journal) : UntypedActor
    {
        protected override void PreStart() => Context.ActorOf(Props.Create(() => new Child(journal)), "child");

        protected override void PostStop() => journal.Note("parent.stop");

        protected override void OnReceive(object message) => Sender.Tell(Context.GetChildren().Count());
    }

    private sealed class Child(Journal journal) : UntypedActor
    {
        protected override void PreStart() => journal.Note("child.start");

        protected override void PostStop() => journal.Note("child.stop");

        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class Disposable(Journal journal) : UntypedActor, IDisposable
    {
        public void Dispose() => journal.Note("dispose");

        protected override void PostStop() => journal.Note("postStop");

        protected override void OnReceive(object message)
        {
            if (message is "boom")
            {
                throw new Boom();
            }

            Sender.Tell(message);
        }
    }

    private sealed class FailsInConstructor : UntypedActor
    {
        public FailsInConstructor() => throw new Boom();

        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class FailsInPreStart : UntypedActor
    {
        protected override void PreStart() => throw new Boom();

        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class Holder(int value) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "boom")
            {
                throw new Boom();
            }

            Sender.Tell(value);
        }
    }

    private sealed class ReadsContextElsewhere : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(Record.Exception(() => OnAThreadOfItsOwn(() => Context.Self)));
    }
}
