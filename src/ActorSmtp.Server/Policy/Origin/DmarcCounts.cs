using System.Collections.Immutable;
using System.Net;
using System.Text;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Server.Outbound.Reporting;
using static ActorSmtp.Server.Outbound.Reporting.KeptLines;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>What was counted of mail in one domain's name on one day.</summary>
/// <param name="Day">UTC.</param>
/// <param name="Domain">Whose policy counted.</param>
/// <param name="Published">What the domain published when mail was last judged by it.</param>
/// <param name="Rows">Kinds of messages, and how many came.</param>
/// <param name="LeftOut">Messages that stand in no row, since there is no room for more of them.</param>
internal sealed record DmarcSummary(DateOnly Day, string Domain, PublishedPolicy Published, ImmutableArray<(AggregateRow Row, long Count)> Rows, long LeftOut)
{
    /// <summary>All messages.</summary>
    public long Messages => Rows.Sum(r => r.Count) + LeftOut;
}

/// <summary>
/// Counts mail by the policy that it was judged by, as an aggregate report tells it (RFC 7489 §7.2): per domain and day, rows of messages that agree in all that is told. Today and yesterday are
/// kept, in bounded memory: what has no room is counted without its row. Outlives the process. Any thread.
/// </summary>
/// <param name="own">What tells reports of this server from those of others that call themselves the same; kept with the counts.</param>
internal sealed class DmarcCounts(TimeProvider time, string own) : IKeptState, IDmarcCounts
{
    /// <summary>Rows of one domain on one day.</summary>
    public const int MostRows = 1_000;

    /// <summary>Memory for all rows, about.</summary>
    public const int MostOctets = 16 << 20;

    /// <summary>Domains of one day.</summary>
    public const int MostDomains = 10_000;

    private const int MostShown = 10;
    private const string FirstLine = "actorsmtp dmarc-counts 1";
    private const int MostWritten = 15 << 20;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<(DateOnly Day, string Domain), Counts> _counts = new(Comparer<(DateOnly Day, string Domain)>.Create(
        static (a, b) => a.Day != b.Day ? a.Day.CompareTo(b.Day) : string.CompareOrdinal(a.Domain, b.Domain)));

    private readonly Dictionary<DateOnly, int> _domains = [];       // of each day
    private string _own = own;
    private long _octets;
    private int _rows;
    private long _changes;
    private long _sent;
    private long _leftOut;

    public string Name => "dmarc-counts";

    public string What => "what was counted of mail in the name of other domains";

    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Reports that were mailed.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Messages that stand in no row.</summary>
    public long LeftOut => Interlocked.Read(ref _leftOut);

    /// <summary>Rows that are kept.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>What tells reports of this server from those of others that call themselves the same.</summary>
    public string Own
    {
        get
        {
            lock (_lock)
            {
                return _own;
            }
        }
    }

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>A message was judged by a policy.</summary>
    /// <param name="domain">Whose; a name in ASCII.</param>
    public void Add(string domain, PublishedPolicy published, AggregateRow row)
    {
        lock (_lock)
        {
            Add(Today, domain, published, row, 1);
        }
    }

    /// <summary>All there is, by day and domain.</summary>
    public ImmutableArray<DmarcSummary> Snapshot()
    {
        lock (_lock)
        {
            return [.. _counts.Select(c => c.Value.ToSummary(c.Key.Day, c.Key.Domain))];
        }
    }

    public (ImmutableArray<DmarcDay> Days, int All) List(string? domain, int most)
    {
        var all = Snapshot().Where(s => domain is null || s.Domain == domain).OrderByDescending(s => s.Day).ThenByDescending(s => s.Messages).ThenBy(s => s.Domain, StringComparer.Ordinal).ToList();
        return ([.. all.Take(most).Select(s => new DmarcDay(
            s.Day, s.Domain, Word(s.Published.Policy), s.Messages, s.Rows.Where(r => r.Row.Dkim || r.Row.Spf).Sum(r => r.Count), s.LeftOut,
            [
                .. s.Rows.OrderByDescending(r => r.Count).ThenBy(r => r.Row.Source.ToString(), StringComparer.Ordinal).Take(domain is null ? MostShown : int.MaxValue).Select(r => new DmarcRow(
                    r.Count, r.Row.Source, Word(r.Row.Disposition), r.Row.Dkim, r.Row.Spf, $"{r.Row.Override} {r.Row.Comment}".Trim(), r.Row.From, r.Row.Sender, SpfResult.ToWord(r.Row.SpfResult),
                    r.Row.Signatures)),
            ]))], all.Count);
    }

    /// <summary>Of which domains something was counted on days before this one.</summary>
    public ImmutableArray<(DateOnly Day, string Domain)> Before(DateOnly day)
    {
        lock (_lock)
        {
            DropOld();
            return [.. _counts.Keys.Where(k => k.Day < day)];
        }
    }

    /// <summary>One of them; null: there is nothing.</summary>
    public DmarcSummary? Of(DateOnly day, string domain)
    {
        lock (_lock)
        {
            return _counts.TryGetValue((day, domain), out var counts) ? counts.ToSummary(day, domain) : null;
        }
    }

    /// <summary>It was told, or nobody wants to know.</summary>
    public void Forget(DateOnly day, string domain, bool wasSent)
    {
        lock (_lock)
        {
            Remove((day, domain));
        }

        Interlocked.Add(ref _sent, wasSent ? 1 : 0);
    }

