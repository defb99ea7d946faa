using System.Buffers.Binary;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Queue;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Queue;

/// <summary>
/// The queue under a seed: somebody adds, changes, loads, reads and removes messages, and between any two steps power is cut, the process is killed, or a call
/// fails. What was acknowledged is written down outside; at each start it is compared with what is found. The messages come from a journal, which records late that they
/// were taken over, and brings again at a start what it had not recorded.
/// </summary>
internal sealed class QueueWorld : IQueueObserver
{
    private readonly Random _random;
    private readonly SimulatedTime _time = new();
    private readonly MailIdGenerator _ids;
    private readonly StorageSettings _settings;
    private readonly Dictionary<MailId, Known> _known = [];
    private readonly Dictionary<int, Known> _bySlot = [];
    private readonly List<(QueuedMail Mail, Known Known)> _open = [];
    private readonly List<Known> _again = [];
    private long _asked;
    private long _stable;
    private long _allAgain;
    private SteppedThreads _threads = null!;
    private QueueStore? _store;
    private int _next;

    public QueueWorld(int seed, StorageSettings? settings = null)
    {
        _random = new Random(seed);
        _ids = new MailIdGenerator(seed);
        Disk = new SimulatedDisk(seed);
        _settings = settings ?? TestMail.Settings("/data");
    }

    public SimulatedDisk Disk { get; }

    public List<string> Faults { get; } = [];

    public List<QueueRecoveryReport> Reports { get; } = [];

    public QueueStore Store => _store!;

    /// <summary>Records written anew, in all lives.</summary>
    public long Moved { get; private set; }

    public int MostContent { get; set; } = 3000;

    /// <summary>Messages that must be there.</summary>
    public int Owed => _known.Values.Count(known => known is { Acknowledged: >= 0, RemovalAsked: false });

    /// <summary>Starts, and compares what is found with what was promised; false where a fault of the disk prevents it.</summary>
    public bool Start()
    {
        _threads = new SteppedThreads(_time);
        _store = new QueueStore(_settings, mostMessages: 100_000, Disk, _threads, _time);
        _bySlot.Clear();
        _open.Clear();
        var found = new HashSet<MailId>();
        try
        {
            Reports.Add(_store.Open((slot, id, length, state) => OnFound(found, slot, id, length, state), this, default));
        }
        catch (Exception failed) when (failed is DiskException or StoreException)
        {
            Faults.Add($"start: {failed.Message}");
            return false;
        }

        foreach (var known in _known.Values)
        {
            if (!found.Contains(known.Id))
            {
                Assert.True(known.Acknowledged < 0 || known.RemovalAsked, $"{known} is lost");
                known.IsOver |= known.RemovalAsked;
            }

            known.IsAdding = false;
            known.Loads = 0;
        }

        BringAgain();
        return true;
    }

    /// <summary>As the queue's owner has it: -1 until the journal has brought, and recorded, what it had not recorded before the start.</summary>
    public (long Asked, long Stable) Handover => (_asked, _again.Count > 0 || _stable < _allAgain ? -1 : _stable);

    /// <summary>What the journal does not know to have been taken over is here, or known to have been.</summary>
    private void BringAgain()
    {
        foreach (var known in _known.Values)
        {
            known.IsRecorded |= known.Ticket is { } ticket && ticket <= _stable;
            known.Ticket = null;
        }

        (_asked, _stable, _allAgain) = (0, 0, 0);
        _again.Clear();
        _again.AddRange(_known.Values.Where(known => !known.IsRecorded && (known.Acknowledged >= 0 || known.IsOver)));
        foreach (var known in _again)
        {
            Assert.True(_store!.Find(known.Id) >= 0 || _store.WasRemoved(known.Id), $"{known} would be taken over, and sent, a second time");
        }
    }

    private void HandOver(Known known)
    {
        if (known is { IsRecorded: false, Ticket: null })
        {
            known.Ticket = ++_asked;
            _again.Remove(known);
            _allAgain = _again.Count == 0 && _allAgain == 0 ? _asked : _allAgain;
        }
    }

    /// <summary>The journal records something of what was asked of it.</summary>
    private void Record(bool all)
    {
        while (_again.Count > 0 && (all || _random.Next(2) == 0))
        {
            HandOver(_again[^1]);
        }

        _stable = all ? _asked : Math.Min(_asked, _stable + _random.Next(30));
    }

    private void OnFound(HashSet<MailId> found, int slot, MailId id, long length, ReadOnlySpan<byte> state)
    {
        Assert.True(found.Add(id), $"{id} is found twice");
        var known = _known[id];
        var version = BinaryPrimitives.ReadInt32LittleEndian(state);
        Assert.False(known.IsOver, $"{known} is back");
        Assert.Equal(known.Content.Length, length);
        Assert.True(version >= known.Acknowledged && version <= known.Asked, $"{known} is found in version {version}");
        (known.Acknowledged, known.Asked, known.Slot, known.RemovalAsked) = (version, version, slot, false);
        Assert.True(_bySlot.TryAdd(slot, known), $"slot {slot} twice");
    }

