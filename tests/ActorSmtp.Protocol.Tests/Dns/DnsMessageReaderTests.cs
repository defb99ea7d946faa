using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Tests.Dns;

/// <summary>Messages as other programs wrote them, and as nobody should.</summary>
public sealed class DnsMessageReaderTests
{
    private const string Header = "1234 8180 0001 0001 0000 0000";
    private const string Question = "01 61 04 74657374 00 000F 0001";              // a.test IN MX

    [Fact]
    public void An_answer_with_compressed_names_is_read()
    {
        // example.test MX 10 mx1.example.test, MX 20 mx2.example.test, both with pointers into what stands before
        var message = Read("""
            BEEF 8180 0001 0002 0000 0001
            07 6578616D706C65 04 74657374 00 000F 0001
            C00C 000F 0001 0000012C 0008 000A 03 6D7831 C00C
            C00C 000F 0001 0000012C 0008 0014 03 6D7832 C00C
            00 0029 04D0 00 00 0000 0000
            """)!;

        Assert.Equal(0xBEEF, message.Id);
        Assert.True(message is { IsAnswer: true, WantsRecursion: true, OffersRecursion: true, IsTruncated: false, IsAuthentic: false, Code: DnsResponseCode.NoError });
        Assert.Equal(["example.test MX"], message.Questions.Select(q => q.ToString()));
        Assert.Equal([(10, "mx1.example.test", 300), (20, "mx2.example.test", 300)], message.Answers.Cast<MxRecord>().Select(r => (r.Preference, r.Exchange.ToString(), r.Ttl)));
        Assert.Equal(new DnsEdns(1232), message.Edns);
    }

    [Fact]
    public void Every_type_is_read()
    {
        var message = Read("""
            0001 8580 0000 0009 0000 0000
            01 61 00 0001 0001 00000001 0004 C0000201
            C00C 001C 0001 00000001 0010 20010DB8000000000000000000000001
            C00C 0005 0001 00000001 0003 01 62 00
            C00C 0002 0001 00000001 0002 C00C
            C00C 000C 0001 00000001 0002 C00C
            C00C 0010 0001 00000001 0007 02 7631 03 E97800
            C00C 0006 0001 00000001 0018 C00C C00C 00000005 00000001 00000002 00000003 FFFFFFFF
            C00C 0034 0001 80000001 0005 03 01 01 AABB
            C00C FF00 0003 7FFFFFFF 0001 07
            """)!;
        Assert.Collection(
            message.Answers,
            r => Assert.Equal(IPAddress.Parse("192.0.2.1"), Assert.IsType<AddressRecord>(r).Address),
            r => Assert.Equal(IPAddress.Parse("2001:db8::1"), Assert.IsType<AddressRecord>(r).Address),
            r => Assert.Equal((DnsType.Cname, "b"), Pointer(r)),
            r => Assert.Equal((DnsType.Ns, "a"), Pointer(r)),
            r => Assert.Equal((DnsType.Ptr, "a"), Pointer(r)),
            r => Assert.Equal(["v1", "\u00E9x\0"], Assert.IsType<TxtRecord>(r).Strings.ToArray()),
            r => Assert.Equal((5u, int.MaxValue), (Assert.IsType<SoaRecord>(r).Serial, Assert.IsType<SoaRecord>(r).Minimum)),
            r => Assert.Equal((3, 0), (Assert.IsType<TlsaRecord>(r).Usage, r.Ttl)),              // RFC 2181 §8: the highest bit makes a TTL 0
            r => Assert.Equal(((DnsType)0xFF00, 3, int.MaxValue), (r.Type, Assert.IsType<OtherRecord>(r).Class, r.Ttl)));

        static (DnsType, string) Pointer(DnsRecord record) => (record.Type, Assert.IsType<PointerRecord>(record).Target.ToString());
    }

    [Fact]
    public void The_code_has_twelve_bits_with_EDNS() =>
        Assert.Equal(DnsResponseCode.BadVersion, Read("0001 8000 0000 0000 0000 0001 00 0029 0200 01 00 8000 0000")!.Code);

