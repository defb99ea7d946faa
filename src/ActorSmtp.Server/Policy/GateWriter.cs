using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Policy;

/// <summary>
/// Stands before the store's writer while checks look on: shows each piece of content to their taps, leaves out the header fields that a check
/// wants removed, and asks for no more while one of them has no room. Where nobody looks on there is none of these.
/// </summary>
internal sealed class GateWriter : IMailWriter, IMailWriterObserver, IKeptContent
{
    private readonly IMailWriterObserver _observer;
    private readonly Action _ready;
    private readonly Lock _ending = new();
    private ImmutableArray<IContentTap> _taps = [];             // of what came
    private ImmutableArray<IContentTap> _keptTaps = [];         // of what is kept
    private FieldSieve? _sieve;
    private IMailWriter _inner = null!;
    private Action? _appended;
    private int _notReady;
    private bool _isComplete;
    private bool _isOver;

    /// <param name="observer">Who hears of the message.</param>
    public GateWriter(IMailWriterObserver observer)
    {
        _observer = observer;
        _ready = OneIsReady;
    }

    public MailId Id => _inner.Id;

    public long Length => _inner.Length;

    public long Trace { get; private set; }

    /// <summary>What ends with the message if that is thrown away by another thread than the session's; set before it is asked to.</summary>
    public IDisposable? EndsWithIt { get; set; }

    /// <summary>The same, with those who look on.</summary>
    /// <param name="removes">Whether a header field is left out; null: none is.</param>
    public GateWriter With(ImmutableArray<IContentTap> taps, FieldSieve.Removes? removes)
    {
        _taps = taps.RemoveAll(t => t.SeesWhatIsKept);
        _keptTaps = taps.RemoveAll(t => !t.SeesWhatIsKept);
        _sieve = removes is null ? null : new FieldSieve(removes);
        return this;
    }

    /// <summary>The same over a writer that reports to this one, and has our trace fields already.</summary>
    public GateWriter Over(IMailWriter inner)
    {
        _inner = inner;
        Trace = inner.Length;
        return this;
    }

    public bool Write(ReadOnlySpan<byte> content)
    {
        Volatile.Write(ref _notReady, _taps.Length + _keptTaps.Length + 2);     // each of them, the store, and this call itself
        Show(_taps, content);
        var kept = _sieve is null ? content : _sieve.Sift(content);
        Show(_keptTaps, kept);
        if (_inner.Write(kept))
        {
            Interlocked.Decrement(ref _notReady);
        }

        return Interlocked.Decrement(ref _notReady) == 0;       // whoever is last of those who had no room says so
    }

    /// <summary>The content has come to its end: what was held back of it goes on.</summary>
    public void Complete()
    {
        if (_isComplete)
        {
            return;
        }

        _isComplete = true;
        if (_sieve is not null)
        {
            var rest = _sieve.End();                            // of a header without an end; nothing comes behind it that would have to wait
            foreach (var tap in _keptTaps)
            {
                _ = tap.Take(rest, static () => { });
            }

            _ = _inner.Write(rest);
        }
    }

    public bool Append(ReadOnlySpan<byte> octets, Action ready)
    {
        lock (_ending)                                          // the session may end, and throw the message away, at this very moment
        {
            if (_isOver)
            {
                return true;
            }

            _appended = ready;
            Volatile.Write(ref _notReady, 2);
            if (_inner.Write(octets))
            {
                Interlocked.Decrement(ref _notReady);
            }

            return Interlocked.Decrement(ref _notReady) == 0;
        }
    }

    public void Commit(Envelope envelope)
    {
        Complete();
        _inner.Commit(envelope);
    }

    public void Abort()
    {
        lock (_ending)
        {
            _isOver = true;
            _inner.Abort();
        }

        EndsWithIt?.Dispose();
    }

    void IMailWriterObserver.OnReady(MailId id) => OneIsReady();

    void IMailWriterObserver.OnStored(MailId id) => _observer.OnStored(id);

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure) => _observer.OnStoreFailed(id, failure);

    private void Show(ImmutableArray<IContentTap> taps, ReadOnlySpan<byte> content)
    {
        foreach (var tap in taps)
        {
            if (tap.Take(content, _ready))
            {
                Interlocked.Decrement(ref _notReady);
            }
        }
    }

    private void OneIsReady()
    {
        if (Interlocked.Decrement(ref _notReady) != 0)
        {
            return;
        }

        if (_appended is { } appended)
        {
            appended();
        }
        else
        {
            _observer.OnReady(_inner.Id);
        }
    }
}
