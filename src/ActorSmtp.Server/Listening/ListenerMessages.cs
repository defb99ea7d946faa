using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Akka.Event;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Listening;

/// <summary>What the listeners hear and say.</summary>
public static class ListenerMessages
{
    // asked of them

    /// <summary>Asked of the listeners' parent by the server's door: bind everything; answered with <see cref="AllBound"/> or <see cref="CannotBind"/>.</summary>
    public sealed class Start
    {
        public static readonly Start Instance = new();
    }

    /// <summary>Asked at shutdown: accept no more, have every session end; answered with <see cref="Ended"/> when none is left.</summary>
    public sealed class Unbind
    {
        public static readonly Unbind Instance = new();
    }

    // answered

    /// <summary>Every listener is bound.</summary>
    public sealed record AllBound(ImmutableArray<Bound> Listeners) : INoSerializationVerificationNeeded;

    /// <summary>A listener's address cannot be bound; the reason is fit for the person who configured it.</summary>
    /// <param name="IsDenied">The operating system does not let us.</param>
    public sealed record CannotBind(string Listener, string Reason, bool IsDenied);

    /// <summary>No connection is accepted any more and no session is left.</summary>
    public sealed class Ended
    {
        public static readonly Ended Instance = new();
    }

    // announced on the event stream

    /// <summary>The address that was bound, with the port the system chose for port 0.</summary>
    public sealed record Bound(string Listener, EndPoint Address) : INoSerializationVerificationNeeded;

    // between a listener and the I/O threads

    /// <summary>From the I/O thread: a peer has connected.</summary>
    internal sealed record PeerConnected(IConnection Connection) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>From the I/O thread: the transport rests because something ran out.</summary>
    internal sealed record CannotAccept(AcceptTrouble Trouble) : INoSerializationVerificationNeeded;
}
