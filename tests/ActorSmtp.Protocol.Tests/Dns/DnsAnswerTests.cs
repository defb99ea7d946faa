using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Tests.Dns;

/// <summary>What an answer says: records, aliases, none, nobody knows.</summary>
public sealed class DnsAnswerTests
{
    private static readonly DnsQuestion _question = new(DnsName.Parse("www.example.test"), DnsType.A);

    [Fact]
    public void Records_of_the_name_are_found_and_others_do_not_count()
    {
        var found = Assert.IsType<DnsFound>(Read(A("www.example.test", 300), A("www.example.test", 100, "192.0.2.2"), A("evil.test", 1), Mx("www.example.test")).Outcome);

        Assert.Equal(["192.0.2.1", "192.0.2.2"], found.Addresses.Select(a => a.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(100), found.Ttl);
        Assert.Equal(_question.Name, found.Name);
    }

    [Fact]
    public void Records_that_stand_only_at_another_name_are_none()
    {
        var answer = Read(A("evil.test", 1));
        Assert.IsType<DnsNoData>(answer.Outcome);
        Assert.False(answer.Holds);
    }

    [Fact]
    public void Aliases_are_followed_whatever_the_order_of_records()
    {
        var answer = Read(A("c.test", 300), Alias("b.test", "C.test", 20), Alias("www.example.test", "b.test", 40));
        var found = Assert.IsType<DnsFound>(answer.Outcome);

        Assert.Equal("c.test", found.Name.ToLower().ToString());
        Assert.Equal(TimeSpan.FromSeconds(20), found.Ttl);
        Assert.Equal(2, answer.Aliases);
    }

    [Fact]
    public void Where_the_aliases_end_elsewhere_that_is_to_be_asked_next()
    {
        var answer = Read(Alias("www.example.test", "b.test", 40));
        Assert.Null(answer.Outcome);
        Assert.Equal("b.test", answer.AskNext!.ToString());
        Assert.Equal(TimeSpan.FromSeconds(40), answer.AliasTtl);
    }

    [Fact]
    public void An_alias_is_a_record_where_aliases_are_asked_for() =>
        Assert.Equal("b.test", Assert.IsType<PointerRecord>(Assert.Single(Assert.IsType<DnsFound>(
            DnsAnswer.Read(Message([Alias("www.example.test", "b.test")]), _question with { Type = DnsType.Cname }).Outcome).Records)).Target.ToString());

    [Fact]
    public void Circles_and_long_ways_of_aliases_end()
    {
        Assert.Equal(DnsFailure.AliasLoop, Failure(Read(Alias("www.example.test", "b.test"), Alias("b.test", "www.example.test"))));
        Assert.Equal(DnsFailure.AliasLoop, Failure(Read(Alias("www.example.test", "www.example.test"))));
        DnsRecord[] way = [.. Enumerable.Range(0, 12).Select(i => Alias(i == 0 ? "www.example.test" : $"n{i}.test", $"n{i + 1}.test"))];
        Assert.IsType<DnsFound>(Read([.. way, A("n12.test", 1)]).Outcome);
        Assert.Equal(DnsFailure.AliasLoop, Failure(Read([.. way, Alias("n12.test", "n13.test"), A("n13.test", 1)])));
        Assert.Equal(DnsFailure.AliasLoop, Failure(DnsAnswer.Read(Message([.. way, A("n12.test", 1)]), _question, aliasesBefore: 1)));
    }

    [Fact]
    public void Two_different_aliases_of_one_name_make_no_sense()
    {
        Assert.Equal(DnsFailure.BadAnswer, Failure(Read(Alias("www.example.test", "b.test"), Alias("www.example.test", "c.test"))));
        Assert.IsType<DnsFound>(Read(Alias("www.example.test", "b.test"), Alias("www.example.test", "B.test"), A("b.test", 1)).Outcome);
    }

    [Theory]
    [InlineData(3600, 60, 60)]
    [InlineData(30, 60, 30)]
    [InlineData(0, 60, 0)]
    public void None_holds_as_long_as_the_SOA_says(int ttl, int minimum, int holds)
    {
        var none = DnsAnswer.Read(Message([], Soa("example.test", ttl, minimum)), _question);
        Assert.True(none.Holds);
        Assert.Equal((DnsType.A, TimeSpan.FromSeconds(holds)), (Assert.IsType<DnsNoData>(none.Outcome).Type, none.Outcome.Ttl));
        var noName = DnsAnswer.Read(Message([], Soa("example.test", ttl, minimum)) with { Code = DnsResponseCode.NameError }, _question);
        Assert.True(noName.Holds);
        Assert.Equal(TimeSpan.FromSeconds(holds), Assert.IsType<DnsNoName>(noName.Outcome).Ttl);
    }

    [Fact]
    public void Without_an_SOA_of_the_name_none_is_not_to_be_kept()
    {
        Assert.False(DnsAnswer.Read(Message([]) with { Code = DnsResponseCode.NameError }, _question).Holds);
        Assert.False(DnsAnswer.Read(Message([], Soa("other.test", 60, 60)) with { Code = DnsResponseCode.NameError }, _question).Holds);
        Assert.False(DnsAnswer.Read(Message([]), _question).Holds);
    }

    [Fact]
    public void NXDOMAIN_at_the_end_of_aliases_is_about_the_end()
    {
        var none = Assert.IsType<DnsNoName>(DnsAnswer.Read(
            Message([Alias("www.example.test", "gone.test", 5)], Soa("test", 3600, 60)) with { Code = DnsResponseCode.NameError }, _question).Outcome);
        Assert.Equal("gone.test", none.Name.ToString());
        Assert.Equal(TimeSpan.FromSeconds(5), none.Ttl);
    }

    [Theory]
    [InlineData(DnsResponseCode.ServerFailure, DnsFailure.ServerFailure)]
    [InlineData(DnsResponseCode.Refused, DnsFailure.Refused)]
    [InlineData(DnsResponseCode.NotImplemented, DnsFailure.ServerFailure)]
    [InlineData((DnsResponseCode)23, DnsFailure.ServerFailure)]
    public void An_error_is_no_answer_whatever_records_come_with_it(DnsResponseCode code, DnsFailure failure) =>
        Assert.Equal(failure, Failure(DnsAnswer.Read(Message([A("www.example.test", 1)]) with { Code = code }, _question)));

    [Fact]
    public void NXDOMAIN_with_records_makes_no_sense() =>
        Assert.Equal(DnsFailure.BadAnswer, Failure(DnsAnswer.Read(Message([A("www.example.test", 1)]) with { Code = DnsResponseCode.NameError }, _question)));

    [Fact]
    public void A_referral_is_a_server_that_does_not_serve_us() => Assert.Equal(DnsFailure.Refused, Failure(DnsAnswer.Read(
        Message([], new PointerRecord(DnsName.Root, 1, DnsType.Ns, DnsName.Parse("a.root-servers.net"))), _question)));

    [Fact]
    public void The_word_that_it_was_verified_is_passed_on()
    {
        Assert.True(DnsAnswer.Read(Message([A("www.example.test", 1)]) with { IsAuthentic = true }, _question).Outcome!.IsAuthentic);
        Assert.True(DnsAnswer.Read(Message([], Soa("test", 1, 1)) with { IsAuthentic = true }, _question).Outcome!.IsAuthentic);
        Assert.False(Read(A("www.example.test", 1)).Outcome!.IsAuthentic);
    }

    private static DnsAnswer Read(params DnsRecord[] answers) => DnsAnswer.Read(Message(answers), _question);

    private static DnsFailure? Failure(DnsAnswer answer) => (answer.Outcome as DnsFailed)?.Failure;

    private static DnsMessage Message(IEnumerable<DnsRecord> answers, params DnsRecord[] authorities) =>
        new() { Id = 1, IsAnswer = true, Questions = [_question], Answers = [.. answers], Authorities = [.. authorities] };

    private static AddressRecord A(string name, int ttl, string address = "192.0.2.1") => new(DnsName.Parse(name), ttl, IPAddress.Parse(address));

    private static PointerRecord Alias(string name, string target, int ttl = 60) => new(DnsName.Parse(name), ttl, DnsType.Cname, DnsName.Parse(target));

    private static MxRecord Mx(string name) => new(DnsName.Parse(name), 1, 1, DnsName.Parse(name));

    private static SoaRecord Soa(string name, int ttl, int minimum) => new(DnsName.Parse(name), ttl, DnsName.Root, DnsName.Root, 1, 1, 1, 1, minimum);
}
