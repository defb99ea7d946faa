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
    private readonly Lock _ending = new();
    private readonly Room _store;
    private ImmutableArray<Onlooker> _ofAll = [];               // they see what came
    private ImmutableArray<Onlooker> _ofKept = [];              // they see what is kept
    private FieldSieve? _sieve;
    private IMailWriter _inner = null!;
    private Action? _appended;                                  // told once when the store has room for more of what is put behind the content
    private int _owing;                                         // who has no room, and the call that finds out
    private bool _isComplete;
    private bool _isOver;

    /// <param name="observer">Who hears of the message.</param>
    public GateWriter(IMailWriterObserver observer)
    {
        _observer = observer;
        _store = new Room(this);
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
        var all = taps.Select(t => new Onlooker(t, new Room(this))).ToImmutableArray();
        _ofAll = all.RemoveAll(o => o.Tap.SeesWhatIsKept);
        _ofKept = all.RemoveAll(o => !o.Tap.SeesWhatIsKept);
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
        Interlocked.Increment(ref _owing);                      // this call: nobody is told of room before it has asked them all
        Show(_ofAll, content);
        var kept = _sieve is null ? content : _sieve.Sift(content);
        Show(_ofKept, kept);
        _store.Owe();
        if (_inner.Write(kept))
        {
            _store.Settle();
        }

        return Interlocked.Decrement(ref _owing) == 0;          // whoever is last of those who had no room says so
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
            foreach (var (tap, _) in _ofKept)
            {
                _ = tap.Take(rest, static () => { });
            }

            _ = _inner.Write(rest);
        }
    }

    public void BeginBody()
    {
        foreach (var (tap, _) in _ofKept)
        {
            tap.BeginBody(Length);
        }
    }

    /// <summary>Only the store's room counts: who looks on has seen all of it, and may take as long as it likes.</summary>
    public bool Append(ReadOnlySpan<byte> octets, Action ready)
    {
        foreach (var (tap, _) in _ofKept)
        {
            tap.TakeOfBody(octets);
        }

        lock (_ending)                                          // the session may end, and throw the message away, at this very moment
        {
            if (_isOver)
            {
                return true;
            }

            Volatile.Write(ref _appended, ready);               // before it is asked: it may have room again before it has said that it has none
            if (!_inner.Write(octets))
            {
                return false;
            }

            Volatile.Write(ref _appended, null);
            return true;
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

    void IMailWriterObserver.OnReady(MailId id)
    {
        _store.HasRoom();
        Interlocked.Exchange(ref _appended, null)?.Invoke();
    }

    void IMailWriterObserver.OnStored(MailId id) => _observer.OnStored(id);

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure) => _observer.OnStoreFailed(id, failure);

    private static void Show(ImmutableArray<Onlooker> onlookers, ReadOnlySpan<byte> content)
    {
        foreach (var (tap, room) in onlookers)
        {
            room.Owe();
            if (tap.Take(content, room.Ready))
            {
                room.Settle();
            }
        }
    }

    /// <summary>Whether one of those who take content owes us the word that it has room. Word that comes twice, or late, does no harm: each owes one or none.</summary>
    private sealed class Room
    {
        private readonly GateWriter _gate;
        private int _owes;

        public Room(GateWriter gate)
        {
            _gate = gate;
            Ready = HasRoom;
        }

        /// <summary>To be invoked when there is room again, from any thread.</summary>
        public Action Ready { get; }

        public void Owe()
        {
            if (Interlocked.Exchange(ref _owes, 1) == 0)
            {
                Interlocked.Increment(ref _gate._owing);
            }
        }

        /// <summary>True: nobody owes any more.</summary>
        public bool Settle() => Interlocked.Exchange(ref _owes, 0) == 1 && Interlocked.Decrement(ref _gate._owing) == 0;

        public void HasRoom()
        {
            if (Settle())
            {
                _gate._observer.OnReady(_gate._inner.Id);
            }
        }
    }

    private readonly record struct Onlooker(IContentTap Tap, Room Room);
}
