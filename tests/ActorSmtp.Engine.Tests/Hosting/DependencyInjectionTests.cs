using Akka.Actor;
using Akka.Configuration;
using Akka.DependencyInjection;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorSmtp.Engine.Tests.Hosting;

/// <summary>Actors whose constructors take services.</summary>
public sealed class DependencyInjectionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_actor_is_given_services_and_arguments()
    {
        using var host = Host((system, registry, resolver) => registry.Register<Greeter>(system.ActorOf(resolver.Props<Greeter>("!"))));
        await host.StartAsync();

        Assert.Equal("hello!", await ActorRegistry.For(SystemOf(host)).Get<Greeter>().Ask<string>("?", s_patience));

        await host.StopAsync();
    }

    [Fact]
    public async Task The_resolver_of_a_hosted_system_knows_the_hosts_services()
    {
        using var host = Host((_, _, _) => { });
        await host.StartAsync();
        var system = SystemOf(host);

        var greeter = system.ActorOf(DependencyResolver.For(system).Props<Greeter>("?"));

        Assert.Equal("hello?", await greeter.Ask<string>("?", s_patience));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_restarted_actor_is_given_its_services_anew()
    {
        using var host = Host((system, registry, resolver) => registry.Register<Greeter>(system.ActorOf(resolver.Props<Greeter>("!"))));
        await host.StartAsync();
        var greeter = ActorRegistry.For(SystemOf(host)).Get<Greeter>();

        greeter.Tell("fail");

        Assert.Equal("hello!", await greeter.Ask<string>("?", s_patience));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_scope_resolves_services()
    {
        string? word = null;
        using var host = Host((_, _, resolver) =>
        {
            using var scope = resolver.CreateScope();
            word = scope.Resolver.GetService<IWord>().Text;
        });

        await host.StartAsync();

        Assert.Equal("hello", word);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_system_made_without_services_has_no_resolver()
    {
        var system = ActorSystem.Create("without", ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF"));

        Assert.Throws<ConfigurationException>(() => DependencyResolver.For(system));

        await system.Terminate();
    }

    [Fact]
    public async Task A_system_can_be_made_with_a_configuration_and_services_together()
    {
        var services = new ServiceCollection().AddSingleton<IWord, Hello>().BuildServiceProvider();
        var system = ActorSystem.Create("both", BootstrapSetup.Create()
            .WithConfig(ConfigurationFactory.ParseString("z = 5\nakka.loglevel = OFF\nakka.stdout-loglevel = OFF"))
            .And(DependencyResolverSetup.Create(services)));

        Assert.Equal(5, system.Settings.Config.GetInt("z"));
        Assert.Equal("hello", DependencyResolver.For(system).Resolver.GetService<IWord>().Text);

        await system.Terminate();
    }

    private static ActorSystem SystemOf(IHost host) => host.Services.GetRequiredService<ActorSystem>();

    private static IHost Host(Action<ActorSystem, IActorRegistry, IDependencyResolver> starter) =>
        new HostBuilder().ConfigureServices(services =>
        {
            services.AddSingleton<IWord, Hello>();
            services.AddAkka("hosted", akka =>
            {
                akka.AddHocon("akka.loglevel = OFF\nakka.stdout-loglevel = OFF", HoconAddMode.Append);
                akka.WithActors(starter);
            });
        }).Build();

    private interface IWord
    {
        string Text { get; }
    }

    private sealed class Hello : IWord
    {
        public string Text => "hello";
    }

    private sealed class Greeter : ReceiveActor
    {
        public Greeter(IWord word, string end)
        {
            Receive<string>(text => text == "fail", _ => throw new FormatException());
            Receive<string>(_ => Sender.Tell(word.Text + end));
        }
    }
}
