using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Testing.Simulation;

namespace ActorSmtp.Simulation.Tests.Resolving;

/// <summary>Servers that are bad, slow, false or dead: every question ends, in time, with the right outcome.</summary>
public sealed class InquiryTests
{
    private const string Zone = """
        a.test 300 A 192.0.2.1
        alias.test 60 CNAME a.test
        """;

    private static readonly Dictionary<string, (DnsFault Fault, DnsFailure? Alone)> _faults = new()
    {
        ["good"] = (DnsFaults.None, null),
        ["silent"] = (DnsFaults.Silence, DnsFailure.NoAnswer),
        ["SERVFAIL"] = (DnsFaults.ServerFailure, DnsFailure.ServerFailure),
        ["REFUSED"] = (DnsFaults.Refused, DnsFailure.Refused),
        ["NOTIMP"] = (DnsFaults.Code(DnsResponseCode.NotImplemented), DnsFailure.ServerFailure),
        ["FORMERR for ever"] = (DnsFaults.Code(DnsResponseCode.FormatError), DnsFailure.ServerFailure),
        ["a code nobody knows"] = (DnsFaults.Code((DnsResponseCode)2000), DnsFailure.ServerFailure),
        ["no EDNS"] = (DnsFaults.NoEdns, null),
        ["no EDNS, told by a bare header"] = (DnsFaults.NoEdnsBare, null),
        ["BADVERS"] = (a => (a.Query.Edns is null ? DnsFaults.None : DnsFaults.Code(DnsResponseCode.BadVersion))(a), null),
        ["truncated"] = (DnsFaults.Truncated, null),
        ["truncated in the midst"] = (DnsFaults.TruncatedAnywhere, null),
        ["truncated, and no TCP"] = (DnsFaults.TruncatedForEver, DnsFailure.NoAnswer),
        ["truncated, and silent over TCP"] = (a => a.OverTcp ? [] : DnsFaults.Truncated(a), DnsFailure.NoAnswer),
        ["truncated over TCP too"] = (DnsFaults.But(g => g with { IsTruncated = true }), null),
        ["garbage"] = (DnsFaults.Garbage, DnsFailure.BadAnswer),
        ["garbage over UDP only"] = (a => (a.OverTcp ? DnsFaults.None : DnsFaults.Garbage)(a), null),
        ["a few octets"] = (DnsFaults.Short, DnsFailure.NoAnswer),
        ["another id"] = (DnsFaults.WrongId, DnsFailure.NoAnswer),
        ["another question"] = (DnsFaults.WrongQuestion, DnsFailure.NoAnswer),
        ["an echo"] = (DnsFaults.Echo, DnsFailure.NoAnswer),
        ["lower case"] = (DnsFaults.WrongCase, null),
        ["a referral"] = (DnsFaults.Referral, DnsFailure.Refused),
        ["NXDOMAIN with records"] = (DnsFaults.But(g => g with { Code = DnsResponseCode.NameError }), DnsFailure.BadAnswer),
        ["other ids before the good one"] = (DnsFaults.After(DnsFaults.WrongId, DnsFaults.None), null),
        ["a forged question before the good one"] = (DnsFaults.After(DnsFaults.WrongQuestion, DnsFaults.Late(TimeSpan.FromSeconds(1))), null),
        ["a flood of other ids"] = (a => a.OverTcp ? DnsFaults.None(a) : [.. Enumerable.Range(0, 5000).SelectMany(_ => DnsFaults.WrongId(a))], null),
        ["the same again and again"] = (DnsFaults.Again(50), null),
        ["late, but in time"] = (DnsFaults.Late(TimeSpan.FromSeconds(4.9)), null),
        ["too late"] = (DnsFaults.Late(TimeSpan.FromSeconds(5.1)), DnsFailure.NoAnswer),
        ["lies beside the truth"] = (DnsFaults.But(g => g with { Answers = [.. g.Answers, new AddressRecord(DnsName.Parse("bank.test"), 86_400, IPAddress.Parse("203.0.113.66"))] }), null),
        ["a lie in place of the truth"] = (DnsFaults.But(g => g with { Answers = [new AddressRecord(DnsName.Parse("bank.test"), 86_400, IPAddress.Parse("203.0.113.66"))], Authorities = [] }), null),
        ["an alias of itself"] = (DnsFaults.But(g => g with { Answers = [new PointerRecord(g.Questions[0].Name, 5, DnsType.Cname, g.Questions[0].Name)] }), DnsFailure.AliasLoop),
    };

