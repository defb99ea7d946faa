using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Hearing of another's end: once, in order, and only when asked for.</summary>
public sealed class DeathWatchTests : PatientTestKit
{
    [Fact]
    public void A_dead_actor_is_reported_as_not_confirmed()
    {
        var actor = Sys.ActorOf(Acts.Idle);
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);

        Watch(actor);

        Assert.False(ExpectMsg<Terminated>().ExistenceConfirmed);
    }

    [Fact]
    public void The_news_comes_after_all_the_actor_has_said()
    {
        var to = TestActor;
        var actor = Sys.ActorOf(Acts.On((_, c) =>
        {
            for (var i = 0; i < 100; i++)
            {
                to.Tell(i, c.Self);
            }

            c.Stop(c.Self);
        }));
        Watch(actor);

        actor.Tell("go");

        Assert.Equal(Enumerable.Range(0, 100).Cast<object>(), ReceiveN(100));
        ExpectTerminated(actor);
    }

    [Fact]
    public void Watching_twice_brings_the_news_once()
    {
        var (watched, other) = (Sys.ActorOf(Acts.Idle), Sys.ActorOf(Acts.Idle));
        Watch(watched);
        Watch(watched);
        Watch(other);

        Sys.Stop(watched);
        ExpectTerminated(watched);
        Sys.Stop(other);

        ExpectTerminated(other);
    }

    [Fact]
    public void Unwatch_takes_it_back()
    {
        var (unwatched, watched) = (Sys.ActorOf(Acts.Idle), Sys.ActorOf(Acts.Idle));
        Watch(unwatched);
        Watch(watched);

        Unwatch(unwatched);
        Sys.Stop(unwatched);
        Sys.Stop(watched);

        ExpectTerminated(watched);
        ExpectNoMsg(100);
    }

    [Fact]
    public void Unwatch_drops_news_that_are_queued_already()
    {
        var gate = new Gate();
        var to = TestActor;
        var watched = Sys.ActorOf(Acts.Idle);
        var watcher = Sys.ActorOf(Acts.On((message, context) =>
        {
            switch (message)
            {
                case "watch":
                    context.Watch(watched);
                    gate.Pass();
                    break;
                case "unwatch":
                    context.Unwatch(watched);
                    context.Self.Tell("last", context.Self); // behind the news, which are queued by now
                    break;
                case Terminated:
                    to.Tell("news", context.Self);
                    break;
                default:
                    to.Tell(message, context.Self);
                    break;
            }
        }));
        watcher.Tell("watch");
        gate.AwaitArrival();
        watcher.Tell("unwatch");
        Watch(watched);
        Sys.Stop(watched);
        ExpectTerminated(watched);

        gate.Open();

        ExpectMsg("last");
    }

    [Fact]
    public void WatchWith_brings_a_message_of_ones_own_and_the_first_one_stays()
    {
        var to = TestActor;
        var watched = Sys.ActorOf(Acts.Idle);
        var watcher = Sys.ActorOf(Acts.On((message, context) =>
        {
            if (message is IActorRef actor)
            {
                context.WatchWith(actor, "first");
                Record.Exception(() => context.WatchWith(actor, "second"));
            }

            to.Tell(message, context.Self);
        }));
        watcher.Tell(watched);
        ExpectMsg(watched);

        Sys.Stop(watched);

        ExpectMsg("first");
        ExpectNoMsg(100);
    }

    [Fact]
    public void News_that_a_watcher_does_not_handle_are_its_own_end()
    {
        var watched = Sys.ActorOf(Acts.Idle);
        var watcher = Sys.ActorOf(Props.Create<Careless>());
        Watch(watcher);
        watcher.Tell(watched);
        ExpectMsg("watching");

        EventFilter.Exception<DeathPactException>().ExpectOne(() => Sys.Stop(watched));

        ExpectTerminated(watcher);
    }

    [Fact]
    public void News_that_somebody_merely_tells_are_dropped()
    {
        var to = TestActor;
        var actor = Sys.ActorOf(Acts.On((m, c) => to.Tell(m, c.Self)));

        actor.Tell(new Terminated(actor, existenceConfirmed: true, addressTerminated: false));
        actor.Tell("next");

        ExpectMsg("next");
    }

    [Fact]
    public void Watching_oneself_is_ignored_and_a_parent_may_watch_its_child()
    {
        var to = TestActor;
        var parent = Sys.ActorOf(Acts.On((message, context) =>
        {
            if (message is Terminated terminated)
            {
                to.Tell(terminated.ActorRef, context.Self);
                return;
            }

            context.Watch(context.Self);
            context.Stop(context.Watch(context.ActorOf(Acts.Idle)));
        }));

        parent.Tell("go");

        Assert.Equal(parent.Path, ExpectMsg<IActorRef>().Path.Parent);
    }

    private sealed class Careless : ReceiveActor
    {
        public Careless() => Receive<IActorRef>(actor =>
        {
            Context.Watch(actor);
            Sender.Tell("watching");
        });
    }
}
