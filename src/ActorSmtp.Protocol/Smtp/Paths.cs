namespace ActorSmtp.Protocol.Smtp;

/// <summary>Whom a message comes from, as MAIL says: a mailbox, or nobody for bounces (RFC 5321 §4.5.5).</summary>
/// <param name="Mailbox">The sender, or null for <c>&lt;&gt;</c>.</param>
public readonly record struct ReversePath(Mailbox? Mailbox)
{
    /// <summary>The path of bounces: <c>&lt;&gt;</c>.</summary>
    public static ReversePath Null => default;

    /// <summary>Whether it is <c>&lt;&gt;</c>: nothing may ever be sent back to it.</summary>
    public bool IsNull => Mailbox is null;

    /// <summary>In angle brackets, as on the wire.</summary>
    public override string ToString() => $"<{Mailbox}>";
}

/// <summary>Whom a message is for, as RCPT says: a mailbox, or <c>&lt;postmaster&gt;</c> of this very server (RFC 5321 §4.5.1).</summary>
/// <param name="Mailbox">The recipient, or null for <c>&lt;postmaster&gt;</c> without a domain.</param>
public readonly record struct ForwardPath(Mailbox? Mailbox)
{
    /// <summary>The path <c>&lt;postmaster&gt;</c>.</summary>
    public static ForwardPath Postmaster => default;

    /// <summary>Whether it is <c>&lt;postmaster&gt;</c> without a domain; a postmaster of some domain is an ordinary mailbox.</summary>
    public bool IsPostmaster => Mailbox is null;

    /// <summary>The mailbox, a bare postmaster being placed in <paramref name="localDomain"/>.</summary>
    public Mailbox In(MailDomain localDomain) => Mailbox ?? new Mailbox("postmaster", localDomain);

    /// <summary>In angle brackets, as on the wire.</summary>
    public override string ToString() => Mailbox is null ? "<postmaster>" : $"<{Mailbox}>";
}
