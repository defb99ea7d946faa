using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit.TestActors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorSmtp.Engine.Tests.Hosting;

/// <summary>Finding a host's actors by type.</summary>
public sealed class ActorRegistryTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly IHost _host = new HostBuilder().ConfigureServices(services =>
    {
        services.AddTransient<Consumer>();
        services.AddAkka("hosted", akka =>
        {
            akka.AddHocon("akka.loglevel = OFF\nakka.stdout-loglevel = OFF", HoconAddMode.Append);
            akka.WithActors((system, registry) => registry.Register<Echo>(system.ActorOf(SimpleEchoActor.Props(), "echo")));
        });
    }).Build();

    private ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    private ActorRegistry Registry => ActorRegistry.For(System);

    public Task InitializeAsync() => _host.StartAsync();

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    [Fact]
    public void One_registry_is_the_systems_and_the_hosts()
    {
        Assert.Same(Registry, _host.Services.GetRequiredService<ActorRegistry>());
        Assert.Same(Registry, _host.Services.GetRequiredService<IActorRegistry>());
        Assert.Same(Registry, _host.Services.GetRequiredService<IReadOnlyActorRegistry>());
    }

    [Fact]
    public async Task A_registered_actor_is_found_by_its_key() =>
        Assert.Equal("x", await Registry.Get<Echo>().Ask<string>("x", s_patience));

    [Fact]
    public async Task A_service_is_given_the_actor_it_requires() =>
        Assert.Equal("x", await _host.Services.GetRequiredService<Consumer>().Required.ActorRef.Ask<string>("x", s_patience));

    [Fact]
    public void A_key_is_registered_once() =>
        Assert.Throws<DuplicateActorRegistryException>(() => Registry.Register<Echo>(System.DeadLetters));

    [Fact]
    public void A_key_is_registered_again_on_demand()
    {
        Registry.Register<Echo>(System.DeadLetters, overwrite: true);

        Assert.Same(System.DeadLetters, Registry.Get<Echo>());
    }

    [Fact]
    public void TryGet_of_a_missing_key_gives_Nobody()
    {
        Assert.False(Registry.TryGet<Other>(out var actor));
        Assert.True(actor.IsNobody());
    }

    [Fact]
    public void Get_of_a_missing_key_throws() => Assert.Throws<MissingActorRegistryEntryException>(() => Registry.Get<Other>());

    [Fact]
    public async Task GetAsync_waits_for_the_registration()
    {
        var required = _host.Services.GetRequiredService<IRequiredActor<Other>>().GetAsync();
        Assert.False(required.IsCompleted);

        Registry.Register<Other>(System.DeadLetters);

        Assert.Same(System.DeadLetters, await required.WaitAsync(s_patience));
    }

    [Fact]
    public async Task GetAsync_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var required = Registry.GetAsync<Other>(cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => required);
    }

    private sealed class Echo;

    private sealed class Other;

    private sealed class Consumer(IRequiredActor<Echo> required)
    {
        public IRequiredActor<Echo> Required { get; } = required;
    }
}
