namespace ActorSmtp.Harness;

/// <summary>TLS of the test server's SMTP port.</summary>
public enum SmtpTls
{
    /// <summary>None.</summary>
    Off,

    /// <summary>STARTTLS is offered (RFC 3207).</summary>
    StartTls,

    /// <summary>STARTTLS is offered, and nothing else goes before it.</summary>
    Required,

    /// <summary>TLS from the first octet (RFC 8314 §3).</summary>
    Implicit,
}

/// <summary>How a test server is to be. What is not named is as in the laptop profile: mail for every address is taken, any login is right.</summary>
public sealed record ActorSmtpOptions
{
    /// <summary>TLS; with a self-signed certificate, <see cref="ActorSmtpServer.Certificate"/>, for <c>localhost</c>.</summary>
    public SmtpTls Tls { get; init; }

    /// <summary>Names with their passwords. Where there are any, only they and leased inboxes can log in; else every login is right.</summary>
    public IReadOnlyDictionary<string, string> Accounts { get; init; } = new Dictionary<string, string>();

    /// <summary>Clients have to log in before they send.</summary>
    public bool RequireLogin { get; init; }

    /// <summary>Opens the web console and its HTTP API on a free port: <see cref="ActorSmtpServer.Console"/>.</summary>
    public bool Console { get; init; }

    /// <summary>Where mail and everything else is kept, and left at the end; null: a temporary folder that goes with the server.</summary>
    public string? Folder { get; init; }

    /// <summary>How long a wait lasts that does not say. A wait ends when its mail is there, so a long one costs a failing test only.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Any further settings of the server, as <c>key=value</c>, such as <c>limits.message-size=1MiB</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Hears every line that the server logs, from info on; on the server's threads, so it must be quick.</summary>
    public Action<string>? Log { get; init; }
}
