using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Settings;

/// <summary>What one peer, and all of them together, may ask of the server.</summary>
/// <param name="MessageSize">Octets of one message.</param>
/// <param name="Recipients">Recipients of one message.</param>
/// <param name="Connections">Connections in total.</param>
/// <param name="ConnectionsPerAddress">Connections of one address (of one /64 for IPv6).</param>
/// <param name="ErrorsPerSession">Refused commands before 421 4.7.0.</param>
/// <param name="Hops">Received lines before a message is taken to be in a loop.</param>
/// <param name="CommandTimeout">From a reply to the next command's end.</param>
/// <param name="DataTimeout">Without a byte of the message.</param>
/// <param name="HandshakeTimeout">For a TLS handshake.</param>
public sealed record LimitSettings(
    long MessageSize,
    int Recipients,
    int Connections,
    int ConnectionsPerAddress,
    int ErrorsPerSession,
    int Hops,
    TimeSpan CommandTimeout,
    TimeSpan DataTimeout,
    TimeSpan HandshakeTimeout)
{
    internal static LimitSettings From(SettingsReader r) => new(
        MessageSize: r.Bytes("message-size", min: 64 * 1024, max: 4L << 30),                      // RFC 5321 §4.5.3.1.7
        Recipients: r.Int("recipients", min: 100, max: 100_000),                                  // RFC 5321 §4.5.3.1.8
        Connections: r.Int("connections", min: 1, max: 1_000_000),
        ConnectionsPerAddress: r.Int("connections-per-address", min: 1, max: 1_000_000),
        ErrorsPerSession: r.Int("errors-per-session", min: 1, max: 10_000),
        Hops: r.Int("hops", min: 25, max: 1000),
        CommandTimeout: r.Duration("command-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),     // RFC 5321 §4.5.3.2.7
        DataTimeout: r.Duration("data-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),           // RFC 5321 §4.5.3.2.5
        HandshakeTimeout: r.Duration("handshake-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)));
}

/// <summary>What a message may hold.</summary>
/// <param name="RejectBareNewlines">A CR or LF alone gets the message refused; else it is stored as CRLF and the message is flagged.</param>
public sealed record ContentSettings(bool RejectBareNewlines)
{
    /// <summary>What the decoder of bodies is told.</summary>
    public BareNewlines BareNewlines => RejectBareNewlines ? BareNewlines.Report : BareNewlines.Normalize;

    internal static ContentSettings From(SettingsReader r) => new(
        RejectBareNewlines: r.Choice("bare-newlines", ("reject", true), ("normalize", false)));      // RFC 5321 §2.3.8
}
