using ActorSmtp.Cli.Sending;

namespace ActorSmtp.Cli.Tests.Sending;

/// <summary>How a server is named.</summary>
public sealed class HostPortTests
{
    [Theory]
    [InlineData("mail.example.com", "mail.example.com", null)]
    [InlineData("mail.example.com:587", "mail.example.com", 587)]
    [InlineData("127.0.0.1:2525", "127.0.0.1", 2525)]
    [InlineData("[::1]:25", "::1", 25)]
    [InlineData("[::1]", "::1", null)]
    [InlineData("::1", "::1", null)]
    [InlineData("unix:/run/lmtp.sock", "/run/lmtp.sock", null)]
    public void Good_ones(string text, string host, int? port)
    {
        var parsed = HostPort.TryParse(text);

        Assert.Equal((host, port), (parsed?.Host, parsed?.Port));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":25")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:+25")]
    [InlineData("a:b:c")]
    [InlineData("[::1]25")]
    [InlineData("[127.0.0.1]:25")]
    [InlineData("two words:25")]
    [InlineData("unix:")]
    public void Bad_ones(string text) => Assert.Null(HostPort.TryParse(text));
}
