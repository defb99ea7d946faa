using Akka.Configuration;
using Akka.Util;

namespace Akka.Actor;

/// <summary>Stands for Akka's <c>BootstrapSetup</c>: the configuration of a system to be made.</summary>
public sealed class BootstrapSetup : Setup.Setup
{
    private readonly Option<Config> _fallback;

    private BootstrapSetup(Option<Config> config, Option<Config> fallback, Option<ProviderSelection> provider)
    {
        Config = config;
        _fallback = fallback;
        ActorRefProvider = provider;
    }

    public Option<Config> Config { get; }

    public Option<ProviderSelection> ActorRefProvider { get; }

    /// <summary>What <see cref="Config"/> lacks.</summary>
    internal Option<Config> ConfigFallback => _fallback;

    public static BootstrapSetup Create() => new(default, default, default);

    public BootstrapSetup WithActorRefProvider(ProviderSelection name) => new(Config, _fallback, name);

    public BootstrapSetup WithConfig(Config config) => new(config, _fallback, ActorRefProvider);

    public BootstrapSetup WithConfigFallback(Config config) =>
        new(Config, _fallback.HasValue ? _fallback.Value.WithFallback(config) : config, ActorRefProvider);
}

/// <summary>Stands for Akka's <c>ProviderSelection</c>. There are local actors only here; the others are not to be had.</summary>
public abstract class ProviderSelection
{
    private protected ProviderSelection()
    {
    }

    public sealed class Local : ProviderSelection
    {
        public static readonly Local Instance = new();

        private Local()
        {
        }
    }
}
