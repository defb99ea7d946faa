using Akka.Actor.Setup;
using Akka.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.Hosting;

/// <summary>
/// An actor system among a host's services. Stands for Akka.Hosting.AkkaHostingExtensions; <c>WithActorRefProvider</c> is not there.
/// </summary>
public static class AkkaHostingExtensions
{
    /// <summary>Adds a system that is started and stopped with the host.</summary>
    public static IServiceCollection AddAkka(
        this IServiceCollection services, string actorSystemName, Action<AkkaConfigurationBuilder> builder) =>
        services.AddAkka(actorSystemName, (configuration, _) => builder(configuration));

    /// <summary>
    /// Adds a system that is started and stopped with the host. <paramref name="builder"/> runs when the system is first asked for.
    /// </summary>
    public static IServiceCollection AddAkka(
        this IServiceCollection services, string actorSystemName, Action<AkkaConfigurationBuilder, IServiceProvider> builder) =>
        services.AddAkka<AkkaHostedService>(actorSystemName, builder);

    /// <summary>As above, with a hosted service of one's own.</summary>
    public static IServiceCollection AddAkka<T>(
        this IServiceCollection services, string actorSystemName, Action<AkkaConfigurationBuilder, IServiceProvider> builder)
        where T : AkkaHostedService
    {
        var configuration = new AkkaConfigurationBuilder(services, actorSystemName);
        services.AddSingleton(provider =>
        {
            builder(configuration, provider);
            return configuration;
        });
        configuration.Bind();
        services.AddHostedService<T>();
        return services;
    }

    /// <summary>Adds a set-up; of a bootstrap's the configuration is taken, over what is there.</summary>
    public static AkkaConfigurationBuilder AddSetup(this AkkaConfigurationBuilder builder, Setup setup) => builder.Add(setup);

    /// <summary>Adds configuration.</summary>
    public static AkkaConfigurationBuilder AddHocon(this AkkaConfigurationBuilder builder, Config hocon, HoconAddMode addMode) =>
        builder.Add(hocon, addMode);

    /// <summary>
    /// Adds the host's configuration, or a section of it under its key. <c>_</c> in keys becomes <c>-</c>, with
    /// <paramref name="normalizeKeys"/> capitals become small; dots divide.
    /// </summary>
    public static AkkaConfigurationBuilder AddHocon(
        this AkkaConfigurationBuilder builder, IConfiguration configuration, HoconAddMode addMode, bool normalizeKeys = true) =>
        builder.Add(ConfigurationFactory.ParseString(configuration.ToHoconText(normalizeKeys)), addMode);

    /// <summary>Adds the configuration of a file.</summary>
    public static AkkaConfigurationBuilder AddHoconFile(
        this AkkaConfigurationBuilder builder, string hoconFilePath, HoconAddMode addMode) =>
        builder.Add(ConfigurationFactory.ParseString(File.ReadAllText(hoconFilePath)), addMode);

    /// <summary>How long an Ask waits that is not told otherwise; infinite when not set.</summary>
    public static AkkaConfigurationBuilder WithActorAskTimeout(this AkkaConfigurationBuilder builder, TimeSpan timeout) =>
        builder.Add(
            ConfigurationFactory.ParseString(
                $"akka.actor.ask-timeout = {(timeout == Timeout.InfiniteTimeSpan ? "infinite" : FormattableString.Invariant($"{timeout.TotalMilliseconds}ms"))}"),
            HoconAddMode.Prepend);

    /// <summary>Adds a starter of actors.</summary>
    public static AkkaConfigurationBuilder WithActors(
        this AkkaConfigurationBuilder builder, Action<Actor.ActorSystem, IActorRegistry> actorStarter) =>
        builder.StartActors(actorStarter);

    /// <summary>Adds a starter of actors.</summary>
    public static AkkaConfigurationBuilder WithActors(
        this AkkaConfigurationBuilder builder,
        Action<Actor.ActorSystem, IActorRegistry, DependencyInjection.IDependencyResolver> actorStarter) =>
        builder.StartActors(actorStarter);

    /// <summary>Adds a starter of actors.</summary>
    public static AkkaConfigurationBuilder WithActors(this AkkaConfigurationBuilder builder, ActorStarterWithResolver actorStarter) =>
        builder.StartActors(actorStarter);

    /// <summary>Adds a starter of actors.</summary>
    public static AkkaConfigurationBuilder WithActors(this AkkaConfigurationBuilder builder, ActorStarter actorStarter) =>
        builder.StartActors(actorStarter);
}
