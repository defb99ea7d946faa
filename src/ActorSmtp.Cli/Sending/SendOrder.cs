using System.Collections.Immutable;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Cli.Sending;

/// <summary>Everything <c>send</c> was asked for, from arguments or answers; checked by <see cref="Draft"/>.</summary>
internal sealed record SendOrder
{
    public required HostPort Server { get; init; }

    public ClientTls Tls { get; init; } = ClientTls.Auto;

    public bool Insecure { get; init; }

    public bool Lmtp { get; init; }

    public string? HelloName { get; init; }

    public TimeSpan? Timeout { get; init; }

    public string? User { get; init; }

    public string? Mechanism { get; init; }

    public string? PasswordFile { get; init; }

    public string? TokenFile { get; init; }

    /// <summary>PEM; with <see cref="KeyFile"/>, or with the key in the same file.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>An access token takes the password's place.</summary>
    public bool UsesToken => TokenFile is not null || Mechanism is OAuthBearer.Name or XOAuth2.Name;

    /// <summary>Asked for already, by the questions.</summary>
    public string? Password { get; init; }

    public string? From { get; init; }

    public ImmutableArray<string> To { get; init; } = [];

    public ImmutableArray<string> Cc { get; init; } = [];

    public ImmutableArray<string> Bcc { get; init; } = [];

    public string? Subject { get; init; }

    public string? Body { get; init; }

    public string? BodyFile { get; init; }

    public string? HtmlFile { get; init; }

    public ImmutableArray<string> Attachments { get; init; } = [];

    public ImmutableArray<string> Headers { get; init; } = [];

    public string? EmlFile { get; init; }

    public DsnNotify Notify { get; init; }

    public DsnReturn Return { get; init; }

    public string? EnvelopeId { get; init; }

    public bool Transcript { get; init; }

    public bool Quiet { get; init; }

    public bool Json { get; init; }

    /// <summary>Where no port was given: RFC 8314 §7.3 for TLS from the first byte, RFC 6409 for who logs in, else RFC 5321.</summary>
    public int DefaultPort => Tls == ClientTls.Implicit ? 465 : User is not null || UsesToken ? 587 : 25;

    /// <summary>Without the password.</summary>
    public override string ToString() => $"{nameof(SendOrder)} {{ Server = {Server}, From = {From}, To = {string.Join(", ", To)} }}";
}
