using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>One recipient of an accepted message.</summary>
/// <param name="Address">Where it goes, as RCPT said it; a bare postmaster has its domain by now.</param>
/// <param name="Notify">NOTIFY=.</param>
/// <param name="Original">ORCPT=, or null.</param>
public sealed record Recipient(Mailbox Address, DsnNotify Notify = DsnNotify.Unspecified, OriginalRecipient? Original = null)
{
    /// <summary>The local account whose mailbox gets it, as it was decided at RCPT; null: it goes to another host.</summary>
    public string? Account { get; init; }

    /// <summary>
    /// An alias that led to several others, which are recipients of their own: nothing is delivered here, and its sender is to be told that it was expanded
    /// (RFC 3461 §5.2.7.3).
    /// </summary>
    public bool IsExpanded { get; init; }

    /// <summary>An alias led here, and the sender is to be rewritten on the way out (SRS).</summary>
    public bool IsPassedOn { get; init; }
}

/// <summary>
/// All that is known of an accepted message besides its content: a plain value that goes into journals and tables
/// (<see cref="EnvelopeCodec"/>) and to every part that handles the message later.
/// </summary>
public sealed record Envelope
{
    /// <summary>The message's id.</summary>
    public required MailId Id { get; init; }

    /// <summary>When the message was received, UTC.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The sender.</summary>
    public required ReversePath From { get; init; }

    /// <summary>The recipients, in the order of RCPT, no two equal; at least one.</summary>
    public required ImmutableArray<Recipient> Recipients { get; init; }

    /// <summary>What the content is: BODY= where it says BINARYMIME, else what its octets were, whatever was said of them.</summary>
    public BodyType Body { get; init; }

    /// <summary>Whether MAIL had SMTPUTF8.</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>Whether MAIL had REQUIRETLS.</summary>
    public bool RequireTls { get; init; }

    /// <summary>
    /// The message's own header says "TLS-Required: No" and MAIL had no REQUIRETLS: where it goes, the recipient's policies (MTA-STS, DANE) are
    /// not to stand in its way (RFC 8689 §4.1).
    /// </summary>
    public bool TlsNotRequired { get; init; }

    /// <summary>The content came with bare CRs or LFs, which are CRLF now: what is kept is not octet for octet what was sent.</summary>
    public bool NewlinesNormalized { get; init; }

    /// <summary>RET=.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>ENVID=, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>AUTH= of MAIL: a mailbox, "" for &lt;&gt;, or null.</summary>
    public string? AuthorizedBy { get; init; }

    /// <summary>The account that logged in, or null.</summary>
    public string? User { get; init; }

    /// <summary>The session's id, as in the log.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>The client's address, or null where there is none (Unix socket, local).</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>The client's verified host name, or null.</summary>
    public string? ClientName { get; init; }

    /// <summary>What the client called itself, or null.</summary>
    public string? HelloName { get; init; }

    /// <summary>How it came in.</summary>
    public TransferProtocol Protocol { get; init; }

    /// <summary>TLS version and cipher as words, the suite's registered name last: <c>TLSv1.3 with cipher TLS_AES_256_GCM_SHA384</c>; null in clear text.</summary>
    public string? Tls { get; init; }

    /// <summary>
    /// Whole header lines, each ended by CRLF, that belong in front of the content: what was found out about the message once it was complete, when its
    /// beginning had been stored already. Null: none. Whoever delivers the content or sends it on writes them first (docs/decisions/0014).
    /// </summary>
    public string? Fields { get; init; }

    /// <summary>What a filter wants changed in the content, where it does; null: nothing. Applied by whoever hands the content on (docs/decisions/0015).</summary>
    public ContentEdits? Edits { get; init; }

    /// <summary>Equal when all members are; recipients compared one by one.</summary>
    public bool Equals(Envelope? other) =>
        other is not null && Id == other.Id && ReceivedAt == other.ReceivedAt && From == other.From
        && Recipients.AsSpan().SequenceEqual(other.Recipients.AsSpan())
        && (Body, SmtpUtf8, RequireTls, TlsNotRequired, NewlinesNormalized, Return, Protocol)
            == (other.Body, other.SmtpUtf8, other.RequireTls, other.TlsNotRequired, other.NewlinesNormalized, other.Return, other.Protocol)
        && (EnvelopeId, AuthorizedBy, User, SessionId) == (other.EnvelopeId, other.AuthorizedBy, other.User, other.SessionId)
        && (ClientName, HelloName, Tls, Fields) == (other.ClientName, other.HelloName, other.Tls, other.Fields)
        && Equals(ClientAddress, other.ClientAddress)
        && Equals(Edits, other.Edits);

    public override int GetHashCode() => HashCode.Combine(Id, ReceivedAt, From, Recipients.Length);
}
