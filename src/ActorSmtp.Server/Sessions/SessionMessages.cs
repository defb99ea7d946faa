using Akka.Actor;
using Akka.Event;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Proxy;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// What a session hears besides the peer's commands (those arrive as <see cref="Protocol.Smtp.SmtpCommand"/> values), and what it announces.
/// The first group comes from its own <see cref="Conversation"/>, on the thread that moved the bytes.
/// </summary>
public static class SessionMessages
{
    /// <summary>A line that answers a SASL challenge (RFC 4954 §4); the session asked for it.</summary>
    internal sealed record SaslLine(byte[] Text) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        private bool PrintMembers(System.Text.StringBuilder b)
        {
            b.Append("Text = ***");
            return true;
        }
    }

    /// <summary>The content after DATA or of one BDAT was read to its end; says what was seen in it.</summary>
    internal sealed record BodyEnded(BodyFacts Facts) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The TLS handshake succeeded.</summary>
    internal sealed class Secured : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Secured Instance = new();
    }

    /// <summary>The peer sent 64 KiB without an end of line.</summary>
    internal sealed class LineWithoutEnd : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly LineWithoutEnd Instance = new();
    }

    /// <summary>What was sent is HTTP, or TLS where there is none.</summary>
    internal sealed class ForeignTongueHeard : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly ForeignTongueHeard Instance = new();
    }

    /// <summary>The peer sent far ahead behind a message, and does not read or has to wait, as too many others do.</summary>
    internal sealed class HoldsTooMuch : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HoldsTooMuch Instance = new();
    }

    /// <summary>The peer spoke while the greeting was held back.</summary>
    internal sealed class SpokeEarly : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly SpokeEarly Instance = new();
    }

    /// <summary>The header of a proxy came; null: what came is none.</summary>
    internal sealed record Proxied(ProxyHeader? Header) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The connection is gone; nothing can be said any more.</summary>
    internal sealed record PeerGone(CloseReason Reason, string? Detail) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The peer left while others were asked; <paramref name="Wholly"/>: it does not even read any more.</summary>
    internal sealed record PeerLeft(bool Wholly) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The store keeps the message: covered by a successful sync, where the policy asks for one.</summary>
    internal sealed class Stored : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Stored Instance = new();
    }

    /// <summary>The store does not keep the message.</summary>
    internal sealed record StoreFailed(StoreFailure Failure) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The listener's sweep found the deadline passed that the session had set.</summary>
    internal sealed record DeadlinePassed(long Deadline) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The server is going down: finish what is promised, then say 421 4.3.2.</summary>
    internal sealed class ShutDown : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly ShutDown Instance = new();
    }

    /// <summary>Announced: a message was accepted, the 250 is being written.</summary>
    public sealed record MailAccepted(MailId Id, string Session, string Listener, ReversePath From, int Recipients, long Octets);

    /// <summary>Announced: a session began.</summary>
    /// <param name="State">Where, in one word.</param>
    public sealed record SessionOpened(string Session, string Listener, System.Net.EndPoint? Peer, string State) : INoSerializationVerificationNeeded;

    /// <summary>Announced: a session went from one state to another. Holds what was so at that moment.</summary>
    public sealed record SessionChanged(
        string Session, string Listener, System.Net.EndPoint? Peer, string State, string Previous, string? User, string? Hello, string? Tls, int Messages)
        : INoSerializationVerificationNeeded;

    /// <summary>Announced: a session ended.</summary>
    public sealed record SessionClosed(string Session, string Listener, string Reason);
}