    public byte[] Write()
    {
        var text = new StringBuilder(FirstLine).Append('\n');
        Line(text, MostWritten, "own", Own);
        foreach (var s in Snapshot().Reverse())                         // of too much the oldest is left out
        {
            var (day, p) = (Number(s.Day.DayNumber), s.Published);
            Line(text, MostWritten, "policy", day, s.Domain, Word(p.Policy), Word(p.SubdomainPolicy), Flag(p.StrictDkim), Flag(p.StrictSpf), Number(p.Percent), Number(s.LeftOut));
            foreach (var (r, count) in s.Rows)
            {
                Line(
                    text, MostWritten, "row", day, s.Domain, Number(count), r.Source.ToString(), Word(r.Disposition), Flag(r.Dkim), Flag(r.Spf), r.Override, r.Comment, r.From, r.Sender, r.Helo,
                    SpfResult.ToWord(r.SpfResult), r.Signatures);
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public bool Read(ReadOnlySpan<byte> octets, DateTimeOffset now)
    {
        var lines = Encoding.UTF8.GetString(octets).Split('\n');
        if (lines[0] != FirstLine || lines[^1].Length > 0)
        {
            return false;
        }

        var read = new List<Action>();
        var policies = new Dictionary<(DateOnly, string), PublishedPolicy>();
        foreach (var line in lines.AsSpan(1..^1))
        {
            switch (line.Split('\t'))
            {
                case ["own", { Length: > 0 and <= 40 } name]:
                    read.Add(() => _own = name);
                    break;

                case ["policy", var day, { Length: > 0 } domain, var p, var sp, var dkim, var spf, var pct, var left]
                    when Day(day) is { } of && Policy(p) is { } policy && Policy(sp) is { } below && Whole(pct) is <= 100 and var percent && Whole(left) is { } leftOut:
                    var published = policies[(of, domain)] = new PublishedPolicy(policy, below, dkim == "1", spf == "1", (int)percent);
                    read.Add(() => Of(of, domain, published)?.LeaveOut(leftOut));
                    break;

                case ["row", var day, { Length: > 0 } domain, var count, var source, var done, var dkim, var spf, var why, var comment, var from, var sender, var helo, var result, var signatures]
                    when Day(day) is { } of && policies.TryGetValue((of, domain), out var known) && Whole(count) is > 0 and var n && IPAddress.TryParse(source, out var address) && Policy(done) is { } what
                        && SpfOf(result) is { } says:
                    var row = new AggregateRow(address, what, dkim == "1", spf == "1", why, comment, from, sender, helo, says, signatures);
                    read.Add(() => Add(of, domain, known, row, n));
                    break;

                default:
                    return false;
            }
        }

        lock (_lock)
        {
            read.ForEach(take => take());
            DropOld();
        }

        return true;
    }

    private static string Word(DmarcPolicy policy) => DmarcRecord.ToWord(policy);

    private static string Flag(bool flag) => flag ? "1" : "0";

    private static DmarcPolicy? Policy(string word) => word switch { "none" => DmarcPolicy.None, "quarantine" => DmarcPolicy.Quarantine, "reject" => DmarcPolicy.Reject, _ => null };

    private static SpfVerdict? SpfOf(string word) => Enum.GetValues<SpfVerdict>().Cast<SpfVerdict?>().FirstOrDefault(v => SpfResult.ToWord(v!.Value) == word);

    private void Add(DateOnly day, string domain, PublishedPolicy published, AggregateRow row, long messages)
    {
        Interlocked.Increment(ref _changes);
        if (Of(day, domain, published) is not { } counts)
        {
            Interlocked.Add(ref _leftOut, messages);
            return;
        }

        if (!counts.Has(row) && (counts.Rows >= MostRows || _octets + row.Octets > MostOctets))
        {
            counts.LeaveOut(messages);
            Interlocked.Add(ref _leftOut, messages);
            return;
        }

        if (counts.Add(row, messages))
        {
            _octets += row.Octets;
            _rows++;
        }
    }

    /// <summary>The counts of a domain on a day; null: there are too many domains.</summary>
    private Counts? Of(DateOnly day, string domain, PublishedPolicy published)
    {
        if (!_counts.TryGetValue((day, domain), out var counts))
        {
            DropOld();
            var domains = _domains.GetValueOrDefault(day);
            if (domains >= MostDomains)
            {
                return null;
            }

            _domains[day] = domains + 1;
            _counts.Add((day, domain), counts = new Counts());
        }

        counts.Published = published;
        return counts;
    }

    /// <summary>Days before yesterday: who wanted to be told of them could not be told for a day.</summary>
    private void DropOld()
    {
        var oldest = Today.AddDays(-1);
        while (_counts.Count > 0 && _counts.First().Key is var first && first.Day < oldest)
        {
            Remove(first);
        }
    }

    private void Remove((DateOnly Day, string Domain) key)
    {
        if (_counts.Remove(key, out var counts))
        {
            if (--_domains[key.Day] == 0)
            {
                _domains.Remove(key.Day);
            }

            _octets -= counts.Octets;
            _rows -= counts.Rows;
            Interlocked.Increment(ref _changes);
        }
    }

    private sealed class Counts
    {
        private readonly Dictionary<AggregateRow, long> _rows = [];
        private long _leftOut;

        public PublishedPolicy Published { get; set; } = new(DmarcPolicy.None, DmarcPolicy.None, false, false, 100);

        public int Rows => _rows.Count;

        public long Octets => _rows.Keys.Sum(r => (long)r.Octets);

        public bool Has(AggregateRow row) => _rows.ContainsKey(row);

        /// <summary>True: it is a new row.</summary>
        public bool Add(AggregateRow row, long messages)
        {
            var isNew = !_rows.TryGetValue(row, out var before);
            _rows[row] = before + messages;
            return isNew;
        }

        public void LeaveOut(long messages) => _leftOut += messages;

        public DmarcSummary ToSummary(DateOnly day, string domain) =>
            new(day, domain, Published, [.. _rows.Select(r => (r.Key, r.Value))], _leftOut);
    }
}
