namespace ActorSmtp.Storage;

/// <summary>
/// A queued message that is being dealt with: what is known of it, and its content to be read until it is disposed of; also when it is removed
/// from the queue meanwhile.
/// </summary>
public abstract class QueuedMail : IDisposable
{
    private int _disposed;

    private protected QueuedMail(int slot, MailId id, long length, Envelope envelope, ReadOnlyMemory<byte> state) =>
        (Slot, Id, Length, Envelope, State) = (slot, id, length, envelope, state);

    public int Slot { get; }

    public MailId Id { get; }

    /// <summary>Octets of content.</summary>
    public long Length { get; }

    public Envelope Envelope { get; }

    /// <summary>As it was stored when this was loaded.</summary>
    public ReadOnlyMemory<byte> State { get; }

    /// <summary>Reads content at an offset; waits for the store. From any thread, one at a time.</summary>
    /// <returns>Octets read, as many as fit; 0 at the end.</returns>
    /// <exception cref="StoreException">The store failed (with a cause), or what it gave is not what was stored (without).</exception>
    public int Read(long offset, Span<byte> into)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return ReadContent(offset, into);
    }

    /// <summary>Whether <see cref="ReadAsync"/> keeps no thread waiting; else it is as good as <see cref="Read"/>.</summary>
    public virtual bool ReadsAsynchronously => false;

    /// <summary>As <see cref="Read"/>.</summary>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return ReadContentAsync(offset, into, cancellation);
    }

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            GiveBack();
            GC.SuppressFinalize(this);
        }
    }

    private protected abstract int ReadContent(long offset, Span<byte> into);

    private protected virtual ValueTask<int> ReadContentAsync(long offset, Memory<byte> into, CancellationToken cancellation) => new(ReadContent(offset, into.Span));

    private protected abstract void GiveBack();
}
