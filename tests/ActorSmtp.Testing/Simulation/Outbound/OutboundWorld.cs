using System.Text;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Files;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Queue;
using ActorSmtp.Storage.Simulation;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Simulation.Mail;

namespace ActorSmtp.Testing.Simulation.Outbound;

/// <summary>
/// Mail that leaves, for five days and more of virtual time: the real journal, queue and their actors on the simulated disk; what stands behind them, the relays,
/// follows a script that the seed writes (<see cref="ScriptedRelay"/>). Between any two steps, and inside calls of the disk, the process dies or the power goes. A ledger
/// outside compares in the end what was acknowledged with what arrived and what was sent back.
/// </summary>
internal sealed class OutboundWorld
{
    private static readonly string[] s_destinations = ["good.test", "flaky.test", "dead.test", "no.test", "quiet.test", "moody.test", "[odd:/#?]"];

    private readonly Random _random;
    private readonly ServerSettings _settings;
    private readonly MailIdGenerator _ids;
    private readonly SimulatedNetwork _network;
    private SimulatedHost? _host;
    private JournalMailStore? _mail;
    private QueueStore? _queue;
    private ActorSystem? _system;
    private MailServer? _server;
    private TaskCompletionSource _death = new();
    private bool _isUp;
    private bool _ended;
    private bool _closing;
    private int _lives;
    private int _next;
    private long _calls;
    private long _dieAtCall = long.MaxValue;

    public OutboundWorld(Simulation simulation)
    {
        Simulation = simulation;
        _random = simulation.Random;
        _ids = new MailIdGenerator(_random.Next());
        Disk = new SimulatedDisk(_random.Next()) { Fault = DiskFault };
        var weather = Weather.From(new Random(1)) with { NetworkDelay = TimeSpan.Zero };
        _network = new SimulatedNetwork(simulation, weather);
        _settings = TestMailServer.Settings([
            "data-dir=/data", "storage.journal.segment-size=1MiB", "storage.journal.preallocate=3MiB", "storage.memory-budget=1MiB", "storage.free-space-floor=64KiB",
            "outbound.routes.\"*\"=mx", "outbound.retry=[1m, 5m, 15m, 1h, 4h]", "outbound.expire=5d", "outbound.warn-after=4h", "outbound.destinations=4",
            "aliases.\"carl@mx.test\"=[box0, box1]", "logging.level=info"]) with
        { Listeners = [] };                          // mail comes by the back door: nobody sweeps sessions every second
    }

    public Simulation Simulation { get; }

    public SimulatedDisk Disk { get; }

    public OutboundLedger Ledger { get; } = new();

    public Random Random => _random;

    public DateTimeOffset Now => Simulation.Outside.Time.GetUtcNow();

    public SortedDictionary<string, int> Tally { get; } = new(StringComparer.Ordinal);

    public void Count(string what) => Tally[what] = Tally.GetValueOrDefault(what) + 1;

    public int Lives => _lives;

    /// <summary>A whole run.</summary>
    /// <param name="messages">So many are sent, over the first day.</param>
    public async Task RunAsync(int messages, int deaths)
    {
        await MailWorld.CreateAccountsAsync(Disk, Simulation);
        var operating = OperateAsync();
        var dying = DieNowAndThenAsync(deaths);
        var administering = AdministerAsync();
        for (var i = 0; i < messages; i++)
        {
            await Sleep(_random.Next(3) == 0 ? _random.Next(6000) : _random.NextDouble());
            Send();
        }

        await dying;
        _closing = true;
        await administering;
        await DrainAsync();
        _ended = true;
        await _host!.RunAsync(async () =>
        {
            await _system!.Terminate();
            return true;
        });
        Die(power: true);
        await operating;
        Ledger.ReadMailboxes(Disk, "/data/mail");
        Ledger.Check();
    }

    public Task Sleep(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Simulation.Outside.Time);

