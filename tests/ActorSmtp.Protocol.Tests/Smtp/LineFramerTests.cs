using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class LineFramerTests
{
    private const int Limit = 20;

    [Theory]
    [InlineData("NOOP\r\nQUIT\r\n", "NOOP|QUIT")]
    [InlineData("\r\n\r\n", "|")]
    [InlineData("NOOP\nRSET\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("NOOP\rRSET\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("NOOP\r\rRSET\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("NOOP\r\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("NO\0OP\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("\nNOOP\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("NOOP\n\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("A\nB\nC\0D\rE\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("123456789012345678\r\nQUIT\r\n", "123456789012345678|QUIT")]
    [InlineData("1234567890123456789\r\nQUIT\r\n", "<TooLong>|QUIT")]
    [InlineData("12345678901234567890\r\nQUIT\r\n", "<TooLong>|QUIT")]
    [InlineData("123456789012345678901234567890\nx\0\r\nQUIT\r\n", "<TooLong>|QUIT")]
    [InlineData("NOOP\nx1234567890123456789012345678901234567890\r\nQUIT\r\n", "<BareControl>|QUIT")]
    [InlineData("NOOP", "")]
    [InlineData("NOOP\r", "")]
    [InlineData("NOOP\n", "<BareControl>")]
    public void Only_CRLF_ends_a_line_and_a_bad_line_is_one_event(string wire, string events)
    {
        foreach (var cuts in new int[][] { [], [1], [2], [3], [5, 1] })
        {
            Assert.Equal(events, string.Join('|', Run(Wire.Octets(wire), cuts)));
        }
    }

    [Fact]
    public void A_line_of_64_KiB_without_an_end_is_fatal_and_stays_so()
    {
        var framer = new LineFramer(LineLimits.Command);
        var piece = new byte[1024];
        piece.AsSpan().Fill((byte)'a');
        Assert.Equal(LineStatus.Incomplete, framer.Next(piece, out var consumed, out _));
        Assert.Equal(0, consumed);
        Assert.Equal(LineStatus.TooLong, framer.Next([.. piece, .. piece], out consumed, out _));
        Assert.Equal(LineLimits.Command, consumed);
        for (var seen = consumed + piece.Length; seen < LineFramer.FatalLength; seen += piece.Length)
        {
            Assert.Equal(LineStatus.Incomplete, framer.Next(piece, out consumed, out _));
            Assert.Equal(piece.Length, consumed);
        }

        Assert.Equal(LineStatus.Fatal, framer.Next(piece, out _, out _));
        Assert.Equal(LineStatus.Fatal, framer.Next("\r\nNOOP\r\n"u8, out _, out _));
        framer.Reset();
        Assert.Equal(LineStatus.Line, framer.Next("NOOP\r\n"u8, out _, out _));
    }

    [Fact]
    public void A_bad_line_just_short_of_fatal_ends_with_its_CRLF()
    {
        var line = new byte[LineFramer.FatalLength];
        line.AsSpan().Fill((byte)'a');
        "\r\n"u8.CopyTo(line.AsSpan(line.Length - 2));
        Assert.Equal(["<TooLong>", "NOOP"], Run([.. line, .. "NOOP\r\n"u8], [997]));
        Assert.Equal(["<TooLong>", "<Fatal>"], Run([(byte)'a', .. line, .. "NOOP\r\n"u8], [997]));
    }

    [Fact]
    public void The_limit_follows_the_context()
    {
        var framer = new LineFramer(Limit);
        var line = new string('a', 100) + "\r\n";
        Assert.Equal(LineStatus.TooLong, framer.Next(Wire.Octets(line), out var consumed, out _));
        Assert.Equal(LineStatus.Incomplete, framer.Next(Wire.Octets(line)[consumed..], out _, out _));
        framer.Limit = LineLimits.Auth;
        Assert.Equal(LineStatus.Line, framer.Next(Wire.Octets(line), out _, out var got));
        Assert.Equal(100, got.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => framer.Limit = 1);
    }

    [Fact]
    public void A_framer_knows_whether_it_is_inside_a_line()
    {
        var framer = new LineFramer(Limit);
        Assert.False(framer.IsInLine);
        framer.Next("NO"u8, out _, out _);
        Assert.True(framer.IsInLine);
        framer.Next("NOOP\r\n"u8, out _, out _);
        Assert.False(framer.IsInLine);
    }

    [Fact]
    public void Any_octets_give_the_same_events_in_any_pieces() => Wire.Holds(Prop.ForAll(Wire.Nasty, Wire.Cuts, (input, cuts) =>
        Run(input, []).SequenceEqual(Run(input, cuts))), 6000);

    [Fact]
    public void Any_octets_give_the_events_of_the_plain_reference() => Wire.Holds(Prop.ForAll(Wire.Nasty, input =>
        Run(input, []).SequenceEqual(Reference(input))), 6000);

    /// <summary>Lines between CRLFs, each judged by itself.</summary>
    private static List<string> Reference(byte[] input)
    {
        var events = new List<string>();
        var limit = LimitFor(input);
        var lines = Wire.Text(input).Split("\r\n");
        for (var i = 0; i < lines.Length; i++)
        {
            var whole = i < lines.Length - 1;
            var line = lines[i];
            var trouble = Enumerable.Range(0, line.Length).FirstOrDefault(
                at => line[at] is '\n' or '\0' || (line[at] == '\r' && (at + 1 < line.Length || whole)), int.MaxValue);
            var troubleIsCr = trouble < line.Length && line[trouble] == '\r';
            if (trouble < (troubleIsCr ? limit - 1 : limit))
            {
                events.Add("<BareControl>");
            }
            else if (line.Length + (whole ? 2 : 0) >= limit + (whole ? 1 : 0))
            {
                events.Add("<TooLong>");
            }
            else if (whole)
            {
                events.Add(line);
            }
        }

        return events;
    }

    /// <summary>Long inputs are about lines that are long in earnest.</summary>
    private static int LimitFor(byte[] wire) => wire.Length > 1000 ? LineLimits.Command : Limit;

    private static List<string> Run(byte[] wire, int[] cuts)
    {
        var framer = new LineFramer(LimitFor(wire));
        var events = new List<string>();
        byte[] buffer = [];
        foreach (var piece in Wire.Cut(wire, cuts))
        {
            buffer = [.. buffer, .. piece.Span];
            while (true)
            {
                var status = framer.Next(buffer, out var consumed, out var line);
                if (status == LineStatus.Line)
                {
                    events.Add(Wire.Text(line));
                }
                else if (status != LineStatus.Incomplete)
                {
                    events.Add($"<{status}>");
                }

                buffer = buffer[consumed..];
                if (status is LineStatus.Incomplete or LineStatus.Fatal)
                {
                    break;
                }
            }

            if (events is [.., "<Fatal>"])
            {
                break;
            }
        }

        return events;
    }
}
