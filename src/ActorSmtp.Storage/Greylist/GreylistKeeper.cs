using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Greylist;

/// <summary>Takes what changed in the greylist to the disk, on a thread of its own, and forgets what is over.</summary>
internal sealed class GreylistKeeper(GreylistStore store, GreylistFiles files, IGreylistObserver observer, TimeProvider time) : IWork
{
    /// <summary>A change is written so long after it at the latest.</summary>
    public static readonly TimeSpan WriteAfter = TimeSpan.FromSeconds(2);

    /// <summary>What was written is synced so long after it at the latest.</summary>
    public static readonly TimeSpan SyncAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_tryAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_expireAfter = TimeSpan.FromMinutes(10);
    private const long LongestLog = 4 << 20;            // and twice the table: then all is written anew

    private long _changedAt = -1;                       // by the clock's stamps; -1: nothing waits
    private long? _writtenAt;                           // and is not synced
    private long? _failedAt;
    private long _expiredAt = time.GetTimestamp();
    private bool _writesAll = true;
    private volatile bool _finishes;
    private volatile bool _hasFinished;

    /// <summary>The last is written, or cannot be.</summary>
    public bool HasFinished => _hasFinished;

    /// <summary>There is something to write, from now on.</summary>
    public void HasChanges() => Interlocked.CompareExchange(ref _changedAt, time.GetTimestamp(), -1);

    /// <summary>Writes what there is at the next step, and then nothing more.</summary>
    public void Finish() => _finishes = true;

    public int Step()
    {
        if (_hasFinished)
        {
            return IWork.Nothing;
        }

        if (Left(_expiredAt, s_expireAfter) == 0)
        {
            _expiredAt = time.GetTimestamp();
            store.Expire();
        }

        if (_failedAt is { } failed && !_finishes && Left(failed, s_tryAfter) is > 0 and var patience)
        {
            return patience;
        }

        try
        {
            return Write();
        }
        catch (DiskException cannot)
        {
            files.Close();                              // nobody knows what of it is there
            _writesAll = true;
            if (_failedAt is null)
            {
                observer.OnGreylistTrouble(cannot.Message);
            }

            store.SetTrouble(cannot.Message);
            _failedAt = time.GetTimestamp();
            _writtenAt = null;
            HasChanges();
            _hasFinished = _finishes;
            return (int)s_tryAfter.TotalMilliseconds;
        }
    }

    private int Write()
    {
        var changedAt = Interlocked.Read(ref _changedAt);
        if (changedAt >= 0 && (_finishes || Left(changedAt, WriteAfter) == 0))
        {
            Interlocked.Exchange(ref _changedAt, -1);   // what changes from now on is announced again
            if (!_writesAll && store.TakeChanges() is { } changes)
            {
                files.Append(changes.WrittenSpan);
                _writtenAt ??= time.GetTimestamp();
            }
            else
            {
                _writesAll = true;
            }

            if (_writesAll || files.LogLength > Math.Max(LongestLog, 2 * files.TableLength))
            {
                WriteAll();
            }
        }

        if (_writtenAt is { } writtenAt && (_finishes || Left(writtenAt, SyncAfter) == 0))
        {
            files.Sync();
            _writtenAt = null;
        }

        if (_failedAt is not null && !_writesAll)
        {
            _failedAt = null;
            store.SetTrouble(null);
            observer.OnGreylistKept();
        }

        _hasFinished = _finishes;
        return _hasFinished ? IWork.Nothing : Wait();
    }

    private void WriteAll()
    {
        files.BeginLog();
        files.Replace(store.Whole());                   // begun after the log, so what changes meanwhile is in that
        (_writesAll, _writtenAt) = (false, null);
    }

    /// <summary>Milliseconds until the next thing is due.</summary>
    private int Wait()
    {
        var wait = Left(_expiredAt, s_expireAfter);
        if (Interlocked.Read(ref _changedAt) is >= 0 and var changedAt)
        {
            wait = Math.Min(wait, Left(changedAt, WriteAfter));
        }

        return _writtenAt is { } writtenAt ? Math.Min(wait, Left(writtenAt, SyncAfter)) : wait;
    }

    private int Left(long since, TimeSpan length)
    {
        var left = length - time.GetElapsedTime(since);
        return left <= TimeSpan.Zero ? 0 : Math.Max(1, (int)Math.Ceiling(left.TotalMilliseconds));
    }
}
