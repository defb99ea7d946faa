using System.Text;
using ActorSmtp.Protocol.Pop3;

namespace ActorSmtp.Protocol.Tests.Pop3;

/// <summary>Command lines as clients write them, and as nobody should.</summary>
public sealed class Pop3ParserTests
{
    [Theory]
    [InlineData("STAT", Pop3Verb.Stat)]
    [InlineData("stat", Pop3Verb.Stat)]
    [InlineData("STAT  ", Pop3Verb.Stat)]
    [InlineData("NOOP", Pop3Verb.Noop)]
    [InlineData("RSET", Pop3Verb.Rset)]
    [InlineData("Quit", Pop3Verb.Quit)]
    [InlineData("CAPA", Pop3Verb.Capa)]
    [InlineData("STLS", Pop3Verb.Stls)]
    public void A_keyword_alone_is_read_without_case(string line, Pop3Verb verb) => Assert.Equal(verb, Assert.IsType<Pop3Command.Plain>(Parse(line)).Verb);

    [Fact]
    public void Arguments_are_read()
    {
        Assert.Equal(new Pop3Command.User("bob@mx.test"), Parse("USER bob@mx.test "));
        Assert.Equal(new Pop3Command.Pass(" two words "), Parse("PASS  two words "));
        Assert.Equal(new Pop3Command.Pass("grün"), Parse("pass grün"));
        Assert.Equal(new Pop3Command.Auth(null, null), Parse("AUTH"));
        Assert.Equal(new Pop3Command.Auth("PLAIN", null), Parse("AUTH PLAIN"));
        Assert.Equal(new Pop3Command.Auth("plain", "="), Parse("auth plain ="));
        Assert.Equal(new Pop3Command.List(null), Parse("LIST"));
        Assert.Equal(new Pop3Command.List(7), Parse("LIST 7"));
        Assert.Equal(new Pop3Command.Uidl(null), Parse("UIDL "));
        Assert.Equal(new Pop3Command.Uidl(12), Parse("UIDL 12"));
        Assert.Equal(new Pop3Command.Retr(1), Parse("RETR 001"));
        Assert.Equal(new Pop3Command.Dele(2147483647), Parse("DELE 2147483648"));
        Assert.Equal(new Pop3Command.Retr(2147483647), Parse("RETR 99999999999999999999999999"));
        Assert.Equal(new Pop3Command.Top(3, 0), Parse("TOP 3 0"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("STATS")]
    [InlineData("TOPS 1 1")]
    [InlineData("APOP bob 00")]
    [InlineData("EHLO x")]
    [InlineData(" STAT")]
    [InlineData("STAT\t")]
    public void What_is_no_command_is_told_so(string line) => Assert.IsType<Pop3Command.Unrecognized>(Parse(line));

    [Theory]
    [InlineData("USER", Pop3Verb.User)]
    [InlineData("USER  ", Pop3Verb.User)]
    [InlineData("PASS", Pop3Verb.Pass)]
    [InlineData("PASS ", Pop3Verb.Pass)]
    [InlineData("STAT x", Pop3Verb.Stat)]
    [InlineData("RETR", Pop3Verb.Retr)]
    [InlineData("RETR +1", Pop3Verb.Retr)]
    [InlineData("RETR 1 2", Pop3Verb.Retr)]
    [InlineData("RETR 1x", Pop3Verb.Retr)]
    [InlineData("RETR ١", Pop3Verb.Retr)]
    [InlineData("DELE", Pop3Verb.Dele)]
    [InlineData("TOP", Pop3Verb.Top)]
    [InlineData("TOP 1", Pop3Verb.Top)]
    [InlineData("TOP  1 1", Pop3Verb.Top)]
    [InlineData("TOP 1 1 1", Pop3Verb.Top)]
    [InlineData("AUTH PLAIN a b", Pop3Verb.Auth)]
    [InlineData("AUTH PLÄIN", Pop3Verb.Auth)]
    public void A_command_that_is_not_well_formed_says_what_it_should_be(string line, Pop3Verb verb)
    {
        var malformed = Assert.IsType<Pop3Command.Malformed>(Parse(line));
        Assert.Equal(verb, malformed.Verb);
        Assert.False(malformed.Because.IsOk);
    }

    [Fact]
    public void A_name_that_is_no_UTF8_is_none() => Assert.IsType<Pop3Command.Malformed>(Pop3Parser.Parse([.. "USER b"u8, 0xff]));

    [Fact]
    public void A_secret_is_not_printed()
    {
        Assert.DoesNotContain("secret", Parse("PASS secret").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", Parse("AUTH PLAIN c2VjcmV0").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_octets_give_a_command_and_no_exception()
    {
        var random = new Random(1);
        var verbs = Enum.GetNames<Pop3Verb>();
        for (var i = 0; i < 20_000; i++)
        {
            var rest = new byte[random.Next(0, 40)];
            random.NextBytes(rest);
            byte[] line = [.. Encoding.ASCII.GetBytes(verbs[random.Next(verbs.Length)].ToUpperInvariant()), .. random.Next(2) == 0 ? " "u8 : default, .. rest];
            Assert.NotNull(Pop3Parser.Parse(line).ToString());
        }
    }

    private static Pop3Command Parse(string line) => Pop3Parser.Parse(Encoding.UTF8.GetBytes(line));
}
