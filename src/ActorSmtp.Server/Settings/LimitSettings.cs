using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Settings;

/// <summary>What one peer, and all of them together, may ask of the server.</summary>
/// <param name="MessageSize">Octets of one message.</param>
/// <param name="Recipients">Recipients of one message.</param>
/// <param name="AliasRecipients">What one alias may lead to, and the aliases of one message together.</param>
/// <param name="OpenRecipients">Recipients of all open messages from which on each new one gets a hundred.</param>
/// <param name="Connections">Connections in total.</param>
/// <param name="ConnectionsPerAddress">Connections of one address (of one /64 for IPv6).</param>
/// <param name="ConnectionsPerMinute">New connections of one address in a minute; 0: any number.</param>
/// <param name="SubmissionShare">Percent of all connections that only submission listeners may use.</param>
/// <param name="StressAt">Percent of all connections from which on <see cref="StressTimeout"/> counts.</param>
/// <param name="ErrorsPerSession">Refused commands before 421 4.7.0.</param>
/// <param name="ErrorsBeforeDelay">Refused commands that are answered at once.</param>
/// <param name="ErrorDelay">How long the answers to further ones are held back; zero: not at all.</param>
/// <param name="JunkCommands">Commands that bring no mail forward, since the last message; further ones count as errors.</param>
/// <param name="Hops">Received lines before a message is taken to be in a loop.</param>
/// <param name="CommandTimeout">From a reply to the next command's end.</param>
/// <param name="HelloTimeout">The same before EHLO or HELO.</param>
/// <param name="AuthTimeout">From a challenge to the end of its answer.</param>
/// <param name="StressTimeout">In place of those three while the server is nearly full.</param>
/// <param name="DataTimeout">Without a byte of the message.</param>
/// <param name="MinimumDataRate">Octets a second, measured over the whole message; zero: any.</param>
/// <param name="DataRateGrace">Before the rate counts.</param>
/// <param name="HandshakeTimeout">For a TLS handshake.</param>
/// <param name="ProxyTimeout">For a PROXY header.</param>
public sealed record LimitSettings(
    long MessageSize,
    int Recipients,
    int AliasRecipients,
    int OpenRecipients,
    int Connections,
    int ConnectionsPerAddress,
    int ConnectionsPerMinute,
    int SubmissionShare,
    int StressAt,
    int ErrorsPerSession,
    int ErrorsBeforeDelay,
    TimeSpan ErrorDelay,
    int JunkCommands,
    int Hops,
    TimeSpan CommandTimeout,
    TimeSpan HelloTimeout,
    TimeSpan AuthTimeout,
    TimeSpan StressTimeout,
    TimeSpan DataTimeout,
    long MinimumDataRate,
    TimeSpan DataRateGrace,
    TimeSpan HandshakeTimeout,
    TimeSpan ProxyTimeout)
{
    internal static LimitSettings From(SettingsReader r) => new(
        MessageSize: r.Bytes("message-size", min: 64 * 1024, max: 4L << 30),                      // RFC 5321 §4.5.3.1.7
        Recipients: r.Int("recipients", min: 100, max: 100_000),                                  // RFC 5321 §4.5.3.1.8
        AliasRecipients: r.Int("alias-recipients", min: 1, max: 10_000),
        OpenRecipients: r.Int("open-recipients", min: 100, max: 100_000_000),
        Connections: r.Int("connections", min: 1, max: 1_000_000),
        ConnectionsPerAddress: r.Int("connections-per-address", min: 1, max: 1_000_000),
        ConnectionsPerMinute: r.Int("connections-per-minute", min: 0, max: 1_000_000),
        SubmissionShare: r.Int("submission-share", min: 0, max: 90),
        StressAt: r.Int("stress-at", min: 1, max: 100),
        ErrorsPerSession: r.Int("errors-per-session", min: 1, max: 10_000),
        ErrorsBeforeDelay: r.Int("errors-before-delay", min: 0, max: 10_000),
        ErrorDelay: r.Duration("error-delay", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
        JunkCommands: r.Int("junk-commands", min: 10, max: 1_000_000),
        Hops: r.Int("hops", min: 25, max: 1000),
        CommandTimeout: r.Duration("command-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),     // RFC 5321 §4.5.3.2.7
        HelloTimeout: r.Duration("hello-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        AuthTimeout: r.Duration("auth-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        StressTimeout: r.Duration("stress-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        DataTimeout: r.Duration("data-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),           // RFC 5321 §4.5.3.2.5
        MinimumDataRate: r.Bytes("minimum-data-rate", min: 0, max: 1 << 30),
        DataRateGrace: r.Duration("data-rate-grace", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        HandshakeTimeout: r.Duration("handshake-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
        ProxyTimeout: r.Duration("proxy-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)));
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
