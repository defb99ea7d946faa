using System.Collections.Immutable;

namespace ActorSmtp.Storage.Access;

/// <summary>
/// What the console and the test inbox read mailboxes by (POP3 takes a <see cref="MailboxSnapshot"/>): remembers the names of the mailboxes in
/// use, within a bound, so that a page of a mailbox with a million messages costs that page. Arrivals are told by
/// <see cref="Arrived"/>; what other programs did is seen by
/// the directories' stamps at the next question. For any number of callers at once.
/// </summary>
/// <remarks>
/// A mailbox whose names changed behind our back is listed anew, but listing takes no more than a twentieth of the time (in a crowd: a hundredth), all together: what
/// changes all the time may be shown as it was some seconds ago, but for what was told.
/// </remarks>
public sealed class MailboxIndex
{
    private readonly IMailboxReader _reader;
    private readonly TimeProvider _time;
    private readonly long _mostOctets;
    private readonly ListingBudget _budget;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Box>> _boxes = new(StringComparer.Ordinal);
    private readonly LinkedList<Box> _recent = [];          // the longest unused first
    private long _octets;

    /// <param name="mostOctets">Memory for names, all mailboxes together; the longest unused are forgotten first.</param>
    public MailboxIndex(IMailboxReader reader, TimeProvider time, long mostOctets = 128L << 20)
    {
        _reader = reader;
        _time = time;
        _mostOctets = mostOctets;
        Crowd = new Crowd(time);
        _budget = new ListingBudget(time, Crowd);
    }

    /// <summary>Whether mail comes in a crowd, as far as <see cref="Arrived"/> was told.</summary>
    public Crowd Crowd { get; }

    /// <summary>How many mailboxes are remembered.</summary>
    public int Remembered
    {
        get
        {
            lock (_gate)
            {
                return _boxes.Count;
            }
        }
    }

    /// <summary>The names of all mailboxes, in ordinal order.</summary>
    public Task<string[]> AccountsAsync(CancellationToken cancellation) => _reader.AccountsAsync(cancellation);

    /// <summary>How many messages; null: there is no such mailbox.</summary>
    public Task<MailboxCount?> CountAsync(string account, CancellationToken cancellation) => WithAsync(
        account, static (names, _) => new MailboxCount(names.Count, names.Unseen, names.Count == 0 ? null : names[names.Count - 1]), 0, cancellation);

    /// <summary>Names before a key, newest first; null: there is no such mailbox.</summary>
    /// <param name="before">A key, whether it is still there or not; null: from the newest.</param>
    public Task<ImmutableArray<MailboxName>?> BeforeAsync(string account, string? before, int most, CancellationToken cancellation) => WithAsync<ImmutableArray<MailboxName>?, (string? Key, int Most)>(
        account,
        static (names, asked) =>
        {
            var at = asked.Key is null ? names.Count : names.IndexOf(asked.Key) is var i and >= 0 ? i : ~names.IndexOf(asked.Key);
            var page = ImmutableArray.CreateBuilder<MailboxName>(Math.Min(asked.Most, at));
            while (page.Count < asked.Most && at > 0)
            {
                page.Add(names[--at]);
            }

            return page.ToImmutable();
        },
        (before, most),
        cancellation);

    /// <summary>Names after a key, oldest first; null: there is no such mailbox.</summary>
    /// <param name="after">A key, whether it is still there or not; null: from the oldest.</param>
    public Task<ImmutableArray<MailboxName>?> AfterAsync(string account, string? after, int most, CancellationToken cancellation) => WithAsync<ImmutableArray<MailboxName>?, (string? Key, int Most)>(
        account,
        static (names, asked) =>
        {
            var at = asked.Key is null ? 0 : names.IndexOf(asked.Key) is var i and >= 0 ? i + 1 : ~names.IndexOf(asked.Key);
            var page = ImmutableArray.CreateBuilder<MailboxName>(Math.Min(asked.Most, names.Count - at));
            for (; page.Count < asked.Most && at < names.Count; at++)
            {
                page.Add(names[at]);
            }

            return page.ToImmutable();
        },
        (after, most),
        cancellation);

    /// <summary>One message by its key, or null.</summary>
    public Task<MailboxName?> FindAsync(string account, string key, CancellationToken cancellation) =>
        WithAsync(account, static (names, wanted) => names.IndexOf(wanted) is var at and >= 0 ? names[at] : null, key, cancellation);

