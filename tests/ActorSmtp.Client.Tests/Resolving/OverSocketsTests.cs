using System.Diagnostics;
using System.Net;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests.Resolving;

/// <summary>The faults once more, over UDP and TCP on loopback. None of these waits for a time-out but those about silence.</summary>
public sealed class OverSocketsTests
{
    private const string Zone = """
        a.test 300 A 192.0.2.1
        a.test 300 MX 10 mx.a.test
        alias.test 60 CNAME a.test
        """;

    private static readonly Dictionary<string, DnsFault> _overcome = new()
    {
        ["good"] = DnsFaults.None,
        ["truncated"] = DnsFaults.Truncated,
        ["truncated in the midst"] = DnsFaults.TruncatedAnywhere,
        ["no EDNS"] = DnsFaults.NoEdns,
        ["no EDNS, told by a bare header"] = DnsFaults.NoEdnsBare,
        ["lower case"] = DnsFaults.WrongCase,
        ["other ids first"] = DnsFaults.After(DnsFaults.WrongId, DnsFaults.None),
        ["late, and others first"] = DnsFaults.After(DnsFaults.WrongQuestion, DnsFaults.Late(TimeSpan.FromMilliseconds(50))),
        ["a flood of other ids"] = a => a.OverTcp ? DnsFaults.None(a) : [.. Enumerable.Range(0, 150).SelectMany(_ => DnsFaults.WrongId(a)), .. DnsFaults.None(a)],
        ["again and again"] = DnsFaults.Again(5),
        ["hangs up over TCP"] = DnsFaults.HangsUp,
    };

    public static TheoryData<string> Overcome => [.. _overcome.Keys];

    [Theory]
    [MemberData(nameof(Overcome))]
    public async Task A_fault_that_can_be_overcome_is(string fault)
    {
        await using var server = DnsTestServer.Start(new DnsScript(TestZone.Parse(Zone)).Otherwise(_overcome[fault]));
        var outcome = await Ask(RealResolver.Of(RealResolver.Patience, server.EndPoint), "alias.test", DnsType.A);
        Assert.Equal(["192.0.2.1"], outcome.Addresses.Select(a => a.ToString()));
    }

    [Fact]
    public async Task Each_kind_of_failure_is_told()
    {
        await using var server = DnsTestServer.Start(Zone);
        server.Script.Always("servfail.test", DnsType.A, DnsFaults.ServerFailure).Always("refused.test", DnsType.A, DnsFaults.Refused)
            .Always("garbage.test", DnsType.A, DnsFaults.Garbage).Always("cut.test", DnsType.A, DnsFaults.TruncatedForEver);
        var resolver = RealResolver.Of(RealResolver.Patience, server.EndPoint);
        Assert.IsType<DnsNoName>(await Ask(resolver, "x.test", DnsType.A));
        Assert.IsType<DnsNoData>(await Ask(resolver, "a.test", DnsType.Txt));
        Assert.Equal(DnsFailure.ServerFailure, Failure(await Ask(resolver, "servfail.test", DnsType.A)));
        Assert.Equal(DnsFailure.Refused, Failure(await Ask(resolver, "refused.test", DnsType.A)));
        Assert.Equal(DnsFailure.BadAnswer, Failure(await Ask(resolver, "garbage.test", DnsType.A)));
        Assert.Equal(DnsFailure.NoAnswer, Failure(await Ask(resolver, "cut.test", DnsType.A)));
        server.Script.Otherwise(DnsFaults.Silence);
        Assert.Equal(DnsFailure.NoAnswer, Failure(await Ask(RealResolver.Of(TimeSpan.FromMilliseconds(100), server.EndPoint), "silent.test", DnsType.A)));
    }

    [Fact]
    public async Task What_does_not_fit_into_a_datagram_comes_over_TCP()
    {
        await using var server = DnsTestServer.Start(Zone);
        server.Script.Zone.Add(new TxtRecord(DnsName.Parse("big.test"), 60, [.. Enumerable.Repeat(new string('x', 255), 250)]));
        var found = Assert.IsType<DnsFound>(await Ask(RealResolver.Of(RealResolver.Patience, server.EndPoint), "big.test", DnsType.Txt));
        Assert.Equal(250 * 255, Assert.IsType<TxtRecord>(Assert.Single(found.Records)).Text.Length);
        Assert.Equal([false, true], server.Script.Asked.Select(a => a.OverTcp));
    }

    [Fact]
    public async Task Behind_a_server_that_is_gone_the_next_one_answers()
    {
        await using var server = DnsTestServer.Start(Zone);
        var gone = new IPEndPoint(IPAddress.Parse("127.0.0.2"), server.EndPoint.Port);            // nobody else can have this port
        Assert.IsType<DnsFound>(await Ask(RealResolver.Of(RealResolver.Patience, gone, server.EndPoint), "a.test", DnsType.Mx));
    }

    [Fact]
    public async Task A_thousand_questions_at_once_are_answered()
    {
        await using var server = DnsTestServer.Start(string.Join('\n', Enumerable.Range(0, 1000).Select(i => $"n{i}.test 300 A 10.0.{i / 250}.{i % 250}")));
        var resolver = RealResolver.Of(RealResolver.Patience, server.EndPoint);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Ask(resolver, $"n{i}.test", DnsType.A)));
        Assert.All(outcomes.Index(), o => Assert.Equal([$"10.0.{o.Index / 250}.{o.Index % 250}"], o.Item.Addresses.Select(a => a.ToString())));
        Assert.Equal((0, 0), (resolver.Counters.Running, resolver.Counters.Waiting));
    }

    [Fact]
    public async Task Thousands_that_wait_and_then_fail_at_once_do_not_fill_the_stack()
    {
        var network = new DeadNetwork();
        var resolver = RealResolver.On(network, RealResolver.Patience, new IPEndPoint(IPAddress.Loopback, 53));
        var asked = Enumerable.Range(0, 5000).Select(i => Ask(resolver, $"n{i}.test", DnsType.A)).ToArray();
        network.Die();
        Assert.All(await Task.WhenAll(asked), o => Assert.Equal(DnsFailure.NoAnswer, Failure(o)));
        Assert.InRange(network.DeepestStack, 1, 200);
    }

    private static Task<DnsOutcome> Ask(ActorSmtp.Client.Resolving.Resolver resolver, string name, DnsType type) =>
        resolver.ResolveAsync(new DnsQuestion(DnsName.Parse(name), type));

    private static DnsFailure? Failure(DnsOutcome outcome) => (outcome as DnsFailed)?.Failure;

    /// <summary>Answers nothing until it dies; from then on each question fails before it is sent.</summary>
    private sealed class DeadNetwork : INameServers
    {
        private readonly TaskCompletionSource _death = new();
        private int _deepest;

        public int DeepestStack => Volatile.Read(ref _deepest);

        public void Die() => _death.SetResult();

        public async Task<ReadOnlyMemory<byte>> AskAsync(NameQuestion question, CancellationToken cancellation)
        {
            var depth = new StackTrace().FrameCount;
            for (var before = DeepestStack; depth > before && Interlocked.CompareExchange(ref _deepest, depth, before) != before; before = DeepestStack)
            {
            }

            await _death.Task.ConfigureAwait(false);
            throw new IOException("the network is unreachable");
        }
    }
}
