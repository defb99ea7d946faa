using System.Net;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Smtp;

/// <summary>XCLIENT as Postfix's XCLIENT_README writes it.</summary>
public sealed class XClientTests
{
    [Fact]
    public void All_attributes_are_read_in_any_order_and_case()
    {
        var said = Read("xclient helo=spike.example Proto=ESMTP PORT=41000 ADDR=168.100.189.2  NAME=spike.porcupine.org DESTPORT=25 DestAddr=IPV6:2001:db8::1 LOGIN=ann+40mx.test");

        Assert.Equal(IPAddress.Parse("168.100.189.2"), said.Address.Value);
        Assert.Equal(41000, said.Port.Value);
        Assert.Equal(("spike.porcupine.org", "spike.example", "ann@mx.test"), (said.Name.Value, said.Hello.Value, said.Login.Value));
        Assert.True(said.Extended.Value);
        Assert.Equal((IPAddress.Parse("2001:db8::1"), 25), (said.LocalAddress.Value, said.LocalPort.Value));
    }

    [Fact]
    public void What_is_not_known_is_given_and_null_and_what_is_not_said_is_not_given()
    {
        var said = Read("XCLIENT NAME=[UNAVAILABLE] ADDR=[tempunavail] LOGIN=[Unavailable] HELO=[1.2.3.4]");

        Assert.True(said.Name.IsGiven && said.Address.IsGiven && said.Login.IsGiven);
        Assert.Null(said.Name.Value);
        Assert.Null(said.Address.Value);
        Assert.Null(said.Login.Value);
        Assert.Equal("[1.2.3.4]", said.Hello.Value);
        Assert.False(said.Port.IsGiven || said.Extended.IsGiven || said.LocalAddress.IsGiven || said.LocalPort.IsGiven);
    }

    [Theory]
    [InlineData("XCLIENT")]
    [InlineData("XCLIENT NAME")]
    [InlineData("XCLIENT =x")]
    [InlineData("XCLIENT NAME=")]
    [InlineData("XCLIENT NAME=a=b")]
    [InlineData("XCLIENT NAME=a+4")]
    [InlineData("XCLIENT NAME=a+0D+0A250")]
    [InlineData("XCLIENT NAME=a+00b")]
    [InlineData("XCLIENT HELO=a HELO=b")]
    [InlineData("XCLIENT ADDR=[127.0.0.1]")]
    [InlineData("XCLIENT ADDR=127.1")]
    [InlineData("XCLIENT ADDR=IPV6:fe80::1%1")]
    [InlineData("XCLIENT ADDR=IPV6:127.0.0.1")]
    [InlineData("XCLIENT PORT=-1")]
    [InlineData("XCLIENT PROTO=HTTP")]
    [InlineData("XCLIENT PROTO=[UNAVAILABLE]")]
    [InlineData("XCLIENT REVERSE_NAME=x")]
    public void What_is_wrong_in_it_is_a_syntax_error(string line) =>
        Assert.Equal((Replies.XClientSyntax, Verb.XClient), CommandParser.Parse(Wire.Octets(line), default) is SmtpCommand.Malformed m ? (m.Because, m.Of) : default);

    [Fact]
    public void A_value_has_255_characters_at_most()
    {
        Assert.Equal(255, Read("XCLIENT NAME=" + new string('a', 255)).Name.Value!.Length);
        Assert.IsType<SmtpCommand.Malformed>(CommandParser.Parse(Wire.Octets("XCLIENT NAME=" + new string('a', 256)), default));
    }

    private static SmtpCommand.XClient Read(string line) => Assert.IsType<SmtpCommand.XClient>(CommandParser.Parse(Wire.Octets(line), default));
}
