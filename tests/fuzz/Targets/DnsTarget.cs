using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>Messages of the DNS: never an exception; what is read says the same when it is written again; an answer is one only to its own question, and ends.</summary>
internal sealed class DnsTarget : FuzzTarget
{
    private const ulong Entropy = 0xA5A5_5A5A_A5A5_1234;

    private static readonly DnsQuestion _question = new(DnsName.Parse("www.example.test"), DnsType.A);
    private static readonly DnsQuery _query = new(_question, Entropy);

    public override string Name => "dns";

    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        _query.ToOctets(edns: true),
        Answer(A("www.example.test")),
        Answer(Alias("www.example.test", "b.test"), Alias("b.test", "c.test"), A("c.test")),
        Answer(Alias("www.example.test", "www.example.test")),
        Answer(
            new MxRecord(_question.Name, 300, 10, DnsName.Parse("mx.example.test")), new TxtRecord(_question.Name, 1, ["v=spf1 -all", ""]),
            new TlsaRecord(_question.Name, 1, 3, 1, 1, [1, 2, 3]), new OtherRecord(_question.Name, 1, (DnsType)99, 1, [4, 5])),
        DnsMessageWriter.Write(Message() with
        {
            Code = DnsResponseCode.NameError,
            Authorities = [new SoaRecord(DnsName.Parse("test"), 60, DnsName.Root, DnsName.Root, 1, 2, 3, 4, 5), new PointerRecord(DnsName.Root, 1, DnsType.Ns, DnsName.Parse("ns.test"))],
        }),
    ];

    public override IReadOnlyList<byte[]> Words { get; } =
        [.. Octets("\xC0\x0C", "\xC0\x00", "\xC0\xFF", "\x3F", "\x40", "\0", "\0\0\x29", "\xFF\xFF", "\0\x01\0\x01", "\0\x05\0\x01", "\x80\0\0\0", "\x03www", "\x04test\0", "\x12\x34", "\x84\0", "\x81\x80", "\0\x0C")];

    public override void Try(byte[] input, Dice dice)
    {
        var message = DnsMessageReader.TryRead(input, out var problem);
        Hold((message is null) == (problem.Length > 0), $"'{problem}' of a message that was {(message is null ? "not " : "")}read");
        if (message is not null)
        {
            Again(message);
        }

        var verdict = _query.Judge(input, overTcp: dice.OneIn(2), out var answer, out var doubt);
        Hold((answer is not null) == (verdict == DnsVerdict.Answer), $"{verdict} with {answer}");
        Hold(answer is null || (answer.Id == _query.Id && answer.IsAnswer), "an answer to somebody else");
        Hold(verdict == DnsVerdict.Answer || doubt.Length > 0, "nobody says why");
        if ((answer ?? message) is { } any)
        {
            var read = DnsAnswer.Read(any, _question, dice.Next(14));
            Hold((read.Outcome is null) == (read.AskNext is not null), "neither an outcome nor another name to ask for");
            Hold(read.Aliases <= DnsAnswer.MostAliases + 1, $"{read.Aliases} aliases");
            Hold(read.Outcome is not DnsFound found || (found.Records.Length > 0 && found.Records.All(r => r.Type == DnsType.A && r.Name == found.Name)), "records of something else");
            Hold(read.Outcome is null || read.Outcome.Ttl >= TimeSpan.Zero, "a life before birth");
        }
    }

    private static void Again(DnsMessage message)
    {
        foreach (var name in message.Questions.Select(q => q.Name).Concat(message.Answers.Select(r => r.Name)))
        {
            Hold(name.Wire.Length <= DnsName.MaxOctets, "a name beyond its bound");
            Hold(name.EqualsExactly(DnsName.Parse(name.ToString())), $"{name} reads back as {DnsName.TryParse(name.ToString())}");
        }

        byte[] written;
        try
        {
            written = DnsMessageWriter.Write(message);
        }
        catch (ArgumentException)
        {
            return;                                     // names in its data were compressed: written whole they are too long for one message
        }

        Hold(message.Equals(DnsMessageReader.TryRead(written, out var problem)), $"written again it is another: {problem}");
    }

    private static byte[] Answer(params DnsRecord[] records) => DnsMessageWriter.Write(Message() with { Answers = [.. records] });

    private static DnsMessage Message() => new()
    {
        Id = _query.Id,
        IsAnswer = true,
        WantsRecursion = true,
        OffersRecursion = true,
        Questions = [new DnsQuestion(_query.Name, DnsType.A)],
        Edns = new DnsEdns(1232),
    };

    private static AddressRecord A(string name) => new(DnsName.Parse(name), 60, IPAddress.Parse("192.0.2.1"));

    private static PointerRecord Alias(string name, string target) => new(DnsName.Parse(name), 60, DnsType.Cname, DnsName.Parse(target));
}
