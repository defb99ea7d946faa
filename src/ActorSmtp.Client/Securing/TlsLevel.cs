using System.Collections.Frozen;
using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Client.Securing;

/// <summary>What the configuration asks of TLS on the way to a destination (<c>outbound.tls-policy</c>); the words are Postfix's where it has them.</summary>
public enum TlsLevel
{
    /// <summary>What the destination itself publishes: DANE, else MTA-STS, else <see cref="May"/>.</summary>
    Auto,

    /// <summary>Clear text.</summary>
    None,

    /// <summary>TLS where it is offered, with any certificate; else clear text.</summary>
    May,

    /// <summary>TLS with any certificate, or nothing.</summary>
    Encrypt,

    /// <summary>DANE, or nothing.</summary>
    DaneOnly,

    /// <summary>A certificate for the server's name.</summary>
    Verify,

    /// <summary>A certificate for the destination's own name, or one below it: what the DNS says of servers is not trusted.</summary>
    Secure,
}

/// <summary>Which level for which destination.</summary>
/// <param name="levels">By domain, <c>.domain</c> and <c>*</c>, as <see cref="NearestDomain"/> has them.</param>
public sealed class TlsLevels(IEnumerable<KeyValuePair<string, TlsLevel>> levels)
{
    private readonly FrozenDictionary<string, object> _levels =
        levels.ToFrozenDictionary(l => NearestDomain.Canonical(l.Key), l => (object)l.Value, StringComparer.Ordinal);

    /// <summary>The level; <see cref="TlsLevel.Auto"/> where nothing is said.</summary>
    /// <param name="destination">In its canonical form.</param>
    public TlsLevel For(string destination) => NearestDomain.Find(_levels, destination) is TlsLevel level ? level : TlsLevel.Auto;
}

/// <summary>How one connection is to be protected.</summary>
public enum TlsDemand
{
    /// <summary>Clear text, whatever is offered.</summary>
    None,

    /// <summary>STARTTLS where it is offered, with any certificate; else clear text (RFC 7435).</summary>
    Opportunistic,

    /// <summary>TLS with any certificate, or nothing.</summary>
    Encrypted,

    /// <summary>TLS with a certificate that was verified, or nothing.</summary>
    Verified,
}

/// <summary>What is asked of one host of a plan.</summary>
/// <param name="Demand">How connections to it are protected.</param>
/// <param name="Check">Who judges its certificate; null: its name and the roots that are trusted.</param>
/// <param name="Policy">For reports: <c>none</c>, <c>opportunistic</c>, <c>required</c>, <c>dane</c> or <c>mta-sts</c>.</param>
public sealed record HostSecurity(TlsDemand Demand, PeerCheck? Check, string Policy)
{
    /// <summary>It must not be tried at all, and why; null: it may.</summary>
    public RouteFailure? Barred { get; init; }

    /// <summary>That it is one of the destination's servers is certain: by DNSSEC, by the destination's policy, or by our own configuration.</summary>
    public bool IsCertain { get; init; }

    /// <summary>How long what was published for it holds.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.MaxValue;

    /// <summary>The configuration insists on it: no message's own wish goes before.</summary>
    public bool IsOurs { get; init; }

    /// <summary>The name that is asked for by SNI in place of the host's: with DANE the one at which its TLSA records stand (RFC 7672 §8.1); null: the host's.</summary>
    public string? ServerName { get; init; }

    /// <summary>What the destination published that led to this, for reports to it: lines of its MTA-STS policy, or TLSA records; none otherwise.</summary>
    public ImmutableArray<string> Published { get; init; } = [];

    /// <summary>What is counted for the destination's reports (RFC 8460 §4.3) where its policy forbids the host, or would if it were not only tried out; null: it does not.</summary>
    public string? WouldFail { get; init; }
}
