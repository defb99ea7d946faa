using System.Diagnostics.CodeAnalysis;

namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>What this node has claimed of the queue, by slot and by id. For several threads.</summary>
internal sealed class HeldTable(Database database, TimeProvider time)
{
    /// <summary>Claims that a node holds at most, and of them in one line.</summary>
    public const int Most = 4096, MostInLine = Most / 4;

    /// <summary>Octets of envelopes and states that are kept in memory.</summary>
    private const long MostOctets = 32 << 20;

    private readonly Lock _gate = new();
    private readonly List<HeldMail?> _slots = [];
    private readonly Stack<int> _free = new();
    private readonly Dictionary<MailId, HeldMail> _byId = [];
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private long _octets;
    private long _content;
    private int _count;
    private volatile bool _isClosing;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Octets of content that the claimed messages have.</summary>
    public long Content => Interlocked.Read(ref _content);

    /// <summary>Nothing more is wanted.</summary>
    public bool IsClosing
    {
        get => _isClosing;
        set => _isClosing = value;
    }

    /// <summary>How many more may be claimed.</summary>
    public int Room => _isClosing ? 0 : Math.Max(0, Most - Count);

    /// <summary>Lines of which no more are wanted now.</summary>
    public string[] FullLines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines.Where(line => line.Value >= MostInLine).Select(line => line.Key)];
            }
        }
    }

    public long GoodUntil(long since) => since + (long)(database.Settings.Lease.TotalSeconds * 0.9 * time.TimestampFrequency);

    /// <summary>Whether one more of this line would be claimed.</summary>
    public bool Wants(string line, int besides)
    {
        lock (_gate)
        {
            return !_isClosing && _count + besides < Most && _lines.GetValueOrDefault(line) + besides < MostInLine;
        }
    }

    public HeldMail Add(MailId id, byte[] key, long token, string line, long length, byte[] body, byte[] state, byte[] envelope, long since)
    {
        lock (_gate)
        {
            var slot = _free.TryPop(out var free) ? free : _slots.Count;
            var isKept = _octets + state.Length + envelope.Length <= MostOctets;
            var held = new HeldMail(slot, id, key, token, line, length, body) { Envelope = isKept ? envelope : null, State = isKept ? state : null, GoodUntil = GoodUntil(since) };
            if (slot == _slots.Count)
            {
                _slots.Add(held);
            }
            else
            {
                _slots[slot] = held;
            }

            if (_byId.TryGetValue(id, out var before))
            {
                before.IsLost = true;               // its claim ended, and it came to us again
            }

            _byId[id] = held;
            _count++;
            _octets += isKept ? state.Length + envelope.Length : 0;
            _content += length;
            _lines[line] = _lines.GetValueOrDefault(line) + 1;
            return held;
        }
    }

    public void Remove(HeldMail held)
    {
        lock (_gate)
        {
            if (_slots[held.Slot] != held)
            {
                return;
            }

            _slots[held.Slot] = null;
            _free.Push(held.Slot);
            if (_byId.GetValueOrDefault(held.Id) == held)
            {
                _byId.Remove(held.Id);
            }

            _count--;
            _octets -= (held.State?.Length ?? 0) + (held.Envelope?.Length ?? 0);
            _content -= held.Length;
            if (--_lines[held.Line] == 0)
            {
                _lines.Remove(held.Line);
            }
        }
    }

    /// <summary>
    /// Says something of those that are there still and not lost. Nothing is taken out meanwhile: whoever hears of a slot has not heard of another message in it yet.
    /// </summary>
    /// <param name="areLost">They are another node's by now.</param>
    public void Say(IEnumerable<HeldMail> mails, bool areLost, Action<int[]> tell)
    {
        lock (_gate)
        {
            HeldMail[] there = [.. mails.Where(mail => _slots[mail.Slot] == mail && !mail.IsLost)];
            if (there.Length > 0)
            {
                Array.ForEach(there, mail => mail.IsLost |= areLost);
                tell(Array.ConvertAll(there, mail => mail.Slot));
            }
        }
    }

    /// <summary>Its state is another one.</summary>
    public void Saved(HeldMail held, byte[] state)
    {
        lock (_gate)
        {
            if (held.State is { } before && _slots[held.Slot] == held)
            {
                _octets += state.Length - before.Length;
                held.State = state;
            }
        }
    }

    public HeldMail? this[int slot]
    {
        get
        {
            lock (_gate)
            {
                return (uint)slot < (uint)_slots.Count ? _slots[slot] : null;
            }
        }
    }

    public bool TryFind(MailId id, [NotNullWhen(true)] out HeldMail? held)
    {
        lock (_gate)
        {
            return _byId.TryGetValue(id, out held) && !held.IsLost;
        }
    }

    /// <summary>Whether a claim has surely not ended.</summary>
    public bool IsSure(int slot) => this[slot] is { IsLost: false } held && Volatile.Read(ref held.GoodUntil) >= time.GetTimestamp();

    /// <summary>Those whose claims have to be renewed to last on.</summary>
    public List<HeldMail> Aging()
    {
        var soon = time.GetTimestamp() + (long)(database.Settings.Lease.TotalSeconds * 0.6 * time.TimestampFrequency);
        return All(held => Volatile.Read(ref held.GoodUntil) < soon);
    }

    /// <summary>Those that are not lost.</summary>
    public List<HeldMail> All(Func<HeldMail, bool> which)
    {
        lock (_gate)
        {
            return [.. _slots.OfType<HeldMail>().Where(held => !held.IsLost && which(held))];
        }
    }
}
