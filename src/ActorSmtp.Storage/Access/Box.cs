using System.Collections.Immutable;

namespace ActorSmtp.Storage.Access;

/// <summary>One mailbox as <see cref="MailboxIndex"/> remembers it.</summary>
internal sealed class Box(string account)
{
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly SemaphoreSlim _tagging = new(1, 1);
    private List<Action<KeyTable>>? _meanwhile;             // changes while the mailbox is being listed
    private ImmutableDictionary<string, ImmutableArray<string>>? _tags;
    private long? _stamp;

    public string Account { get; } = account;

    /// <summary>Guards <see cref="Names"/>.</summary>
    public Lock Gate { get; } = new();

    public KeyTable Names { get; private set; } = new();

    public long Octets
    {
        get
        {
            lock (Gate)
            {
                return Names.Octets;
            }
        }
    }

    /// <summary>Octets that the index has counted for it; the index's.</summary>
    public long Counted { get; set; }

    public void Change(Action<KeyTable> change)
    {
        lock (Gate)
        {
            change(Names);
            _meanwhile?.Add(change);
        }
    }

    /// <summary>Lists the mailbox where its names may have changed. False: there is none.</summary>
    public async Task<bool> RefreshAsync(IMailboxReader reader, TimeProvider time, ListingBudget budget, long mostOctets, CancellationToken cancellation)
    {
        if (await reader.StampAsync(Account, cancellation).ConfigureAwait(false) is not { } stamp)
        {
            return false;
        }

        if (IsGood(stamp, budget))
        {
            return true;
        }

        await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return IsGood(stamp, budget) || await ListAsync(reader, time, budget, mostOctets, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _reading.Release();
        }
    }

    public async Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(IMailboxReader reader, CancellationToken cancellation)
    {
        if (_tags is { } known)
        {
            return known;
        }

        await _tagging.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return _tags ??= await reader.TagsAsync(Account, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _tagging.Release();
        }
    }

    public async Task<bool> TagAsync(
        IMailboxReader reader,
        Func<ImmutableDictionary<string, ImmutableArray<string>>, ImmutableDictionary<string, ImmutableArray<string>>> change,
        CancellationToken cancellation)
    {
        await _tagging.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var before = _tags ??= await reader.TagsAsync(Account, cancellation).ConfigureAwait(false);
            var after = change(before);
            if (!ReferenceEquals(before, after) && !await reader.SaveTagsAsync(Account, after, cancellation).ConfigureAwait(false))
            {
                return false;
            }

            _tags = after;
            return true;
        }
        finally
        {
            _tagging.Release();
        }
    }

    /// <summary>As it was at this stamp; or else listing has taken so much time of late that this has to do for now.</summary>
    private bool IsGood(long stamp, ListingBudget budget)
    {
        lock (Gate)
        {
            return _stamp is { } known && (known == stamp || budget.IsSpent);
        }
    }

    private async Task<bool> ListAsync(IMailboxReader reader, TimeProvider time, ListingBudget budget, long mostOctets, CancellationToken cancellation)
    {
        lock (Gate)
        {
            _meanwhile = [];
        }

        try
        {
            var began = time.GetTimestamp();
            if (await reader.StampAsync(Account, cancellation).ConfigureAwait(false) is not { } stamp)
            {
                return false;
            }

            var names = new KeyTable();
            var isThere = await reader.VisitAsync(
                Account,
                (key, flags, isNew) =>
                {
                    names.Append(key, flags, isNew);
                    if (names.Octets > mostOctets)
                    {
                        throw new StoreException($"The mailbox of {Account} has more than {names.Count} messages: too many to list here; read it with a mail program.");
                    }
                },
                cancellation).ConfigureAwait(false);
            if (!isThere)
            {
                return false;
            }

            names.Sort();
            lock (Gate)
            {
                foreach (var change in _meanwhile)
                {
                    change(names);
                }

                Names = names;
                _stamp = stamp;
                budget.Spend(time.GetElapsedTime(began));
            }

            return true;
        }
        finally
        {
            lock (Gate)
            {
                _meanwhile = null;
            }
        }
    }
}
