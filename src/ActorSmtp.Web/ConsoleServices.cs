using System.Collections.Immutable;
using System.Text.Json;
using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Access;
using ActorSmtp.Web.Events;
using ActorSmtp.Web.Leases;
using ActorSmtp.Web.Reading;
using ActorSmtp.Web.Routing;
using ActorSmtp.Web.Webhooks;

namespace ActorSmtp.Web;

/// <summary>What the routes share: made once for both doors.</summary>
internal sealed partial class ConsoleServices : IAsyncDisposable
{
    private const int MostWatchers = 64;

    private readonly Arrivals _arrivals;

    public ConsoleServices(ConsoleParts parts)
    {
        Parts = parts;
        StartedAt = parts.Time.GetUtcNow();
        Logins = new Logins(parts.Server, parts.Settings.Server.Console.SessionIdle, parts.Time);
        Tokens = new Access.Tokens(parts.Tokens, parts.Time);
        Index = new MailboxIndex(parts.Reader, parts.Time);
        Mail = new MailReader(Index);
        Lists = new MessageLists(Index, Mail, parts.Time);
        Shared = new SharedAnswers(Index.Crowd, parts.Time);
        var log = parts.Logs.CreateLogger("actorsmtp.console");
        Leases = parts.Leases is { } shared
            ? new SharedLeases(parts.Settings.Server, parts.Server.Lent, parts.Mailboxes, Index, shared, parts.Server.Scenarios, parts.Time, log)
            : new LeaseBook(parts.Settings.Server, parts.Server.Lent, parts.Mailboxes, Index, parts.Documents, parts.Server.Scenarios, parts.Time, log);
        Webhooks = new WebhookBook(
            parts.Settings.Server.Webhooks,
            (hook, sender) => new Webhook(hook, sender, DocumentAsync, parts.Server.Count, Random.Shared.NextDouble, parts.Time, parts.Logs.CreateLogger("actorsmtp.webhooks")),
            parts.WebhookHandler ?? WebhookSender.Network,
            parts.Time);
        Leases.Changed += OnLeaseChanged;
        parts.Server.Scenarios.Acted += OnActed;
        SessionFeed = new SessionFeed(parts.Inspection.Sessions, Events, parts.Time);
        QueueFeed = new QueueFeed(parts.Queue, Events, parts.Time);
        _arrivals = new Arrivals(
            parts.Server,
            parts.Time,
            heard: (account, key) =>
            {
                Index.Arrived(account, key);
                Leases.Arrived(account, key);
                Webhooks.Arrived(account, key);
            },
            isWanted: account => Events.IsWanted("message", account),
            show: async (account, key) =>
            {
                if (await Mail.SummaryAsync(account, key, CancellationToken.None).ConfigureAwait(false) is { } row)
                {
                    Events.Publish("message", account, row);
                }
            },
            lost: count => Events.Lost("message", count),
            isNeeded: () => Leases.IsInUse || Events.Watchers > 0 || Webhooks.WantMessages,
            log);
    }

    public ConsoleParts Parts { get; }

    public DateTimeOffset StartedAt { get; }

    public Logins Logins { get; }

    public Access.Tokens Tokens { get; }

    public MailboxIndex Index { get; }

    public MailReader Mail { get; }

    public MessageLists Lists { get; }

    public EventHub Events { get; } = new(MostWatchers);

    /// <summary>What lists answer, for all pages together while mail comes in a crowd.</summary>
    public SharedAnswers Shared { get; }

    public ILeases Leases { get; }

    /// <summary>Changes of sessions, as events.</summary>
    public SessionFeed SessionFeed { get; }

    /// <summary>Changes of the outbound queue, as events.</summary>
    public QueueFeed QueueFeed { get; }

    public WebhookBook Webhooks { get; }

    /// <summary>What there is of the parts that come and go.</summary>
    public IReadOnlyList<string> Features => ["leases", "scenarios", "events", "send", .. Webhooks.All.IsEmpty ? [] : new[] { "webhooks" }];

