using ActorSmtp.Storage;

namespace ActorSmtp.Web.Leases;

/// <content>What the node does again and again: it hears of changes, ends what has expired, clears what ended, and looks whether mail came to leases that somebody waits for here.</content>
internal sealed partial class SharedLeases
{
    /// <summary>Removals side by side.</summary>
    private const int MostCleared = 8;

    /// <summary>While leases come and go; and when none did for <see cref="s_lively"/>.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_later = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lively = TimeSpan.FromMinutes(1);

    /// <summary>After so long without having heard of changes, what ended meanwhile may be forgotten there: all is read anew.</summary>
    private static readonly TimeSpan s_tooLong = TimeSpan.FromMinutes(3);

    /// <summary>So long ended leases are looked after.</summary>
    private static readonly TimeSpan s_aftermath = TimeSpan.FromMinutes(6);

    private static readonly TimeSpan s_clearEvery = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly HashSet<Waiter> _waiters = [];
    private Task _watching = Task.CompletedTask;
    private bool _isWatching;
    private long _number;
    private long? _heardAt;                                 // of the one who refreshes
    private Moment _changed = Moment.Never;
    private Moment _ended = Moment.Never;

    /// <summary>Takes in what others changed, and says that it has.</summary>
    private async Task RefreshAsync(CancellationToken cancellation)
    {
        await _refreshing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var began = _time.GetTimestamp();
            var all = _heardAt is not { } heard || _time.GetElapsedTime(heard) > s_tooLong;
            var before = all ? _known.All.Select(l => l.Id).ToArray() : [];
            var news = await _store.ReadAsync(all ? 0 : _number, cancellation).ConfigureAwait(false);
            if (all)
            {
                var there = news.Leases.Where(l => l.Ended is null).Select(l => l.Id).ToHashSet(StringComparer.Ordinal);
                foreach (var id in before.Where(id => !there.Contains(id)))
                {
                    Retire(id, "expired", isOurs: false);
                }
            }

            foreach (var row in news.Leases)
            {
                if (row.Ended is { } how)
                {
                    Retire(row.Id, how, isOurs: false);
                }
                else
                {
                    Take(row, isOurs: false);
                }
            }

            foreach (var row in news.Scenarios)
            {
                if (!row.IsGone && _known.Find(row.Lease) is { } lease && KeptScenario.Of(row, lease.Address) is { } scenario)
                {
                    _scenarios.PutShared(scenario);
                }
                else
                {
                    _scenarios.Remove(s => s.Id == row.Id);
                }
            }

            if (all || news.Number != _number)
            {
                await _store.SeenAsync(news.Number, cancellation).ConfigureAwait(false);
                (_number, _changed) = (news.Number, new Moment(_time.GetTimestamp()));
            }

            _heardAt = began;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Waits until all nodes that are alive know of a change, and no longer than <see cref="LongestWait"/>: one that does not answer holds nobody up for more.</summary>
    private async Task SeenByAllAsync(long number, CancellationToken cancellation)
    {
        _changed = new Moment(_time.GetTimestamp());
        var began = _time.GetTimestamp();
        while (!await _store.IsSeenAsync(number, cancellation).ConfigureAwait(false) && _time.GetElapsedTime(began) < LongestWait)
        {
            await Task.Delay(s_soon / 2, _time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync()
    {
        var isTold = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(_stop.Token).ConfigureAwait(false);
                isTold = false;
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                if (!isTold && !_stop.IsCancellationRequested)
                {
                    Hosting.ConsoleLog.LeasesNotFollowed(_log, failed.Message);
                }

                isTold = true;
            }

            await PauseAsync(!isTold && IsWithin(s_lively, _changed) ? s_soon : s_later).ConfigureAwait(false);
        }
    }

    private async Task SweepAsync()
    {
        long? clearedAt = null;
        while (!_stop.IsCancellationRequested)
        {
            await PauseAsync(s_later).ConfigureAwait(false);
            try
            {
                if (!_known.IsEmpty)
                {
                    foreach (var id in await _store.ExpireAsync(_stop.Token).ConfigureAwait(false))
                    {
                        Retire(id, "expired", isOurs: true);
                        clearedAt = null;
                    }
                }

                var isDue = clearedAt is not { } at || _time.GetElapsedTime(at) >= s_clearEvery;
                if (isDue && IsWithin(s_aftermath, _ended))
                {
                    clearedAt = await ClearAsync().ConfigureAwait(false) ? null : _time.GetTimestamp();
                }
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                if (failed is not (StoreException or OperationCanceledException))
                {
                    Hosting.ConsoleLog.LeasesNotFollowed(_log, failed.Message);
                }

                // The next round tries again; that the database is away is told by who follows.
            }
        }
    }

    /// <summary>Removes mailboxes of ended leases; true: there may be more.</summary>
    private async Task<bool> ClearAsync()
    {
        var ended = await _store.TakeEndedAsync(MostCleared, _stop.Token).ConfigureAwait(false);
        await Task.WhenAll(ended.Select(RemoveMailboxAsync)).ConfigureAwait(false);
        return ended.Length == MostCleared;
    }

    /// <summary>With some chance in it, so that nodes do not come together.</summary>
    private Task PauseAsync(TimeSpan time) => Task.Delay(time * (0.75 + (Random.Shared.NextDouble() / 4)), _time, _stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);

    private bool IsWithin(TimeSpan time, Moment since) => since != Moment.Never && _time.GetElapsedTime(since.At) < time;

    private Waiter Wait(Lease lease, int place, bool waits)
    {
        var waiter = new Waiter(lease.Id) { Place = place };
        if (!waits)
        {
            return waiter;
        }

        lock (_gate)
        {
            _waiters.Add(waiter);
            if (!_isWatching)
            {
                _isWatching = true;
                _watching = Task.Run(WatchAsync, CancellationToken.None);
            }
        }

        return waiter;
    }

    private void Forget(Waiter waiter)
    {
        lock (_gate)
        {
            _waiters.Remove(waiter);
        }
    }

    private void Wake(Predicate<Waiter> which)
    {
        Waiter[] woken;
        lock (_gate)
        {
            woken = [.. _waiters.Where(w => which(w))];
        }

        foreach (var waiter in woken)
        {
            waiter.Wake();
        }
    }

    /// <summary>One question for all who wait here; it ends when nobody does.</summary>
    private async Task WatchAsync()
    {
        while (true)
        {
            Dictionary<string, int> places;
            lock (_gate)
            {
                if (_waiters.Count == 0 || _stop.IsCancellationRequested)
                {
                    _isWatching = false;
                    return;
                }

                places = _waiters.Where(w => !w.Task.IsCompleted).GroupBy(w => w.Lease, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Min(w => w.Place), StringComparer.Ordinal);
            }

            try
            {
                if (places.Count > 0)
                {
                    var changed = (await _store.ChangedAsync([.. places.Select(p => (p.Key, p.Value))], _stop.Token).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
                    Wake(waiter => changed.Contains(waiter.Lease));
                }
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                // Whoever waits waits on, to the end of its time.
            }

            await PauseAsync(s_soon).ConfigureAwait(false);
        }
    }

    /// <summary>By the clock's stamps; read and written by several.</summary>
    private sealed record Moment(long At)
    {
        public static readonly Moment Never = new(long.MinValue);
    }

    private sealed class Waiter(string lease)
    {
        private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Lease => lease;

        public Task Task => _changed.Task;

        /// <summary>Behind which it waits.</summary>
        public int Place { get; set; }

        public void Wake() => _changed.TrySetResult();
    }
}