    public void Run(int events)
    {
        for (; events > 0; events--)
        {
            switch (_random.Next(12))
            {
                case < 3:
                    Act();
                    break;
                case 3:
                    _time.Advance(TimeSpan.FromMilliseconds(_random.Next(40) == 0 ? 61_000 : _random.Next(1, 20)));
                    break;
                case 4:
                    ReadSome();
                    break;
                case 5:
                    if (_random.Next(20) == 0)
                    {
                        Record(all: false);
                    }

                    break;
                default:
                    _threads.Step(_random);
                    break;
            }
        }
    }

    /// <summary>Nothing new; all that was asked is done.</summary>
    public void Settle()
    {
        Record(all: true);
        for (var (steps, idle) = (0, 0); idle < 8; steps++)
        {
            Assert.True(steps < 20_000, $"it never rests: {string.Join(", ", _threads.Runnable)} of {_store!.Statistics}, {_store.Pressure}");
            if (!_threads.Step(_random))
            {
                idle++;
                Record(all: true);
                _time.Advance(TimeSpan.FromSeconds(idle < 4 ? 0.3 : 61));
            }
        }
    }

    /// <summary>Each message that is there is loaded and read.</summary>
    public void ReadAll()
    {
        foreach (var slot in _bySlot.Keys.ToList())
        {
            _bySlot[slot].Loads++;
            _store!.Submit([QueueJob.Load(slot, _bySlot[slot])]);
        }

        Settle();
        ReadSome(all: true);
    }

    public void Remove(int most)
    {
        ReadSome(all: true);
        foreach (var known in _bySlot.Values.Where(known => known is { RemovalAsked: false }).Take(most).ToList())
        {
            known.RemovalAsked = true;
            _store!.Submit([QueueJob.Remove(known.Slot, known)]);
        }
    }

    public void PowerCut()
    {
        Moved += _store!.Moved;
        Disk.PowerCut();
    }

    public void Kill()
    {
        Moved += _store!.Moved;
        Disk.Kill();
    }

    public async Task StopAsync()
    {
        foreach (var (mail, _) in _open)
        {
            mail.Dispose();
        }

        Moved += _store!.Moved;
        await _store.DisposeAsync();
        Disk.Kill();
    }

    public void OnDone(ReadOnlySpan<QueueJob> jobs)
    {
        foreach (var job in jobs)
        {
            var known = (Known)job.Token!;
            known.Loads -= job.Kind == QueueJobKind.Load ? 1 : 0;
            if (job.Failure is { } failure)
            {
                Faults.Add($"{job.Kind}: {failure} {job.Problem}");
                Assert.True(failure == StoreFailure.Unavailable || job.Kind == QueueJobKind.Add, $"{job.Kind} of {known}: {failure}");
                known.IsAdding &= job.Kind != QueueJobKind.Add;
                continue;
            }

            switch (job.Kind)
            {
                case QueueJobKind.Add:
                    known.IsAdding = false;
                    Assert.True(!job.WasThere || known.Acknowledged >= 0 || known.IsOver, $"{known} was never there");
                    if (!job.WasThere)
                    {
                        (known.Acknowledged, known.Slot) = (0, job.Slot);
                        Assert.True(_bySlot.TryAdd(job.Slot, known), $"slot {job.Slot} twice");
                    }

                    HandOver(known);
                    break;
                case QueueJobKind.Save:
                    known.Acknowledged = Math.Max(known.Acknowledged, BinaryPrimitives.ReadInt32LittleEndian(job.State.Span));
                    break;
                case QueueJobKind.Remove:
                    known.IsOver = true;
                    _bySlot.Remove(job.Slot);
                    break;
                default:
                    Assert.Equal(known.Id, job.Opened!.Id);
                    Assert.Equal(known.Envelope, job.Opened.Envelope);
                    break;
            }

            if (job.Opened is not null)
            {
                _open.Add((job.Opened, known));
            }
        }
    }

    /// <summary>Adds a message, maybe one that is there already.</summary>
    public void Add(int length)
    {
        var known = _random.Next(10) == 0 && _known.Count > 0 ? _known.Values.ElementAt(_random.Next(_known.Count)) : null;
        if (known is null)
        {
            var id = _ids.Next(_time.GetUtcNow());
            known = new Known(TestMail.Envelope(id, [.. Enumerable.Range(0, _random.Next(1, 4)).Select(i => $"r{i}@far.example")]), TestMail.Content(++_next, length));
            _known[id] = known;
        }

        // The journal hands over again only what was not recorded as taken over, and keeps a while what was removed from here.
        if (known.IsAdding || known.IsOver || known.RemovalAsked)
        {
            return;
        }

        known.IsAdding = true;
        _store!.Submit([QueueJob.Add(new Handed(known), State(0), _random.Next(4) == 0, known)]);
    }

