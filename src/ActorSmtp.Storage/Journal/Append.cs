namespace ActorSmtp.Storage.Journal;

/// <summary>
/// One record on its way to the disk, in a chain of blocks whose first begins with room for the header. Made and filled
/// by a writer on an I/O thread, then the journal's thread's.
/// </summary>
internal sealed class Append
{
    public Append? Next;
    public AppendKind Kind;
    public Block? Head;
    public int ContentLength;
    public int EnvelopeLength;
    public uint PayloadCrc;
    public int Index;
    public long Total;
    public JournalWriter? Writer;

    /// <summary>Set by the journal's thread.</summary>
    public RecordPlace Place;
    public long Order;

    public int RecordLength => RecordHeader.Align(RecordHeader.Size + ContentLength + EnvelopeLength);
}

/// <summary>What is asked of the journal's thread.</summary>
internal enum AppendKind
{
    Message,
    Chunk,
    Commit,

    /// <summary>The writer gives up: what its chunks hold is free.</summary>
    Abort,
}

/// <summary>Where a record lies.</summary>
internal readonly record struct RecordPlace(Segment Segment, int Offset, int ContentLength, int EnvelopeLength)
{
    public int ContentOffset => Offset + RecordHeader.Size;

    public int Length => RecordHeader.Align(RecordHeader.Size + ContentLength + EnvelopeLength);
}
