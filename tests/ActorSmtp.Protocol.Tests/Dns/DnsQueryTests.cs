using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Tests.Dns;

/// <summary>Which datagrams are taken for the answer.</summary>
public sealed class DnsQueryTests
{
    private static readonly DnsQuestion _question = new(DnsName.Parse("mail.example.com"), DnsType.A);
    private static readonly DnsQuery _query = new(_question, 0xA5A5_A5A5_A5A5_1234);

    private static DnsMessage Good => new()
    {
        Id = 0x1234,
        IsAnswer = true,
        WantsRecursion = true,
        OffersRecursion = true,
        Questions = [new DnsQuestion(_query.Name, DnsType.A)],
        Answers = [new AddressRecord(_query.Name, 60, IPAddress.Parse("192.0.2.1"))],
    };

    [Fact]
    public void A_question_has_the_id_and_the_case_of_its_entropy_and_says_what_it_takes()
    {
        var asked = DnsMessageReader.TryRead(_query.ToOctets(edns: true), out _)!;
        Assert.Equal(0x1234, asked.Id);
        Assert.True(asked is { IsAnswer: false, WantsRecursion: true, IsAuthentic: true, SkipsChecks: false });
        Assert.True(asked.Questions[0].Name.EqualsExactly(_query.Name));
        Assert.Equal(_question.Name, _query.Name);
        Assert.False(_question.Name.EqualsExactly(_query.Name));
        Assert.Equal(new DnsEdns(1232), asked.Edns);
        Assert.Null(DnsMessageReader.TryRead(_query.ToOctets(edns: false), out _)!.Edns);
    }

    [Fact]
    public void A_good_answer_is_taken()
    {
        Assert.Equal(DnsVerdict.Answer, Judge(Good));
        Assert.Equal(DnsVerdict.Answer, Judge(Good with { Code = DnsResponseCode.ServerFailure, Answers = [] }));
    }

    [Theory]
    [InlineData("another id")]
    [InlineData("a question")]
    [InlineData("another name")]
    [InlineData("another type")]
    [InlineData("another opcode")]
    [InlineData("no question")]
    [InlineData("two questions")]
    [InlineData("too short")]
    public void What_answers_something_else_is_passed_over(string what)
    {
        var octets = what switch
        {
            "another id" => Write(Good with { Id = 0x1235 }),
            "a question" => Write(Good with { IsAnswer = false }),
            "another name" => Write(Good with { Questions = [new DnsQuestion(DnsName.Parse("mail.example.org"), DnsType.A)] }),
            "another type" => Write(Good with { Questions = [new DnsQuestion(_query.Name, DnsType.Aaaa)] }),
            "another opcode" => Write(Good with { Opcode = 4 }),
            "no question" => Write(Good with { Questions = [] }),
            "two questions" => Write(Good with { Questions = [Good.Questions[0], Good.Questions[0]] }),
            _ => Write(Good)[..11],
        };
        Assert.Equal(DnsVerdict.NotOurs, _query.Judge(octets, overTcp: false, out var answer, out var problem));
        Assert.Null(answer);
        Assert.NotEqual("", problem);
    }

    [Fact]
    public void Another_case_is_doubtful_over_UDP_and_good_over_TCP()
    {
        var lower = Write(Good with { Questions = [_question] });
        Assert.Equal(DnsVerdict.Doubtful, _query.Judge(lower, overTcp: false, out _, out _));
        Assert.Equal(DnsVerdict.Answer, _query.Judge(lower, overTcp: true, out _, out _));
    }

    [Fact]
    public void What_cannot_be_read_is_doubtful()
    {
        var octets = Write(Good);
        octets[7] = 9;                                                              // nine answers, and there is one
        Assert.Equal(DnsVerdict.Doubtful, _query.Judge(octets, overTcp: false, out _, out var problem));
        Assert.Contains("end", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_answer_may_end_anywhere_behind_the_question()
    {
        var whole = Write(Good with { IsTruncated = true });
        var question = 12 + _query.Name.Wire.Length + 4;
        for (var length = question; length <= whole.Length; length++)
        {
            Assert.Equal(DnsVerdict.Answer, _query.Judge(whole.AsSpan(0, length), overTcp: false, out var answer, out _));
            Assert.True(answer!.IsTruncated);
        }

        Assert.Equal(DnsVerdict.Doubtful, _query.Judge(whole.AsSpan(0, question - 1), overTcp: false, out _, out _));
    }

    [Fact]
    public void A_server_that_could_not_read_the_question_need_not_repeat_it()
    {
        Assert.Equal(DnsVerdict.Answer, Judge(Good with { Questions = [], Answers = [], Code = DnsResponseCode.FormatError }));
        Assert.Equal(DnsVerdict.Answer, Judge(Good with { Questions = [], Answers = [], Code = DnsResponseCode.NotImplemented }));
        Assert.Equal(DnsVerdict.NotOurs, Judge(Good with { Questions = [], Answers = [], Code = DnsResponseCode.NameError }));
        Assert.Equal(DnsVerdict.NotOurs, Judge(Good with { Questions = [], Code = DnsResponseCode.FormatError }));
    }

    private static DnsVerdict Judge(DnsMessage message) => _query.Judge(Write(message), overTcp: false, out _, out _);

    private static byte[] Write(DnsMessage message) => DnsMessageWriter.Write(message);
}
