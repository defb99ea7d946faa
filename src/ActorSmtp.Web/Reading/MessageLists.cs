using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Reading;

/// <summary>
/// Pages of messages, newest first, of one mailbox or of all: the newest of each mailbox are merged by their keys, which begin with the time. A search
/// looks at a bounded number of messages and for a bounded time, then answers what it has and where to go on. Of more mailboxes than can be held
/// ready, those with the newest message are: that many messages, no other mailbox can have a newer one.
/// </summary>
internal sealed class MessageLists(MailboxIndex index, MailReader mail, TimeProvider time)
{
    /// <summary>Messages that one request may read from the disk.</summary>
    public const int MostReads = 2000;

    /// <summary>Mailboxes that are held ready for one page.</summary>
    private const int MostMailboxes = 2000;

    private const int Chunk = 64;
    private const int LongestText = 1 << 20;

    private static readonly IComparer<Place> OldestFirst = Comparer<Place>.Create((one, other) => other.CompareTo(one));

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <summary>For the look at the newest message of each mailbox; those that are not reached in it are left out of a page that says so.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(10);

    /// <param name="account">One mailbox; null: all.</param>
    /// <param name="cursor">From the page before; null: the newest.</param>
    /// <returns>Null where there is no such mailbox.</returns>
    /// <exception cref="ProblemException">The cursor is none.</exception>
    public async Task<MessagePage?> ReadAsync(string? account, MailQuery query, int limit, string? cursor, CancellationToken cancellation)
    {
        var at = Place.Parse(cursor);
        if (await SourcesAsync(account, query, at, cancellation).ConfigureAwait(false) is not var (sources, isCut, isWhole))
        {
            return null;
        }

        var search = new Search(query, limit, time.GetTimestamp());
        while (sources.TryDequeue(out var source, out _))
        {
            var name = source.Take();
            at = new Place(name.Key, source.Account);
            if (await LooksForAsync(source, name, search, cancellation).ConfigureAwait(false) is { } row)
            {
                search.Found.Add(row);
            }

            if (await source.FillAsync(index, cancellation).ConfigureAwait(false))
            {
                sources.Enqueue(source, source.Next);
            }

            if (search.Found.Count == limit || search.Reads >= MostReads || (isCut && search.Seen >= MostMailboxes) || time.GetElapsedTime(search.Began) > Longest)
            {
                var isMore = sources.Count > 0 || isCut;
                return new MessagePage(search.Found, isMore ? at.Value.ToString() : null, search.Seen, isWhole && (!isMore || search.Found.Count == limit));
            }
        }

        return new MessagePage(search.Found, null, search.Seen, isWhole);
    }

    /// <summary>The mailboxes in the order of their newest messages, whether some were cut off because they are many, and whether each was looked at. Null: there is no such one.</summary>
    private async Task<(PriorityQueue<Source, Place> Sources, bool IsCut, bool IsWhole)?> SourcesAsync(string? account, MailQuery query, Place? at, CancellationToken cancellation)
    {
        string[] accounts = account is null ? await index.AccountsAsync(cancellation).ConfigureAwait(false) : [account];
        var began = time.GetTimestamp();
        var (isCut, isWhole) = (false, true);
        var newest = new PriorityQueue<Source, Place>(OldestFirst);
        foreach (var name in accounts.Where(query.MayBeIn))
        {
            if (time.GetElapsedTime(began) > LongestLook)
            {
                isWhole = false;
                break;
            }

            var source = new Source(name, at);
            if (await source.FillAsync(index, cancellation).ConfigureAwait(false))
            {
                newest.Enqueue(source, source.Next);
                if (newest.Count > MostMailboxes)
                {
                    newest.Dequeue();
                    isCut = true;
                }
            }
            else if (account is not null && !source.Exists)
            {
                return null;
            }
        }

        return (new PriorityQueue<Source, Place>(newest.UnorderedItems), isCut, isWhole);
    }

