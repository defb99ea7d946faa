using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Simulation;

/// <summary>
/// A server's storage under a seed: clients that store, for one recipient or several, a deliverer, a mail reader that moves what has
/// come and deletes it, and power cuts, kills and failing calls between any two steps. What was acknowledged is written down
/// outside; at the end it is compared with what the mailboxes hold.
/// </summary>
internal sealed class World : IMailboxObserver
{
    public static readonly byte[] Prefix = "Return-Path: <ann@example.com>\r\n"u8.ToArray();

    private readonly Random _random;
    private readonly SimulatedTime _time = new();
    private readonly MailIdGenerator _ids;
    private readonly StorageSettings _settings;
    private readonly Dictionary<MailId, (string[] Accounts, byte[] Content)> _sent = [];
    private readonly List<Client> _clients = [];
    private readonly Dictionary<(MailId Id, string Account), int> _read = [];
    private readonly Dictionary<(MailId Id, string Account), int> _atRisk = [];
    private readonly HashSet<(MailId Id, string Account)> _handed = [];
    private readonly List<(MailId Id, string Account)> _completed = [];
    private readonly List<StoredMail> _parked = [];
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

    /// <summary>Whether the reader deletes for good. It relies on syncs of its own.</summary>
    public bool ReaderDeletes { get; set; } = true;

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
        _handed.Clear();
        _completed.Clear();
        _parked.Clear();
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
        NoteInFlight();
        Disk.PowerCut();
    }

    public void Kill()
    {
        NoteInFlight();
        Disk.Kill();
    }

    /// <summary>What came into the mailboxes, with how often.</summary>
    public Dictionary<(MailId Id, string Account), int> Found()
    {
        var found = new Dictionary<(MailId Id, string Account), int>(_read);
        foreach (var account in MaildirReader.Accounts(Disk, "/data/mail"))
        {
            using var reader = MaildirReader.Open(Disk, "/data/mail", account)!;
            foreach (var message in reader.Messages(reader.Names()))
            {
                Assert.True(MailId.TryParse(message.Id, out var id), message.Key);
                using var stream = reader.Open(message.Key)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                var (accounts, content) = _sent[id];
                Assert.Contains(account, accounts);
                Assert.True(bytes.AsSpan().SequenceEqual([.. Prefix, .. content]), $"{id} has other content than was sent");
                found[(id, account)] = found.GetValueOrDefault((id, account)) + 1;
            }
        }

        return found;
    }

    /// <summary>
    /// The one check: acknowledged minus found is nothing, and nothing is found more often than it was in flight at a fault: on its way to this
    /// mailbox, or delivered and not yet on record as such.
    /// </summary>
    public (int Lost, int Twice) Count()
    {
        var found = Found();
        return (Acknowledged.Count(id => _sent[id].Accounts.Any(account => !found.ContainsKey((id, account)))),
            found.Sum(entry => Math.Max(0, entry.Value - 1 - _atRisk.GetValueOrDefault(entry.Key))));
    }

    public void OnSettled(ReadOnlySpan<DeliveryResult> results)
    {
        foreach (var result in results)
        {
            _store!.Deliveries.Complete(result.Delivery.Mail, result.Delivery.Recipient);
            _handed.Remove((result.Delivery.Mail.Id, result.Delivery.Account));
            _completed.Add((result.Delivery.Mail.Id, result.Delivery.Account));
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
            var accounts = _sent[mails[i].Id].Accounts;
            for (var recipient = 0; recipient < accounts.Length; recipient++)
            {
                if (accounts[recipient] == Stuck)
                {
                    _parked.Add(mails[i]);
                }
                else if (!mails[i].IsComplete(recipient) && _handed.Add((mails[i].Id, accounts[recipient])))
                {
                    batch.Add(new MailboxDelivery(mails[i], recipient, accounts[recipient], Prefix));
                }
            }
        }

        _mailboxes!.Deliver(batch.ToArray(), this);
        foreach (var mail in _parked.Where(mail => !_sent[mail.Id].Accounts.Any(account => _handed.Contains((mail.Id, account)))).ToList())
        {
            _parked.Remove(mail);
            _store.Deliveries.Release(mail, TimeSpan.FromMilliseconds(50));      // only its stuck mailbox is left
        }
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

                if (ReaderDeletes && _random.Next(2) == 0)
                {
                    DeleteSome(account);
                }
            }
        }
        catch (DiskException)
        {
            // the reader's trouble, not ours
        }
    }

    private void DeleteSome(string account)
    {
        using var current = Disk.OpenDirectory($"/data/mail/{account}/Maildir/cur");
        using var reader = MaildirReader.Open(Disk, "/data/mail", account)!;
        var gone = new List<(MailId Id, string Account)>();
        try
        {
            foreach (var message in reader.Messages(reader.Names()))
            {
                var name = $"{message.Key}:2,S";
                if (_random.Next(2) == 0 && MailId.TryParse(message.Id, out var id) && current.Exists(name) && current.Delete(name))
                {
                    gone.Add((id, account));
                    _read[gone[^1]] = _read.GetValueOrDefault(gone[^1]) + 1;
                }
            }

            current.Sync();
            gone.Clear();
        }
        finally
        {
            gone.ForEach(Risk);                     // not stable: after a power cut it may be there again
        }
    }

    private void Risk((MailId Id, string Account) delivery) => _atRisk[delivery] = _atRisk.GetValueOrDefault(delivery) + 1;

    /// <summary>Messages that were written anew to free a segment, in all lives but the present.</summary>
    public int Moved { get; private set; }

    private void NoteInFlight()
    {
        Moved += _store!.Moved;
        var unrecorded = _store.Fault is null ? _store.Unrecorded : _completed.Count;
        foreach (var delivery in _handed.Concat(_completed.TakeLast(unrecorded)))
        {
            Risk(delivery);
        }
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
                world._sent[id] = ([.. Enumerable.Range(0, 3).Where(_ => random.Next(3) == 0).DefaultIfEmpty(random.Next(3)).Select(i => $"box{i}")], _content);
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
            writer.Commit(TestMail.Envelope(writer.Id, [.. world._sent[writer.Id].Accounts.Select(account => $"{account}@example.com")]));
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
