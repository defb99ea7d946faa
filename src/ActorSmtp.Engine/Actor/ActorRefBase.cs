using System.Runtime.CompilerServices;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>
/// What every ref of the engine can do besides <see cref="IActorRef"/>; stands for <c>IInternalActorRef</c>, <c>InternalActorRefBase</c>
/// and <c>MinimalActorRef</c>, which are public in Akka and not here. The defaults are those of a ref without an actor behind it.
/// </summary>
public abstract class ActorRefBase : IActorRef
{
    private protected ActorRefBase()
    {
    }

    public abstract ActorPath Path { get; }

    /// <summary>The system this ref belongs to; null for <see cref="Nobody"/>.</summary>
    internal virtual ActorSystemImpl System => null;

    internal virtual ActorRefBase Parent => Nobody.Instance;

    internal virtual bool IsTerminated => false;

    public void Tell(object message, IActorRef sender) => TellInternal(message, sender);

    protected abstract void TellInternal(object message, IActorRef sender);

    internal virtual void SendSystem(SystemMessage message)
    {
    }

    internal virtual void Start()
    {
    }

    internal virtual void Stop()
    {
    }

    internal virtual void Suspend()
    {
    }

    internal virtual void Resume(Exception causedByFailure)
    {
    }

    internal virtual void Restart(Exception cause)
    {
    }

    /// <summary>The child of that name for selections and <c>Context.Child</c>, else Nobody.</summary>
    internal virtual ActorRefBase GetSingleChild(string name) => Nobody.Instance;

    /// <summary>All children, for selections with wildcards.</summary>
    internal virtual IReadOnlyList<ActorRefBase> GetChildren() => [];

    public bool Equals(IActorRef other) =>
        ReferenceEquals(this, other) || (other is not null && Path.Uid == other.Path.Uid && Path.Equals(other.Path));

    public override bool Equals(object obj) => obj is IActorRef other && Equals(other);

    public override int GetHashCode() => Path.Uid == 0 ? Path.GetHashCode() : Path.Uid.GetHashCode();

    public int CompareTo(object obj) => obj is IActorRef other
        ? CompareTo(other)
        : throw new ArgumentException($"Object must be an IActorRef, is {obj?.GetType()}", nameof(obj));

    public int CompareTo(IActorRef other)
    {
        var byPath = Path.CompareTo(other.Path);
        return byPath != 0 ? byPath : Path.Uid.CompareTo(other.Path.Uid);
    }

    public override string ToString() => Path.Uid == 0 ? $"[{Path}]" : $"[{Path}#{Path.Uid}]";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected static void ThrowNullMessage() => throw new ArgumentNullException("message", "Message cannot be null.");
}
