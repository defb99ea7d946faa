using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Tests.Settings;

/// <summary>Addresses to listen on.</summary>
public sealed class BindAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:2525", "127.0.0.1:2525", true)]
    [InlineData("0.0.0.0:0", "0.0.0.0:0", false)]
    [InlineData("[::1]:25", "[::1]:25", true)]
    [InlineData("[::]:25", "[::]:25", false)]
    [InlineData("*:25", "*:25", false)]
    [InlineData("localhost:25", "127.0.0.1:25", true)]
    [InlineData("unix:data/lmtp.sock", "unix:data/lmtp.sock", true)]
    public void An_address_is_read_and_known_as_local_or_not(string text, string shown, bool isLocal)
    {
        var address = BindAddress.Parse(text);

        Assert.NotNull(address);
        Assert.Equal((shown, isLocal), (address.ToString(), address.IsLocal));
        Assert.NotNull(address.ToEndPoint());
        Assert.Equal(address, BindAddress.Parse(shown));
    }

    [Theory]
    [InlineData("")]
    [InlineData("25")]
    [InlineData(":25")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1: 25")]
    [InlineData("127.1:25")]
    [InlineData("1:25")]
    [InlineData("::1:25")]
    [InlineData("[127.0.0.1]:25")]
    [InlineData("mail.example.com:25")]
    [InlineData("unix:")]
    public void What_is_no_address_is_refused(string text) => Assert.Null(BindAddress.Parse(text));

    [Fact]
    public void A_unix_path_longer_than_the_system_takes_is_refused()
    {
        Assert.NotNull(BindAddress.Parse("unix:" + new string('a', 107)));
        Assert.Null(BindAddress.Parse("unix:" + new string('a', 108)));
    }
}
