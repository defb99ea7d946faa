using System.Buffers;
using System.Reflection;
using System.Text;
using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Pop3;

/// <summary>First lines, listings, unique ids and capabilities as they go out.</summary>
public sealed class Pop3ReplyTests
{
    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (var field in typeof(Pop3Replies).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            names.Add(field.Name);
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_reply_is_one_line_of_ASCII_that_fits(string name)
    {
        var reply = (Pop3Reply)typeof(Pop3Replies).GetField(name)!.GetValue(null)!;
        var line = reply.ToString();
        Assert.StartsWith(reply.IsOk ? "+OK " : "-ERR ", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 6, 510);
        Assert.All(line, c => Assert.InRange(c, ' ', '~'));
        Assert.Equal(reply.Code is not null, line.Contains('['));
        Assert.Equal(line + "\r\n", Written(output => Pop3Writer.Write(output, reply)));
    }

    [Fact]
    public void No_two_replies_are_the_same() =>
        Assert.Distinct(typeof(Pop3Replies).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)!.ToString()));

    [Fact]
    public void What_SMTP_refuses_gets_the_code_of_RFC_3206()
    {
        Assert.Equal("-ERR [AUTH] Authentication failed", Pop3Replies.Of(Replies.BadCredentials).ToString());
        Assert.StartsWith("-ERR [SYS/TEMP] ", Pop3Replies.Of(Replies.AuthUnavailable).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("-ERR [SYS/TEMP] ", Pop3Replies.Of(Replies.TooManyConnections).ToString(), StringComparison.Ordinal);
        Assert.Equal("-ERR Cannot decode the response", Pop3Replies.Of(Replies.AuthMalformed).ToString());
        Assert.Equal("-ERR [SYS/TEMP]", Pop3Replies.SessionFailed("s-1").Beginning);
    }

    [Fact]
    public void Listings_are_written_octet_by_octet()
    {
        Assert.Equal("1000000 9223372036854775807\r\n", Written(output => Pop3Writer.WriteScan(output, 1_000_000, long.MaxValue)));
        Assert.Equal("7 a.b\r\n", Written(output => Pop3Writer.WriteUnique(output, 7, "a.b")));
        Assert.Equal("+ aGk=\r\n", Written(output => Pop3Writer.WriteChallenge(output, "aGk=")));
    }

    [Theory]
    [InlineData("1767268800.1KZ2X3.actorsmtp", true)]
    [InlineData("1767268800.M1P2.host,S=123,W=456", true)]
    [InlineData("", false)]
    [InlineData("with blank", false)]
    [InlineData("~looks-like-a-digest", false)]
    [InlineData("grün", false)]
    [InlineData("seventy-one-octets-are-one-too-many-for-a-unique-id-and-so-it-is-hashed", false)]
    public void A_unique_id_is_the_name_or_a_digest_of_it(string key, bool asItIs)
    {
        var id = UniqueId.Of(key);
        Assert.Equal(asItIs, id == key);
        Assert.InRange(id.Length, 1, UniqueId.Longest);
        Assert.All(id, c => Assert.InRange(c, '!', '~'));
        Assert.Equal(id, UniqueId.Of(key));
    }

    [Fact]
    public void Capabilities_are_those_that_hold_now()
    {
        var clear = new Pop3Capabilities([], Passwords: false, Stls: true, LoginDelay: 60).Lines.ToArray();
        Assert.Contains("STLS", clear);
        Assert.Contains("LOGIN-DELAY 60", clear);
        Assert.DoesNotContain("USER", clear);
        Assert.DoesNotContain(clear, line => line.StartsWith("SASL", StringComparison.Ordinal));
        var secure = new Pop3Capabilities(["SCRAM-SHA-256", "PLAIN"], Passwords: true, Stls: false, LoginDelay: 0);
        Assert.Contains("SASL SCRAM-SHA-256 PLAIN", secure.Lines);
        Assert.DoesNotContain("STLS", secure.Lines);
        Assert.EndsWith("\r\n.\r\n", Encoding.ASCII.GetString(secure.Answer), StringComparison.Ordinal);
        Assert.Equal("+OK Mechanisms follow\r\nSCRAM-SHA-256\r\nPLAIN\r\n.\r\n", Encoding.ASCII.GetString(secure.MechanismAnswer));
    }

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }
}