    /// <summary>Somebody's message is handed to the journal, as a session would.</summary>
    private void Send()
    {
        if (!_isUp || _mail is null)
        {
            return;
        }

        var id = _ids.Next(Now);
        string[] senders = ["box0@mx.test", "carl@mx.test", "eve@good.test", ""];
        var from = senders[_random.Next(senders.Length)];
        var recipients = new List<Recipient>();
        for (var n = _random.Next(3) == 0 ? _random.Next(1, 6) : 1; n > 0; n--)
        {
            recipients.Add(new Recipient(Mailbox.TryParse($"r{++_next}@{s_destinations[_random.Next(s_destinations.Length)]}")!));
        }

        if (_random.Next(5) == 0)
        {
            recipients.Add(new Recipient(Mailbox.TryParse("box1@mx.test")!) { Account = "box1" });
        }

        var text = new StringBuilder($"X-Token: {id}\r\nSubject: simulated\r\n\r\n");
        for (var size = _random.Next(_random.Next(10) == 0 ? 200_000 : 3_000); text.Length < size;)
        {
            text.Append((char)('a' + _random.Next(26)), _random.Next(1, 78)).Append("\r\n");
        }

        var sent = Ledger.New(id, from, recipients, Encoding.ASCII.GetBytes(text.ToString()));
        var writer = _mail.Begin(id, new Ear(this, sent));
        writer.Write(sent.Content);
        writer.Commit(new Protocol.Delivery.Envelope { Id = id, ReceivedAt = Now, From = new ReversePath(from.Length == 0 ? null : Mailbox.TryParse(from)), Recipients = [.. recipients], SessionId = "s" });
    }

    private DiskError? DiskFault(string operation, string path, int count)
    {
        if (++_calls >= _dieAtCall)
        {
            _dieAtCall = long.MaxValue;
            Count("death in a call");
            Die(power: _random.Next(2) == 0);
            return DiskError.Io;
        }

        return null;
    }

    private async Task DieNowAndThenAsync(int deaths)
    {
        for (; deaths > 0; deaths--)
        {
            await Sleep(_random.Next(4) == 0 ? _random.Next(100_000) : _random.Next(4000));
            switch (_random.Next(4))
            {
                case 0 when _isUp:
                    Count("orderly stop");
                    var (system, host) = (_system!, _host!);
                    _ = host.RunAsync(async () =>
                    {
                        await system.Terminate();
                        return true;
                    });
                    await Sleep(60);
                    if (host == _host)
                    {
                        Die(power: _random.Next(2) == 0);
                    }

                    break;
                case 1:
                    Die(power: _random.Next(3) != 0);
                    break;
                default:
                    _dieAtCall = _calls + _random.Next(1, 60);
                    break;
            }
        }
    }

    /// <summary>Somebody gives orders: to try now, to hold, to let go, to give back; of everything, or of one destination.</summary>
    private async Task AdministerAsync()
    {
        QueueOrder[] orders = [QueueOrder.Retry, QueueOrder.Retry, QueueOrder.Hold, QueueOrder.Release, QueueOrder.Release, QueueOrder.Return];
        while (!_closing)
        {
            await Sleep(_random.Next(20_000));
            var filter = _random.Next(5) == 0 ? QueueFilter.All : new QueueFilter { Destination = s_destinations[_random.Next(s_destinations.Length)] };
            Order(orders[_random.Next(orders.Length)], filter);
        }
    }

    private void Order(QueueOrder order, QueueFilter which)
    {
        if (_isUp && _system is { } system)
        {
            Count($"order {order}");
            system.ActorSelection("/user/outbound").Tell(new OutboundMessages.Change(order, which), ActorRefs.Nobody);
        }
    }

    private void Die(bool power)
    {
        if (_host is not { IsAlive: true })
        {
            return;
        }

        Count(power ? "power cut" : "kill");
        Simulation.Note(power ? "power is cut" : "the process is killed");
        Ledger.Died(Now);
        _isUp = false;
        _host.Kill();
        if (power)
        {
            Disk.PowerCut();
        }
        else
        {
            Disk.Kill();
        }

        _death.TrySetResult();
    }

