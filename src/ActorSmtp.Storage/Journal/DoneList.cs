using System.Buffers.Binary;

namespace ActorSmtp.Storage.Journal;

/// <summary>Deliveries not yet on record. Added by anybody, written by the journal's thread, in order.</summary>
internal sealed class DoneList
{
    /// <summary>Deliveries in one record, and what they take: 8 octets of order, 8 of recipient (-1: all).</summary>
    public const int Most = 4096, MostOctets = Most * EntrySize;

    /// <summary>Such a record, with a note behind it.</summary>
    public const int MostRecord = RecordHeader.Size + MostOctets + RecordHeader.Size;

    internal const int EntrySize = 16;

    private readonly Lock _gate = new();
    private readonly Queue<(JournalMail Mail, int Recipient)> _waiting = new();
    private readonly byte[] _payload = new byte[MostOctets];
    private long _since;
    private long _asked;
    private long _stable;

    /// <summary>All that were ever added, and how many of them are on record.</summary>
    public (long Asked, long Stable) Ever
    {
        get
        {
            var stable = Volatile.Read(ref _stable);    // first: it is never ahead of the other
            return (Volatile.Read(ref _asked), stable);
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>True for the first one: somebody has to be woken.</summary>
    public bool Add(JournalMail mail, int recipient, long now)
    {
        lock (_gate)
        {
            _waiting.Enqueue((mail, recipient));
            Volatile.Write(ref _asked, _asked + 1);
            if (_waiting.Count > 1)
            {
                return false;
            }

            _since = now;
            return true;
        }
    }

    public bool TryPeek(out long since)
    {
        lock (_gate)
        {
            since = _since;
            return _waiting.Count > 0;
        }
    }

    /// <summary>The next record's payload. What it holds stays here until <see cref="Concluded"/>.</summary>
    public (int Count, ReadOnlyMemory<byte> Payload) Fill()
    {
        lock (_gate)
        {
            var count = 0;
            foreach (var (mail, recipient) in _waiting)
            {
                if (count == Most)
                {
                    break;
                }

                BinaryPrimitives.WriteInt64LittleEndian(_payload.AsSpan(count * EntrySize), mail.Sequence);
                BinaryPrimitives.WriteInt64LittleEndian(_payload.AsSpan((count++ * EntrySize) + 8), recipient);
            }

            return (count, _payload.AsMemory(0, count * EntrySize));
        }
    }

    /// <summary>So many from the front are stable.</summary>
    public void Concluded(int count, JournalLoop loop)
    {
        for (; count > 0; count--)
        {
            (JournalMail Mail, int Recipient) next;
            lock (_gate)
            {
                next = _waiting.Dequeue();
            }

            Volatile.Write(ref _stable, _stable + 1);

            if (next.Recipient < 0)
            {
                loop.Leave(next.Mail);
            }
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _waiting.Clear();
        }
    }

    /// <summary>Pairs in the same form.</summary>
    public static byte[] Write(IEnumerable<(long First, int Second)> pairs)
    {
        var all = pairs.ToArray();
        var payload = new byte[all.Length * EntrySize];
        for (var i = 0; i < all.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(i * EntrySize), all[i].First);
            BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan((i * EntrySize) + 8), all[i].Second);
        }

        return payload;
    }

    public static (long Order, int Recipient) Read(ReadOnlySpan<byte> payload, int index) =>
        (BinaryPrimitives.ReadInt64LittleEndian(payload[(index * EntrySize)..]),
            (int)BinaryPrimitives.ReadInt64LittleEndian(payload[((index * EntrySize) + 8)..]));

    public static int Entries(ReadOnlySpan<byte> payload) => payload.Length / EntrySize;
}
