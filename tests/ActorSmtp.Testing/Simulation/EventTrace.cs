using System.Globalization;
using System.Text;

namespace ActorSmtp.Testing.Simulation;

/// <summary>What happened, in order: a hash over everything, by which two runs are compared, and the last events to read.</summary>
internal sealed class EventTrace
{
    private const ulong Prime = 1099511628211;

    private readonly Entry[] _last = new Entry[400];
    private ulong _hash = 14695981039346656037;

    /// <summary>Events so far.</summary>
    public long Count { get; private set; }

    /// <summary>Equal for equal runs, in every process (FNV-1a over moments, kinds, names and numbers of choices).</summary>
    public ulong Hash => _hash;

    public void Add(long now, string kind, string who, int others)
    {
        _last[Count++ % _last.Length] = new Entry(now, kind, who, others);
        Mix((ulong)now);
        Mix(kind);
        Mix(who);
        Mix((ulong)others);
    }

    /// <summary>The last events, one a line: when, what, who, out of how many.</summary>
    public string Tail(int most = 100)
    {
        var text = new StringBuilder();
        for (var at = Math.Max(0, Count - Math.Min(most, _last.Length)); at < Count; at++)
        {
            var (now, kind, who, others) = _last[at % _last.Length];
            text.AppendLine(CultureInfo.InvariantCulture, $"{at,8} {new DateTime(now):dd HH:mm:ss.fffffff} {kind,-12} {who} (1 of {others + 1})");
        }

        return text.ToString();
    }

    private void Mix(string text)
    {
        foreach (var c in text)
        {
            _hash = (_hash ^ c) * Prime;
        }

        Mix(0xFFUL);
    }

    private void Mix(ulong value) => _hash = (_hash ^ value ^ (value >> 29)) * Prime;

    private readonly record struct Entry(long Now, string Kind, string Who, int Others);
}
