using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Tests.Terminals;

/// <summary>Nothing from elsewhere reaches a terminal as a control.</summary>
public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain \u00fc \ud83d\ude00", "plain \u00fc \ud83d\ude00")]
    [InlineData("a\r\nb", "a\\r\\nb")]
    [InlineData("\u001b[31m", "\\x1b[31m")]
    [InlineData("\u009b31m", "\\x9b31m")]
    [InlineData("\u202egnp.exe", "\\u202egnp.exe")]
    [InlineData("a\u2028b\0", "a\\u2028b\\x00")]
    public void A_line_stays_a_line(string text, string shown) => Assert.Equal(shown, Printable.Line(text));

    [Fact]
    public void Lines_keep_their_ends_and_nothing_else() => Assert.Equal("a\n\tb\\rc\\x1b", Printable.Lines("a\r\n\tb\rc\u001b"));
}
