using Akka.Actor;
using Akka.Configuration;

namespace ActorSmtp.Engine.Tests.Configuration;

/// <summary>What an actor system makes of its configuration, on either engine: defaults, names, dispatchers, deployments.</summary>
public sealed class EngineSettingsTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly List<ActorSystem> _systems = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var system in _systems)
        {
            await system.Terminate().WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public void The_defaults_that_the_product_relies_on_are_there()
    {
        var settings = Start("defaults", "").Settings;
        var config = settings.Config;

        Assert.Equal(30, config.GetInt("akka.actor.default-dispatcher.throughput"));
        Assert.Equal(-1, config.GetInt("akka.actor.default-mailbox.stash-capacity"));
        Assert.Equal(TimeSpan.FromMilliseconds(10), config.GetTimeSpan("akka.scheduler.tick-duration"));
        Assert.Equal(TimeSpan.FromSeconds(5), config.GetTimeSpan("akka.coordinated-shutdown.default-phase-timeout"));
        Assert.Equal(TimeSpan.FromSeconds(10), config.GetTimeSpan("akka.coordinated-shutdown.phases.actor-system-terminate.timeout"));
        Assert.Equal(("INFO", 10, false), (settings.LogLevel, settings.LogDeadLetters, settings.LogDeadLettersDuringShutdown));
    }

    [Fact]
    public void What_is_given_wins_over_the_defaults_and_leaves_the_rest()
    {
        var config = Start("given", "akka { loglevel = DEBUG, actor.default-dispatcher.throughput = 7 }").Settings.Config;

        Assert.Equal(("DEBUG", 7), (config.GetString("akka.loglevel"), config.GetInt("akka.actor.default-dispatcher.throughput")));
        Assert.Equal("Dispatcher", config.GetString("akka.actor.default-dispatcher.type"));
    }

    [Theory]
    [InlineData("a_b")]
    [InlineData("-a")]
    public void A_system_with_a_wrong_name_is_not_made(string name) => Assert.Throws<ArgumentException>(() => ActorSystem.Create(name));

    [Fact]
    public void A_system_without_a_name_is_not_made() => Assert.ThrowsAny<ArgumentException>(() => ActorSystem.Create(""));

    [Fact]
    public void An_unknown_dispatcher_is_refused_where_the_actor_is_made()
    {
        var system = Start("unknown", "");

        Assert.Throws<ConfigurationException>(() => system.ActorOf(Props.Create<ThreadTeller>().WithDispatcher("no.such")));
    }

    [Theory]
    [InlineData("type = ForkJoinDispatcher, throughput = 10, dedicated-thread-pool { thread-count = 2 }", 2)]
    [InlineData("type = PinnedDispatcher", 1)]
    [InlineData("type = Dispatcher, executor = channel-executor, channel-executor.priority = high", int.MaxValue)]
    [InlineData("type = TaskDispatcher, throughput = 5", int.MaxValue)]
    public async Task A_dispatcher_of_a_configuration_runs_actors_on_its_threads(string dispatcher, int threads)
    {
        var actor = Start("dispatchers", $"own {{ {dispatcher} }}").ActorOf(Props.Create<ThreadTeller>().WithDispatcher("own"));

        var seen = new HashSet<int>();
        for (var i = 0; i < 50; i++)
        {
            seen.Add(await actor.Ask<int>("which thread?", Soon));
        }

        Assert.InRange(seen.Count, 1, threads);
    }

    [Fact]
    public async Task A_deployment_sets_the_dispatcher_of_the_actor_at_its_path()
    {
        var system = Start("deployed", "akka.actor.deployment { /x { dispatcher = pin } }\npin { type = PinnedDispatcher }");

        Assert.Equal("pin", await Asked("x"));
        Assert.Equal("akka.actor.default-dispatcher", await Asked("y"));

        Task<string> Asked(string name) => system.ActorOf(Props.Create<DispatcherTeller>(), name).Ask<string>("which dispatcher?", Soon);
    }

    private ActorSystem Start(string name, string hocon)
    {
        var system = ActorSystem.Create(name, ConfigTexts.Read(hocon));
        _systems.Add(system);
        return system;
    }

    private sealed class ThreadTeller : ReceiveActor
    {
        public ThreadTeller() => ReceiveAny(_ => Sender.Tell(Environment.CurrentManagedThreadId));
    }

    private sealed class DispatcherTeller : ReceiveActor
    {
        public DispatcherTeller() => ReceiveAny(_ => Sender.Tell(Context.Dispatcher.Id));
    }
}
