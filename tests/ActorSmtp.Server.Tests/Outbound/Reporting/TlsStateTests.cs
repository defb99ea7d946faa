using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Outbound.Reporting;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Outbound.Relaying;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Outbound.Reporting;

/// <summary>What is known of TLS at other servers outlives the process.</summary>
public sealed class TlsStateTests : RelayTestKit
{
    private static readonly NextHop _hop = new(IPEndPoint.Parse("192.0.2.1:25"), "mx1.far.test", TlsDemand.Opportunistic);

    private readonly KeptInMemory _documents = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actorsmtp-tls-state-");

    [Fact]
    public async Task Policies_memory_and_counts_are_there_again_after_a_restart()
    {
        Zone.Add("_mta-sts.far.test 60 TXT \"v=STSv1; id=1\"");
        Web["https://mta-sts.far.test/.well-known/mta-sts.txt"] = "version: STSv1\nmode: enforce\nmx: *.far.test\nmx: mx1.far.test\nmax_age: 86400\n";
        var policy = await Policies.FindAsync("far.test");
        Memory.HasTls(_hop, Time.GetUtcNow());
        Memory.HasTls(_hop with { Name = "gone.test" }, Time.GetUtcNow());
        Assert.Equal(Downgrade.Doubted, Memory.LacksTls(_hop with { Name = "gone.test" }, Time.GetUtcNow()));
        Reports.Stood("far.test", Hop("mta-sts") with { Published = policy!.Lines }, null);
        Reports.Stood("far.test", Hop("mta-sts") with { Published = policy.Lines }, Facts);
        Reports.NoPolicy("far.test", "sts-policy-fetch-error");
        var before = new TlsState(Policies, Memory, Reports);
        var octets = before.Write();

        Zone.Remove("_mta-sts.far.test");                               // whoever hides the record now does not get the policy away
        var after = new TlsState(new MtaStsPolicies(Names, Web, Time, 100), new TlsMemory(TimeSpan.FromDays(30), TimeSpan.FromDays(1), 100), new TlsReports(Time, 100));
        Assert.True(after.Read(octets, Time.GetUtcNow()));
        Assert.Equal(policy, await after.Policies!.FindAsync("far.test"));
        Assert.Equal(Downgrade.Doubted, after.Memory.LacksTls(_hop, Time.GetUtcNow()));
        Time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(Downgrade.Believed, after.Memory.LacksTls(_hop with { Name = "gone.test" }, Time.GetUtcNow()));
        Assert.Equal(Show(Reports), Show(after.Reports));
        Assert.Equal(Encoding.UTF8.GetString(octets), Encoding.UTF8.GetString(before.Write()));
    }