    public static TheoryData<string> Faults => [.. _faults.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_lone_server_with_a_fault_has_the_right_outcome_in_time(string name) => Simulated.Run(7, async simulation =>
    {
        var names = new Names(simulation);
        names.Serve(Names.First, Zone).Otherwise(_faults[name].Fault);
        var outcome = await names.Ask("a.test");

        Assert.InRange(simulation.Elapsed, TimeSpan.Zero, Names.Usual.Deadline);
        Assert.Equal(_faults[name].Alone, (outcome as DnsFailed)?.Failure);
        if (_faults[name].Alone is null && name != "a lie in place of the truth")
        {
            Assert.Equal(["192.0.2.1"], outcome.Addresses.Select(a => a.ToString()));
        }

        Assert.DoesNotContain(outcome.Addresses, a => a.ToString() == "203.0.113.66");
        Assert.Equal(0, names.Network.Open);
    });

    [Theory]
    [MemberData(nameof(Faults))]
    public void Behind_a_server_with_a_fault_the_next_one_answers(string name) => Simulated.Run(7, async simulation =>
    {
        var names = new Names(simulation, Names.TwoServers);
        names.Serve(Names.First, Zone).Otherwise(_faults[name].Fault);
        names.Serve(Names.Second, Zone);
        var outcome = await names.Ask("a.test");
        if (_faults[name].Alone != DnsFailure.AliasLoop && name != "a lie in place of the truth")
        {
            Assert.Equal(["192.0.2.1"], outcome.Addresses.Select(a => a.ToString()));
        }

        Assert.InRange(simulation.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    });

    [Fact]
    public void A_name_that_is_not_there_is_told_from_one_without_such_records_and_from_not_knowing() => Names.Run("b.a.test 60 A 192.0.2.1", async (names, server) =>
    {
        Assert.IsType<DnsNoName>(await names.Ask("x.test"));
        Assert.Equal(DnsType.Mx, Assert.IsType<DnsNoData>(await names.Ask("b.a.test", DnsType.Mx)).Type);
        server.Otherwise(DnsFaults.ServerFailure);
        Assert.True((await names.Ask("y.test")).IsTemporary);
    });

    [Fact]
    public void Silence_costs_every_attempt_its_time_and_no_more() => Names.Run(Zone, async (names, server) =>
    {
        server.Otherwise(DnsFaults.Silence);
        var (failed, took) = await names.Fails("a.test");
        Assert.Equal(TimeSpan.FromSeconds(10), took);
        Assert.Equal(2, server.Times("a.test", DnsType.A));
        Assert.Equal("a.test A: 192.0.2.53: no answer in 5 s", failed.Detail);
    });

    [Fact]
    public void A_server_that_does_not_know_is_asked_once() => Names.Run(Zone, async (names, server) =>
    {
        server.Otherwise(DnsFaults.ServerFailure);
        var (failed, took) = await names.Fails("a.test");
        Assert.Equal(TimeSpan.Zero, took);
        Assert.Equal(1, server.Times("a.test", DnsType.A));
        Assert.Equal("a.test A: 192.0.2.53: SERVFAIL", failed.Detail);
    });

    [Fact]
    public void The_deadline_counts_whatever_the_attempts_would_take() => Names.Run(
        Zone,
        async (names, server) =>
        {
            server.Otherwise(DnsFaults.Silence);
            Assert.Equal(TimeSpan.FromSeconds(7), (await names.Fails("a.test")).Took);
        },
        Names.Usual with { Attempts = 5, Deadline = TimeSpan.FromSeconds(7) });

    [Fact]
    public void A_silent_server_comes_last_for_a_while() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.TwoServers with { CacheOctets = 0 });
        var first = names.Serve(Names.First, Zone).Otherwise(DnsFaults.Silence);
        names.Serve(Names.Second, Zone);
        await names.Ask("a.test");
        Assert.Equal(TimeSpan.FromSeconds(5), simulation.Elapsed);
        await names.Ask("a.test");
        Assert.Equal(TimeSpan.FromSeconds(5), simulation.Elapsed);
        Assert.Equal(1, first.Times("a.test", DnsType.A));
        await names.Wait(TimeSpan.FromSeconds(30));
        first.Otherwise(DnsFaults.None);
        await names.Ask("a.test");
        Assert.Equal(2, first.Times("a.test", DnsType.A));
    });

    [Fact]
    public void Servers_take_turns_where_that_is_wanted() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.TwoServers with { CacheOctets = 0, Rotate = true });
        var (first, second) = (names.Serve(Names.First, Zone), names.Serve(Names.Second, Zone));
        for (var i = 0; i < 10; i++)
        {
            await names.Ask("a.test");
        }

        Assert.Equal((5, 5), (first.Times("a.test", DnsType.A), second.Times("a.test", DnsType.A)));
    });

    [Fact]
    public void A_server_nobody_listens_at_costs_no_time() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.TwoServers);
        names.Serve(Names.Second, Zone);
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
        Assert.Equal(TimeSpan.Zero, simulation.Elapsed);
    });

    [Fact]
    public void The_end_of_an_alias_that_does_not_come_with_it_is_asked_for() => Names.Run(Zone, async (names, server) =>
    {
        server.Always("alias.test", DnsType.A, DnsFaults.But(g => g with { Answers = [.. g.Answers.Where(r => r.Type == DnsType.Cname)] }));
        var found = await names.Ask("alias.test");
        Assert.Equal(["192.0.2.1"], found.Addresses.Select(a => a.ToString()));
        Assert.Equal("a.test", found.Name.ToString());
        Assert.Equal(TimeSpan.FromSeconds(60), found.Ttl);
        Assert.Equal(1, server.Times("a.test", DnsType.A));
    });

    [Fact]
    public void Aliases_that_go_on_from_answer_to_answer_end() => Names.Run("", async (names, server) =>
    {
        server.Otherwise(DnsFaults.But(g => g with
        {
            Code = DnsResponseCode.NoError,
            Authorities = [],
            Answers = [new PointerRecord(g.Questions[0].Name, 5, DnsType.Cname, g.Questions[0].Name.Prepend("x")!)],
        }));
        Assert.Equal(DnsFailure.AliasLoop, (await names.Fails("a.test")).Failed.Failure);
        Assert.InRange(server.Asked.Count, 2, 13);
    });

    [Fact]
    public void Each_question_has_another_id_and_other_letters() => Names.Run("a-name-with-many-letters.test 0 A 192.0.2.1", async (names, server) =>
    {
        for (var i = 0; i < 30; i++)
        {
            await names.Ask("a-name-with-many-letters.test");
        }

        Assert.Equal(30, server.Asked.Select(a => a.Query.Id).Distinct().Count());
        Assert.Equal(30, server.Asked.Select(a => a.Query.Questions[0].Name.ToString()).Distinct(StringComparer.Ordinal).Count());
    });

    [Theory]
    [InlineData("127.0.0.1:53", AdTrust.Auto, true)]
    [InlineData("[::1]:53", AdTrust.Auto, true)]
    [InlineData("192.0.2.53:53", AdTrust.Auto, false)]
    [InlineData("192.0.2.53:53", AdTrust.On, true)]
    [InlineData("127.0.0.1:53", AdTrust.Off, false)]
    public void That_an_answer_was_verified_is_believed_of_those_who_are_trusted(string server, AdTrust trust, bool believed) => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.Usual with { Servers = [IPEndPoint.Parse(server)], TrustAd = trust });
        names.Serve(server, Zone).Zone.IsSigned = true;
        Assert.Equal(believed, (await names.Ask("a.test")).IsAuthentic);
        Assert.Equal(believed, (await names.Ask("x.test")).IsAuthentic);
        Assert.Equal(believed, (await names.Ask("a.test")).IsAuthentic);            // of the cache
    });

    [Fact]
    public void An_answer_in_two_parts_is_verified_only_if_both_are() => Names.Run(
        Zone,
        async (names, server) =>
        {
            server.Always("alias.test", DnsType.A, DnsFaults.But(g => g with { Answers = [g.Answers[0]], IsAuthentic = false }));
            server.Zone.IsSigned = true;
            Assert.False((await names.Ask("alias.test")).IsAuthentic);
            Assert.True((await names.Ask("a.test")).IsAuthentic);
        },
        Names.Usual with { TrustAd = AdTrust.On });
}
