using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Simulation;

/// <summary>
/// A server's storage under a seed: clients that store, a deliverer, a mail reader that moves what has come, and power cuts,
/// kills and failing calls between any two steps. What was acknowledged is written down outside; at the end it is
/// compared with what the mailboxes hold.
/// </summary>
internal sealed class World : IMailboxObserver
{
    public static readonly byte[] Prefix = "Return-Path: <ann@example.com>\r\n"u8.ToArray();

    private readonly Random _random;
    private readonly SimulatedTime _time = new();
    private readonly MailIdGenerator _ids;
    private readonly StorageSettings _settings;
    private readonly Dictionary<MailId, (string Account, byte[] Content)> _sent = [];
    private readonly List<Client> _clients = [];
    private readonly Dictionary<MailId, int> _read = [];
    private SteppedThreads _threads = null!;
    private JournalMailStore? _store;
    private MaildirStore? _mailboxes;

    public World(int seed, StorageSettings? settings = null)
    {
        _random = new Random(seed);
        _ids = new MailIdGenerator(seed);
        Disk = new SimulatedDisk(seed);
        if (seed % 3 == 0)
        {
            Disk.Mount("/data/mail/box2");                  // one mailbox on a disk of its own
        }

        _settings = settings ?? TestMail.Settings("/data") with { Preallocate = 2 << 20, BurstDelay = TimeSpan.FromMilliseconds(seed % 2 * 200) };
    }

    public SimulatedDisk Disk { get; }

    /// <summary>A mailbox nothing is delivered to before the drain.</summary>
    public string? Stuck { get; set; }

    public HashSet<MailId> Acknowledged { get; } = [];

    public List<string> Faults { get; } = [];

    public List<RecoveryReport> Reports { get; } = [];

    public int InFlight { get; private set; }

    /// <summary>Starts; false where a fault of the disk prevents it.</summary>
    public bool Start()
    {
        _threads = new SteppedThreads(_time);
        _store = new JournalMailStore(_settings, Disk, _threads, new InlineRunner(), _time);
        try
        {
            Reports.Add(_store.Open(default));
            _mailboxes = new MaildirStore(Disk, _threads, _settings, _time);
        }
        catch (Exception failed) when (failed is DiskException or StoreException)
        {
            Faults.Add($"start: {failed.Message}");
            return false;
        }

        _clients.Clear();
        for (var i = 0; i < 4; i++)
        {
            _clients.Add(new Client(this));
        }

        return true;
    }

