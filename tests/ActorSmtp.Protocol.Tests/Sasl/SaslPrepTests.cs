using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Sasl;

public sealed class SaslPrepTests
{
    [Theory]
    [InlineData("user", "user")]
    [InlineData("USER", "USER")]
    [InlineData("I\u00adX", "IX")]                        // RFC 4013 §3
    [InlineData("a\u00a0b\u3000c", "a b c")]
    [InlineData("\uff55\uff53\uff45\uff52", "user")]
    [InlineData("j\u00f6rg", "j\u00f6rg")]
    [InlineData("\u0627\u0628", "\u0627\u0628")]
    public void Texts_that_look_alike_become_alike(string text, string prepared)
    {
        Assert.True(SaslPrep.TryPrepare(text, out var got));
        Assert.Equal(prepared, got);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u00ad")]
    [InlineData("\u0007")]
    [InlineData("a\u007f")]
    [InlineData("a\u0085")]
    [InlineData("\u0627\u0031")]                          // RFC 4013 §3
    [InlineData("\u0627a\u0628")]
    [InlineData("a\u202eb")]
    [InlineData("a\ue000")]
    [InlineData("a\ufffd")]
    [InlineData("a\ud800")]
    public void What_is_prohibited_is_refused(string text) => Assert.False(SaslPrep.TryPrepare(text, out _));

    [Fact]
    public void Preparing_twice_changes_nothing_more() => Wire.Holds(Prop.ForAll<string>(text =>
        !SaslPrep.TryPrepare(text ?? "", out var once) || (SaslPrep.TryPrepare(once, out var twice) && once == twice)));
}
