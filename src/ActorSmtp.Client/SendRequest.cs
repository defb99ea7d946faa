using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Client;

/// <summary>One message for one server, as <see cref="MailSender"/> takes it.</summary>
public sealed record SendRequest
{
    /// <summary>The server's addresses, tried in this order until one takes the connection; at least one.</summary>
    public required ImmutableArray<EndPoint> Addresses { get; init; }

    /// <summary>The server's name, for SNI and for its certificate.</summary>
    public required string ServerName { get; init; }

    /// <summary>What we call ourselves.</summary>
    public required string HelloName { get; init; }

    /// <inheritdoc cref="ClientTarget.Tls"/>
    public ClientTls Tls { get; init; } = ClientTls.Auto;

    /// <inheritdoc cref="ClientTarget.Insecure"/>
    public bool Insecure { get; init; }

    /// <inheritdoc cref="ClientTarget.Lmtp"/>
    public bool Lmtp { get; init; }

    /// <inheritdoc cref="ClientTarget.Login"/>
    public Credentials? Login { get; init; }

    /// <inheritdoc cref="ClientTarget.Token"/>
    public BearerToken? Token { get; init; }

    /// <inheritdoc cref="ClientTarget.Certificate"/>
    public X509Certificate2? Certificate { get; init; }

    /// <inheritdoc cref="ClientTarget.ActAs"/>
    public string? ActAs { get; init; }

    /// <inheritdoc cref="ClientTarget.Mechanism"/>
    public string? Mechanism { get; init; }

    /// <inheritdoc cref="ClientTarget.AllowPlaintextLogin"/>
    public bool AllowPlaintextLogin { get; init; }

    /// <inheritdoc cref="ClientTarget.TrustedRoots"/>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    public ClientTimeouts Timeouts { get; init; } = ClientTimeouts.Rfc5321;

    /// <summary>Hears every line as it is said, secrets masked; one call at a time, on threads of the engine. Null: nobody.</summary>
    public Action<TranscriptLine>? Watch { get; init; }

    /// <summary>
    /// Makes the message once it is known what the server can do. What it throws ends the dialogue in good order and comes out of
    /// <see cref="MailSender.SendAsync"/>.
    /// </summary>
    public required Func<Extensions, MailToSend> Compose { get; init; }
}

/// <summary>What became of a <see cref="SendRequest"/>.</summary>
/// <param name="Server">The address that took the connection, or the last that did not.</param>
/// <param name="Tls">What TLS settled; null in clear text.</param>
/// <param name="Offered">What the server offers; null where it never came to that.</param>
/// <param name="Results">One for each recipient, in the order given; empty where it never came to that.</param>
/// <param name="Failure">Why the dialogue ended early, if it did.</param>
public sealed record SendOutcome(
    EndPoint Server,
    TlsFacts? Tls,
    Extensions? Offered,
    ImmutableArray<RecipientResult> Results,
    ClientMessages.Failed? Failure)
{
    /// <summary>The server took responsibility for every recipient.</summary>
    public bool AllAccepted => Results.Length > 0 && Results.All(r => r.Accepted);
}