    /// <summary>Takes up what an earlier run left.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await Leases.LoadAsync(cancellation).ConfigureAwait(false);
        if (Leases.IsInUse || Webhooks.WantMessages)
        {
            Need();
        }
    }

    /// <summary>From now on somebody needs to hear of deliveries.</summary>
    public void Need() => _arrivals.Need();

    /// <summary>The lease whose mailbox this is, or null.</summary>
    public string? LeaseOf(string account) => Leases.OfMailbox(account)?.Id;

    /// <summary>Messages have gone; none named: all of them.</summary>
    public void Removed(string account, ImmutableArray<string> keys)
    {
        Shared.Drop();
        foreach (var key in keys)
        {
            Mail.Forget(account, key);
        }

        Leases.Gone(account, keys);
        if (IsWanted("message-removed", account))
        {
            Tell("message-removed", account, new RemovedEvent(account, keys.IsEmpty ? null : keys, keys.IsEmpty));
        }
    }

    /// <summary>Flags or tags of these are others.</summary>
    public async Task ChangedAsync(string account, IReadOnlyCollection<string> keys, CancellationToken cancellation)
    {
        Shared.Drop();
        if (!IsWanted("message-changed", account))
        {
            return;
        }

        foreach (var key in keys.Take(200))
        {
            if (await Mail.SummaryAsync(account, key, cancellation).ConfigureAwait(false) is { } row)
            {
                Tell("message-changed", account, row);
            }
        }
    }

    private bool IsWanted(string type, string? mailbox) => Events.IsWanted(type, mailbox) || Webhooks.IsWanted(type, mailbox);

    private void Tell<T>(string type, string? mailbox, T data)
    {
        Events.Publish(type, mailbox, data);
        Webhooks.Publish(type, mailbox, data);
    }

    /// <summary>What a webhook is told of a message; null: it is gone, or cannot be read.</summary>
    private async Task<byte[]?> DocumentAsync(WebhookEvent what, CancellationToken cancellation)
    {
        try
        {
            return await Mail.SummaryAsync(what.Mailbox!, what.Key!, cancellation).ConfigureAwait(false) is { } row ? JsonSerializer.SerializeToUtf8Bytes(row, Json.Options) : null;
        }
        catch (Exception broken) when (broken is IOException or ProblemException)
        {
            return null;
        }
    }

    /// <summary>Pages of every node hear of it; the world of one.</summary>
    private void OnLeaseChanged(string id, string change, bool isOurs)
    {
        Shared.Drop();
        if (change == "made")
        {
            Need();
        }
        else
        {
            Parts.Server.Scenarios.Remove(s => s.For.Lease == id);
        }

        var told = new LeaseChange(id, change);
        Events.Publish("lease", null, told);
        if (isOurs)
        {
            Webhooks.Publish("lease", null, told);
        }
    }

    /// <summary>On a session's thread.</summary>
    private void OnActed(string id, int hits)
    {
        if (IsWanted("scenario", null))
        {
            Tell("scenario", null, new ScenarioHit(id, hits, Parts.Time.GetUtcNow()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Parts.Server.Scenarios.Acted -= OnActed;
        await SessionFeed.DisposeAsync().ConfigureAwait(false);
        await QueueFeed.DisposeAsync().ConfigureAwait(false);
        await _arrivals.DisposeAsync().ConfigureAwait(false);
        await Webhooks.DisposeAsync().ConfigureAwait(false);
        await Leases.DisposeAsync().ConfigureAwait(false);
    }
}

internal sealed record ScenarioHit(string Id, int Hits, DateTimeOffset At);

/// <param name="Change"><c>made</c>, <c>expired</c> or <c>removed</c>.</param>
internal sealed record LeaseChange(string Id, string Change);

/// <param name="All">The mailbox was emptied or removed.</param>
internal sealed record RemovedEvent(string Mailbox, IReadOnlyList<string>? Keys, bool All);