    [Fact]
    public async Task What_does_not_hold_any_more_is_not_taken_back()
    {
        Zone.Add("_mta-sts.far.test 60 TXT \"v=STSv1; id=1\"");
        Web["https://mta-sts.far.test/.well-known/mta-sts.txt"] = "version: STSv1\nmode: enforce\nmx: *.far.test\nmax_age: 86400\n";
        Assert.NotNull(await Policies.FindAsync("far.test"));
        Memory.HasTls(_hop, Time.GetUtcNow());
        Reports.Stood("far.test", Hop("opportunistic"), null);
        var octets = new TlsState(Policies, Memory, Reports).Write();
        Time.Advance(TimeSpan.FromDays(31));
        var after = new TlsState(new MtaStsPolicies(Names, Web, Time, 100), new TlsMemory(TimeSpan.FromDays(30), TimeSpan.FromDays(1), 100), new TlsReports(Time, 100));
        Assert.True(after.Read(octets, Time.GetUtcNow()));
        Assert.Equal((0, 0, 0), (after.Policies!.Count, after.Memory.Count, after.Reports.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else\n")]
    [InlineData("actorsmtp outbound-tls 1")]
    [InlineData("actorsmtp outbound-tls 1\ntls\tmx\t25")]
    [InlineData("actorsmtp outbound-tls 1\ntls\tmx\t25\t1\n")]
    [InlineData("actorsmtp outbound-tls 1\ntls\tmx\t99999\t1\t-\n")]
    [InlineData("actorsmtp outbound-tls 1\nsts\tfar.test\t1\t99\t99\tmode: enforce\n")]
    [InlineData("actorsmtp outbound-tls 1\ncount\t1\tfar.test\tsmtp\t1\t\n")]
    [InlineData("actorsmtp outbound-tls 1\nfail\t1\tfar.test\tsts\tx\tmx\tnowhere\t1\n")]
    public void Octets_of_something_else_are_not_taken(string text) =>
        Assert.False(new TlsState(Policies, Memory, Reports).Read(Encoding.UTF8.GetBytes(text), Time.GetUtcNow()));

    [Fact]
    public void The_file_is_bounded_and_what_was_seen_last_stays()
    {
        var memory = new TlsMemory(TimeSpan.FromDays(30), TimeSpan.FromDays(1), 200_000);
        var name = new string('x', 200);
        for (var i = 0; i < 50_000; i++)
        {
            memory.HasTls(_hop with { Name = $"{name}{i}" }, Time.GetUtcNow() + TimeSpan.FromSeconds(i));
        }

        Time.Advance(TimeSpan.FromDays(1));
        var octets = new TlsState(null, memory, Reports).Write();
        Assert.InRange(octets.Length, 6 << 20, 8 << 20);
        var after = new TlsMemory(TimeSpan.FromDays(30), TimeSpan.FromDays(1), 200_000);
        Assert.True(new TlsState(null, after, Reports).Read(octets, Time.GetUtcNow()));
        Assert.Equal((Downgrade.Doubted, Downgrade.Usual), (after.LacksTls(_hop with { Name = $"{name}49999" }, Time.GetUtcNow()), after.LacksTls(_hop with { Name = $"{name}0" }, Time.GetUtcNow())));
    }

    [Fact]
    public void It_is_saved_once_a_minute_where_something_has_changed_and_when_the_server_stops()
    {
        var actor = Sys.ActorOf(Supervision.OfKeptState(new KeptStateContext(new TlsState(null, Memory, Reports), TlsState.Document, _documents, new PoolBackground(), new Log(Lines)), Supervision.TlsState), Supervision.TlsState);
        Time.Advance(TimeSpan.FromMinutes(3));
        actor.Tell(KeptStateActor.SaveNow.Instance, TestActor);
        ExpectMsg<KeptStateActor.Saved>(TimeSpan.FromSeconds(20));
        Assert.Equal(0, _documents.Saves);
        Memory.HasTls(_hop, Time.GetUtcNow());
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(1, _documents.Saves);
        });
        Memory.HasTls(_hop with { Name = "mx2.far.test" }, Time.GetUtcNow());
        actor.Tell(KeptStateActor.SaveNow.Instance, TestActor);
        ExpectMsg<KeptStateActor.Saved>(TimeSpan.FromSeconds(20));
        Assert.Contains("mx2.far.test", Encoding.UTF8.GetString(_documents.All[TlsState.Document]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_is_full_is_told_of_once_and_tried_again()
    {
        var actor = Sys.ActorOf(Supervision.OfKeptState(new KeptStateContext(new TlsState(null, Memory, Reports), TlsState.Document, _documents, new PoolBackground(), new Log(Lines)), Supervision.TlsState), Supervision.TlsState);
        actor.Tell(KeptStateActor.SaveNow.Instance, TestActor);
        ExpectMsg<KeptStateActor.Saved>(TimeSpan.FromSeconds(20));       // it is there, and has nothing to save
        _documents.IsFull = true;
        Memory.HasTls(_hop, Time.GetUtcNow());
        for (var i = 0; i < 3; i++)
        {
            actor.Tell(KeptStateActor.SaveNow.Instance, TestActor);
            ExpectMsg<KeptStateActor.Saved>(TimeSpan.FromSeconds(20));
        }

        Assert.Single(Lines.All, l => l.Contains("cannot be saved for now: no space", StringComparison.Ordinal));
        _documents.IsFull = false;
        actor.Tell(KeptStateActor.SaveNow.Instance, TestActor);
        ExpectMsg<KeptStateActor.Saved>(TimeSpan.FromSeconds(20));
        Assert.True(_documents.All.ContainsKey(TlsState.Document));
    }

    [Fact]
    public async Task A_server_reads_it_and_saves_it_when_it_stops()
    {
        _documents.All[TlsState.Document] = "nonsense"u8.ToArray();
        var server = await StartServer();
        Assert.Contains(server.Log.All, l => l.Contains("begins anew; the file is kept as outbound-tls.unreadable-1", StringComparison.Ordinal));
        await server.DisposeAsync();
        Assert.Equal(["outbound-tls.unreadable-1"], _documents.All.Keys);

        Memory.HasTls(_hop, TimeProvider.System.GetUtcNow());
        _documents.All[TlsState.Document] = new TlsState(null, Memory, Reports).Write();
        server = await StartServer();
        Assert.DoesNotContain(server.Log.All, l => l.Contains("begins anew", StringComparison.Ordinal));
        await server.DisposeAsync();
    }

    private Task<TestMailServer> StartServer() => TestMailServer.StartAsync(
        sets: ["actorsmtp.outbound.routes.\"*\"=mx"],
        ports: p => p with
        {
            Documents = _documents,
            Queue = Stores.Queue(TestMailServer.Settings([]).Storage.Files with { DataDirectory = _folder.FullName }, 100, TimeProvider.System),
            Resolver = Names,
        });

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Delete(recursive: true);
    }

    private static Transport.TlsFacts Facts { get; } = new(System.Security.Authentication.SslProtocols.Tls13, System.Net.Security.TlsCipherSuite.TLS_AES_256_GCM_SHA384, null, null, null, null);

    private static Hop Hop(string policy) => new(new RouteHost("mx1.far.test", 10, []), _hop, policy);

    private static string Show(TlsReports reports) => string.Join('\n', reports.Snapshot().Select(s =>
        $"{s.Day} {s.Domain} {s.Policy} {string.Join('|', s.Outcome.Text)} {s.Succeeded} {string.Join('|', s.Failures)}"));

    private sealed class KeptInMemory : IKeptDocuments
    {
        private int _saves;

        public ConcurrentDictionary<string, byte[]> All { get; } = [];

        public bool IsFull { get; set; }

        public int Saves => Volatile.Read(ref _saves);

        public Task<byte[]?> ReadAsync(string name, CancellationToken cancellation) => Task.FromResult(All.GetValueOrDefault(name));

        public Task SaveAsync(string name, byte[]? content, CancellationToken cancellation)
        {
            if (IsFull)
            {
                throw new StoreException("no space");
            }

            Interlocked.Increment(ref _saves);
            All[name] = content!;
            return Task.CompletedTask;
        }

        public Task<string> SetAsideAsync(string name, CancellationToken cancellation)
        {
            All.TryRemove(name, out var content);
            All[$"{name}.unreadable-1"] = content!;
            return Task.FromResult($"{name}.unreadable-1");
        }
    }
}
