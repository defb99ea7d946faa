using ActorSmtp.Server.Outbound;
using ActorSmtp.Web.Api;

namespace ActorSmtp.Web.Events;

/// <summary>
/// The outbound queue for all pages that watch it together: once a second, if anything has changed, its totals and which messages those were. A busy
/// queue changes by the ten thousand; a page reads what it shows again, and no more often than it is told to.
/// </summary>
internal sealed class QueueFeed : IAsyncDisposable
{
    /// <summary>The topic of its events.</summary>
    public const string Type = "queue";

    /// <summary>Messages named in one event; were there more, all count as changed.</summary>
    public const int Most = 100;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly IOutboundQueue? _queue;
    private readonly EventHub _hub;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _changed = [];
    private IDisposable? _listening;
    private int _readers;
    private int _changes;

    /// <param name="queue">Null: there is nothing to watch.</param>
    public QueueFeed(IOutboundQueue? queue, EventHub hub, TimeProvider time)
    {
        (_queue, _hub, _time) = (queue, hub, time);
        _timer = time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>One more page watches, until what is returned is disposed.</summary>
    public IDisposable Join()
    {
        lock (_gate)
        {
            if (++_readers == 1)
            {
                _listening = _queue?.Changes.Subscribe(OnChange);
                _timer.Change(Every, Every);
            }
        }

        return new Reader(this);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _listening?.Dispose();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>On the queue's thread.</summary>
    private void OnChange(QueueChange change)
    {
        lock (_gate)
        {
            if (++_changes <= Most)
            {
                _changed.Add(change.Id.ToString());
            }
        }
    }

    private void Tell()
    {
        string[]? changed;
        lock (_gate)
        {
            if (_changes == 0)
            {
                return;
            }

            changed = _changes > Most ? null : [.. _changed];
            _changes = 0;
            _changed.Clear();
        }

        _hub.Publish(Type, null, new QueueNotice(QueueFigures.Of(_queue!.Totals), changed, _time.GetUtcNow()));
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_readers == 0)
            {
                _listening?.Dispose();
                _listening = null;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class Reader(QueueFeed feed) : IDisposable
    {
        private int _gone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _gone, 1) == 0)
            {
                feed.Leave();
            }
        }
    }
}

/// <param name="Ids">The messages that changed; null: too many to be named.</param>
internal sealed record QueueNotice(QueueFigures Totals, IReadOnlyList<string>? Ids, DateTimeOffset At);
