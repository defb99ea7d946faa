using System.Text;
using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class XTextTests
{
    [Fact]
    public void Printable_text_comes_back_as_it_was() => Wire.Holds(Prop.ForAll<string>(text =>
    {
        text = new string([.. (text ?? "").Where(c => !char.IsControl(c) && !char.IsSurrogate(c) && c is not ('\u2028' or '\u2029'))]);
        return XText.TryDecode(Encoding.ASCII.GetBytes(XText.Encode(text)), out var back) && back == text;
    }));

    [Theory]
    [InlineData("a+2Bb+3Dc", "a+b=c")]
    [InlineData("+20", " ")]
    [InlineData("", "")]
    public void Escapes_are_octets(string text, string decoded)
    {
        Assert.True(XText.TryDecode(Wire.Octets(text), out var got));
        Assert.Equal(decoded, got);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData("a+")]
    [InlineData("a+2")]
    [InlineData("a+2b")]
    [InlineData("a+0A")]
    [InlineData("a+00")]
    [InlineData("a+C3")]
    [InlineData("a\u00e9")]
    public void Anything_else_is_refused(string text) => Assert.False(XText.TryDecode(Wire.Octets(text), out _));

    [Fact]
    public void No_octets_throw() => Wire.Holds(Prop.ForAll(Wire.Anything, octets =>
    {
        XText.TryDecode(octets, out _);
        XText.TryDecodeUtf8Address(octets, true, out _);
        XText.TryDecodeUtf8Address([(byte)'\\', (byte)'x', (byte)'{', .. octets, (byte)'}'], false, out _);
        return true;
    }));
}