    private void Act()
    {
        if (_random.Next(5) < 2 || _bySlot.Count == 0)
        {
            Add(_random.Next(8) == 0 ? _random.Next(MostContent * 60) : _random.Next(MostContent));
            return;
        }

        var known = _bySlot.Values.ElementAt(_random.Next(_bySlot.Count));
        if (known.RemovalAsked)
        {
            return;
        }

        switch (_random.Next(6))
        {
            case 0:
                known.Loads++;
                _store!.Submit([QueueJob.Load(known.Slot, known)]);
                break;
            case < 3 when known.Loads == 0:
                known.RemovalAsked = true;
                _store!.Submit([QueueJob.Remove(known.Slot, known)]);
                break;
            default:
                _store!.Submit([QueueJob.Save(known.Slot, State(++known.Asked), known)]);
                break;
        }
    }

    private byte[] State(int version)
    {
        var state = new byte[4 + _random.Next(300)];
        BinaryPrimitives.WriteInt32LittleEndian(state, version);
        return state;
    }

    private void ReadSome(bool all = false)
    {
        while (_open.Count > 0 && (all || _random.Next(3) > 0))
        {
            var at = _random.Next(_open.Count);
            var (mail, known) = _open[at];
            _open.RemoveAt(at);
            try
            {
                var content = new byte[known.Content.Length + 10];
                var length = 0;
                for (int read; (read = mail.Read(length, content.AsSpan(length, Math.Min(content.Length - length, 10_000)))) > 0;)
                {
                    length += read;
                }

                Assert.True(content.AsSpan(0, length).SequenceEqual(known.Content), $"{known} has other content than was added");
            }
            catch (StoreException failed) when (Disk.Fault is not null && failed.InnerException is DiskException)
            {
                Faults.Add(failed.Message);
            }

            mail.Dispose();
        }
    }

    private sealed class Known(Envelope envelope, byte[] content)
    {
        private const int Changed = 10;

        /// <summary>What the journal has to be changed in before it is the content: in every second message of some length.</summary>
        public ContentEdits? Edits { get; } = content.Length > 2 * Changed && content[0] % 2 == 0
            ? ContentEdits.Of(new ContentEdit(content.Length / 2, 4, content.AsMemory(content.Length / 2, Changed)))
            : null;

        /// <summary>The content as the journal has it.</summary>
        public byte[] Journaled => Edits is null ? Content : [.. Content[..(Content.Length / 2)], .. "junk"u8, .. Content[((Content.Length / 2) + Changed)..]];

        public MailId Id => Envelope.Id;

        public Envelope Envelope { get; } = envelope;

        public byte[] Content { get; } = content;

        public int Slot { get; set; } = -1;

        /// <summary>The newest version that is said to be stable; -1: not even the addition.</summary>
        public int Acknowledged { get; set; } = -1;

        public int Asked { get; set; }

        public bool IsAdding { get; set; }

        /// <summary>When the journal was asked to record that it was taken over; null: it was not, in this life.</summary>
        public long? Ticket { get; set; }

        /// <summary>The journal will never bring it again.</summary>
        public bool IsRecorded { get; set; }

        /// <summary>Under way.</summary>
        public int Loads { get; set; }

        public bool RemovalAsked { get; set; }

        public bool IsOver { get; set; }

        public override string ToString() => $"{Id} (version {Acknowledged} of {Asked}{(RemovalAsked ? ", removal asked" : "")}{(IsOver ? ", gone" : "")}, {Content.Length} octets)";
    }

    /// <summary>A message in the journal's hands.</summary>
    private sealed class Handed(Known known) : StoredMail
    {
        private readonly byte[] _content = known.Journaled;

        public override MailId Id => known.Id;

        public override Envelope Envelope { get; } = known.Envelope with { Edits = known.Edits };

        public override long Length => _content.Length;

        public override long Sequence => 0;

        public override bool MayBeDelivered => false;

        public override bool IsComplete(int recipient) => false;

        public override bool TryGetContent(out ReadOnlyMemory<byte> content)
        {
            content = _content;
            return _content.Length % 2 == 0;
        }

        public override int Read(long offset, Span<byte> into)
        {
            var piece = _content.AsSpan((int)offset, Math.Min(into.Length, _content.Length - (int)offset));
            piece.CopyTo(into);
            return piece.Length;
        }
    }
}
