namespace ActorSmtp.Storage.Queue;

/// <summary>Where a record lies: in which use of a segment file, and where in it.</summary>
internal readonly record struct QueuePlace(int Use, int Offset, int ContentLength, int EnvelopeLength)
{
    public int RecordLength => Journal.RecordHeader.Align(Journal.RecordHeader.Size + ContentLength + EnvelopeLength);
}

/// <summary>How far the store's thread has come with a job; nobody else's.</summary>
internal sealed class QueueStep
{
    /// <summary>Of an addition, and of a move of content: where the content lies now.</summary>
    public QueuePlace[]? Content;

    /// <summary>The record of state that was written for it.</summary>
    public QueuePlace State;

    /// <summary>Of a change and a removal: whose, when it was written; the slot may be another's when it is stable.</summary>
    public MailId Id;

    /// <summary>There is nothing more to do.</summary>
    public bool IsSettled;
}
