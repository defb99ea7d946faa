using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Files;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Simulation;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>
/// The whole server in its world: scripted clients, a network, a disk, a clock, and an operator who starts it again when it has died. After the run
/// everything is delivered, and what clients were told is compared with what the mailboxes hold.
/// </summary>
internal sealed class MailWorld
{
    public const int Accounts = 4;
    public const int MessageSize = 1 << 20;
    public const string Password = "secret";

    private readonly Random _random;
    private readonly ServerSettings _settings;
    private readonly List<MailClient> _clients = [];
    private SimulatedServer? _server;
    private TaskCompletionSource _death = new();
    private int _lives;
    private bool _closing;
    private bool _ended;
    private long _dieAtCall = long.MaxValue;
    private long _calls;
    private long _faults;
    private bool _inTrouble;

    public MailWorld(Simulation simulation, Weather? weather = null, Bug bug = Bug.None)
    {
        Simulation = simulation;
        _random = simulation.Random;
        Weather = weather ?? Weather.From(_random);
        Disk = new SimulatedDisk(_random.Next());
        Network = new SimulatedNetwork(simulation, Weather);
        Logs = new LogTail(simulation);
        Mischief = bug is Bug.ReplyTwice or Bug.ForgetsNext ? new Mischief(bug, new Random(_random.Next())) : null;
        if (bug == Bug.DirectoryNotSynced)
        {
            Disk.Forgotten.Add("directory");
        }

        _settings = TestMailServer.Settings([
            "listeners.lmtp.bind=127.0.0.1:0", "listeners.lmtp.role=lmtp",
            "listeners.sub.bind=127.0.0.1:0", "listeners.sub.role=submission", "listeners.sub.auth=required", "auth.sender-must-match=false",
            "data-dir=/data",
            "storage.journal.segment-size=1MiB", "storage.journal.preallocate=3MiB", "storage.memory-budget=1MiB", "storage.free-space-floor=64KiB",
            $"storage.sync={(bug == Bug.AcknowledgesBeforeSync ? "never" : "always")}",
            $"storage.backlog.size={(Weather.SmallBacklog ? "1MiB" : "1GiB")}", $"storage.backlog.messages={(Weather.SmallBacklog ? 100 : 100000)}",
            "limits.message-size=1MiB", "logging.level=info"]);
    }

    public Simulation Simulation { get; }

    /// <summary>A trouble of the disk besides the weather: what operations on which paths meet, from when on and for how long, in seconds; null: none.</summary>
    public (Func<string, string, DiskError?> Meets, double After, double Lasts)? Trouble { get; init; }

