using Akka.Actor;

namespace Akka.Hosting;

/// <summary>An actor of the registry as a constructor's argument. Stands for Akka.Hosting.IRequiredActor, complete.</summary>
public interface IRequiredActor<TActor>
{
    /// <summary>The actor registered for <typeparamref name="TActor"/>.</summary>
    /// <exception cref="MissingActorRegistryEntryException">None is, at the time of asking.</exception>
    IActorRef ActorRef { get; }

    /// <summary>The actor, as soon as one is registered.</summary>
    Task<IActorRef> GetAsync(CancellationToken cancellationToken = default);
}

/// <summary>Looks into the registry. Stands for Akka.Hosting.RequiredActor, complete.</summary>
public sealed class RequiredActor<TActor> : IRequiredActor<TActor>
{
    private readonly IReadOnlyActorRegistry _registry;
    private IActorRef _actor;

    /// <summary>Made by the service provider.</summary>
    public RequiredActor(IReadOnlyActorRegistry registry) => _registry = registry;

    /// <inheritdoc/>
    public IActorRef ActorRef => _actor ??= _registry.Get<TActor>();

    /// <inheritdoc/>
    public async Task<IActorRef> GetAsync(CancellationToken cancellationToken = default) =>
        _actor ??= await _registry.GetAsync<TActor>(cancellationToken).ConfigureAwait(false);
}
