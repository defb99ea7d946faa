using System.Buffers.Binary;
using System.Text;

namespace ActorSmtp.Storage.Access;

/// <summary>
/// The names of a mailbox in memory, sorted, close together: some 60 octets for each message, so that a million fit in 60 MB. A name is
/// at most 255 octets of UTF-8, as in a file system. Not for several threads at once.
/// </summary>
/// <param name="withSizes">A message's size is kept behind its name.</param>
internal sealed class KeyTable(bool withSizes = false)
{
    private const int SmallestChunk = 1 << 10;
    private const int LargestChunk = 1 << 16;
    private const string Letters = "PRSTDF";

    private readonly int _tail = withSizes ? sizeof(long) : 0;
    private readonly List<byte[]> _chunks = [];
    private int _used;
    private long _octets;
    private ulong[] _entries = new ulong[16];       // 40 bits: where; 8 bits: how long; 16 bits: marks

    [Flags]
    private enum Marks : ushort
    {
        IsNew = 1,
        FirstLetter = 2,                            // and five more for the other letters
        Others = 128,                               // letters that other programs gave it
    }

    public int Count { get; private set; }

    public int Unseen { get; private set; }

    /// <summary>Octets of memory, about.</summary>
    public long Octets => _octets + (_entries.Length * 8L);

    /// <summary>Appends without order; <see cref="Sort"/> has to follow.</summary>
    /// <param name="size">The message's, where sizes are kept.</param>
    public void Append(ReadOnlySpan<char> key, ReadOnlySpan<char> flags, bool isNew, long size = 0)
    {
        Span<byte> octets = stackalloc byte[255];
        if (!Encoding.UTF8.TryGetBytes(key, octets, out var length) || length == 0)
        {
            return;                                 // no file system has such a name
        }

        Room();
        _entries[Count++] = Entry(octets[..length], flags, isNew, size);
    }

    /// <summary>Sorts what was appended. A name that is there twice was moved by its reader just then: it is no longer new.</summary>
    public void Sort()
    {
        _entries.AsSpan(0, Count).Sort(Compare);
        var (kept, unseen) = (0, 0);
        for (var i = 0; i < Count; i++)
        {
            var entry = _entries[i];
            if (i + 1 < Count && Compare(entry, _entries[i + 1]) == 0)
            {
                var next = _entries[i + 1];
                _entries[i + 1] = ((Marks)(ushort)next & Marks.IsNew) == 0 ? next : entry;
                continue;
            }

            _entries[kept++] = entry;
            unseen += IsUnseen(entry) ? 1 : 0;
        }

        (Count, Unseen) = (kept, unseen);
    }

    /// <summary>Puts a name in, or changes its flags. True: it was not there.</summary>
    public bool Put(ReadOnlySpan<char> key, ReadOnlySpan<char> flags, bool isNew)
    {
        Span<byte> octets = stackalloc byte[255];
        if (!Encoding.UTF8.TryGetBytes(key, octets, out var length) || length == 0)
        {
            return false;
        }

        var at = Find(octets[..length]);
        if (at >= 0)
        {
            Unseen -= IsUnseen(_entries[at]) ? 1 : 0;
            _entries[at] = (_entries[at] & ~0xFFFFUL) | (ushort)MarksOf(flags, isNew);
            Unseen += IsUnseen(_entries[at]) ? 1 : 0;
            return false;
        }

        at = ~at;
        Room();
        _entries.AsSpan(at, Count - at).CopyTo(_entries.AsSpan(at + 1));
        _entries[at] = Entry(octets[..length], flags, isNew);
        Count++;
        Unseen += IsUnseen(_entries[at]) ? 1 : 0;
        return true;
    }

    /// <summary>Takes a name out; its octets are free again at the next reading of the whole mailbox.</summary>
    public bool Remove(string key)
    {
        var at = IndexOf(key);
        if (at < 0)
        {
            return false;
        }

        Unseen -= IsUnseen(_entries[at]) ? 1 : 0;
        _entries.AsSpan(at + 1, Count - at - 1).CopyTo(_entries.AsSpan(at));
        Count--;
        return true;
    }