    public Weather Weather { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedDisk Disk { get; }

    public Ledger Ledger { get; } = new();

    public LogTail Logs { get; }

    /// <summary>A planted bug of the dialogue, if any.</summary>
    public Mischief? Mischief { get; }

    /// <summary>The server that runs now; null between two lives.</summary>
    public SimulatedServer? Server => _server is { EndPoints.Count: > 0, Host.IsAlive: true } ? _server : null;

    /// <summary>How often the server was started.</summary>
    public int Lives => _lives;

    /// <summary>Since then no server has died or stopped: a connection must be served by the rules.</summary>
    public int Deaths { get; private set; }

    /// <summary>What came to pass, and how often: a simulation is worth what it meets.</summary>
    public SortedDictionary<string, int> Tally { get; } = new(StringComparer.Ordinal);

    public void Count(string what) => Tally[what] = Tally.GetValueOrDefault(what) + 1;

    public TimeSpan DiskTime() => Weather.Delay(_closing ? TimeSpan.Zero : Weather.DiskDelay, _random);

    public TimeSpan ComputeTime() => TimeSpan.FromMilliseconds(_random.Next(300));

    /// <summary>A whole run.</summary>
    /// <exception cref="InvariantException">Something that must hold does not.</exception>
    public async Task RunAsync()
    {
        Simulation.Note(Weather.ToString());
        await CreateAccountsAsync(Disk, Simulation);
        Disk.Fault = DiskFault;
        var operating = OperateAsync();
        var misfortunes = MisfortunesAsync();
        var trouble = TroubleAsync();
        _clients.AddRange(Enumerable.Range(1, Weather.Clients).Select(n => new MailClient(this, $"c{n}", new Random(_random.Next()))));
        var clients = _clients.Select(client => client.RunAsync()).ToList();
        var watch = WatchAsync();
        foreach (var client in clients)
        {
            await client;
        }

        _closing = true;
        await misfortunes;
        await trouble;
        await watch;
        await DrainAsync();
        _server!.CheckNothingIsLeft();
        _ended = true;
        await _server.StopAsync();
        Die(power: _random.Next(2) == 0);
        await operating;
        Copies = Ledger.Check(Disk, "/data/mail");
        Simulation.Note($"{Ledger.All.Count(m => m.Fate == Fate.Acknowledged)} acknowledged, {Copies} copies found");
    }

    /// <summary>Files found in mailboxes in the end.</summary>
    public int Copies { get; private set; }

    public Task Sleep(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Simulation.Outside.Time);

    /// <summary>The process ends this very moment, maybe with the machine.</summary>
    private void Die(bool power)
    {
        if (_server is not { Host.IsAlive: true } server)
        {
            return;
        }

        Deaths++;
        Count(power ? "power cut" : "kill");
        Simulation.Note(power ? "power is cut" : "the process is killed");
        Ledger.InFlightAtCrashes += server.Waiting + _clients.Count;
        server.Die();
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

    /// <summary>Starts the server, and again whenever it has ended.</summary>
    private async Task OperateAsync()
    {
        while (!_ended)
        {
            _death = new TaskCompletionSource();
            var faultsBefore = _faults;
            SimulatedServer server;
            try
            {
                _server = server = new SimulatedServer(this, ++_lives, _settings);
                var starting = server.StartAsync();
                if (await Task.WhenAny(starting, _death.Task) == starting)
                {
                    await starting;
                }
            }
            catch (Exception failed) when (failed is DiskException or StoreException or ServerStartException)
            {
                Count("start that failed");
                Simulation.Note($"cannot start: {failed.Message}");
                if (_closing && _faults == faultsBefore)
                {
                    throw new InvariantException($"it cannot start on a disk in good order: {failed}");
                }

                Die(power: false);
                await Sleep(1);
                continue;
            }

            var faulted = server.FaultedAsync();
            if (await Task.WhenAny(faulted, _death.Task) == faulted && server.Host.IsAlive)
            {
                Count("store that failed");
                Simulation.Note($"the store has failed: {faulted.Result.Reason}");
                if (_closing && _faults == faultsBefore)
                {
                    throw new InvariantException($"the store failed on a disk in good order: {faulted.Result}");
                }

                await Sleep(_random.NextDouble());
                Die(power: _random.Next(3) == 0);
            }

            await Sleep(_random.Next(3));
        }
    }

    private DiskError? DiskFault(string operation, string path, int count)
    {
        _calls++;
        if (_calls >= _dieAtCall)
        {
            _dieAtCall = long.MaxValue;
            _faults++;
            Count("death in a call");
            Simulation.Note($"in {operation} {path}:");
            Die(power: _random.Next(2) == 0);
            return DiskError.Io;
        }

        if (_closing || ((_inTrouble ? Trouble!.Value.Meets(operation, path) : null) ?? Weather.DiskTrouble(operation, _random)) is not { } error)
        {
            return null;
        }

        _faults++;
        Count("failed call");
        Simulation.Note($"{operation} {path} fails: {error}");
        return error;
    }

    private async Task TroubleAsync()
    {
        if (Trouble is not { } trouble)
        {
            return;
        }

        await Sleep(trouble.After);
        _inTrouble = true;
        await Sleep(trouble.Lasts);
        _inTrouble = false;
    }

    /// <summary>What comes over the world from outside, at moments that the seed chooses.</summary>
    private async Task MisfortunesAsync()
    {
        var crashes = Weather.Crashes;
        for (var rounds = 0; rounds < 12 && !_closing; rounds++)
        {
            await Sleep(_random.NextDouble() * (_random.Next(3) == 0 ? 60 : 3));
            if (_closing)
            {
                return;
            }

            switch (_random.Next(7))
            {
                case 0 when crashes-- > 0:
                    Die(power: _random.Next(3) != 0);
                    break;
                case 1 or 2 when crashes-- > 0:
                    _dieAtCall = _calls + _random.Next(1, 120);
                    break;
                case 3 when Weather.CutOneIn > 0:
                    Count(Network.CutOne(_random) ? "cut connection" : "quiet moment");
                    break;
                case 4 when Weather.DiskFills:
                    Count("full disk");
                    Disk.Capacity = Disk.Used + _random.Next(200_000);
                    await Sleep(_random.Next(1, 40));
                    Disk.Capacity = long.MaxValue;
                    break;
                case 5 when Weather.Restarts && Server is { } server:
                    Count("orderly stop");
                    await StopAsync(server);
                    break;
                case 6:
                    MoveSome();
                    break;
            }
        }
    }

    /// <summary>Somebody reads mail: what has come is moved, as mail readers do.</summary>
    private void MoveSome()
    {
        try
        {
            foreach (var account in MaildirReader.Accounts(Disk, "/data/mail"))
            {
                using var arrived = Disk.OpenDirectory($"/data/mail/{account}/Maildir/new");
                using var current = Disk.OpenDirectory($"/data/mail/{account}/Maildir/cur");
                foreach (var name in arrived.List().Where(_ => _random.Next(2) == 0).ToList())
                {
                    arrived.TryMove(name, current, $"{name}:2,S");
                    Count("mail that was read");
                }
            }
        }
        catch (DiskException)
        {
            // The reader's trouble, not ours; and in the middle of it the machine may have gone.
        }
    }

    /// <summary>An operator's stop in good order; it must come to an end by itself.</summary>
    private async Task StopAsync(SimulatedServer server)
    {
        Simulation.Note("the operator stops the server");
        Deaths++;
        var stopping = server.StopAsync();
        var patience = Sleep(120);
        if (await Task.WhenAny(stopping, _death.Task, patience) == patience && server.Host.IsAlive)
        {
            throw new InvariantException("the server did not stop within two minutes");
        }

        if (server.Host.IsAlive)
        {
            Die(power: _random.Next(2) == 0);
        }
    }

    /// <summary>No client waits for ever.</summary>
    private async Task WatchAsync()
    {
        while (!_closing)
        {
            await Sleep(30);
            foreach (var client in _clients)
            {
                client.CheckPatience();
            }

            // What waits in memory is bounded by the budget and by what each session may have on its way.
            if (Server is { } server && server.BufferOctets > (1 << 20) + (Weather.Clients * (2 << 20)))
            {
                Simulation.Fail(new InvariantException($"{server.BufferOctets} octets of mail are held in memory"));
            }
        }
    }

    /// <summary>The weather is fine; a server runs until all is delivered.</summary>
    private async Task DrainAsync()
    {
        Disk.Capacity = long.MaxValue;
        _dieAtCall = long.MaxValue;
        Network.Weather = Network.Weather with { NetworkDelay = TimeSpan.Zero };
        for (var patience = 0; Server is null || Server.Waiting > 0 || Server.Open > 0 || Network.OpenClients > 0; patience++)
        {
            if (patience > 2000)
            {
                throw new InvariantException(Server is null ? "the server does not start any more"
                    : $"{Server.Waiting} messages are not delivered, {Server.Open} connections open here and {Network.OpenClients} at the clients, after {patience * 10} s of good weather");
            }

            await Sleep(10);
        }

        await Sleep(30);                            // lingering ends, the last records are written
    }

    /// <summary>Writes <see cref="Accounts"/> accounts, box0 and on, to the disk.</summary>
    public static async Task CreateAccountsAsync(SimulatedDisk disk, Simulation simulation)
    {
        var stored = StoredPassword.Create(Password, "0123456789abcdef"u8, StoredPassword.MinIterations).Format();
        await using var users = new FileUserStore(disk, new SimulatedThreads(simulation.Outside, () => TimeSpan.Zero), "/data", simulation.Outside.Time);
        await users.UpdateAsync(
            table => Enumerable.Range(0, Accounts).Aggregate(table, (t, n) => t.With(new UserAccount($"box{n}", stored, [], Disabled: false, Admin: false))),
            CancellationToken.None);
    }
}

/// <summary>Bugs that are planted to see whether the simulation finds them.</summary>
internal enum Bug
{
    None,
    AcknowledgesBeforeSync,
    DirectoryNotSynced,
    ReplyTwice,
    ForgetsNext,
}
