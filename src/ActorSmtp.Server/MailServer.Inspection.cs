using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server;

/// <content>What can be looked at from outside.</content>
public sealed partial class MailServer
{
    private IActorTree? _actors;
    private MetricSeries? _series;

    /// <summary>The outbound queue; null: this server sends no mail on.</summary>
    public IOutboundQueue? Outbound { get; private set; }

    /// <summary>What can be looked at while the server runs. Asked for once, after the start; the log is added by who keeps it.</summary>
    /// <param name="version">The program's.</param>
    public Inspection.Inspection Inspect(string version)
    {
        ObserveOthers();
        return new Inspection.Inspection(
            _actors,
            Sessions,
            _chronicle is null ? null : new ChronicleStories(_chronicle, _sessionIds, [.. _settings.Listeners.Select(l => l.Name)], _settings.Hostname),
            Log: null,
            _series ??= new MetricSeries(_metrics, _ports.Time),
            new ServerHealth(
                _ports.Mail, _settings.Storage.Files.Sync, _sessions, _settings.Limits.Connections, () => Listeners.Length, _settings.Listeners.Length, () => _stopping, version)
            {
                Outbound = () => Outbound,
                Time = _ports.Time,
            });
    }

    /// <summary>Counts what became of an event that a webhook was to be told.</summary>
    public void Count(WebhookOutcome outcome) => (outcome switch
    {
        WebhookOutcome.Delivered => _metrics.WebhooksDelivered,
        WebhookOutcome.Failed => _metrics.WebhooksFailed,
        _ => _metrics.WebhooksDropped,
    }).Add(1);

    /// <summary>Figures of the outbound queue, all zero where there is none.</summary>
    private void ObserveQueue()
    {
        QueueTotals Totals() => Outbound?.Totals ?? QueueTotals.None;
        double Since(DateTimeOffset? at) => at is { } time ? Math.Max(0, (_ports.Time.GetUtcNow() - time).TotalSeconds) : 0;

        _metrics.Observe("actorsmtp.outbound.messages", "{message}", "Messages in the outbound queue.", () => Totals().Messages);
        _metrics.Observe("actorsmtp.outbound.octets", "By", "Their octets.", () => Totals().Octets);
        _metrics.Observe(
            "actorsmtp.outbound.entries", "{message}", "The same by state; a message counts once for each destination.", "state",
            ("active", () => Totals().Active), ("waiting", () => Totals().Waiting), ("held", () => Totals().Held));
        _metrics.Observe("actorsmtp.outbound.destinations", "{destination}", "Destinations that mail waits for.", () => Totals().Destinations);
        _metrics.Observe("actorsmtp.outbound.oldest.age", "s", "Since when the oldest message in the queue is here.", () => Since(Totals().OldestAt));
        _metrics.Observe("actorsmtp.outbound.lag", "s", "How far the queue lags behind: since when mail is due and not tried.", () => Since(Totals().DueSince));
        _metrics.Observe("actorsmtp.outbound.pressure", "1", "Whether mail for other servers is taken: 0 as it comes, 1 slowly, 2 not at all.", () => (int)Totals().Pressure.Level);
    }

    /// <summary>Figures that others keep: the store, the process.</summary>
    private void ObserveOthers()
    {
        if (_series is not null)
        {
            return;
        }

        var store = _ports.Mail;
        _metrics.Observe("actorsmtp.sessions.open", "{session}", "Sessions that are open.", () => _sessions.Count);
        _metrics.Observe("actorsmtp.store.waiting", "{message}", "Messages accepted and not yet delivered.", () => store.Statistics.Waiting);
        _metrics.Observe("actorsmtp.store.waiting.octets", "By", "Their octets.", () => store.Statistics.WaitingOctets);
        _metrics.Observe("actorsmtp.store.pressure", "1", "Whether new mail is taken: 0 as it comes, 1 slowly, 2 not at all.", () => (int)store.Pressure.Level);
        _metrics.Observe("actorsmtp.store.syncs", "{sync}", "Times the disk was asked to keep what was written.", () => store.Statistics.Syncs, grows: true);
        _metrics.Observe("actorsmtp.store.written", "By", "Octets written to the journal.", () => store.Statistics.OctetsWritten, grows: true);
        ObserveQueue();
        _metrics.Observe("actorsmtp.process.cpu", "s", "Processor time used.", static () => Environment.CpuUsage.TotalTime.TotalSeconds, grows: true);
        _metrics.Observe("actorsmtp.process.memory", "By", "Memory in use, as the system counts it.", static () => Environment.WorkingSet);
        _metrics.Observe("actorsmtp.process.heap", "By", "Managed memory in use.", static () => GC.GetTotalMemory(forceFullCollection: false));
        _metrics.Observe("actorsmtp.process.gc.pauses", "s", "Time spent in collections of memory.", static () => GC.GetTotalPauseDuration().TotalSeconds, grows: true);
    }
}

/// <summary>What became of an event that a webhook was to be told.</summary>
public enum WebhookOutcome
{
    /// <summary>It was taken.</summary>
    Delivered,

    /// <summary>It was given up.</summary>
    Failed,

    /// <summary>There was no room for it to wait.</summary>
    Dropped,
}
