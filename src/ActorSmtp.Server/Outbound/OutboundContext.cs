using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>What the queue's actor is made with.</summary>
/// <param name="Journal">Where notices go, like any mail.</param>
/// <param name="Relay">How the relay of a destination is made that has rested so many times in a row.</param>
/// <param name="Accounts">Who lives here: for notices to our own.</param>
internal sealed record OutboundContext(
    IQueueStore Store,
    IMailStore Journal,
    OutboundSettings Settings,
    string Hostname,
    Func<string, int, Props> Relay,
    Func<AccountDirectory> Accounts,
    MailIdGenerator Ids,
    QueueNews News,
    IBackground Background,
    TimeProvider Time,
    Random Luck,
    Log Log)
{
    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);

    /// <summary>Who reads answers to reports; null: nobody is named.</summary>
    public Mailbox? Postmaster { get; init; }

    /// <summary>Who signs what we send ourselves; null: nobody.</summary>
    public Signing.MailSigner? Signer { get; init; }

    /// <summary>Notices that the journal may hold and the queue has not recorded as handed over: nobody delivers them yet.</summary>
    public NoticeGate Notices { get; init; } = new();

    /// <summary>This server's addresses, as literals of mail addresses may name them.</summary>
    public ImmutableArray<IPAddress> Own { get; init; } = [];
}
