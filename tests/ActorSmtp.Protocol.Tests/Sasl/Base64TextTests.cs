using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Sasl;

public sealed class Base64TextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("QQ==", "A")]
    [InlineData("QUI=", "AB")]
    [InlineData("QUJD", "ABC")]
    public void The_one_right_spelling_is_read(string text, string octets)
    {
        Assert.True(Base64Text.TryDecode(text, 3, out var got));
        Assert.Equal(octets, Encoding.ASCII.GetString(got));
        Assert.Equal(text, Base64Text.Encode(got));
    }

    [Theory]
    [InlineData("QQ")]
    [InlineData("QQ=")]
    [InlineData("QR==")]
    [InlineData("QUJ=")]
    [InlineData("Q Q=")]
    [InlineData("QQ==\r\n")]
    [InlineData("    ")]
    [InlineData("QQ==QQ==")]
    [InlineData("====")]
    [InlineData("Q-_=")]
    [InlineData("QUJDQUJD")]
    public void Any_other_is_refused(string text) => Assert.False(Base64Text.TryDecode(text, 3, out _));

    [Fact]
    public void What_is_encoded_decodes_to_the_same() => Wire.Holds(Prop.ForAll(Wire.Anything, octets =>
        Base64Text.TryDecode(Base64Text.Encode(octets), octets.Length, out var back) && back.AsSpan().SequenceEqual(octets)
        && (octets.Length == 0 || !Base64Text.TryDecode(Base64Text.Encode(octets), octets.Length - 1, out _))));

    [Fact]
    public void No_octets_throw() => Wire.Holds(Prop.ForAll(Wire.Anything, octets =>
    {
        Base64Text.TryDecode(octets, 10, out _);
        return true;
    }));
}
