using System.Collections.Concurrent;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web.Leases;

/// <summary>
/// What is over and may still have mail: removes the mailboxes of ended leases, and for a while what was on its way to them. Several side by side,
/// and nobody waits for one longer than <see cref="Patience"/>: a mailbox on a disk that hangs, or one that is flooded, keeps no other from going. What
/// did not work is tried again until it does.
/// </summary>
internal sealed class LeaseRemains(IMailboxStore mailboxes, MailboxIndex index, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>How long a removal is waited for, and may wait itself until its mailbox is not written to.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long after its end mail for a lease is still looked for.</summary>
    public static readonly TimeSpan Aftermath = TimeSpan.FromMinutes(5);

    /// <summary>Removals side by side, but for those that hang.</summary>
    public const int AtOnce = 8;

    /// <summary>Removals that hang and hold none of these places. When there are more the disk itself is sick, and others wait.</summary>
    public const int MostHanging = 32;

    /// <summary>The newest ended leases that are kept over a restart; mail that is still on its way is theirs.</summary>
    public const int MostKept = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Ended> _all = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(AtOnce, AtOnce);
    private readonly CancellationTokenSource _stop = new();
    private int _hanging;

    public bool IsEmpty => _all.IsEmpty;

    /// <summary>Addresses and when they ended, the newest.</summary>
    public IEnumerable<(string Address, DateTimeOffset At)> Newest => _all.Values.Select(e => (e.Address, e.At)).OrderByDescending(e => e.At).Take(MostKept);

    public bool Any(Func<string, bool> which) => _all.Keys.Any(which);

    /// <summary>A lease has ended; its mail goes at the next <see cref="Sweep"/>, or by <see cref="RemoveAsync"/>.</summary>
    public void Add(string address, DateTimeOffset at) => _all[address] = new Ended(address, at);

    /// <summary>A message has come into a mailbox: if it was of a lease, it goes again. Never blocks.</summary>
    public void Arrived(string address)
    {
        if (_all.TryGetValue(address, out var ended))
        {
            ended.HasMail = true;
            BeginIfDue(ended, time.GetUtcNow());
        }
    }

    /// <summary>Removes the mailbox of an ended lease. Ends when it is gone, and after <see cref="Patience"/> all the same; it is tried again then.</summary>
    public async Task RemoveAsync(string address)
    {
        if (_all.TryGetValue(address, out var ended))
        {
            await Begin(ended).WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tries again what is left, and forgets what is over for good. Never blocks.</summary>
    /// <returns>Whether anything was forgotten.</returns>
    public bool Sweep()
    {
        var now = time.GetUtcNow();
        var forgot = false;
        foreach (var ended in _all.Values)
        {
            if (ended.HasMail)
            {
                BeginIfDue(ended, now);
            }
            else if (now - ended.At > Aftermath)
            {
                forgot |= _all.TryRemove(ended.Address, out _);
            }
        }

        return forgot;
    }

    /// <summary>Begins nothing any more; what is under way is waited for, but for a disk that hangs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_all.Values.Select(e => e.Removal)).WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void BeginIfDue(Ended ended, DateTimeOffset now)
    {
        if (ended.NotBefore <= now)
        {
            Begin(ended);
        }
    }

    /// <summary>One at a time of each mailbox.</summary>
    private Task Begin(Ended ended)
    {
        lock (ended)
        {
            return ended.Removal.IsCompleted ? ended.Removal = Task.Run(() => WorkAsync(ended)) : ended.Removal;
        }
    }

    private async Task WorkAsync(Ended ended)
    {
        try
        {
            await _slots.WaitAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        // A store that is told to give up does so by then, unless it hangs: what it waits for may never come, and nobody else waits for that.
        var removal = TryAsync(ended);
        await removal.WaitAsync(2 * Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!removal.IsCompleted && MayHang())
        {
            Tell(ended, "its removal does not end");
            _slots.Release();
            await removal.ConfigureAwait(false);
            Interlocked.Decrement(ref _hanging);
        }
        else
        {
            await removal.ConfigureAwait(false);
            _slots.Release();
        }
    }

    private bool MayHang()
    {
        if (Interlocked.Increment(ref _hanging) <= MostHanging)
        {
            return true;
        }

        Interlocked.Decrement(ref _hanging);
        return false;
    }

    private async Task TryAsync(Ended ended)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
            ended.HasMail = false;                          // what comes from here on sets it again, and is found by the next sweep
            await mailboxes.DeleteMailboxAsync(ended.Address, either.Token).ConfigureAwait(false);
            index.Forget(ended.Address);
        }
        catch (OperationCanceledException)
        {
            Failed(ended, "mail keeps coming into it");
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            Failed(ended, broken.Message);
        }
    }

    private void Failed(Ended ended, string reason)
    {
        ended.NotBefore = time.GetUtcNow() + Pause;
        ended.HasMail = true;
        Tell(ended, reason);
    }

    private void Tell(Ended ended, string reason)
    {
        if (!_stop.IsCancellationRequested)
        {
            Hosting.ConsoleLog.LeaseStays(log, ended.Address, reason);
        }
    }

    private sealed class Ended(string address, DateTimeOffset at)
    {
        private volatile bool _hasMail = true;

        public string Address { get; } = address;

        public DateTimeOffset At { get; } = at;

        public DateTimeOffset NotBefore { get; set; }

        /// <summary>There may be something in its mailbox.</summary>
        public bool HasMail
        {
            get => _hasMail;
            set => _hasMail = value;
        }

        public Task Removal { get; set; } = Task.CompletedTask;
    }
}
