using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.DependencyInjection;
using Akka.Hosting.Logging;
using Akka.Util;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Hosting;

/// <summary>Makes actors when the host starts. Stands for the Akka delegate of the name.</summary>
public delegate Task ActorStarter(ActorSystem system, IActorRegistry registry);

/// <summary>Makes actors that take services when the host starts. Stands for the Akka delegate of the name.</summary>
public delegate Task ActorStarterWithResolver(ActorSystem system, IActorRegistry registry, IDependencyResolver resolver);

/// <summary>Runs once after all actor starters. Stands for the Akka delegate of the name.</summary>
public delegate Task StartupTask(ActorSystem system, IActorRegistry registry);

/// <summary>
/// What a host's actor system is made of, and what is done in it at its start: starters in the order they were added, then the
/// start-up tasks, each awaited. Stands for Akka.Hosting.AkkaConfigurationBuilder; serializers and the choice of a provider of
/// refs are not there.
/// </summary>
public sealed class AkkaConfigurationBuilder
{
    /// <summary>Set-ups of the system beside the bootstrap's and the resolver's; add to them by <c>AddSetup</c>.</summary>
    public readonly HashSet<Setup> Setups = [];

    private readonly IServiceCollection _services;
    private readonly string _systemName;
    private readonly List<Type> _extensions = [];
    private readonly List<ActorStarter> _starters = [];
    private readonly List<StartupTask> _startupTasks = [];
    private bool _started;

    /// <summary>Made by <c>AddAkka</c>.</summary>
    public AkkaConfigurationBuilder(IServiceCollection serviceCollection, string actorSystemName)
    {
        _services = serviceCollection;
        _systemName = actorSystemName;
    }

    /// <summary>The configuration so far.</summary>
    public Option<Config> Configuration { get; private set; } = Option<Config>.None;

    /// <summary>Adds a starter.</summary>
    public AkkaConfigurationBuilder StartActors(Action<ActorSystem, IActorRegistry> starter) => StartActors(
        (ActorSystem system, IActorRegistry registry) =>
        {
            starter(system, registry);
            return Task.CompletedTask;
        });

    /// <summary>Adds a starter.</summary>
    public AkkaConfigurationBuilder StartActors(Action<ActorSystem, IActorRegistry, IDependencyResolver> starter) => StartActors(
        (ActorSystem system, IActorRegistry registry) =>
        {
            starter(system, registry, DependencyResolver.For(system).Resolver);
            return Task.CompletedTask;
        });

    /// <summary>Adds a starter.</summary>
    public AkkaConfigurationBuilder StartActors(ActorStarter starter)
    {
        if (!_started)
            _starters.Add(starter);
        return this;
    }

    /// <summary>Adds a starter.</summary>
    public AkkaConfigurationBuilder StartActors(ActorStarterWithResolver starter) => StartActors(
        (ActorSystem system, IActorRegistry registry) => starter(system, registry, DependencyResolver.For(system).Resolver));

    /// <summary>Adds a task to be run after all starters.</summary>
    public AkkaConfigurationBuilder AddStartup(Action<ActorSystem, IActorRegistry> startupTask) => AddStartup(
        (ActorSystem system, IActorRegistry registry) =>
        {
            startupTask(system, registry);
            return Task.CompletedTask;
        });

    /// <summary>Adds a task to be run after all starters.</summary>
    public AkkaConfigurationBuilder AddStartup(StartupTask startupTask)
    {
        if (!_started)
            _startupTasks.Add(startupTask);
        return this;
    }

    /// <summary>Has extensions made with the system, by the types of their ids.</summary>
    /// <exception cref="ConfigurationException">A type is no extension id, or cannot be made.</exception>
    public AkkaConfigurationBuilder WithExtensions(params Type[] extensions)
    {
        foreach (var extension in extensions)
        {
            if (!typeof(IExtensionId).IsAssignableFrom(extension) || extension.IsAbstract)
                throw new ConfigurationException($"[{extension.FullName}] is not a class that can be made and implements IExtensionId.");
            if (!_extensions.Contains(extension))
                _extensions.Add(extension);
        }
        return this;
    }

    /// <summary>Has an extension made with the system, by the type of its id.</summary>
    public AkkaConfigurationBuilder WithExtension<T>()
        where T : IExtensionId => WithExtensions(typeof(T));

    internal AkkaConfigurationBuilder Add(Setup setup)
    {
        if (_started || setup is DependencyResolverSetup)
            return this;
        if (setup is not BootstrapSetup bootstrap)
            Setups.Add(setup);
        else if (bootstrap.Config.HasValue)
            Add(bootstrap.Config.Value, HoconAddMode.Prepend);
        return this;
    }

    internal AkkaConfigurationBuilder Add(Config hocon, HoconAddMode mode)
    {
        ArgumentNullException.ThrowIfNull(hocon);
        if (_started)
            return this;
        var before = Configuration.HasValue ? Configuration.Value : Config.Empty;
        Configuration = mode switch
        {
            HoconAddMode.Append => before.WithFallback(hocon),
            HoconAddMode.Prepend or HoconAddMode.Replace => hocon.WithFallback(before),
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "No such mode."),
        };
        return this;
    }

    /// <summary>Registers what services may ask for; the system is made when it is first asked for.</summary>
    internal void Bind()
    {
        _services.AddSingleton(provider => provider.GetRequiredService<AkkaConfigurationBuilder>().CreateSystem(provider));
        _services.AddSingleton(provider => ActorRegistry.For(provider.GetRequiredService<ActorSystem>()));
        _services.AddSingleton<IActorRegistry>(provider => provider.GetRequiredService<ActorRegistry>());
        _services.AddSingleton<IReadOnlyActorRegistry>(provider => provider.GetRequiredService<ActorRegistry>());
        _services.AddSingleton(typeof(IRequiredActor<>), typeof(RequiredActor<>));
    }

    internal async Task StartAsync(ActorSystem system)
    {
        if (_started)
            return;
        _started = true;
        var registry = ActorRegistry.For(system);
        foreach (var starter in _starters)
            await starter(system, registry).ConfigureAwait(false);
        foreach (var task in _startupTasks)
            await task(system, registry).ConfigureAwait(false);
    }

    private ActorSystem CreateSystem(IServiceProvider provider)
    {
        AddExtensions();
        if (!Setups.OfType<LoggerFactorySetup>().Any() && provider.GetService<ILoggerFactory>() is { } factory)
            Setups.Add(new LoggerFactorySetup(factory));
        Setup bootstrap = BootstrapSetup.Create().WithConfig(Configuration.HasValue ? Configuration.Value : Config.Empty);
        return ActorSystem.Create(
            _systemName, ActorSystemSetup.Create([bootstrap, DependencyResolverSetup.Create(provider), .. Setups]));
    }

    private void AddExtensions()
    {
        if (_extensions.Count == 0)
            return;
        var listed = Configuration.HasValue ? Configuration.Value.GetStringList("akka.extensions") : [];
        var all = listed.Concat(_extensions.Select(type => type.AssemblyQualifiedName)).Distinct().Select(name => $"\"{name}\"");
        Add(ConfigurationFactory.ParseString($"akka.extensions = [{string.Join(", ", all)}]"), HoconAddMode.Prepend);
    }
}
