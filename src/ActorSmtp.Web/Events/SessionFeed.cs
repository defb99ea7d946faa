using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Web.Events;

/// <summary>
/// Changes of sessions for all pages that watch them together: the server tells one hearer however many there are, and at most so many changes a
/// second are made into events. A busy server changes states by the ten thousand; a page shows a few, and reads the list again for the rest.
/// </summary>
internal sealed class SessionFeed : IAsyncDisposable
{
    /// <summary>The topic of its events.</summary>
    public const string Type = "session";

    /// <summary>Events a second.</summary>
    public const int Most = 20;

    private readonly ILiveSessions? _sessions;
    private readonly EventHub _hub;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private IDisposable? _watching;
    private int _readers;
    private int _room = Most;
    private long _leftOut;

    /// <param name="sessions">Null: there is nothing to watch.</param>
    public SessionFeed(ILiveSessions? sessions, EventHub hub, TimeProvider time)
    {
        (_sessions, _hub) = (sessions, hub);
        _timer = time.CreateTimer(_ => NextSecond(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>One more page watches, until what is returned is disposed.</summary>
    public IDisposable Join()
    {
        lock (_gate)
        {
            if (++_readers == 1)
            {
                _watching = _sessions?.Watch(change => _hub.Publish(Type, null, change), HasRoom, IsOpen);
                _timer.Change(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            }
        }

        return new Reader(this);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _watching?.Dispose();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Asked on the session's thread before a change is made at all: a closed door costs a session next to nothing.</summary>
    private bool IsOpen()
    {
        if (Volatile.Read(ref _room) > 0)
        {
            return true;
        }

        Interlocked.Increment(ref _leftOut);
        return false;
    }

    /// <summary>Asked before it is put into words. Of several at once some may find the room taken.</summary>
    private bool HasRoom()
    {
        if (Interlocked.Decrement(ref _room) >= 0)
        {
            return true;
        }

        Interlocked.Increment(ref _leftOut);
        return false;
    }

    private void NextSecond()
    {
        Volatile.Write(ref _room, Most);
        if (Interlocked.Exchange(ref _leftOut, 0) is > 0 and var count)
        {
            _hub.Lost(Type, count);
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_readers == 0)
            {
                _watching?.Dispose();
                _watching = null;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class Reader(SessionFeed feed) : IDisposable
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