    /// <summary>The row of a message that is looked for, or null. The cheap questions come first.</summary>
    private async Task<MessageSummary?> LooksForAsync(Source source, MailboxName name, Search search, CancellationToken cancellation)
    {
        search.Seen++;
        var query = search.Query;
        var account = source.Account;
        if (!query.IsEverything)
        {
            source.Tags ??= await index.TagsAsync(account, cancellation).ConfigureAwait(false);
            if (!query.Passes(name, source.Tags.GetValueOrDefault(name.Key, [])))
            {
                return null;
            }

            if (query.NeedsLook && (await index.LookAsync(account, [name], cancellation).ConfigureAwait(false)).FirstOrDefault() is var message
                && (message is null || !query.Passes(message)))
            {
                return null;
            }

            search.Reads += mail.IsKnown(account, name.Key) ? 0 : 1;
            if (await mail.GlanceAsync(account, name.Key, cancellation).ConfigureAwait(false) is not { } glance)
            {
                return null;
            }

            switch (query.Passes(glance))
            {
                case false:
                    return null;
                case null:
                    search.Reads += 4;
                    if (!query.Passes(glance, await TextAsync(account, name.Key, cancellation).ConfigureAwait(false)))
                    {
                        return null;
                    }

                    break;
            }
        }

        return (await mail.SummariesAsync(account, [name], cancellation).ConfigureAwait(false)).FirstOrDefault();
    }

    private async Task<string> TextAsync(string account, string key, CancellationToken cancellation)
    {
        try
        {
            return await mail.ReadAsync(account, key, TextOf, cancellation).ConfigureAwait(false) ?? "";
        }
        catch (ProblemException)
        {
            return "";                                      // too large to look into
        }
    }

    private static string TextOf(MimeEntity message)
    {
        var text = MimeBodies.Text(message) ?? "";
        var html = MimeBodies.Html(message) is { } source ? HtmlText.Of(source.Length <= LongestText ? source : source[..LongestText]) : "";
        return (text.Length <= LongestText ? text : text[..LongestText]) + "\n" + html;
    }

    private sealed record Search(MailQuery Query, int Limit, long Began)
    {
        public List<MessageSummary> Found { get; } = [];

        public int Reads { get; set; }

        public int Seen { get; set; }
    }

    /// <summary>A mailbox on the way down from its newest.</summary>
    private sealed class Source(string account, Place? from)
    {
        private ImmutableArray<MailboxName> _names = [];
        private int _taken;
        private string? _before = from is not { } place ? null
            : string.CompareOrdinal(account, place.Account) < 0 ? place.Key + "\u0001"      // the same key in another mailbox is still to come
            : place.Key;

        public string Account => account;

        public bool Exists { get; private set; }

        public Place Next => new(_names[_taken].Key, account);

        public ImmutableDictionary<string, ImmutableArray<string>>? Tags { get; set; }

        public MailboxName Take()
        {
            _before = _names[_taken].Key;
            return _names[_taken++];
        }

        /// <summary>Has the next one ready; false: there is none.</summary>
        public async Task<bool> FillAsync(MailboxIndex index, CancellationToken cancellation)
        {
            if (_taken < _names.Length)
            {
                return true;
            }

            var names = await index.BeforeAsync(account, _before, Chunk, cancellation).ConfigureAwait(false);
            Exists = names is not null;
            (_names, _taken) = (names ?? [], 0);
            return _names.Length > 0;
        }
    }

    /// <summary>A place in the order of all messages, newest first; as a cursor it is opaque.</summary>
    private readonly record struct Place(string Key, string Account) : IComparable<Place>
    {
        public int CompareTo(Place other) =>
            string.CompareOrdinal(other.Key, Key) is var order and not 0 ? order : string.CompareOrdinal(other.Account, Account);

        public static Place? Parse(string? cursor)
        {
            if (cursor is null)
            {
                return null;
            }

            Span<byte> octets = stackalloc byte[1024];
            return cursor.Length <= 1200 && System.Buffers.Text.Base64Url.IsValid(cursor) && System.Buffers.Text.Base64Url.TryDecodeFromChars(cursor, octets, out var length)
                && Encoding.UTF8.GetString(octets[..length]).Split('\n') is [{ Length: > 0 } key, var account]
                    ? new Place(key, account)
                    : throw new ProblemException(Problem.Invalid("cursor", "not one that was given out here"));
        }

        public override string ToString() => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Key}\n{Account}"));
    }
}

/// <summary>A page of messages.</summary>
/// <param name="Next">Where to go on; null: there are no more.</param>
/// <param name="Scanned">Messages looked at.</param>
/// <param name="Complete">False: the search stopped before the page was full; more may be found from <paramref name="Next"/> on.</param>
internal sealed record MessagePage(IReadOnlyList<MessageSummary> Items, string? Next, int Scanned, bool Complete);
