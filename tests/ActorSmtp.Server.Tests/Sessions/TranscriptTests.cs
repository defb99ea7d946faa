using System.Text;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Sessions;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>What a log shows of a peer's lines: no secret, no control character, no end.</summary>
public sealed class TranscriptTests
{
    [Theory]
    [InlineData("AUTH PLAIN AGNhbmFyeQBjYW5hcnk=")]
    [InlineData("auth plain AGNhbmFyeQBjYW5hcnk=")]
    [InlineData(" AUTH PLAIN AGNhbmFyeQBjYW5hcnk=")]
    [InlineData("AUTH PLAIN AGNhbmFyeQBjYW5hcnk= more")]
    [InlineData("AUTH\tPLAIN AGNhbmFyeQBjYW5hcnk=")]
    [InlineData("AGNhbmFyeQBjYW5hcnk=")]
    [InlineData("my AGNhbmFyeQBjYW5hcnk= pass")]
    [InlineData("PASS AGNhbmFyeQBjYW5hcnk=")]
    public void A_secret_is_not_shown_wherever_it_stands(string line)
    {
        var octets = Encoding.UTF8.GetBytes(line);

        Assert.DoesNotContain("AGNhbmFyeQ", Transcript.Heard(false, CommandParser.Parse(octets, new ParserOptions()), octets), StringComparison.Ordinal);
        Assert.Equal("***", Transcript.Heard(true, new object(), octets));
    }

    [Fact]
    public void Controls_are_shown_as_question_marks_and_long_lines_cut()
    {
        var octets = Encoding.UTF8.GetBytes("NOOP \u001b[31m\u009b\u2028" + new string('x', 2000));

        var shown = Transcript.Heard(false, CommandParser.Parse(octets, new ParserOptions()), octets);

        Assert.StartsWith("NOOP ?[31m??xxx", shown, StringComparison.Ordinal);
        Assert.True(shown.Length <= 513);
    }

    [Fact]
    public void A_command_is_shown_as_it_came() =>
        Assert.Equal("MAIL FROM:<a@b.test>", Transcript.Heard(false, CommandParser.Parse("MAIL FROM:<a@b.test>"u8, new ParserOptions()), "MAIL FROM:<a@b.test>"u8));
}