    [Theory]
    [InlineData("a pointer to itself", Header + Question + "C01A 000F 0001 00000001 0004 000A C00C", "backwards")]
    [InlineData("a pointer forwards", Header + Question + "C0FF 000F 0001 00000001 0004 000A C00C", "backwards")]
    [InlineData("pointers in a circle", Header + "01 61 C00C 000F 0001", "backwards")]
    [InlineData("a pointer cut", Header + Question + "C0", "beyond the message's end")]
    [InlineData("a label of another kind", Header + "41 61 00 000F 0001", "unknown kind")]
    [InlineData("a label beyond the end", Header + "3F 61", "beyond the message's end")]
    [InlineData("no end of a name", Header + "01 61", "beyond the message's end")]
    [InlineData("a record beyond the end", Header + Question + "C00C 000F 0001 00000001 00FF 000A", "beyond the message's end")]
    [InlineData("a record whose name is longer than it", Header + Question + "C00C 000F 0001 00000001 0003 000A C00C", "another length")]
    [InlineData("a record longer than its name", Header + Question + "C00C 000F 0001 00000001 0005 000A C00C 00", "another length")]
    [InlineData("an address of three octets", Header + Question + "C00C 0001 0001 00000001 0003 C00002", "address")]
    [InlineData("an address of five octets", Header + Question + "C00C 001C 0001 00000001 0005 C000020101", "address")]
    [InlineData("a text beyond its record", Header + Question + "C00C 0010 0001 00000001 0002 05 61", "text")]
    [InlineData("no text", Header + Question + "C00C 0010 0001 00000001 0000", "text")]
    [InlineData("a short TLSA", Header + Question + "C00C 0034 0001 00000001 0002 0301", "TLSA")]
    [InlineData("a record that is missing", Header + Question, "beyond the message's end")]
    [InlineData("more than was announced", "1234 8180 0001 0000 0000 0000" + Question + "00", "behind")]
    [InlineData("two OPT records", "0001 8000 0000 0000 0000 0002 00 0029 0200 00000000 0000 00 0029 0200 00000000 0000", "OPT")]
    [InlineData("an OPT record among the answers", "0001 8000 0000 0001 0000 0000 00 0029 0200 00000000 0000", "OPT")]
    [InlineData("an OPT record with a name", "0001 8000 0000 0000 0000 0001 01 61 00 0029 0200 00000000 0000", "OPT")]
    [InlineData("a question of class CHAOS", "0001 0000 0001 0000 0000 0000 01 61 00 0010 0003", "class")]
    [InlineData("nothing", "", "header")]
    [InlineData("half a header", "1234 8180 0001", "header")]
    public void What_breaks_a_rule_is_not_read(string what, string hex, string problem)
    {
        Assert.True(DnsMessageReader.TryRead(Octets(hex), out var told) is null, what);
        Assert.Contains(problem, told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_put_together_by_pointers_is_bounded()
    {
        // each name is one label of 63 and a pointer to the one before: the fifth would have 257 octets
        var octets = new List<byte>(Octets("1234 8180 0005 0000 0000 0000"));
        var before = 0;
        for (var i = 0; i < 5; i++)
        {
            var at = octets.Count;
            octets.Add(63);
            octets.AddRange(Enumerable.Repeat((byte)'a', 63));
            octets.AddRange(i == 0 ? [0] : [(byte)(0xC0 | before >> 8), (byte)before]);
            octets.AddRange([0, 1, 0, 1]);
            before = at;
        }

        Assert.Null(DnsMessageReader.TryRead([.. octets], out var problem));
        Assert.Contains("255", problem, StringComparison.Ordinal);
        octets[5] = 3;                                                              // three of them fit
        Assert.NotNull(DnsMessageReader.TryRead([.. octets.Take(12 + (3 * 70) - 1)], out problem));
    }

    [Fact]
    public void A_long_way_of_pointers_ends()
    {
        // 8,000 pointers, each to the one before it, none to a label: backwards each time, so it ends, at the root
        var octets = new List<byte>(Octets("1234 8180 0000 0001 0000 0000 00 FF00 0001 00000000 3E82 00"));
        var at = octets.Count - 1;
        for (var i = 0; i < 8000; i++)
        {
            var target = at + Math.Max(0, (2 * i) - 1);
            octets.AddRange([(byte)(0xC0 | target >> 8), (byte)target]);
        }

        octets.Add(0);
        Assert.NotNull(DnsMessageReader.TryRead([.. octets], out var problem));
        Assert.Equal("", problem);
    }

    [Fact]
    public void Every_cut_of_a_message_is_refused()
    {
        var whole = Octets("1234 8180 0001 0002 0000 0000" + Question + "C00C 000F 0001 0000012C 0008 000A 03 6D7831 C00C" + "C00C 0010 0001 0000012C 0004 03 616263");
        Assert.NotNull(DnsMessageReader.TryRead(whole, out _));
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Null(DnsMessageReader.TryRead(whole.AsSpan(0, length), out var problem));
            Assert.NotEqual("", problem);
        }
    }

    private static DnsMessage? Read(string hex)
    {
        var message = DnsMessageReader.TryRead(Octets(hex), out var problem);
        Assert.Equal("", problem);
        return message;
    }

    private static byte[] Octets(string hex) => Convert.FromHexString(string.Concat(hex.Where(char.IsAsciiHexDigit)));
}
