using ActorSmtp.Server;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web;

/// <summary>What the console is made of: handed in by the composition root.</summary>
public sealed record ConsoleParts
{
    /// <summary>The running server.</summary>
    public required MailServer Server { get; init; }

    /// <summary>The configuration in force.</summary>
    public required LoadedSettings Settings { get; init; }

    /// <summary>The mailboxes, to remove and export them.</summary>
    public required IMailboxStore Mailboxes { get; init; }

    /// <summary>The mailboxes, to read them.</summary>
    public required IMailboxReader Reader { get; init; }

    /// <summary>Tokens of programs.</summary>
    public required ITokenStore Tokens { get; init; }

    /// <summary>Where nodes that share a database keep their leases; null: this server has its own, among the documents.</summary>
    public ILeaseStore? Leases { get; init; }

    /// <summary>Where leases are kept.</summary>
    public required IKeptDocuments Documents { get; init; }

    /// <summary>By which mail that was composed is sent.</summary>
    public required ITransport Transport { get; init; }

    /// <summary>By what webhooks are called; null: the network.</summary>
    public Func<HttpMessageHandler>? WebhookHandler { get; init; }

    /// <summary>The outbound queue; null: this server sends no mail on.</summary>
    public IOutboundQueue? Queue { get; init; }

    /// <summary>What greylisting remembers; null: no listener asks it.</summary>
    public IGreylistStore? Greylist { get; init; }

    /// <summary>What is counted of mail in the name of other domains; null: no listener asks dmarc.</summary>
    public IDmarcCounts? Dmarc { get; init; }

    /// <summary>What can be looked into.</summary>
    public Inspection Inspection { get; init; } = Inspection.None;

    public required ILoggerFactory Logs { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>The configuration is that of the laptop profile.</summary>
    public bool IsLaptop { get; init; }
}
