using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using ActorSmtp.Web.Hosting;
using ActorSmtp.Web.Routing;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web.Webhooks;

/// <summary>
/// One webhook: a bounded queue, and what takes events from it one after the other, in order. An event that is not taken is tried again with
/// pauses; those behind it wait, and when the queue is full, further ones are dropped and counted. Offering never waits.
/// </summary>
internal sealed class Webhook
{
    private static readonly TimeSpan LongestWish = TimeSpan.FromHours(1);
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private readonly WebhookSender _sender;
    private readonly Func<WebhookEvent, CancellationToken, Task<byte[]?>> _read;
    private readonly Action<WebhookOutcome> _count;
    private readonly Func<double> _dice;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<WebhookEvent> _queue;
    private long _delivered;
    private long _failed;
    private long _dropped;
    private long _toldAt;
    private bool _isWell = true;
    private volatile Last? _last;

    /// <param name="read">The document of a message; null: it is gone.</param>
    /// <param name="count">Told what became of each event.</param>
    /// <param name="dice">From 0 to 1, to spread attempts.</param>
    public Webhook(
        WebhookSettings settings,
        WebhookSender sender,
        Func<WebhookEvent, CancellationToken, Task<byte[]?>> read,
        Action<WebhookOutcome> count,
        Func<double> dice,
        TimeProvider time,
        ILogger log)
    {
        (Settings, _sender, _read, _count, _dice, _time, _log) = (settings, sender, read, count, dice, time, log);
        _queue = Channel.CreateBounded<WebhookEvent>(new BoundedChannelOptions(settings.Queue) { SingleReader = true });
    }

    public WebhookSettings Settings { get; }

    public long Delivered => Interlocked.Read(ref _delivered);

    public long Failed => Interlocked.Read(ref _failed);

    public long Dropped => Interlocked.Read(ref _dropped);

    public int Waiting => _queue.Reader.Count;

    /// <summary>The last attempt; null: there was none.</summary>
    public Last? LastAttempt => _last;

    public bool Wants(string type, string? mailbox) =>
        Settings.Events.Contains(type) && (Settings.Mailboxes.IsEmpty || (mailbox is not null && Settings.Mailboxes.Contains(mailbox)));

    /// <summary>Puts an event into the queue, or counts it as dropped. Never waits.</summary>
    /// <returns>False: there is no room.</returns>
    public bool Offer(string type, string? mailbox, string? key, byte[]? data)
    {
        if (_queue.Writer.TryWrite(new WebhookEvent(RandomNumberGenerator.GetHexString(16, lowercase: true), type, _time.GetUtcNow(), mailbox, key, data)))
        {
            return true;
        }

        var dropped = Interlocked.Increment(ref _dropped);
        _count(WebhookOutcome.Dropped);
        var (now, told) = (_time.GetUtcNow().Ticks, Interlocked.Read(ref _toldAt));
        if (now - told >= LogEvery.Ticks && Interlocked.CompareExchange(ref _toldAt, now, told) == told)
        {
            ConsoleLog.HookIsFull(_log, Settings.Name, Settings.Queue, dropped);
        }

        return false;
    }

    /// <summary>Takes events from the queue until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var what in _queue.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                await TellAsync(what, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            if (Waiting > 0)
            {
                ConsoleLog.HookLeft(_log, Settings.Name, Waiting);
            }
        }
    }

    /// <summary>A fault of ours costs one event, not the webhook.</summary>
    private async Task TellAsync(WebhookEvent what, CancellationToken stop)
    {
        try
        {
            if (await BodyAsync(what, stop).ConfigureAwait(false) is { } body)
            {
                await DeliverAsync(what, body, stop).ConfigureAwait(false);
            }
        }
        catch (Exception broken) when (broken is not (OperationCanceledException or OutOfMemoryException))
        {
            Interlocked.Increment(ref _failed);
            _count(WebhookOutcome.Failed);
            ConsoleLog.HookBroke(_log, Settings.Name, what.Type, what.Id, broken);
        }
    }

    /// <summary>Null: the message is gone, so there is nothing to tell any more.</summary>
    private async Task<byte[]?> BodyAsync(WebhookEvent what, CancellationToken stop)
    {
        var data = what.Data ?? await _read(what, stop).ConfigureAwait(false);
        if (data is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(data);
        return JsonSerializer.SerializeToUtf8Bytes(new WebhookBody(what.Id, what.Type, what.At, document.RootElement), Json.Options);
    }

    private async Task DeliverAsync(WebhookEvent what, byte[] body, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await _sender.PostAsync(Settings, what, body, attempt, stop).ConfigureAwait(false);
            _last = new Last(_time.GetUtcNow(), answer.Status, answer.Wrong);
            if (answer.Wrong is null)
            {
                if (!_isWell)
                {
                    _isWell = true;
                    ConsoleLog.HookIsWell(_log, Settings.Name);
                }

                Interlocked.Increment(ref _delivered);
                _count(WebhookOutcome.Delivered);
                return;
            }

            if (attempt > Settings.Retry.Length)
            {
                ConsoleLog.HookGaveUp(_log, Settings.Name, what.Type, what.Id, attempt, answer.Wrong);
                Interlocked.Increment(ref _failed);
                _count(WebhookOutcome.Failed);
                return;
            }

            if (_isWell)
            {
                _isWell = false;
                ConsoleLog.HookFails(_log, Settings.Name, answer.Wrong);
            }

            await Task.Delay(PauseBehind(attempt, answer.RetryAfter), _time, stop).ConfigureAwait(false);
        }
    }

    /// <summary>As configured, a fifth more or less; longer where the other side says so, but not without end.</summary>
    private TimeSpan PauseBehind(int attempt, TimeSpan? wish)
    {
        var own = Settings.Retry[attempt - 1] * (0.8 + (0.4 * _dice()));
        var wished = wish is { } wait ? (wait < LongestWish ? wait : LongestWish) : TimeSpan.Zero;
        return own > wished ? own : wished;
    }

    /// <param name="Status">Of the answer; null: there was none.</param>
    /// <param name="Wrong">Null: it was taken.</param>
    internal sealed record Last(DateTimeOffset At, int? Status, string? Wrong);
}