    /// <summary>Lets the world go on for so many events.</summary>
    public void Run(int events, bool reader = true)
    {
        for (; events > 0; events--)
        {
            switch (_random.Next(10))
            {
                case < 3:
                    _clients[_random.Next(_clients.Count)].Act(_random);
                    break;
                case 3:
                    Pump(_random.Next(1, 24));
                    break;
                case 4 when reader && _random.Next(8) == 0:
                    MoveSome();
                    break;
                case 5:
                    _time.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 20)));
                    break;
                default:
                    _threads.Step(_random);
                    break;
            }
        }
    }

    /// <summary>No more clients; everything is delivered that can be.</summary>
    public void Drain()
    {
        Stuck = null;
        var steps = 0;
        for (var idle = 0; idle < 20; steps++)
        {
            Assert.True(steps < 200_000, $"it never rests: {string.Join(", ", _threads.Runnable)} of {_store!.Statistics}");
            Pump(64);
            if (!_threads.Step(_random))
            {
                idle++;
                _time.Advance(TimeSpan.FromSeconds(idle < 10 ? 0.005 : 400));
            }
        }
    }

    public void PowerCut()
    {
        CountInFlight();
        Disk.PowerCut();
    }

    public void Kill()
    {
        CountInFlight();
        Disk.Kill();
    }

    /// <summary>What the mailboxes hold, by id, with how often.</summary>
    public Dictionary<MailId, int> Found()
    {
        var found = new Dictionary<MailId, int>(_read);
        foreach (var account in MaildirReader.Accounts(Disk, "/data/mail"))
        {
            using var reader = MaildirReader.Open(Disk, "/data/mail", account)!;
            foreach (var message in reader.Messages(reader.Names()))
            {
                Assert.True(MailId.TryParse(message.Id, out var id), message.Key);
                using var stream = reader.Open(message.Key)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                var (to, content) = _sent[id];
                Assert.Equal(to, account);
                Assert.True(bytes.AsSpan().SequenceEqual([.. Prefix, .. content]), $"{id} has other content than was sent");
                found[id] = found.GetValueOrDefault(id) + 1;
            }
        }

        return found;
    }

    /// <summary>The one check: acknowledged minus found is nothing; found twice is no more than was in flight.</summary>
    public (int Lost, int Twice) Count()
    {
        var found = Found();
        return (Acknowledged.Count(id => !found.ContainsKey(id)), found.Values.Sum(times => times - 1));
    }

    public void OnSettled(ReadOnlySpan<DeliveryResult> results)
    {
        foreach (var result in results)
        {
            _store!.Deliveries.Complete(result.Delivery.Mail, result.Delivery.Recipient);
        }
    }

    public void OnDelayed(string account, string reason, TimeSpan delay) => Faults.Add($"{account}: {reason}");

    public StorePressure Pressure => _store!.Pressure;

    public StoreFault? Fault => _store!.Fault;

    private void Pump(int most)
    {
        var mails = new StoredMail[most];
        var count = _store!.Deliveries.Take(mails);
        var batch = new List<MailboxDelivery>();
        for (var i = 0; i < count; i++)
        {
            var account = mails[i].Envelope.Recipients[0].Address.ToString().Split('@')[0];
            if (account == Stuck)
            {
                _store.Deliveries.Release(mails[i], TimeSpan.FromMilliseconds(50));
            }
            else
            {
                batch.Add(new MailboxDelivery(mails[i], 0, account, Prefix));
            }
        }

        _mailboxes!.Deliver(batch.ToArray(), this);
    }

    /// <summary>A reader takes mail out of a mailbox for good: seen once, and if it comes again, twice.</summary>
    private void MoveSome()
    {
        try
        {
            foreach (var account in MaildirReader.Accounts(Disk, "/data/mail"))
            {
                using var arrived = Disk.OpenDirectory($"/data/mail/{account}/Maildir/new");
                foreach (var name in arrived.List().Where(_ => _random.Next(2) == 0).ToList())
                {
                    using var current = Disk.OpenDirectory($"/data/mail/{account}/Maildir/cur");
                    arrived.TryMove(name, current, $"{name}:2,S");
                }
            }
        }
        catch (DiskException)
        {
            // the reader's trouble, not ours
        }
    }

    /// <summary>Messages that were written anew to free a segment, in all lives but the present.</summary>
    public int Moved { get; private set; }

    private void CountInFlight()
    {
        Moved += _store!.Moved;
        InFlight += _clients.Count(client => client.IsWaiting) + (int)Math.Max(0, _store!.Statistics.Waiting);
    }

    private sealed class InlineRunner : ICompletionRunner
    {
        public void Post(ICompletions completions) => completions.Run();
    }

    /// <summary>Begins, writes by pieces, commits or aborts; waits when told.</summary>
    private sealed class Client(World world) : IMailWriterObserver
    {
        private IMailWriter? _writer;
        private byte[] _content = [];
        private int _at;
        private bool _blocked;

        public bool IsWaiting { get; private set; }

        public void Act(Random random)
        {
            if (IsWaiting || _blocked)
            {
                return;
            }

            if (_writer is null)
            {
                if (world._store!.Pressure.Level == PressureLevel.Full)
                {
                    return;
                }

                var id = world._ids.Next(world._time.GetUtcNow());
                _content = Encoding.ASCII.GetBytes($"Subject: {id}\r\n\r\n").Concat(TestMail.Content(random.Next(), random.Next(6) == 0 ? random.Next(400_000) : random.Next(3000))).ToArray();
                _at = 0;
                world._sent[id] = ($"box{random.Next(3)}", _content);
                _writer = world._store!.Begin(id, this);
                return;
            }

            if (random.Next(40) == 0)
            {
                _writer.Abort();
                _writer = null;
                return;
            }

            if (_at < _content.Length)
            {
                var piece = Math.Min(_content.Length - _at, random.Next(1, 90_000));
                _at += piece;
                _blocked = !_writer.Write(_content.AsSpan(_at - piece, piece));
                return;
            }

            IsWaiting = true;
            var writer = _writer;
            _writer = null;
            writer.Commit(TestMail.Envelope(writer.Id, $"{world._sent[writer.Id].Account}@example.com"));
        }

        public void OnReady(MailId id) => _blocked = false;

        public void OnStored(MailId id)
        {
            IsWaiting = false;
            Assert.True(world.Acknowledged.Add(id), "acknowledged twice");
        }

        public void OnStoreFailed(MailId id, StoreFailure failure) => IsWaiting = false;
    }
}