    /// <summary>Sizes and times, in the names' order; those that are gone are left out.</summary>
    public Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) =>
        _reader.LookAsync(account, names, cancellation);

    /// <summary>A message's bytes, or null where it is not there (any more).</summary>
    public async Task<Stream?> OpenAsync(string account, string key, CancellationToken cancellation) =>
        await FindAsync(account, key, cancellation).ConfigureAwait(false) is { } name
            ? await _reader.OpenAsync(account, name, cancellation).ConfigureAwait(false)
            : null;

    /// <summary>Sets and clears flags, as letters; null where the message is not there.</summary>
    public async Task<MailboxName?> FlagAsync(string account, string key, string set, string clear, CancellationToken cancellation)
    {
        if (await FindAsync(account, key, cancellation).ConfigureAwait(false) is not { } name)
        {
            return null;
        }

        var flagged = await _reader.FlagAsync(account, name, set, clear, cancellation).ConfigureAwait(false);
        Change(account, names => _ = flagged is null ? names.Remove(key) : names.Put(key, flagged.Flags, flagged.IsNew));
        return flagged;
    }

    /// <summary>Removes messages; answers the keys of those that were there. Their tags go with them.</summary>
    public async Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyCollection<string> keys, CancellationToken cancellation)
    {
        var names = await WithAsync(
            account,
            static (all, wanted) => wanted.Select(all.IndexOf).Where(at => at >= 0).Select(at => all[at]).ToList(),
            keys,
            cancellation).ConfigureAwait(false);
        if (names is not { Count: > 0 })
        {
            return [];
        }

        var removed = await _reader.RemoveAsync(account, names, cancellation).ConfigureAwait(false);
        Change(account, all =>
        {
            foreach (var name in names)
            {
                all.Remove(name.Key);
            }
        });
        await TagAsync(account, tags => tags.RemoveRange(removed), cancellation).ConfigureAwait(false);
        return removed;
    }

    /// <summary>The tags of a mailbox's messages, by key.</summary>
    public async Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation)
    {
        var box = await BoxAsync(account, cancellation).ConfigureAwait(false);
        return box is null ? ImmutableDictionary<string, ImmutableArray<string>>.Empty : await box.TagsAsync(_reader, cancellation).ConfigureAwait(false);
    }

    /// <summary>Changes tags, durably; one change of a mailbox after the other. False: there is no such mailbox.</summary>
    public async Task<bool> TagAsync(
        string account,
        Func<ImmutableDictionary<string, ImmutableArray<string>>, ImmutableDictionary<string, ImmutableArray<string>>> change,
        CancellationToken cancellation) =>
        await BoxAsync(account, cancellation).ConfigureAwait(false) is { } box && await box.TagAsync(_reader, change, cancellation).ConfigureAwait(false);

    /// <summary>
    /// A delivery was settled: the message is in the mailbox. Costs nothing for a mailbox that is not remembered; never blocks. It is no use of the
    /// mailbox: what only grows is forgotten when memory runs short.
    /// </summary>
    public void Arrived(string account, string key)
    {
        Crowd.Count();
        Change(account, names => names.Put(key, "", isNew: true));
    }

    /// <summary>The mailbox was removed, or nobody needs it in memory any more.</summary>
    public void Forget(string account)
    {
        lock (_gate)
        {
            if (_boxes.Remove(account, out var node))
            {
                Drop(node);
            }
        }
    }

    private async Task<T?> WithAsync<T, TAsked>(string account, Func<KeyTable, TAsked, T?> read, TAsked asked, CancellationToken cancellation)
    {
        if (await BoxAsync(account, cancellation).ConfigureAwait(false) is not { } box)
        {
            return default;
        }

        lock (box.Gate)
        {
            return read(box.Names, asked);
        }
    }

    private void Change(string account, Action<KeyTable> change)
    {
        LinkedListNode<Box>? node;
        lock (_gate)
        {
            _boxes.TryGetValue(account, out node);
        }

        if (node is not null)
        {
            node.Value.Change(change);
            Weigh(node.Value, keep: null);
        }
    }

    /// <summary>The mailbox's names as they are now; null where there is none.</summary>
    private async Task<Box?> BoxAsync(string account, CancellationToken cancellation)
    {
        var box = Use(account);
        var isThere = await box.RefreshAsync(_reader, _time, _budget, _mostOctets, cancellation).ConfigureAwait(false);
        if (!isThere)
        {
            Forget(account);
            return null;
        }

        Weigh(box, keep: box);
        return box;
    }

    /// <summary>Counts what a mailbox takes now, where it is remembered still, and forgets the longest unused until all are within the bound.</summary>
    /// <param name="keep">In use just now; null: arrivals alone are no use.</param>
    private void Weigh(Box box, Box? keep)
    {
        lock (_gate)
        {
            if (_boxes.TryGetValue(box.Account, out var node) && node.Value == box)
            {
                var octets = box.Octets;
                _octets += octets - box.Counted;
                box.Counted = octets;
            }

            while (_octets > _mostOctets && _recent.First is { } oldest && oldest.Value != keep)
            {
                _boxes.Remove(oldest.Value.Account);
                Drop(oldest);
            }
        }
    }

    private Box Use(string account)
    {
        lock (_gate)
        {
            if (_boxes.TryGetValue(account, out var node))
            {
                _recent.Remove(node);
                _recent.AddLast(node);
                return node.Value;
            }

            _boxes.Add(account, node = _recent.AddLast(new Box(account)));
            return node.Value;
        }
    }

    private void Drop(LinkedListNode<Box> node)
    {
        _recent.Remove(node);
        _octets -= node.Value.Counted;
        node.Value.Counted = 0;
    }
}

/// <summary>How many messages a mailbox has.</summary>
/// <param name="Newest">The last by key; null: it is empty.</param>
public sealed record MailboxCount(int Messages, int Unseen, MailboxName? Newest);
