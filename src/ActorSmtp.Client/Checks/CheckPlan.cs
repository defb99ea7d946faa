using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Client.Checks;

/// <summary>Which server is checked, and what the check may do there.</summary>
public sealed record CheckPlan
{
    /// <summary>The server's address.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>The server's name, for SNI.</summary>
    public required string ServerName { get; init; }

    /// <summary>What we call ourselves.</summary>
    public string HelloName { get; init; } = "check.example.com";

    /// <summary>
    /// <see cref="ClientTls.Auto"/>: clear text, and STARTTLS for what is about it or needs it; <see cref="ClientTls.StartTls"/>: STARTTLS in
    /// every dialogue; <see cref="ClientTls.Implicit"/>: TLS from the first octet; <see cref="ClientTls.Off"/>: never.
    /// </summary>
    public ClientTls Tls { get; init; } = ClientTls.Auto;

    /// <summary>An address whose mail the server takes. Without one nothing is ever stored, and what needs a message is skipped.</summary>
    public string? To { get; init; }

    /// <summary>The envelope's sender; null: the recipient, or nobody (<c>&lt;&gt;</c>).</summary>
    public string? From { get; init; }

    /// <summary>A domain that is not the server's; nothing is sent there, only asked whether it would be.</summary>
    public string ForeignDomain { get; init; } = "example.com";

    /// <summary>
    /// The server is a sink: it takes mail for every domain, maybe from any login, and lets none leave. Then what only shows that it takes all is
    /// skipped.
    /// </summary>
    public bool Sink { get; init; }

    /// <summary>Who logs in; null: nobody, and what needs a login is skipped.</summary>
    public Credentials? Login { get; init; }

    /// <summary>How long to wait for the connection, for a reply, for the end of a connection.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Groups to try, or clauses by their ids; empty: all.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>Where time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The sender as it stands in MAIL.</summary>
    internal string Sender => $"<{From ?? To ?? ""}>";

    /// <summary>The sender's domain, for addresses made up beside it.</summary>
    internal string SenderDomain => (From ?? To)?.Split('@')[^1] ?? ForeignDomain;

    /// <summary>The recipient as it stands in RCPT; postmaster where none is given (RFC 5321 §4.5.1), who then gets no message.</summary>
    internal string Recipient => $"<{To ?? "postmaster"}>";

    /// <summary>The connection cannot be overheard.</summary>
    internal bool IsLocal => Server is not IPEndPoint { Address: var address } || IPAddress.IsLoopback(address);
}
