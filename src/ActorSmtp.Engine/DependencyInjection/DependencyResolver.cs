using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.DependencyInjection;

/// <summary>
/// Makes actors whose constructors take services. Stands for Akka.DependencyInjection.IDependencyResolver, complete.
/// </summary>
public interface IDependencyResolver
{
    /// <summary>A resolver of its own scope; dispose it when done.</summary>
    IResolverScope CreateScope();

    /// <summary>The service, or null.</summary>
    object GetService(Type type);

    /// <summary>The service, or null.</summary>
    T GetService<T>();

    /// <summary>
    /// Props of an actor whose constructor takes <paramref name="args"/> and services. They come from the root provider, anew at
    /// each start and restart; nothing is disposed of for the actor.
    /// </summary>
    Props Props(Type type, params object[] args);

    /// <inheritdoc cref="Props(Type, object[])"/>
    Props Props(Type type);

    /// <inheritdoc cref="Props(Type, object[])"/>
    Props Props<T>(params object[] args)
        where T : ActorBase;
}

/// <summary>A scope and its resolver. Stands for Akka.DependencyInjection.IResolverScope, complete.</summary>
public interface IResolverScope : IDisposable
{
    /// <summary>Resolves services of this scope.</summary>
    IDependencyResolver Resolver { get; }
}

/// <summary>The resolver of a system. Stands for Akka.DependencyInjection.DependencyResolver, complete.</summary>
public sealed class DependencyResolver : IExtension
{
    /// <summary>Wraps a resolver.</summary>
    public DependencyResolver(IDependencyResolver resolver) => Resolver = resolver;

    /// <summary>The resolver.</summary>
    public IDependencyResolver Resolver { get; }

    /// <summary>The resolver of <paramref name="actorSystem"/>.</summary>
    /// <exception cref="ConfigurationException">The system was made without a <see cref="DependencyResolverSetup"/>.</exception>
    public static DependencyResolver For(ActorSystem actorSystem) =>
        actorSystem.WithExtension<DependencyResolver, DependencyResolverExtension>();

    /// <inheritdoc cref="IDependencyResolver.Props(Type, object[])"/>
    public Props Props<T>(params object[] args)
        where T : ActorBase => Resolver.Props<T>(args);

    /// <inheritdoc cref="IDependencyResolver.Props(Type, object[])"/>
    public Props Props<T>()
        where T : ActorBase => Resolver.Props<T>();

    /// <inheritdoc cref="IDependencyResolver.Props(Type, object[])"/>
    public Props Props(Type type) => Resolver.Props(type);

    /// <inheritdoc cref="IDependencyResolver.Props(Type, object[])"/>
    public Props Props(Type type, params object[] args) => Resolver.Props(type, args);
}

/// <summary>Gives a system its <see cref="DependencyResolver"/>. Stands for the Akka class of the name, complete.</summary>
public sealed class DependencyResolverExtension : ExtensionIdProvider<DependencyResolver>
{
    /// <inheritdoc/>
    public override DependencyResolver CreateExtension(ExtendedActorSystem system)
    {
        var setup = system.Settings.Setup.Get<DependencyResolverSetup>();
        return setup.HasValue
            ? new DependencyResolver(setup.Value.DependencyResolver)
            : throw new ConfigurationException(
                $"The system [{system.Name}] was made without a DependencyResolverSetup; dependency injection needs one.");
    }
}

/// <summary>Which services the actors of a system get. Stands for Akka.DependencyInjection.DependencyResolverSetup, complete.</summary>
public class DependencyResolverSetup : Setup
{
    private DependencyResolverSetup(IDependencyResolver resolver) => DependencyResolver = resolver;

    /// <summary>The resolver.</summary>
    public IDependencyResolver DependencyResolver { get; }

    /// <summary>Services of a provider.</summary>
    public static DependencyResolverSetup Create(IServiceProvider provider) => new(new ServiceProviderDependencyResolver(provider));

    /// <summary>Services of a resolver.</summary>
    public static DependencyResolverSetup Create(IDependencyResolver provider) => new(provider);
}

/// <summary>Resolves from a service provider. Stands for the Akka class of the name, complete.</summary>
public class ServiceProviderDependencyResolver : IDependencyResolver
{
    /// <summary>Resolves from <paramref name="serviceProvider"/>.</summary>
    public ServiceProviderDependencyResolver(IServiceProvider serviceProvider) => ServiceProvider = serviceProvider;

    /// <summary>The provider.</summary>
    public IServiceProvider ServiceProvider { get; }

    /// <inheritdoc/>
    public IResolverScope CreateScope() => new Scope(ServiceProvider.CreateScope());

    /// <inheritdoc/>
    public object GetService(Type type) => ServiceProvider.GetService(type);

    /// <inheritdoc/>
    public T GetService<T>() => ServiceProvider.GetService<T>();

    /// <inheritdoc/>
    public Props Props(Type type, params object[] args) => Akka.Actor.Props.CreateBy(new Producer(ServiceProvider, type, args));

    /// <inheritdoc/>
    public Props Props(Type type) => Props(type, []);

    /// <inheritdoc/>
    public Props Props<T>(params object[] args)
        where T : ActorBase => Props(typeof(T), args);

    private sealed class Scope(IServiceScope scope) : IResolverScope
    {
        public IDependencyResolver Resolver { get; } = new ServiceProviderDependencyResolver(scope.ServiceProvider);

        public void Dispose() => scope.Dispose();
    }

    private sealed class Producer(IServiceProvider provider, Type type, object[] args) : IIndirectActorProducer
    {
        public Type ActorType => type;

        public ActorBase Produce() => (ActorBase)ActivatorUtilities.CreateInstance(provider, type, args);

        public void Release(ActorBase actor)
        {
            // The container made its arguments, not the actor.
        }
    }
}
