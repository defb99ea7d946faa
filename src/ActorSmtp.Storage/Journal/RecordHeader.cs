using System.Buffers.Binary;

namespace ActorSmtp.Storage.Journal;

/// <summary>What a record is. The numbers are on disk: never reuse one.</summary>
internal enum RecordKind : byte
{
    /// <summary>A whole message: content, then envelope.</summary>
    Message = 1,

    /// <summary>A part of a large message's content.</summary>
    Chunk = 2,

    /// <summary>The last part of a large message, then its envelope: now the message counts.</summary>
    Commit = 3,

    /// <summary>Recipients that have their message: pairs of order and recipient.</summary>
    Done = 4,

    /// <summary>Nothing but its header: carries the floor, or skips the numbers of a write that found no space.</summary>
    Note = 5,

    /// <summary>The last record of a segment that was followed by another.</summary>
    Seal = 6,

    /// <summary>The last record of an orderly end.</summary>
    Clean = 7,

    /// <summary>The first record of a run: pairs of segment and end, for those which the run before left without a seal.</summary>
    Start = 8,

    /// <summary>The queue's: a message as it stands, which takes the place of all before.</summary>
    State = 16,

    /// <summary>The queue's: messages that are there no more, id after id; <see cref="RecordHeader.Total"/> is the time.</summary>
    Removed = 17,
}

/// <summary>
/// The 88 octets before every record's payload, little-endian; described for other programs in docs/journal-format.md.
/// A record belongs to its segment by <see cref="Segment"/> (a number used once), so that what an earlier use of the
/// file left is never taken for new.
/// </summary>
internal struct RecordHeader
{
    public const int Size = 88;
    public const uint Magic = 0x4A534D41;                   // "AMSJ"

    public RecordKind Kind;
    public long Segment;
    public long Sequence;                                   // +1 with every record of the journal
    public long Floor;                                      // segments below this number are released
    public int Stable;                                      // this segment was synced up to here when the record was written
    public int Index;                                       // chunk: its number; commit: how many chunks; note: how many numbers are skipped
    public int ContentLength;
    public int EnvelopeLength;
    public MailId Id;
    public long Total;                                      // content of the whole message
    public long Order;                                      // the message's place in line; = Sequence unless it was moved
    public uint PayloadCrc;

    public readonly int PayloadLength => ContentLength + EnvelopeLength;

    /// <summary>Numbers before this record that no record has: their write found no space.</summary>
    public readonly int Skipped => Kind == RecordKind.Note ? Index : 0;

    public readonly int RecordLength => Align(Size + PayloadLength);

    public static int Align(int length) => (length + 7) & ~7;

    public readonly void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], (uint)Kind | (Size << 16));
        BinaryPrimitives.WriteInt64LittleEndian(into[8..], Segment);
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], Floor);
        BinaryPrimitives.WriteInt32LittleEndian(into[32..], Stable);
        BinaryPrimitives.WriteInt32LittleEndian(into[36..], Index);
        BinaryPrimitives.WriteInt32LittleEndian(into[40..], ContentLength);
        BinaryPrimitives.WriteInt32LittleEndian(into[44..], EnvelopeLength);
        EnvelopeBytes.WriteId(Id, into[48..]);
        BinaryPrimitives.WriteInt64LittleEndian(into[64..], Total);
        BinaryPrimitives.WriteInt64LittleEndian(into[72..], Order);
        BinaryPrimitives.WriteUInt32LittleEndian(into[80..], PayloadCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(into[84..], Crc32C.Of(into[..84]));
    }

    /// <summary>False where there is no whole, unharmed header that fits its place; the payload is not looked at.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out RecordHeader header) =>
        TryReadAlone(from, out header) && (long)header.ContentLength + header.EnvelopeLength <= from.Length - Size;

    /// <summary>The same for a header by itself: its payload need not be there.</summary>
    public static bool TryReadAlone(ReadOnlySpan<byte> from, out RecordHeader header)
    {
        header = default;
        if (from.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(from[84..]) != Crc32C.Of(from[..84]))
        {
            return false;
        }

        var kind = BinaryPrimitives.ReadUInt32LittleEndian(from[4..]);
        header.Kind = (RecordKind)(kind & 0xFF);
        header.Segment = BinaryPrimitives.ReadInt64LittleEndian(from[8..]);
        header.Sequence = BinaryPrimitives.ReadInt64LittleEndian(from[16..]);
        header.Floor = BinaryPrimitives.ReadInt64LittleEndian(from[24..]);
        header.Stable = BinaryPrimitives.ReadInt32LittleEndian(from[32..]);
        header.Index = BinaryPrimitives.ReadInt32LittleEndian(from[36..]);
        header.ContentLength = BinaryPrimitives.ReadInt32LittleEndian(from[40..]);
        header.EnvelopeLength = BinaryPrimitives.ReadInt32LittleEndian(from[44..]);
        header.Id = EnvelopeBytes.ReadId(from[48..]);
        header.Total = BinaryPrimitives.ReadInt64LittleEndian(from[64..]);
        header.Order = BinaryPrimitives.ReadInt64LittleEndian(from[72..]);
        header.PayloadCrc = BinaryPrimitives.ReadUInt32LittleEndian(from[80..]);
        return kind >> 16 == Size && header.ContentLength >= 0 && header.EnvelopeLength >= 0;
    }
}
