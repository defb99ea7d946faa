using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Client;

/// <summary>What a client actor hears and says.</summary>
public static class ClientMessages
{
    // asked of it

    /// <summary>Its owner wants this sent; answered with <see cref="Sent"/>, or <see cref="Failed"/> where the dialogue broke.</summary>
    public sealed record Send(MailToSend Mail) : INoSerializationVerificationNeeded;

    /// <summary>No more: say QUIT, close, stop.</summary>
    public sealed class Finish
    {
        public static readonly Finish Instance = new();
    }

    // answered to its owner

    /// <summary>The server is ready for messages.</summary>
    /// <param name="Offered">What its EHLO reply offered, after TLS.</param>
    public sealed record Ready(Extensions Offered, TlsFacts? Tls) : INoSerializationVerificationNeeded;

    /// <summary>What became of a message, recipient by recipient, in the order of the envelope.</summary>
    public sealed record Sent(ImmutableArray<RecipientResult> Results, ServerReply? Final) : INoSerializationVerificationNeeded
    {
        /// <summary>Whether the server took responsibility for every recipient.</summary>
        public bool All => Results.All(r => r.Accepted);

        /// <summary>The dialogue ends with it: the actor stops, and takes no further message.</summary>
        public bool IsLast { get; init; }
    }

    /// <summary>The dialogue ended before the server was ready, in the middle of a message or between two. The actor stops.</summary>
    /// <param name="Phase">Where it was.</param>
    /// <param name="Why">What happened, in words.</param>
    /// <param name="Reply">The reply that ended it, if one did.</param>
    /// <param name="MayRetry">A later attempt may succeed: no 5xx was said.</param>
    /// <param name="MayBeSent">The content was sent and the verdict did not come: the server may have it (RFC 1047).</param>
    public sealed record Failed(ClientState Phase, string Why, ServerReply? Reply, bool MayRetry, bool MayBeSent) : INoSerializationVerificationNeeded
    {
        /// <summary>
        /// With a message under way, what became of each recipient: the server's own refusal where it had come to that, else this failure.
        /// </summary>
        public ImmutableArray<RecipientResult> Results { get; init; } = [];

        /// <summary>TLS was required, and the server does not offer it.</summary>
        public bool LacksTls { get; init; }
    }

    // from its own connection, on an I/O thread

    internal sealed class Connected : INoSerializationVerificationNeeded
    {
        public static readonly Connected Instance = new();
    }

    internal sealed class Secured : INoSerializationVerificationNeeded
    {
        public static readonly Secured Instance = new();
    }

    /// <param name="Early">It was read while content was on its way and its end was not.</param>
    internal sealed record Heard(ServerReply Reply, bool Early) : INoSerializationVerificationNeeded;

    internal sealed record Garbled(string Problem);

    internal sealed class Drained : INoSerializationVerificationNeeded
    {
        public static readonly Drained Instance = new();
    }

    internal sealed record Lost(CloseReason Reason, string? Detail);
}

/// <summary>What became of one recipient.</summary>
/// <param name="Accepted">The server has taken responsibility for it.</param>
/// <param name="Reply">The reply that decided; null where we decided ourselves, see <paramref name="Why"/>.</param>
/// <param name="Phase">What the reply answered.</param>
/// <param name="Why">Our own reason for not sending it.</param>
public sealed record RecipientResult(Mailbox Recipient, bool Accepted, ServerReply? Reply, ClientState Phase, string? Why = null)
{
    /// <summary>A later attempt may succeed: the reply was no 5xx, or it was the dialogue that broke.</summary>
    public bool MayRetry => !Accepted && (Reply is { IsPermanent: false } || IsOneTooMany || (Reply is null && Broken));

    /// <summary>
    /// Refused for no other reason than that there were too many at once: 452, or 552 of servers that still go by RFC 821 (RFC 5321 §4.5.3.1.10). It may be
    /// sent to in another transaction, in the same dialogue if others were accepted in this one.
    /// </summary>
    public bool IsOneTooMany { get; init; }

    /// <summary>The dialogue broke before this recipient's fate was known.</summary>
    public bool Broken { get; init; }

    /// <summary>The code of our own reason (RFC 3463), where the server lacks what the message needs; null: it has all of it.</summary>
    public EnhancedCode? Lack { get; init; }
}

/// <summary>One line of an outbound dialogue, for transcripts; secrets are masked already.</summary>
/// <param name="At">Since the dialogue began.</param>
/// <param name="FromServer">Who said it.</param>
public readonly record struct TranscriptLine(TimeSpan At, bool FromServer, string Text);
