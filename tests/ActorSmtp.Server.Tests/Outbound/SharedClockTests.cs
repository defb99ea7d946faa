using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Storage.Postgres.Tests;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Outbound;
using Envelope = ActorSmtp.Protocol.Delivery.Envelope;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>Whose clock the records of a shared queue are by.</summary>
public sealed class SharedClockTests : IAsyncLifetime
{
    private readonly StandingTime _time = new();
    private readonly StandingTime _ahead = new();
    private SharedNodes? _nodes;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await (_nodes?.DisposeAsync() ?? ValueTask.CompletedTask);

    [SkippableFact]
    public async Task What_a_node_of_an_earlier_version_wrote_by_a_clock_that_was_ahead_waits_nowhere_longer()
    {
        await StartAsync(ahead: TimeSpan.FromMinutes(10));
        var (given, mail) = Given("ann@here.example", "bob@far.example", "joe@other.example");
        await _nodes![0].AddAsync(mail);
        await _nodes[0].TriedAsync(mail.Id, given.Answered("far.example", "450 4.2.0 Later", 0));
        Pass(TimeSpan.FromSeconds(20));
        await _nodes[0].TriedAsync(mail.Id, given.Answered("other.example", "450 4.2.0 Later", 1));
        await FreeAsync("due > now()");
        await _nodes.KillAsync(0);

        // The first wait of a minute is over by the database's clock; the second one ends twenty seconds later.
        Pass(TimeSpan.FromSeconds(40));
        _nodes.Execute("UPDATE outbound SET due = now()");
        await _nodes[1].TriedAsync(mail.Id, new GivenQueue(_time).Answered("far.example", "450 4.2.0 Later", 0));
        await FreeAsync("due > now()");
        Assert.InRange(_nodes.Ask<double>("SELECT extract(epoch FROM due - now())::float8 FROM outbound"), -600, 21);
    }

    [SkippableFact]
    public async Task What_is_claimed_because_its_sender_is_to_be_warned_is_not_tried_before_its_time()
    {
        await StartAsync(ahead: TimeSpan.Zero, "outbound.retry=[10m]", "outbound.warn-after=5m");
        var (given, mail) = Given("ann@here.example", "bob@far.example");
        await _nodes![0].AddAsync(mail);
        await _nodes[0].TriedAsync(mail.Id, given.Answered("far.example", "450 4.2.0 Later", 0));
        await FreeAsync("due > now()");
        await _nodes.KillAsync(0);

        Pass(TimeSpan.FromMinutes(5));
        _nodes.Execute("UPDATE outbound SET due = now()");
        Assert.Contains("far.example", (await _nodes[1].NoticeAsync()).Text, StringComparison.Ordinal);
        await FreeAsync("due > now()");
        Assert.DoesNotContain("far.example", _nodes[1].Relays.Keys);
    }

    [SkippableFact]
    public async Task A_server_writes_by_the_databases_clock_when_mail_is_due_whatever_its_own_says()
    {
        var database = Cluster.Shared.NewDatabase();
        var settings = new DatabaseSettings(
            Cluster.Shared.ConnectionTo(database), "n1", TimeSpan.FromMinutes(10), TimeSpan.FromMilliseconds(50), Connections: 20, TimeSpan.FromSeconds(60));
        var wrong = new WrongTime(TimeSpan.FromDays(-400));
        await using var all = new PostgresStores(settings, TestMailServer.Settings(["data-dir=unused"]).Storage.Files, wrong);
        var stores = all.Serving(NodeAgreement.None);
        await using var queue = all.Queue(1000, TimeSpan.FromDays(5));
        await using (await TestMailServer.StartAsync(
            stores: stores, sets: ["outbound.routes.\"*\"=mx"], time: wrong, ports: p => p with { Queue = queue, Relay = static (_, _) => Props.Create(() => new Idle()) }))
        {
            var (_, mail) = Given("ann@here.example", "bob@far.example");
            var writer = stores.Mail.Begin(mail.Id, new Quiet());
            Assert.True(writer.Write("Subject: hello\r\n\r\nHello\r\n"u8));
            writer.Commit(mail);
            await QueueHarness.EventuallyAsync(() => Task.FromResult(Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM outbound") == 1), "the message in the queue");
            var record = MessageRecord.Read(Cluster.Shared.Ask<byte[]>(database, "SELECT state FROM outbound"));
            var now = new DateTimeOffset(Cluster.Shared.Ask<DateTime>(database, "SELECT now()"));
            Assert.InRange(Assert.Single(record.Destinations).Due, now - TimeSpan.FromHours(1), now + TimeSpan.FromHours(1));
        }
    }

    private (GivenQueue Given, Envelope Mail) Given(params string[] addresses)
    {
        var given = new GivenQueue(_ahead);
        return (given, given.Envelope(addresses[0], addresses[1..]));
    }

    private async Task StartAsync(TimeSpan ahead, params string[] sets)
    {
        _ahead.Advance(ahead);
        _nodes = new SharedNodes(_time) { Clocks = [_ahead] };
        await _nodes.StartAsync(2, sets);
    }

    private void Pass(TimeSpan time)
    {
        _time.Advance(time);
        _ahead.Advance(time);
    }

    private Task FreeAsync(string how) => QueueHarness.EventuallyAsync(() => Task.FromResult(_nodes!.Count($"token = 0 AND {how}") == 1), "the message given back");

    private sealed class WrongTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }

    /// <summary>Stands where a relay stands and does nothing.</summary>
    private sealed class Idle : ReceiveActor
    {
        public Idle() => ReceiveAny(static _ => { });
    }

    private sealed class Quiet : IMailWriterObserver
    {
        public void OnReady(MailId id)
        {
        }

        public void OnStored(MailId id)
        {
        }

        public void OnStoreFailed(MailId id, StoreFailure failure)
        {
        }
    }
}
