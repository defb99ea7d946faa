using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// What one attempt came to, at one host or before one was reached: what <c>explain</c>, <c>queue show</c>, the log and the console show. The last
/// <see cref="MostKept"/> of a message are kept with it; older ones are in the log only.
/// </summary>
public sealed record AttemptReport
{
    /// <summary>So many are kept with a message.</summary>
    public const int MostKept = 20;

    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Took { get; init; }

    /// <summary>As the errand has it.</summary>
    public required string Destination { get; init; }

    /// <summary>The server's name, as the route or the MX record has it; null: it did not come to that.</summary>
    public string? Host { get; init; }

    /// <summary>Its address; null: none was tried, or it is a Unix socket.</summary>
    public IPEndPoint? Address { get; init; }

    /// <summary>What the handshake settled; null: in clear text, or it did not come to that.</summary>
    public TlsUsed? Tls { get; init; }

    /// <summary>What was asked of TLS: <c>none</c>, <c>opportunistic</c>, <c>required</c>, <c>dane</c> or <c>mta-sts</c>; null: it did not come to that.</summary>
    public string? TlsPolicy { get; init; }

    /// <summary>How far the dialogue came.</summary>
    public ClientState Phase { get; init; }

    /// <summary>What became of recipients; none where the attempt goes on elsewhere, or nothing was tried.</summary>
    public ImmutableArray<RecipientOutcome> Outcomes { get; init; } = [];

    /// <summary>What happened, in our words, fit for a bounce; null: the outcomes say it.</summary>
    public string? Why { get; init; }

    /// <summary>Equal when all members are; outcomes compared one by one.</summary>
    public bool Equals(AttemptReport? other) =>
        other is not null && At == other.At && Took == other.Took && Destination == other.Destination && Host == other.Host
        && Equals(Address, other.Address) && Tls == other.Tls && TlsPolicy == other.TlsPolicy && Phase == other.Phase
        && Outcomes.AsSpan().SequenceEqual(other.Outcomes.AsSpan()) && Why == other.Why;

    public override int GetHashCode() => HashCode.Combine(At, Took, Destination, Host, Phase, Outcomes.Length);
}

/// <summary>What a handshake settled, as far as it is worth keeping.</summary>
/// <param name="Version">"1.2" or "1.3".</param>
/// <param name="CipherSuite">The IANA name.</param>
/// <param name="CertificateProblem">Why the server's certificate is not to be trusted; null if it is.</param>
public sealed record TlsUsed(string Version, string CipherSuite, string? CertificateProblem)
{
    public static TlsUsed? Of(TlsFacts? facts) => facts is null ? null : new(facts.Version, facts.CipherSuite.ToString(), facts.CertificateProblem);

    public override string ToString() => $"TLSv{Version} with cipher {CipherSuite}{(CertificateProblem is null ? "" : $" ({CertificateProblem})")}";
}

/// <summary>What became of one recipient. The numbers are on disk: never reuse one.</summary>
public enum OutcomeKind : byte
{
    /// <summary>The next server took it, and reports to the sender by itself where that was asked for.</summary>
    Delivered = 1,

    /// <summary>The next server took it and knows no notices (RFC 3461 §5.2.2): we say the last word.</summary>
    Relayed = 2,

    /// <summary>Not now: it is tried again.</summary>
    Later = 3,

    /// <summary>Never: it goes back.</summary>
    Never = 4,
}

/// <summary>What an attempt came to for one recipient.</summary>
/// <param name="Recipient">Its place among the envelope's.</param>
/// <param name="Status">Class 2, 4 or 5 as the kind is: the server's own code where it gave one that fits, else ours (RFC 3463).</param>
/// <param name="Reply">What the server said; null where it was not asked.</param>
/// <param name="Why">Our own reason, fit for a bounce; null where the reply says it.</param>
public sealed record RecipientOutcome(int Recipient, OutcomeKind Kind, EnhancedCode Status, ServerReply? Reply, string? Why);
