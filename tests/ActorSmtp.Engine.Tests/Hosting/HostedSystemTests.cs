using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorSmtp.Engine.Tests.Hosting;

/// <summary>A system that lives with its host.</summary>
public sealed class HostedSystemTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Starters_run_in_order_each_awaited_then_the_startup_tasks()
    {
        var log = new ConcurrentQueue<string>();
        using var host = Host(akka =>
        {
            akka.AddStartup((_, _) => log.Enqueue("startup"));
            akka.WithActors(async (_, _) =>
            {
                await Task.Yield();
                log.Enqueue("a");
            });
            akka.WithActors((_, _) => log.Enqueue("b"));
            akka.WithActors((_, _, resolver) =>
            {
                Assert.NotNull(resolver);
                log.Enqueue("c");
            });
        });

        await host.StartAsync();

        Assert.Equal(["a", "b", "c", "startup"], log);
        await host.StopAsync();
    }

    [Fact]
    public async Task The_system_has_the_name_told()
    {
        using var host = Host(_ => { });
        await host.StartAsync();

        Assert.Equal("hosted", SystemOf(host).Name);

        await host.StopAsync();
    }

    [Fact]
    public async Task A_starter_that_throws_fails_the_start_of_the_host()
    {
        using var host = Host(akka => akka.WithActors((_, _) => throw new FormatException()));

        await Assert.ThrowsAsync<FormatException>(() => host.StartAsync());

        Assert.True(SystemOf(host).WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task Stopping_the_host_runs_the_coordinated_shutdown_and_waits_for_it()
    {
        var done = false;
        using var host = Host(akka => akka.AddStartup((system, _) => CoordinatedShutdown.Get(system).AddTask(
            CoordinatedShutdown.PhaseServiceRequestsDone,
            "drain",
            async () =>
            {
                await Task.Yield();
                done = true;
                return Done.Instance;
            })));
        await host.StartAsync();
        var system = SystemOf(host);

        await host.StopAsync();

        Assert.True(done);
        Assert.True(system.WhenTerminated.IsCompleted);
        Assert.Same(CoordinatedShutdown.ClrExitReason.Instance, CoordinatedShutdown.Get(system).ShutdownReason);
    }

    [Fact]
    public async Task A_system_that_ends_first_stops_the_host()
    {
        using var host = Host(_ => { });
        await host.StartAsync();
        var stopping = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        await SystemOf(host).Terminate();

        await stopping.Task.WaitAsync(s_patience);
        await host.StopAsync();
    }

    [Fact]
    public async Task Added_configuration_goes_under_or_over_what_is_there()
    {
        using var host = Host(akka =>
        {
            akka.AddHocon("k { a = 1, b = 1 }", HoconAddMode.Append);
            akka.AddHocon("k { a = 2, c = 2 }", HoconAddMode.Append);
            akka.AddHocon("k { b = 3 }", HoconAddMode.Prepend);
        });
        await host.StartAsync();

        var config = SystemOf(host).Settings.Config;

        Assert.Equal((1, 3, 2), (config.GetInt("k.a"), config.GetInt("k.b"), config.GetInt("k.c")));
        await host.StopAsync();
    }

    [Fact]
    public async Task The_hosts_configuration_can_be_added()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["K:Some_Key"] = "5s",
            ["K:On"] = "True",
            ["K:List:0"] = "x \"y\"",
            ["K:List:1"] = "z",
        }).Build();
        using var host = Host(akka => akka.AddHocon(settings, HoconAddMode.Prepend));
        await host.StartAsync();

        var config = SystemOf(host).Settings.Config;

        Assert.Equal(TimeSpan.FromSeconds(5), config.GetTimeSpan("k.some-key"));
        Assert.True(config.GetBoolean("k.on"));
        Assert.Equal(["x \"y\"", "z"], config.GetStringList("k.list"));
        await host.StopAsync();
    }

    [Fact]
    public async Task The_timeout_of_Ask_can_be_set()
    {
        using var host = Host(akka => akka.WithActorAskTimeout(TimeSpan.FromMilliseconds(1500)));
        await host.StartAsync();

        Assert.Equal(TimeSpan.FromMilliseconds(1500), SystemOf(host).Settings.AskTimeout);

        await host.StopAsync();
    }

    private static ActorSystem SystemOf(IHost host) => host.Services.GetRequiredService<ActorSystem>();

    private static IHost Host(Action<AkkaConfigurationBuilder> configure) =>
        new HostBuilder().ConfigureServices(services => services.AddAkka("hosted", akka =>
        {
            akka.AddHocon("akka.loglevel = OFF\nakka.stdout-loglevel = OFF", HoconAddMode.Append);
            configure(akka);
        })).Build();
}
