using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Policy;

/// <summary>
/// Stands before the store's writer while checks look on: shows each piece of content to their taps, leaves out the header fields that a check
/// wants removed, and asks for no more while one of them has no room. Where nobody looks on there is none of these.
/// </summary>
internal sealed class GateWriter : IMailWriter, IMailWriterObserver
{
    private readonly IMailWriterObserver _observer;
    private readonly ImmutableArray<IContentTap> _taps;
    private readonly FieldSieve? _sieve;
    private readonly Action _ready;
    private IMailWriter _inner = null!;
    private int _notReady;

    /// <param name="observer">Who hears of the message.</param>
    /// <param name="removes">Whether a header field is left out; null: none is.</param>
    public GateWriter(IMailWriterObserver observer, ImmutableArray<IContentTap> taps, FieldSieve.Removes? removes)
    {
        _observer = observer;
        _taps = taps;
        _sieve = removes is null ? null : new FieldSieve(removes);
        _ready = OneIsReady;
    }

    public MailId Id => _inner.Id;

    public long Length => _inner.Length;

    /// <summary>What ends with the message if that is thrown away by another thread than the session's; set before it is asked to.</summary>
    public IDisposable? EndsWithIt { get; set; }

    /// <summary>The same over a writer that reports to this one.</summary>
    public GateWriter Over(IMailWriter inner)
    {
        _inner = inner;
        return this;
    }

    public bool Write(ReadOnlySpan<byte> content)
    {
        Volatile.Write(ref _notReady, _taps.Length + 2);        // each of them, the store, and this call itself
        foreach (var tap in _taps)
        {
            if (tap.Take(content, _ready))
            {
                Interlocked.Decrement(ref _notReady);
            }
        }

        if (_inner.Write(_sieve is null ? content : _sieve.Sift(content)))
        {
            Interlocked.Decrement(ref _notReady);
        }

        return Interlocked.Decrement(ref _notReady) == 0;       // whoever is last of those who had no room says so
    }

    public void Commit(Envelope envelope)
    {
        if (_sieve is not null)
        {
            _ = _inner.Write(_sieve.End());                     // of a header without an end; nothing comes behind it that would have to wait
        }

        _inner.Commit(envelope);
    }

    public void Abort()
    {
        _inner.Abort();
        EndsWithIt?.Dispose();
    }

    void IMailWriterObserver.OnReady(MailId id) => OneIsReady();

    void IMailWriterObserver.OnStored(MailId id) => _observer.OnStored(id);

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure) => _observer.OnStoreFailed(id, failure);

    private void OneIsReady()
    {
        if (Interlocked.Decrement(ref _notReady) == 0)
        {
            _observer.OnReady(_inner.Id);
        }
    }
}
