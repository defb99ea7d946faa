namespace ActorSmtp.Storage.Journal;

/// <summary>
/// Acceptance goes before delivery: both need the same cores and the same disk, and only one of them has somebody waiting. So while
/// messages come in a crowd, what is accepted gathers for <paramref name="longest"/>, and is then handed out until nothing waits. It ends at
/// once when they pause, or when as many wait as <paramref name="most"/> or <paramref name="mostOctets"/>. A message that comes alone never
/// waits. Not thread-safe: the feed's.
/// </summary>
internal sealed class DeliveryPace(TimeProvider time, TimeSpan longest, long most, long mostOctets)
{
    /// <summary>Below so many messages a second each is handed out as it comes.</summary>
    public const int Crowd = 200;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private long _windowAt = time.GetTimestamp();
    private long _lastAt;
    private long _closedAt;
    private int _count;
    private bool _crowd;
    private bool _drained = true;                   // since it was last closed
    private bool _hastens;

    /// <summary>Whether messages are handed out.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>So many messages came; so many wait now.</summary>
    public void Arrived(int messages, long waiting, long waitingOctets)
    {
        TurnWindow();
        _lastAt = time.GetTimestamp();
        _count += messages;
        if (!_crowd && _count >= Crowd * Window.TotalSeconds)
        {
            _crowd = true;
            Close();
        }

        if (waiting >= most || waitingOctets >= mostOctets)
        {
            IsOpen = true;
        }
    }

    /// <summary>From here on nothing gathers.</summary>
    public void Hasten() => (_hastens, IsOpen) = (true, true);

    /// <summary>Nothing waits any more: from here on, in a crowd, messages gather.</summary>
    public void Drained()
    {
        TurnWindow();
        _drained = true;
        if (IsOpen && _crowd)
        {
            Close();
        }
    }

    /// <summary>Looks whether the time has come.</summary>
    /// <returns>Milliseconds until it should be looked at again; -1: it is open.</returns>
    public int Look()
    {
        if (IsOpen)
        {
            return -1;
        }

        TurnWindow();
        var wait = longest - time.GetElapsedTime(_closedAt);
        if (wait <= TimeSpan.Zero)
        {
            IsOpen = true;
            return -1;
        }

        if (time.GetElapsedTime(_lastAt) >= Pause)
        {
            (IsOpen, _crowd, _count) = (true, false, 0);    // if the crowd comes back before all is handed out, what waits has its time
            return -1;
        }

        return (int)Math.Ceiling(Math.Min(wait.TotalMilliseconds, Pause.TotalMilliseconds));
    }

    private void Close()
    {
        if (longest > TimeSpan.Zero && !_hastens)
        {
            _closedAt = _drained ? time.GetTimestamp() : _closedAt;
            (IsOpen, _drained) = (false, false);
        }
    }

    private void TurnWindow()
    {
        var elapsed = time.GetElapsedTime(_windowAt);
        if (elapsed >= Window)
        {
            _crowd = _count >= Crowd * elapsed.TotalSeconds;
            (_windowAt, _count) = (time.GetTimestamp(), 0);
        }
    }
}
