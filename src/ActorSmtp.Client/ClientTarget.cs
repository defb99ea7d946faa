using System.Net;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Transport;

namespace ActorSmtp.Client;

/// <summary>When TLS is used on the way to a server.</summary>
public enum ClientTls
{
    /// <summary>STARTTLS where it is offered, else clear text.</summary>
    Auto,

    /// <summary>STARTTLS, or nothing is sent.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Implicit,

    /// <summary>Clear text, whatever is offered.</summary>
    Off,
}

/// <summary>Which server a client actor talks to, and as whom.</summary>
/// <param name="EndPoint">Its address; names are resolved before.</param>
/// <param name="ServerName">Its name, for SNI and for the certificate.</param>
/// <param name="HelloName">What we call ourselves.</param>
public sealed record ClientTarget(EndPoint EndPoint, string ServerName, string HelloName)
{
    public ClientTls Tls { get; init; } = ClientTls.Auto;

    /// <summary>
    /// Goes on whatever the certificate is worth. With <see cref="ClientTls.Auto"/> it is so anyway, since the other choice is clear text;
    /// but not where a password is to be sent to another machine.
    /// </summary>
    public bool Insecure { get; init; }

    /// <summary>LMTP in place of SMTP (RFC 2033): LHLO, and a reply for each recipient.</summary>
    public bool Lmtp { get; init; }

    /// <summary>Who logs in; null: nobody.</summary>
    public Credentials? Login { get; init; }

    /// <summary>An access token to log in with, in place of a password; null: none.</summary>
    public BearerToken? Token { get; init; }

    /// <summary>Our certificate for the server, if it asks for one; alone (without a login) it is one itself, by EXTERNAL. Null: none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whom EXTERNAL is to act as; null: whoever the certificate says.</summary>
    public string? ActAs { get; init; }

    /// <summary>The only mechanism to use; null: the strongest that both have.</summary>
    public string? Mechanism { get; init; }

    /// <summary>Allows passwords and tokens to be sent without TLS. On loopback they are allowed anyway.</summary>
    public bool AllowPlaintextLogin { get; init; }

    /// <summary>Roots to trust in place of the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Who judges the server's certificate, in place of its name and the roots; null: nobody.</summary>
    public PeerCheck? Check { get; init; }

    internal bool LogsIn => Login is not null || Token is not null || Certificate is not null;

    internal bool IsLocal => EndPoint is not IPEndPoint { Address: var address } || IPAddress.IsLoopback(address);

    internal TlsClientOptions TlsOptions => new()
    {
        ServerName = ServerName,
        Insecure = Insecure || (Tls == ClientTls.Auto && (!LogsIn || IsLocal)),
        TrustedRoots = TrustedRoots,
        Certificate = Certificate,
        Judge = Check is { } check ? check.Judge : null,
    };
}

/// <summary>How long to wait for what (RFC 5321 §4.5.3.2).</summary>
/// <param name="Connect">For the connection.</param>
/// <param name="Greeting">§4.5.3.2.1: five minutes.</param>
/// <param name="Command">§4.5.3.2.2 and .3: five minutes for MAIL and for RCPT; also for EHLO, AUTH and RSET.</param>
/// <param name="DataStart">§4.5.3.2.4: two minutes for 354.</param>
/// <param name="DataBlock">§4.5.3.2.5: three minutes for each piece to go.</param>
/// <param name="DataEnd">§4.5.3.2.6: ten minutes for the verdict.</param>
/// <param name="Quit">For the 221.</param>
public sealed record ClientTimeouts(
    TimeSpan Connect, TimeSpan Greeting, TimeSpan Command, TimeSpan DataStart, TimeSpan DataBlock, TimeSpan DataEnd, TimeSpan Quit)
{
    /// <summary>The RFC's minima, which are also what everybody uses.</summary>
    public static ClientTimeouts Rfc5321 { get; } = new(
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(10));
}

/// <summary>What a client actor is made with besides its target.</summary>
/// <param name="Watch">Hears every line as it is said, secrets masked; called in the actor's turn, on its thread. Null: nobody.</param>
/// <param name="Nonce">Makes the nonce of a SCRAM exchange.</param>
/// <param name="Compute">Runs what computes too long for an actor's turn (a password's 600,000 rounds).</param>
public sealed record ClientContext(
    ITransport Transport,
    ClientTimeouts Timeouts,
    TimeProvider Time,
    Action<TranscriptLine>? Watch,
    Func<string> Nonce,
    Func<Func<SaslAnswer>, Task<SaslAnswer>> Compute);
