using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

public class CharsetsTests
{
    [Theory]
    [InlineData("UTF8", 65001)]
    [InlineData("\"utf-8\"", 65001)]
    [InlineData("us-ascii", 1252)]
    [InlineData("ISO-8859-1", 1252)]
    [InlineData("latin1", 1252)]
    [InlineData("cp1251", 1251)]
    [InlineData("win-1250", 1250)]
    [InlineData("iso8859-2", 28592)]
    [InlineData("iso-8859-8-i", 28598)]
    [InlineData("gb2312", 54936)]
    [InlineData("ks_c_5601-1987", 949)]
    [InlineData("x-sjis", 932)]
    [InlineData("ISO-2022-JP", 50220)]
    [InlineData("koi8-u", 21866)]
    [InlineData("big5", 950)]
    [InlineData("tis-620", 874)]
    public void Names_and_misspellings_are_known(string name, int codePage) => Assert.Equal(codePage, Charsets.Find(name)!.CodePage);

    [Theory]
    [InlineData("utf-7")]
    [InlineData("x-unicode-2-0-utf-7")]
    [InlineData("65000")]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("0123456789012345678901234567890123456789-too-long")]
    public void Unknown_names_and_UTF_7_have_no_decoder(string? name) => Assert.Null(Charsets.Find(name));

    [Fact]
    public void Unlabelled_bytes_are_UTF_8_or_windows_1252()
    {
        Assert.Equal("é", Charsets.DecodeUnlabelled("é"u8));
        Assert.Equal("é€", Charsets.DecodeUnlabelled([0xE9, 0x80]));
        Assert.Equal("x", Charsets.DecodeUnlabelled([0xEF, 0xBB, 0xBF, (byte)'x']));
        Assert.Equal("é", Charsets.Decode(Encoding.UTF8.GetBytes("é"), "nonsense", out var known));
        Assert.False(known);
    }

    [Fact]
    public void A_message_id_is_made_from_what_is_given()
    {
        var id = MessageIds.Create(new DateTimeOffset(2026, 1, 2, 4, 4, 5, TimeSpan.FromHours(1)), [1, 2, 3, 4, 5, 6, 7, 0xFF], "mx.example.org");
        Assert.Equal("20260102030405.01020304050607ff@mx.example.org", id);
        Assert.True(MessageIds.IsValid(id));
        Assert.Throws<ArgumentException>(() => MessageIds.Create(default, [1], "x"));
        Assert.All(["a b", "x>", "", "é", "a@b", "x\r\n"], host => Assert.Throws<ArgumentException>(() => MessageIds.Create(default, new byte[8], host)));
    }
}
