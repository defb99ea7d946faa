namespace Akka.Actor;

/// <summary>Marks what hangs on a system, one of each kind. Stands for Akka's interface of that name.</summary>
public interface IExtension
{
}

/// <summary>Stands for Akka's <c>IExtensionId</c>: finds and makes an extension.</summary>
public interface IExtensionId
{
    object Apply(ActorSystem system);

    object Get(ActorSystem system);

    object CreateExtension(ExtendedActorSystem system);

    Type ExtensionType { get; }
}

/// <summary>Stands for Akka's <c>IExtensionId&lt;T&gt;</c>.</summary>
public interface IExtensionId<out T> : IExtensionId
    where T : IExtension
{
    new T Apply(ActorSystem system);

    new T Get(ActorSystem system);

    new T CreateExtension(ExtendedActorSystem system);
}

/// <summary>Stands for Akka's <c>ExtensionIdProvider&lt;T&gt;</c>: derive from it and write CreateExtension.</summary>
public abstract class ExtensionIdProvider<T> : IExtensionId<T>
    where T : IExtension
{
    public Type ExtensionType => typeof(T);

    /// <summary>The system's extension, made when it is first asked for.</summary>
    public T Apply(ActorSystem system) => (T)system.RegisterExtension(this);

    public T Get(ActorSystem system) => Apply(system);

    public abstract T CreateExtension(ExtendedActorSystem system);

    object IExtensionId.Apply(ActorSystem system) => Apply(system);

    object IExtensionId.Get(ActorSystem system) => Get(system);

    object IExtensionId.CreateExtension(ExtendedActorSystem system) => CreateExtension(system);

    public override bool Equals(object obj) => obj is T;

    public override int GetHashCode() => typeof(T).GetHashCode();
}

/// <summary>Stands for Akka's <c>ActorSystemWithExtensions</c>.</summary>
public static class ActorSystemWithExtensions
{
    public static T WithExtension<T>(this ActorSystem system)
        where T : class, IExtension => system.GetExtension<T>();

    public static T WithExtension<T>(this ActorSystem system, Type extensionId)
        where T : class, IExtension => (T)system.RegisterExtension((IExtensionId)Activator.CreateInstance(extensionId));

    public static T WithExtension<T, TI>(this ActorSystem system)
        where T : class, IExtension
        where TI : IExtensionId => (T)system.RegisterExtension((IExtensionId)Activator.CreateInstance(typeof(TI)));
}
