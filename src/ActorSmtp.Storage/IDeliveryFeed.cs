namespace ActorSmtp.Storage;

/// <summary>
/// The delivery side: what is accepted and not yet delivered, in the order it was stored, also after a restart. A
/// message taken belongs to the taker until it is completed or released; the process's end releases everything.
/// All members may be called from any thread and never block.
/// </summary>
public interface IDeliveryFeed
{
    /// <summary>
    /// Sets who is told that <see cref="Take"/> has something; called on the store's threads, must only wake somebody.
    /// It is called at once where something waits already, and again after a <see cref="Take"/> that gave less than it
    /// had room for.
    /// </summary>
    void Subscribe(Action wake);

    /// <summary>Fills <paramref name="into"/> from its start; answers how many. Zero: wait to be woken.</summary>
    int Take(Span<StoredMail> into);

    /// <summary>
    /// Whether something waits to be taken now or as soon as it is read; <see cref="Take"/> or the next waking gives it. What was given back for a
    /// while does not count.
    /// </summary>
    bool HasMore { get; }

    /// <summary>For a stop: what comes in a crowd does not gather any more, all that waits is handed out at once.</summary>
    void Hasten();

    /// <summary>
    /// The recipient at this index of the envelope has the message (or is refused for good). To be called when that is
    /// stable. After the last one the message leaves the store.
    /// </summary>
    void Complete(StoredMail mail, int recipient);

    /// <summary>All recipients not yet completed are.</summary>
    void Complete(StoredMail mail);

    /// <summary>
    /// How many completions were asked for so far, and how many of them, the first ones, are stable. Once the second number has come to what the first one was, no restart
    /// brings those recipients again. Fields' reads.
    /// </summary>
    (long Asked, long Stable) Completions { get; }

    /// <summary>Which of these wait to be taken, now.</summary>
    IReadOnlyList<MailId> FindWaiting(Func<MailId, bool> which);

    /// <summary>Gives the message back: it is handed out again, with its remaining recipients, when the delay is over.</summary>
    void Release(StoredMail mail, TimeSpan delay);
}

/// <summary>A stored message in the hands of its deliverer.</summary>
public abstract class StoredMail
{
    public abstract MailId Id { get; }

    public abstract Envelope Envelope { get; }

    /// <summary>Octets of content as it is stored.</summary>
    public abstract long Length { get; }

    /// <summary>Grows by one with every message stored.</summary>
    public abstract long Sequence { get; }

    /// <summary>
    /// True where an earlier delivery of it may have been cut off: found at start, or released and taken again. The
    /// mailbox store then looks whether the message is there already.
    /// </summary>
    public abstract bool MayBeDelivered { get; }

    /// <summary>
    /// Where nodes share the store: who had it before this node took it over; empty: it lay there for whoever has room. Null: this node accepted it.
    /// </summary>
    public virtual string? TakenFrom => null;

    /// <summary>Whether the recipient at this index of the envelope has it already.</summary>
    public abstract bool IsComplete(int recipient);

    /// <summary>The content where it lies in memory; else it is read with <see cref="Read"/>.</summary>
    public abstract bool TryGetContent(out ReadOnlyMemory<byte> content);

    /// <summary>Reads content at an offset; may wait for the disk, so only the store's own workers and edges call it.</summary>
    /// <returns>Octets read; 0 at the end.</returns>
    /// <exception cref="StoreException">The disk failed.</exception>
    public abstract int Read(long offset, Span<byte> into);

    /// <summary>As <see cref="Length"/>, of what is delivered or sent on: with the changes that the envelope has (<see cref="Protocol.Delivery.Envelope.Edits"/>).</summary>
    public long HandedOnLength => Envelope.Edits is { } edits ? edits.LengthOf(Length) : Length;

    /// <summary>As <see cref="TryGetContent"/>, of what is delivered or sent on.</summary>
    public bool TryGetHandedOn(out ReadOnlyMemory<byte> content)
    {
        content = default;
        return Envelope.Edits is null && TryGetContent(out content);
    }

    /// <summary>As <see cref="Read"/>, of what is delivered or sent on.</summary>
    public int ReadHandedOn(long offset, Span<byte> into) => Envelope.Edits is { } edits ? edits.Read(offset, into, Read) : Read(offset, into);
}
