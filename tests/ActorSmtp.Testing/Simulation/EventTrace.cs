using System.Globalization;
using System.Text;

namespace ActorSmtp.Testing.Simulation;

/// <summary>What happened, in order: a hash over everything, by which two runs are compared, and the last events to read.</summary>
internal sealed class EventTrace
{
    /// <summary>The kind of lines that a scenario writes itself; more of them are kept than of the others.</summary>
    public const string Note = "note";

    private static readonly int NotesKept = Simulated.IsReplay ? 100_000 : 150;
    private const ulong Prime = 1099511628211;

    private readonly Entry[] _last = new Entry[200];
    private readonly Queue<string> _notes = new();
    private readonly TextWriter? _whole;
    private ulong _hash = 14695981039346656037;

    /// <param name="whole">Takes every event as a line, too; null: nobody does.</param>
    public EventTrace(TextWriter? whole = null) => _whole = whole;

    /// <summary>Events so far.</summary>
    public long Count { get; private set; }

    /// <summary>Equal for equal runs, in every process (FNV-1a over moments, kinds, names and numbers of choices).</summary>
    public ulong Hash => _hash;

    public void Add(long now, string kind, string who, int others)
    {
        _whole?.WriteLine($"{Line(Count, now, kind, who)} (1 of {others + 1})");
        if (kind == Note)
        {
            _notes.Enqueue(Line(Count, now, kind, who));
            while (_notes.Count > NotesKept)
            {
                _notes.Dequeue();
            }
        }

        _last[Count++ % _last.Length] = new Entry(now, kind, who, others);
        Mix((ulong)now);
        Mix(kind);
        Mix(who);
        Mix((ulong)others);
    }

    /// <summary>The scenario's last notes, then the last events, one a line: when, what, who, out of how many.</summary>
    public string Tail(int most = 60)
    {
        var text = new StringBuilder();
        foreach (var note in _notes)
        {
            text.AppendLine(note);
        }

        text.AppendLine("and of all events:");
        for (var at = Math.Max(0, Count - Math.Min(most, _last.Length)); at < Count; at++)
        {
            var (now, kind, who, others) = _last[at % _last.Length];
            text.AppendLine(CultureInfo.InvariantCulture, $"{Line(at, now, kind, who)} (1 of {others + 1})");
        }

        return text.ToString();
    }

    private static string Line(long at, long now, string kind, string who) =>
        string.Create(CultureInfo.InvariantCulture, $"{at,8} {new DateTime(now):dd HH:mm:ss.fffffff} {kind,-10} {who}");

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
