namespace ActorSmtp.Storage.Postgres;

/// <content>Whether the database is there, and who waits for that.</content>
internal sealed partial class Database
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _presence = new();
    private TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _suspected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _trouble;
    private long _awayAt;
    private long? _backAt;

    /// <summary>Null: it is there. Else why it is not.</summary>
    public string? Trouble => _trouble;

    public bool IsAway => _trouble is not null;

    /// <summary>How long it has been there since it was away for so long that claims may have ended meanwhile, though their holders are there; null: it never was.</summary>
    public TimeSpan? SinceLongAbsence
    {
        get
        {
            lock (_gate)
            {
                return _backAt is { } at ? _time.GetElapsedTime(at) : null;
            }
        }
    }

    /// <summary>The database is gone, as of now. Only its keeper says so, who has connections of his own and looks for it again.</summary>
    public void MarkAway(string trouble)
    {
        lock (_gate)
        {
            if (_trouble is not null)
            {
                return;
            }

            _trouble = trouble;
            _awayAt = _time.GetTimestamp();
            _back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        EndWaiting();
    }

    /// <summary>The keeper found it there.</summary>
    public void MarkBack()
    {
        lock (_gate)
        {
            if (_suspected.Task.IsCompleted)
            {
                _suspected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (_trouble is not null)
            {
                _trouble = null;
                if (_time.GetElapsedTime(_awayAt) + Settings.Patience > Settings.Lease / 2)     // it may have been away for that long before it was noticed
                {
                    _backAt = _time.GetTimestamp();
                }

                _back.TrySetResult();
            }
        }
    }

    /// <summary>Whoever waits for an answer has waited long enough.</summary>
    private void EndWaiting()
    {
        CancellationTokenSource before;
        lock (_gate)
        {
            before = _presence;
            _presence = new CancellationTokenSource();
        }

        _ = before.CancelAsync();                   // what goes on then does not on this thread
    }

    /// <summary>Ends when the database is there; at once where it is.</summary>
    public Task WhenBack(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _trouble is null ? Task.CompletedTask : _back.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Ends when a statement has failed in a way that the database's being away would explain; at once where one has since it was last found there.</summary>
    public Task WhenSuspected()
    {
        lock (_gate)
        {
            return _suspected.Task;
        }
    }

    private void Suspect()
    {
        lock (_gate)
        {
            _suspected.TrySetResult();
        }
    }
}
