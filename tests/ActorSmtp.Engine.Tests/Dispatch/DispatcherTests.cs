using ActorSmtp.Engine.Tests.Actor;
using Akka.Actor;
using Akka.Configuration;

namespace ActorSmtp.Engine.Tests.Dispatch;

/// <summary>On which threads actors run.</summary>
public sealed class DispatcherTests : PatientTestKit
{
    public DispatcherTests()
        : base("""
            own-threads { type = ForkJoinDispatcher, throughput = 10, dedicated-thread-pool { thread-count = 2 } }
            own-thread { type = PinnedDispatcher }
            channel { type = Dispatcher, executor = channel-executor, channel-executor.priority = high }
            tasks { type = TaskDispatcher, throughput = 5 }
            alias = own-thread
            circle = circle
            akka.actor.deployment { /deployed { dispatcher = own-thread } }
            """)
    {
    }

    [Theory]
    [InlineData("own-thread", 1)]
    [InlineData("own-threads", 2)]
    [InlineData("channel", int.MaxValue)]
    [InlineData("tasks", int.MaxValue)]
    [InlineData("alias", 1)]
    public async Task A_dispatcher_of_the_configuration_runs_actors_on_so_many_threads(string dispatcher, int threads)
    {
        var actor = Sys.ActorOf(Acts.On((_, c) => c.Sender.Tell(Environment.CurrentManagedThreadId, c.Self)).WithDispatcher(dispatcher));

        var ids = new HashSet<int>();
        for (var i = 0; i < 50; i++)
        {
            ids.Add(await actor.Ask<int>("who runs you?", TimeSpan.FromSeconds(30)));
        }

        Assert.InRange(ids.Count, 1, threads);
    }

    [Theory]
    [InlineData("no.such")]
    [InlineData("circle")]
    public void A_dispatcher_that_is_not_to_be_had_is_refused_at_once(string dispatcher) =>
        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(Acts.Idle.WithDispatcher(dispatcher)));

    [Fact]
    public void A_deployment_names_the_dispatcher_by_the_actors_path()
    {
        Sys.ActorOf(Acts.On((_, c) => c.Sender.Tell(c.Dispatcher.Id, c.Self)), "deployed").Tell("x");

        ExpectMsg("own-thread");
    }

    [Fact]
    public async Task An_actor_never_runs_on_two_threads_at_once()
    {
        var inside = 0;
        var count = 0;
        var actor = Sys.ActorOf(Acts.On((message, context) =>
        {
            if (Interlocked.Increment(ref inside) != 1)
            {
                throw new Boom("two at once");
            }

            count++;
            Interlocked.Decrement(ref inside);
            if (message is "count")
            {
                context.Sender.Tell(count, context.Self);
            }
        }));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 25_000; i++)
            {
                actor.Tell("x", ActorRefs.NoSender);
            }
        })));

        Assert.Equal(100_001, await actor.Ask<int>("count", TimeSpan.FromSeconds(30)));
    }
}
