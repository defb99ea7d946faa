using ActorSmtp.Engine.Tests.Actor;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;

namespace ActorSmtp.Engine.Tests.Dispatch;

/// <summary>An executor of one's own, here one that runs idle actors on the telling thread, one inside the other.</summary>
public sealed class CustomExecutorTests : PatientTestKit
{
    public CustomExecutorTests()
        : base($$"""inline { type = Dispatcher, executor = "{{typeof(InlineConfigurator).AssemblyQualifiedName}}", throughput = 5 }""")
    {
    }

    [Fact]
    public void An_idle_actor_runs_on_the_telling_thread()
    {
        var ranOn = 0;
        var actor = Sys.ActorOf(Acts.On((_, _) => ranOn = Environment.CurrentManagedThreadId).WithDispatcher("inline"));
        AwaitStarted(actor);

        actor.Tell("x");

        Assert.Equal(Environment.CurrentManagedThreadId, ranOn);
    }

    [Fact]
    public void Runs_inside_runs_keep_their_actors_apart()
    {
        var seen = new List<string>();
        var inner = Sys.ActorOf(Acts.On((m, c) => seen.Add($"{m} in {c.Self.Path.Name} from {c.Sender.Path.Name}")).WithDispatcher("inline"), "inner");
        var outer = Sys.ActorOf(Acts.On((m, c) =>
        {
            inner.Tell(m, c.Self);
            seen.Add($"{m} in {c.Self.Path.Name} from {c.Sender.Path.Name}");
        }).WithDispatcher("inline"), "outer");
        AwaitStarted(inner, outer);
        seen.Clear();

        outer.Tell("x", TestActor);

        Assert.Equal(["x in inner from outer", $"x in outer from {TestActor.Path.Name}"], seen);
    }

    [Fact]
    public void An_actor_that_tells_itself_handles_it_after_the_message_at_hand()
    {
        var seen = new List<object>();
        var actor = Sys.ActorOf(Acts.On((m, c) =>
        {
            if (m is > 0 and int n)
            {
                c.Self.Tell(n - 1, c.Self);
            }

            seen.Add(m);
        }).WithDispatcher("inline"));
        AwaitStarted(actor);
        seen.Clear();

        actor.Tell(20);

        Assert.Equal(Enumerable.Range(0, 21).Reverse().Cast<object>(), seen);
    }

    private void AwaitStarted(params IActorRef[] actors)
    {
        foreach (var actor in actors)
        {
            actor.Tell(new Identify(null));
            ExpectMsg<ActorIdentity>();
        }
    }

    public sealed class InlineConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : ExecutorServiceConfigurator(config, prerequisites)
    {
        public override ExecutorService Produce(string id) => new Inline(id);

        private sealed class Inline(string id) : ExecutorService(id)
        {
            public override void Execute(IRunnable run) => run.Run();

            public override void Shutdown()
            {
            }
        }
    }
}
