using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Outbound.RelayMessages;
using Envelope = ActorSmtp.Protocol.Delivery.Envelope;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>
/// The real queue, its actor and its store on a disk, between a journal in memory and relays that do what the test says. The clock stands: after it was moved the queue is told
/// to look.
/// </summary>
internal sealed class QueueHarness : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actorsmtp-queue-");
    private readonly Metrics _metrics = new();
    private readonly string[] _sets;
    private readonly Func<IQueueStore>? _make;
    private readonly int _seed;
    private readonly StoreSet _journal;
    private IQueueStore _store = null!;
    private ActorSystem _system = null!;
    private IActorRef _actor = null!;

    private QueueHarness(StandingTime time, string[] sets, Func<IQueueStore>? make = null, int seed = 99)
    {
        (Time, _sets, _make, _seed) = (time, sets, make, seed);
        _journal = Stores.InMemory(Settings().Storage.Files);
    }

    public StandingTime Time { get; }

    public LogLines Lines { get; } = new();

    public IOutboundQueue Queue { get; private set; } = null!;

    public NoticeGate Gate { get; private set; } = null!;

    public OutboundWork Work { get; private set; } = null!;

    /// <summary>What was asked of the store, in order.</summary>
    public IReadOnlyList<QueueJob> Asked => [.. ((HeldStore)_store).Asked];

    /// <summary>The relays that there are or were, the last one of a destination.</summary>
    public ConcurrentDictionary<string, ScriptedRelay> Relays { get; } = new(StringComparer.Ordinal);

    /// <summary>How often a relay was made.</summary>
    public ConcurrentDictionary<string, int> Made { get; } = new(StringComparer.Ordinal);

    /// <summary>What a relay does with what it is given; null: it keeps it.</summary>
    public Action<ScriptedRelay, object>? OnTold { get; set; }

    /// <summary>The journal stores nothing while this is false.</summary>
    public bool JournalTakes
    {
        set => _ = value ? _journal.Mail.OpenAsync(default).ContinueWith(_ => { }, TaskScheduler.Default) : _journal.Mail.DisposeAsync().AsTask();
    }

    /// <summary>Files with what messages say.</summary>
    public string ContentFolder => $"{_folder.FullName}/queue/content";

    public string DataDirectory => _folder.FullName;

    public static async Task<QueueHarness> StartAsync(StandingTime? time = null, params string[] sets)
    {
        var harness = new QueueHarness(time ?? new StandingTime(), sets);
        await harness._journal.Mail.OpenAsync(default);
        await harness.OpenAsync(sets);
        return harness;
    }

    /// <summary>A node of a queue that several share.</summary>
    /// <param name="store">Makes its store.</param>
    /// <param name="seed">What its ids are made of: another one for each.</param>
    public static async Task<QueueHarness> StartSharedAsync(StandingTime time, Func<IQueueStore> store, int seed, params string[] sets)
    {
        var harness = new QueueHarness(time, sets, store, seed);
        await harness._journal.Mail.OpenAsync(default);
        await harness.OpenAsync(sets);
        return harness;
    }

    /// <summary>The shared queue counts what there is.</summary>
    public Task CountAsync() => _store.Shared!.CountAsync(default);

    /// <summary>As if killed: nothing is recorded or given back any more.</summary>
    public Task DieAsync() => _system.Terminate();

    /// <summary>Ends it without a word, and starts it again.</summary>
    /// <param name="sets">Other settings than before; null: the same.</param>
    public async Task RestartAsync(string[]? sets = null)
    {
        await CloseAsync();
        Relays.Clear();
        await OpenAsync(sets ?? _sets);
    }

    /// <summary>Again, after <see cref="CloseAsync"/>.</summary>
    public Task ReopenAsync() => OpenAsync(_sets);

    public async Task CloseAsync()
    {
        await _system.Terminate();
        await _store.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _journal.DisposeAsync();
        _metrics.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>A message is handed over, as the mailbox writer does it.</summary>
    public async Task AddAsync(Envelope envelope, string content = "Subject: hello\r\n\r\nHello\r\n")
    {
        await StoreAsync(envelope, content);
        Assert.Single((await HandOverAsync()).Mails);
    }

    /// <summary>The journal has it, and nobody took it from there yet.</summary>
    public async Task StoreAsync(Envelope envelope, string content = "Subject: hello\r\n\r\nHello\r\n")
    {
        var ear = new Ear();
        var writer = _journal.Mail.Begin(envelope.Id, ear);
        Assert.True(writer.Write(Encoding.UTF8.GetBytes(content)));
        writer.Commit(envelope);
        await ear.Stored.Task.WaitAsync(s_patience);
    }

    public async Task<OutboundMessages.TakenOver> HandOverAsync()
    {
        var mails = Taken();
        return await _actor.Ask<OutboundMessages.TakenOver>(new OutboundMessages.TakeOver(mails), s_patience);
    }

    /// <summary>The end is asked for; answered when nothing is under way any more.</summary>
    public Task DrainAsync() => _actor.Ask<OutboundMessages.Drained>(OutboundMessages.Drain.Instance, s_patience);

    /// <summary>What the journal has for others now; it is taken from there.</summary>
    public StoredMail[] Taken()
    {
        var mails = new StoredMail[100];
        return mails[.._journal.Mail.Deliveries.Take(mails)];
    }

    /// <summary>The next notice that the journal has, as text with its envelope.</summary>
    public async Task<(Envelope Envelope, string Text)> NoticeAsync()
    {
        var taken = new StoredMail[1];
        await EventuallyAsync(() => Task.FromResult(_journal.Mail.Deliveries.Take(taken) == 1), "a notice in the journal");
        Assert.True(taken[0].TryGetContent(out var content));
        return (taken[0].Envelope, Encoding.UTF8.GetString(content.Span));
    }

    /// <summary>The turns before this have ended, with their totals.</summary>
    public Task ReckonedAsync() => Queue.DestinationsAsync(null, 1, default);

    /// <summary>What the store has counted.</summary>
    public QueueStatistics Statistics => _store.Statistics;

    /// <summary>While it is true, what the queue asks of its store waits.</summary>
    public bool StoreWaits
    {
        set => ((HeldStore)_store).Waits = value;
    }

    /// <summary>While it is true, what happened is not recorded; all else is done.</summary>
    public bool RecordingWaits
    {
        set => ((HeldStore)_store).RecordingWaits = value;
    }

    /// <summary>How much of a kind waits.</summary>
    public int WaitingForStore(QueueJobKind kind) => ((HeldStore)_store).Count(kind);

    /// <summary>What waits is done; what comes behind it waits.</summary>
    public void PassToStore() => ((HeldStore)_store).Pass();

    /// <summary>The store says that this slot is another node's message by now.</summary>
    public void Lose(int slot) => ((HeldStore)_store).Observer!.OnLost([slot]);

    /// <summary>An order to this node's actor, for what it has in hand.</summary>
    public Task<OutboundMessages.Changed> OrderAsync(QueueOrder order, QueueFilter which) => _actor.Ask<OutboundMessages.Changed>(new OutboundMessages.Change(order, which), s_patience);

    /// <summary>A message of the shared queue is claimed for an order, whatever it waits for.</summary>
    public Task FetchAsync(MailId id) => _store.Shared!.FetchAsync([id], default);

    /// <summary>The turns before this have ended.</summary>
    public Task TurnAsync() => _actor.Ask<OutboundMessages.Shown>(new OutboundMessages.Show(default), s_patience);

    /// <summary>Messages that the journal has.</summary>
    public long WaitingInJournal => _journal.Mail.Statistics.Waiting;

    /// <summary>Something is wrong with a file of content, or mended: all its octets turned over.</summary>
    public void TurnContentOver()
    {
        foreach (var path in Directory.GetFiles(ContentFolder, "*.seg"))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var octets = new byte[(int)Math.Min(file.Length, 256 * 1024)];
            file.ReadExactly(octets);
            for (var i = 4096; i < octets.Length; i++)
            {
                octets[i] ^= 0xFF;                  // the first page says which file it is
            }

            file.Position = 0;
            file.Write(octets);
        }
    }

    public void Advance(TimeSpan by)
    {
        Time.Advance(by);
        Look();
    }

    public void Look() => _actor.Tell(OutboundMessages.Look.Instance, ActorRefs.NoSender);

    /// <summary>The relay of a destination, when it has been made.</summary>
    public async Task<ScriptedRelay> RelayAsync(string destination)
    {
        await EventuallyAsync(() => Task.FromResult(Relays.ContainsKey(destination)), $"a relay for {destination}");
        return Relays[destination];
    }

    /// <summary>An attempt with this report, as the relay of its destination would make it.</summary>
    public async Task TriedAsync(MailId id, AttemptReport report)
    {
        var relay = await RelayAsync(report.Destination);
        relay.Say(new Room(report.Destination, 1));
        await EventuallyAsync(() => Task.FromResult(relay.Has(id)), $"{id} at the relay of {report.Destination}");
        relay.Say(new Attempted(id, report, IsLast: true));
        relay.Forget(id);
        await EventuallyAsync(async () => (await Queue.ShowAsync(id.ToString(), default))?.Attempts.Any(a => a.At == report.At && a.Destination == report.Destination) != false, "the attempt on record");
        await EventuallyAsync(async () => (await AllAsync(new QueueFilter { Ids = [id], State = QueueState.Active })).Count == 0, "its end");
    }

    public async Task<List<QueueEntry>> AllAsync(QueueFilter filter)
    {
        var all = new List<QueueEntry>();
        string? after = null;
        do
        {
            var page = await Queue.ListAsync(filter, after, 100, default);
            all.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return all;
    }

    public static async Task EventuallyAsync(Func<Task<bool>> holds, string what)
    {
        var until = DateTime.UtcNow + s_patience;
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < until, $"it never came: {what}");
            await Task.Delay(5);
        }
    }

    private ActorSmtp.Server.Settings.ServerSettings Settings(string[]? sets = null) => TestMailServer.Settings(
    [
        $"data-dir={_folder.FullName}", "storage.journal.segment-size=1MiB", "storage.journal.preallocate=3MiB", "storage.sync=never", "outbound.retry-jitter=0", .. sets ?? _sets,
    ]);

    private async Task OpenAsync(string[] sets)
    {
        var settings = Settings(sets.Contains("no routes") ? [.. sets.Where(set => set != "no routes")] : ["outbound.routes.\"*\"=mx", .. sets]);
        _store = new HeldStore(_make?.Invoke() ?? Stores.Queue(settings.Storage.Files, settings.Outbound.QueueSize, Time));
        _system = ActorSystem.Create("queue");
        var log = new Log(Lines);
        var news = new QueueNews(log, _metrics, null, Time);
        Gate = new NoticeGate(_journal.Mail.Deliveries, Time);
        var context = new OutboundContext(
            _store, _journal.Mail, settings.Outbound, "mx.test", (destination, _) => Props.CreateBy(new RelayProducer(this, destination)),
            () => new AccountDirectory(["here.example"], acceptUnknown: true, UserTable.Empty), new MailIdGenerator(_seed), news, new PoolBackground(), Time, new Random(1), log)
        {
            Notices = Gate,
            Own = [IPAddress.Parse("192.0.2.77")],
        };
        var work = Work = new OutboundWork(context);
        await _store.OpenAsync(work.Found, work, default);
        work.Opened();
        _actor = _system.ActorOf(Supervision.OfOutbound(context, work), Supervision.Outbound);
        var door = new OutboundDoor(work, news, _store, _actor);
        Queue = _store.Shared is { } shared ? new SharedQueueDoor(door, shared, settings.Outbound, Time) : door;
        Look();
    }

    /// <summary>A store that can be kept from doing anything.</summary>
    private sealed class HeldStore(IQueueStore store) : IQueueStore
    {
        private readonly Lock _gate = new();
        private readonly List<QueueJob> _waiting = [];
        private bool _waits;
        private bool _recordingWaits;

        public ConcurrentQueue<QueueJob> Asked { get; } = new();

        public IQueueObserver? Observer { get; private set; }

        public bool Waits
        {
            set
            {
                lock (_gate)
                {
                    _waits = value;
                    if (!value)
                    {
                        Pass();
                    }
                }
            }
        }

        public bool RecordingWaits
        {
            set
            {
                lock (_gate)
                {
                    _recordingWaits = value;
                    Pass();
                }
            }
        }

        public int Count(QueueJobKind kind)
        {
            lock (_gate)
            {
                return _waiting.Count(job => job.Kind == kind);
            }
        }

        public void Pass()
        {
            lock (_gate)
            {
                store.Submit(_waiting.ToArray());
                _waiting.Clear();
            }
        }

        public StorePressure Pressure => store.Pressure;

        public QueueStatistics Statistics => store.Statistics;

        public Task<StoreFault> Faulted => store.Faulted;

        public ISharedQueue? Shared => store.Shared;

        public bool Holds(int slot) => store.Holds(slot);

        public Task<QueueRecoveryReport> OpenAsync(QueueFound found, IQueueObserver observer, CancellationToken cancellation) => store.OpenAsync(found, Observer = observer, cancellation);

        public void Submit(ReadOnlySpan<QueueJob> jobs)
        {
            lock (_gate)
            {
                foreach (var job in jobs)
                {
                    Asked.Enqueue(job);
                }

                var now = new List<QueueJob>(jobs.Length);          // together, as they came: so they are answered together
                foreach (var job in jobs)
                {
                    var waits = _waits || (_recordingWaits && job.Kind is QueueJobKind.Save or QueueJobKind.Remove);
                    (waits ? _waiting : now).Add(job);
                }

                store.Submit(now.ToArray());
            }
        }

        public bool WasRemoved(MailId id) => store.WasRemoved(id);

        public void ForgetRemoved() => store.ForgetRemoved();

        public int Find(MailId id) => store.Find(id);

        public (MailId Id, long Length)? At(int slot) => store.At(slot);

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }

    private sealed class Ear : IMailWriterObserver
    {
        public TaskCompletionSource Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnReady(MailId id)
        {
        }

        public void OnStored(MailId id) => Stored.SetResult();

        public void OnStoreFailed(MailId id, StoreFailure failure) => Stored.SetException(new InvalidOperationException($"the journal says {failure}"));
    }

    private sealed class RelayProducer(QueueHarness harness, string destination) : IIndirectActorProducer
    {
        public Type ActorType => typeof(RelayInName);

        public ActorBase Produce() => new RelayInName(harness, destination);

        public void Release(ActorBase actor)
        {
        }
    }

    /// <summary>Stands where a relay stands, and leaves everything to the test.</summary>
    private sealed class RelayInName : ReceiveActor
    {
        public RelayInName(QueueHarness harness, string destination)
        {
            var (parent, self, script) = (Context.Parent, Self, new ScriptedRelay(destination));
            script.Say = said => parent.Tell(said, self);
            ReceiveAny(told =>
            {
                script.Told.Enqueue(told);
                if (told is Carry carry)
                {
                    script.Add(carry.Errand);
                }

                harness.OnTold?.Invoke(script, told);
            });
            harness.Relays[destination] = script;
            harness.Made.AddOrUpdate(destination, 1, (_, times) => times + 1);
        }
    }
}

/// <summary>A relay as the test has it in hand.</summary>
internal sealed class ScriptedRelay(string destination)
{
    private readonly ConcurrentDictionary<MailId, Errand> _errands = new();

    public string Destination => destination;

    /// <summary>Tells the queue something, as the relay.</summary>
    public Action<object> Say { get; set; } = _ => { };

    /// <summary>All it was told.</summary>
    public ConcurrentQueue<object> Told { get; } = new();

    public ImmutableArray<Errand> Errands => [.. _errands.Values];

    public bool Has(MailId id) => _errands.ContainsKey(id);

    public void Add(Errand errand) => _errands[errand.Id] = errand;

    public void Forget(MailId id) => _errands.TryRemove(id, out _);
}
