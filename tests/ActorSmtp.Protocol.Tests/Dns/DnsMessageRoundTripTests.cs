using System.Net;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Dns;

/// <summary>What is written is read back, and whatever is read was bounded.</summary>
public sealed class DnsMessageRoundTripTests
{
    private static readonly Gen<DnsName> _name =
        from labels in Gen.Choose(0, 5)
        from text in Gen.ArrayOf(
            from length in Gen.Frequency((9, Gen.Choose(1, 8)), (1, Gen.Choose(40, 45)))
            from octets in Gen.Frequency(
                (8, Gen.ArrayOf(Gen.Elements("abcXYZ019-_".ToCharArray()).Select(c => (int)c), length)),
                (2, Gen.ArrayOf(Gen.Choose(0, 255), length)))
            select string.Concat(octets.Select(o => $"\\{o:000}")), labels)
        select labels == 0 ? DnsName.Root : DnsName.Parse(string.Join('.', text));

    private static readonly Gen<DnsRecord> _record =
        from name in _name
        from ttl in Gen.Choose(0, int.MaxValue)
        from kind in Gen.Choose(0, 8)
        from target in _name
        from other in _name
        from number in Gen.Choose(0, 65_535)
        from octets in Gen.ArrayOf(Gen.Choose(0, 255).Select(o => (byte)o), 16)
        from texts in Gen.NonEmptyListOf(Gen.ArrayOf(Gen.Choose(0, 255).Select(c => (char)c)).Select(a => new string(a.AsSpan(0, Math.Min(255, a.Length)))))
        select (DnsRecord)(kind switch
        {
            0 => new AddressRecord(name, ttl, new IPAddress(octets.AsSpan(0, 4))),
            1 => new AddressRecord(name, ttl, new IPAddress(octets)),
            2 => new PointerRecord(name, ttl, number % 3 == 0 ? DnsType.Cname : number % 3 == 1 ? DnsType.Ns : DnsType.Ptr, target),
            3 => new MxRecord(name, ttl, number, target),
            4 => new TxtRecord(name, ttl, [.. texts]),
            5 => new SoaRecord(name, ttl, target, other, (uint)number, number, ttl, 5, number),
            6 => new TlsaRecord(name, ttl, octets[0], octets[1], octets[2], [.. octets]),
            7 => new OtherRecord(name, ttl, (DnsType)(1000 + (number / 2)), 1, [.. octets]),
            _ => new OtherRecord(name, ttl, DnsType.A, 3, [.. octets]),
        });

    private static readonly Gen<DnsMessage> _message =
        from id in Gen.Choose(0, 65_535)
        from flags in Gen.Choose(0, 255)
        from code in Gen.Choose(0, 4095)
        from hasEdns in Gen.Elements(true, false)
        from size in Gen.Choose(512, 65_535)
        from questions in Gen.ListOf(from n in _name from t in Gen.Choose(0, 65_535) select new DnsQuestion(n, (DnsType)t))
        from answers in Gen.ListOf(_record)
        from authorities in Gen.ListOf(_record)
        from additionals in Gen.ListOf(_record)
        select new DnsMessage
        {
            Id = id,
            IsAnswer = (flags & 1) != 0,
            Opcode = flags >> 4,
            IsAuthoritative = (flags & 2) != 0,
            IsTruncated = (flags & 4) != 0,
            WantsRecursion = (flags & 8) != 0,
            OffersRecursion = id % 2 == 0,
            IsAuthentic = id % 3 == 0,
            SkipsChecks = id % 5 == 0,
            Code = (DnsResponseCode)(hasEdns ? code : code & 15),
            Questions = [.. questions.Take(5)],
            Answers = [.. answers.Take(20)],
            Authorities = [.. authorities.Take(5)],
            Additionals = [.. additionals.Take(5)],
            Edns = hasEdns ? new DnsEdns(size, code & 3, flags > 128) : null,
        };

    [Fact]
    public void What_is_written_is_read_back() => Wire.Holds(Prop.ForAll(_message.ToArbitrary(), message =>
    {
        var read = DnsMessageReader.TryRead(DnsMessageWriter.Write(message), out var problem);
        return (problem.Length == 0 && message.Equals(read)).Label(problem);
    }), 500);

    [Fact]
    public void A_message_with_octets_changed_is_read_or_refused_and_written_again_says_the_same() => Wire.Holds(Prop.ForAll(
        _message.ToArbitrary(),
        Gen.ArrayOf(Gen.Choose(0, int.MaxValue)).ToArbitrary(),
        (message, changes) =>
        {
            var octets = DnsMessageWriter.Write(message);
            foreach (var change in changes.Take(8))
            {
                octets[change % octets.Length] = (byte)(change >> 8);
            }

            // What was read can be written; a TTL or a size may have been brought within its bounds, so it is read twice.
            var read = DnsMessageReader.TryRead(octets, out _);
            return read is null || DnsMessageWriter.Write(read).Length > DnsMessage.MaxOctets
                || read.Equals(DnsMessageReader.TryRead(DnsMessageWriter.Write(read), out _));
        }), 500);

    [Fact]
    public void Names_are_compressed()
    {
        var name = DnsName.Parse("a-long-name.example.com");
        var written = DnsMessageWriter.Write(new DnsMessage
        {
            Id = 1,
            Questions = [new DnsQuestion(name, DnsType.A)],
            Answers = [.. Enumerable.Range(1, 10).Select(i => new AddressRecord(name, 60, new IPAddress([192, 0, 2, (byte)i])))],
        });
        Assert.Equal(12 + name.Wire.Length + 4 + (10 * 16), written.Length);
    }

    [Fact]
    public void A_message_that_is_too_long_is_a_bug_of_the_caller() => Assert.Throws<ArgumentException>(() => DnsMessageWriter.Write(new DnsMessage
    {
        Id = 1,
        Answers = [.. Enumerable.Repeat(new TxtRecord(DnsName.Root, 1, [new string('x', 255)]), 300)],
    }));
}