    private async Task OperateAsync()
    {
        while (!_ended)
        {
            _death = new TaskCompletionSource();
            try
            {
                var starting = StartAsync();
                if (await Task.WhenAny(starting, _death.Task) == starting)
                {
                    await starting;
                    _isUp = true;
                }
            }
            catch (Exception failed) when (failed is DiskException or StoreException or ServerStartException)
            {
                if (_closing)
                {
                    Simulation.Fail(new InvariantException($"it cannot start on a disk in good order: {failed}"));
                }

                Die(power: false);
                await Sleep(600);
            }

            await _death.Task;
            await Sleep(_random.Next(3));
        }
    }

    private async Task StartAsync()
    {
        var host = _host = new SimulatedHost(Simulation, $"server-{++_lives}") { ComputeTime = () => TimeSpan.FromMilliseconds(_random.Next(300)) };
        var threads = new SimulatedThreads(host, () => TimeSpan.FromMilliseconds(_random.Next(3) == 0 ? _random.Next(200) : 0));
        _mail = new JournalMailStore(_settings.Storage.Files, Disk, threads, new HostRunner(host), host.Time);
        _queue = new QueueStore(_settings.Storage.Files, 100_000, Disk, threads, host.Time);
        var server = _server = new MailServer(_settings, new MailServerPorts
        {
            Transport = _network.NewTransport(host),
            Mail = _mail,
            Mailboxes = new MaildirStore(Disk, threads, _settings.Storage.Files, host.Time),
            Users = new FileUserStore(Disk, threads, _settings.Storage.Files.DataDirectory, host.Time),
            Queue = _queue,
            Logs = new LogTail(Simulation),
            Background = host,
            Time = host.Time,
            Seed = _random.Next(),
            Relay = (destination, rests) => Props.CreateBy(new RelayProducer(this, destination, rests, host)),
        });
        var system = _system = host.CreateSystem("sim", MailServer.EngineSettings(_settings));
        await host.RunAsync(async () =>
        {
            await server.StartAsync(system);
            return true;
        });
    }

    /// <summary>Nobody dies any more; in the end everything has arrived or gone back.</summary>
    private async Task DrainAsync()
    {
        _dieAtCall = long.MaxValue;
        for (var hours = 0; !_isUp || _mail!.Statistics.Waiting > 0 || _queue!.Statistics.Messages > 0; hours++)
        {
            if (hours > 24 * 8)
            {
                throw new InvariantException(_isUp
                    ? $"after eight days {_mail!.Statistics.Waiting} messages wait in the journal and {_queue!.Statistics.Messages} in the queue: {_server!.Outbound!.Totals}"
                    : "the server does not start any more");
            }

            Order(QueueOrder.Release, QueueFilter.All);
            await Sleep(3600);
        }
    }

    private sealed class Ear(OutboundWorld world, OutboundMail sent) : IMailWriterObserver
    {
        public void OnReady(MailId id)
        {
        }

        public void OnStored(MailId id)
        {
            sent.IsAcknowledged = true;
            world.Count("acknowledged");
        }

        public void OnStoreFailed(MailId id, StoreFailure failure)
        {
        }
    }

    /// <summary>Completions of crowds, elsewhere.</summary>
    private sealed class HostRunner(SimulatedHost host) : ICompletionRunner
    {
        public void Post(ICompletions completions) => host.Post("complete", host, completions.Run);
    }

    private sealed class RelayProducer(OutboundWorld world, string destination, int rests, SimulatedHost host) : IIndirectActorProducer
    {
        public Type ActorType => typeof(ScriptedRelay);

        public ActorBase Produce() => new ScriptedRelay(world, destination, rests, host);

        public void Release(ActorBase actor)
        {
        }
    }
}