    /// <summary>Where a key is; negative: the complement of where it would be.</summary>
    public int IndexOf(string key)
    {
        Span<byte> octets = stackalloc byte[255];
        return Encoding.UTF8.TryGetBytes(key, octets, out var length) ? Find(octets[..length]) : ~Count;
    }

    public MailboxName this[int index]
    {
        get
        {
            var entry = _entries[index];
            return new MailboxName(Encoding.UTF8.GetString(KeyOf(entry)), FlagsOf(entry), ((Marks)(ushort)entry & Marks.IsNew) != 0);
        }
    }

    /// <summary>The message's size as it was appended with.</summary>
    public long SizeOf(int index)
    {
        var entry = _entries[index];
        return BinaryPrimitives.ReadInt64LittleEndian(_chunks[(int)(entry >> 40)].AsSpan(((int)(entry >> 24) & 0xFFFF) + ((int)(entry >> 16) & 0xFF)));
    }

    private static bool IsUnseen(ulong entry) => ((Marks)(ushort)entry & (Marks.IsNew | MarkOf('S'))) != MarkOf('S');

    private static Marks MarkOf(char letter) => (Marks)((int)Marks.FirstLetter << Letters.IndexOf(letter, StringComparison.Ordinal));

    private static Marks MarksOf(ReadOnlySpan<char> flags, bool isNew)
    {
        var marks = isNew ? Marks.IsNew : 0;
        foreach (var letter in flags)
        {
            marks |= Letters.Contains(letter, StringComparison.Ordinal) ? MarkOf(letter) : Marks.Others;
        }

        return marks;
    }

    /// <summary>In Maildir's order, which is the alphabet's; others' letters as one <c>?</c>, which only says that they are there.</summary>
    private static string FlagsOf(ulong entry)
    {
        var marks = (Marks)(ushort)entry;
        if ((marks & ~Marks.IsNew) == 0)
        {
            return "";
        }

        Span<char> flags = stackalloc char[7];
        var length = 0;
        foreach (var letter in "DFPRST")
        {
            if ((marks & MarkOf(letter)) != 0)
            {
                flags[length++] = letter;
            }
        }

        if ((marks & Marks.Others) != 0)
        {
            flags[length++] = '?';
        }

        return new string(flags[..length]);
    }

    private void Room()
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count + (Count >> 1));
        }
    }

    private ulong Entry(ReadOnlySpan<byte> key, ReadOnlySpan<char> flags, bool isNew, long size = 0)
    {
        if (_chunks.Count == 0 || _used + key.Length + _tail > _chunks[^1].Length)
        {
            _chunks.Add(new byte[_chunks.Count == 0 ? SmallestChunk : Math.Min(LargestChunk, _chunks[^1].Length * 2)]);
            _octets += _chunks[^1].Length;
            _used = 0;
        }

        key.CopyTo(_chunks[^1].AsSpan(_used));
        var entry = ((ulong)(_chunks.Count - 1) << 40) | ((ulong)(uint)_used << 24) | ((ulong)(uint)key.Length << 16) | (ushort)MarksOf(flags, isNew);
        _used += key.Length;
        if (_tail > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_chunks[^1].AsSpan(_used), size);
            _used += _tail;
        }

        return entry;
    }

    private ReadOnlySpan<byte> KeyOf(ulong entry) => _chunks[(int)(entry >> 40)].AsSpan((int)(entry >> 24) & 0xFFFF, (int)(entry >> 16) & 0xFF);

    private int Compare(ulong left, ulong right) => KeyOf(left).SequenceCompareTo(KeyOf(right));

    private int Find(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (int)(((uint)low + (uint)high) >> 1);
            var order = KeyOf(_entries[middle]).SequenceCompareTo(key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
