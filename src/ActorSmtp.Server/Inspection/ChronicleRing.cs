using System.Buffers.Binary;
using System.Text;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// A ring of octets that entries are written into one behind the other; the oldest give way. Writing is a short lock and a copy, nothing is
/// allocated; reading looks at a piece at a time, so that it holds a writer up for some microseconds at most.
/// </summary>
/// <remarks>An entry is never cut: where it does not fit before the ring's end, the rest is skipped and it stands at the beginning.</remarks>
internal sealed class ChronicleRing
{
    /// <summary>Octets in front of each entry's text: length 4, text's length 2, kind 1, flags 1, time 8, session 8, message 10, listener 2, number 4.</summary>
    internal const int Header = 40;

    private const int Piece = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly byte[] _octets;
    private readonly int _mask;
    private long _head;
    private long _tail;

    /// <param name="size">A power of two of at least 64 KiB; the system gives the memory as it is written to.</param>
    public ChronicleRing(int size)
    {
        _octets = GC.AllocateUninitializedArray<byte>(size);
        _mask = size - 1;
    }

    /// <summary>Adds an entry. Any thread.</summary>
    public void Write(ChronicleKind kind, long time, long session, in MailId mail, int listener, int number, ReadOnlySpan<byte> text)
    {
        lock (_gate)
        {
            text.CopyTo(Add(kind, time, session, mail, listener, number, text.Length));
        }
    }

    /// <summary>As <see cref="Write(ChronicleKind, long, long, in MailId, int, int, ReadOnlySpan{byte})"/>, of texts that are ASCII, with NUL between them.</summary>
    public void WriteAscii(ChronicleKind kind, long time, long session, in MailId mail, int listener, int number, ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        var length = first.Length + (second.IsEmpty ? 0 : 1 + second.Length);
        lock (_gate)
        {
            var text = Add(kind, time, session, mail, listener, number, length);
            Ascii.FromUtf16(first, text, out _);
            if (!second.IsEmpty)
            {
                text[first.Length] = 0;
                Ascii.FromUtf16(second, text[(first.Length + 1)..], out _);
            }
        }
    }

    /// <summary>Makes room and writes the header; answers where the text goes.</summary>
    private Span<byte> Add(ChronicleKind kind, long time, long session, in MailId mail, int listener, int number, int textLength)
    {
        var length = (Header + textLength + 7) & ~7;
        var at = (int)_head & _mask;
        if (at + length > _octets.Length)
        {
            var rest = _octets.Length - at;
            MakeRoom(rest);
            BinaryPrimitives.WriteInt32LittleEndian(_octets.AsSpan(at), -rest);
            _head += rest;
            at = 0;
        }

        MakeRoom(length);
        var entry = _octets.AsSpan(at, length);
        BinaryPrimitives.WriteInt32LittleEndian(entry, length);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], (ushort)textLength);
        entry[6] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], time);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], session);
        mail.Write(entry[24..]);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[34..], (ushort)listener);
        BinaryPrimitives.WriteInt32LittleEndian(entry[36..], number);
        _head += length;
        return entry.Slice(Header, textLength);
    }

    /// <summary>Adds to a list what there is of a session (not 0) or of a message (not empty), the oldest first.</summary>
    /// <param name="since">Entries before this time are left out.</param>
    /// <param name="most">Entries that the list may hold.</param>
    public void Read(long session, in MailId mail, long since, int most, List<ChronicleEntry> into)
    {
        var about = new About(session, mail, most, into);
        Walk(since, ref about);
    }

    /// <summary>Shows every entry to a visitor, the oldest first. A piece at a time is shown with writers held up, so the visitor is quick.</summary>
    /// <param name="since">Entries before this time are left out.</param>
    public void Walk<T>(long since, ref T visitor)
        where T : IChronicleVisitor
    {
        var position = 0L;
        while (true)
        {
            lock (_gate)
            {
                position = Math.Max(position, _tail);
                for (var stop = Math.Min(_head, position + Piece); position < stop;)
                {
                    var at = (int)position & _mask;
                    var length = BinaryPrimitives.ReadInt32LittleEndian(_octets.AsSpan(at));
                    position += Math.Abs(length);
                    if (length > 0 && new ChronicleGlance(_octets.AsSpan(at, length)) is var entry && entry.Time >= since && !visitor.Visit(entry))
                    {
                        return;
                    }
                }

                if (position >= _head)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Takes what is about a session or a message.</summary>
    private readonly struct About(long session, MailId mail, int most, List<ChronicleEntry> into) : IChronicleVisitor
    {
        public bool Visit(in ChronicleGlance entry)
        {
            if ((session != 0 && entry.Session == session) || (!mail.IsEmpty && entry.Mail == mail))
            {
                into.Add(entry.Keep());
            }

            return into.Count < most;
        }
    }

    private void MakeRoom(int octets)
    {
        while (_head + octets - _tail > _octets.Length)
        {
            _tail += Math.Abs(BinaryPrimitives.ReadInt32LittleEndian(_octets.AsSpan((int)_tail & _mask)));
        }
    }
}
