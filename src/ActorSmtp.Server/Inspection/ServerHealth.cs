using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// Whether the server can do its work: the store takes mail, the listeners are bound, there is room for connections. Reads fields; asks nobody.
/// </summary>
/// <param name="isStopping">A stop was asked for: ready for no more, but alive.</param>
internal sealed class ServerHealth(
    IMailStore store, SyncPolicy sync, SessionRegister sessions, int connections, Func<int> listeners, int listenersWanted, Func<bool> isStopping, string version) : IHealth
{
    /// <summary>Mail that is due and is not tried for so long: the queue does not keep up.</summary>
    internal static readonly TimeSpan LongestLag = TimeSpan.FromMinutes(10);

    /// <summary>The outbound queue; null: no mail leaves.</summary>
    public Func<IOutboundQueue?> Outbound { get; init; } = static () => null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Task<HealthReport> ReadAsync(CancellationToken cancellation)
    {
        ImmutableArray<HealthCheck> checks =
        [
            Store(),
            sync == SyncPolicy.Always
                ? new("sync", "ok", "every message is on the disk before its 250")
                : new("sync", "degraded", "storage.sync = never: a power cut can take acknowledged mail"),
            Backlog(),
            .. Outbound() is { } queue ? new[] { Queue(queue.Totals) } : [],
            Listeners(),
            Connections(),
            new("version", "ok", version),
        ];
        var worst = checks.Any(c => c.Status == "failed") ? "failed" : checks.Any(c => c.Status == "degraded" && c.Name != "sync") ? "degraded" : "ok";
        return Task.FromResult(new HealthReport(worst, checks));
    }

    private HealthCheck Store() => store.Pressure switch
    {
        { Level: PressureLevel.Full, Reason: PressureReason.Fault } when store.Trouble is { } why => new("store", "failed", $"takes no mail: {why}"),
        { Level: PressureLevel.Full, Reason: PressureReason.Fault } => new("store", "failed", "the store has failed: what was acknowledged is recovered at the next start"),
        { Level: PressureLevel.Full, Reason: PressureReason.DiskFull } => new("store", "failed", "the disk is full: new mail is refused with 452"),
        { Level: PressureLevel.Full } => new("store", "failed", "too much is not yet delivered: new mail is refused with 452"),
        { Level: PressureLevel.Slow } => new("store", "degraded", "delivery lags behind: replies to MAIL are held back"),
        _ when store.Trouble is { } why => new("store", "degraded", $"takes mail, but {why}"),
        _ => new("store", "ok", "takes mail"),
    };

    private HealthCheck Backlog()
    {
        var figures = store.Statistics;
        return new("backlog", "ok", string.Create(CultureInfo.InvariantCulture, $"{figures.Waiting} messages of {figures.WaitingOctets} octets accepted and not yet delivered"));
    }

    /// <summary>Never a failure of the whole: mail for this server's own people goes on.</summary>
    private HealthCheck Queue(QueueTotals queue)
    {
        var now = Time.GetUtcNow();
        var all = string.Create(CultureInfo.InvariantCulture, $"{queue.Messages} {(queue.Messages == 1 ? "message" : "messages")} for {queue.Destinations} {(queue.Destinations == 1 ? "destination" : "destinations")}");
        var detail = queue.OldestAt is { } oldest ? $"{all}, the oldest for {Words(now - oldest)}" : all;
        return (queue.Pressure, now - queue.DueSince) switch
        {
            ({ Level: PressureLevel.Full, Reason: PressureReason.Fault }, _) => new("queue", "degraded", $"{detail}: the queue's store has failed, nothing is taken or sent; what was accepted is recovered at the next start"),
            ({ Level: PressureLevel.Full, Reason: PressureReason.DiskFull }, _) => new("queue", "degraded", $"{detail}: the disk is full, mail for other servers is refused"),
            ({ Level: PressureLevel.Full }, _) => new("queue", "degraded", $"{detail}: it is full, mail for other servers is refused"),
            (_, { } lag) when lag > LongestLag => new("queue", "degraded", $"{detail}: mail has been due for {Words(lag)} and is not tried"),
            _ when queue.Unreadable > 0 => new("queue", "degraded", string.Create(
                CultureInfo.InvariantCulture, $"{detail}: {queue.Unreadable} of them cannot be read on the disk (`actorsmtp queue list --error \"cannot be read\"`)")),
            _ when queue.UntoldWhy is { } why => new("queue", "degraded", string.Create(CultureInfo.InvariantCulture, $"{detail}: the senders of {queue.Untold} cannot be told for now: {why}")),
            ({ Level: PressureLevel.Slow }, _) => new("queue", "degraded", $"{detail}: it is nearly full, mail for other servers is taken slowly"),
            _ => new("queue", "ok", detail),
        };
    }

    private static string Words(TimeSpan time) => time switch
    {
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)time.TotalSeconds)} seconds"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} minutes"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} hours"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} days"),
    };

    private HealthCheck Listeners() => isStopping()
        ? new("listeners", "failed", "stopping: no connection is accepted any more")
        : listeners() == listenersWanted
            ? new("listeners", "ok", string.Create(CultureInfo.InvariantCulture, $"{listenersWanted} bound"))
            : new("listeners", "failed", string.Create(CultureInfo.InvariantCulture, $"{listeners()} of {listenersWanted} bound"));

    private HealthCheck Connections()
    {
        var open = sessions.Count;
        var text = string.Create(CultureInfo.InvariantCulture, $"{open} of {connections}");
        return open < connections ? new("connections", "ok", text) : new("connections", "degraded", $"{text}: further ones are told 421");
    }
}
