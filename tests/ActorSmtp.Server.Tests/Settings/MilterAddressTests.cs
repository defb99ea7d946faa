using System.Net;
using System.Net.Sockets;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Tests.Settings;

/// <summary>Where milters listen, in the words of Postfix and sendmail.</summary>
public sealed class MilterAddressTests
{
    [Theory]
    [InlineData("unix:/run/a.sock", "/run/a.sock")]
    [InlineData("local:/run/a.sock", "/run/a.sock")]
    [InlineData("inet:127.0.0.1:8891", "127.0.0.1:8891")]
    [InlineData("inet:localhost:8891", "127.0.0.1:8891")]
    [InlineData("inet:8891@localhost", "127.0.0.1:8891")]
    [InlineData("inet:8891@192.0.2.1", "192.0.2.1:8891")]
    [InlineData("inet6:8891@2001:db8::1", "[2001:db8::1]:8891")]
    [InlineData("inet:[2001:db8::1]:8891", "[2001:db8::1]:8891")]
    [InlineData("192.0.2.1:8891", "192.0.2.1:8891")]
    [InlineData("[::1]:8891", "[::1]:8891")]
    public void Every_form_is_understood(string text, string endPoint)
    {
        var address = MilterAddress.Parse(text);

        Assert.Equal(endPoint, address?.EndPoint switch
        {
            UnixDomainSocketEndPoint socket => socket.ToString(),
            IPEndPoint ip => ip.ToString(),
            _ => null,
        });
        Assert.Equal(text, address!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("inet:")]
    [InlineData("inet:8891")]
    [InlineData("inet:8891@")]
    [InlineData("inet:127.0.0.1:0")]
    [InlineData("inet:127.0.0.1:70000")]
    [InlineData("*:8891")]
    [InlineData("rspamd:11332")]
    [InlineData("http://127.0.0.1:80")]
    public void What_is_no_address_is_none(string text) => Assert.Null(MilterAddress.Parse(text));
}
