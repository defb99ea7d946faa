using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class ReplyParserTests
{
    [Theory]
    [InlineData("250 2.1.0 OK\r\n", "250 2.1.0 OK")]
    [InlineData("250 OK\r\n", "250 OK")]
    [InlineData("250\r\n", "250 ")]
    [InlineData("250 \r\n", "250 ")]
    [InlineData("250-\r\n250 x\r\n", "250  / x")]
    [InlineData("250 OK\n", "250 OK")]
    [InlineData("250-a\r\n250-b\r\n250 c\r\n", "250 a / b / c")]
    [InlineData("550-5.1.1 no\r\n550 5.1.1 such user\r\n", "550 5.1.1 no / such user")]
    [InlineData("550-no\r\n550 5.1.1 such user\r\n", "550 5.1.1 no / such user")]
    [InlineData("550 4.1.1 other class\r\n", "550 4.1.1 other class")]
    [InlineData("250 2.0.0\r\n", "250 2.0.0 ")]
    [InlineData("220 2.1.0x no code\r\n", "220 2.1.0x no code")]
    [InlineData("220 10.1.2.3 is my name\r\n", "220 10.1.2.3 is my name")]
    [InlineData("220 caf\u00e9 \u001b[31m\trot\r\n", "220 caf\u00e9 ?[31m rot")]
    public void A_reply_is_read_in_any_pieces(string wire, string shown)
    {
        foreach (var cuts in new int[][] { [], [1], [2], [5] })
        {
            Assert.Equal([shown], Run(wire, cuts));
        }
    }

    [Fact]
    public void The_enhanced_code_is_taken_off_only_where_it_agrees_with_the_code()
    {
        Assert.Equal(new EnhancedCode(5, 7, 509), One("554 5.7.509 no\r\n").Enhanced);
        Assert.Null(One("554 4.7.1 no\r\n").Enhanced);
        Assert.Equal("4.7.1 no", One("554 4.7.1 no\r\n").Text);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    [InlineData("HTTP/1.1 400 Bad\r\n")]
    [InlineData("25\r\n")]
    [InlineData("\r\n")]
    [InlineData("250OK\r\n")]
    [InlineData("2500 OK\r\n")]
    [InlineData("150 preliminary\r\n")]
    [InlineData("650 no\r\n")]
    [InlineData("2x0 no\r\n")]
    [InlineData(" 250 OK\r\n")]
    [InlineData("250-a\r\n550 b\r\n")]
    [InlineData("250-a\r\nb\r\n")]
    public void What_could_lose_step_breaks_the_connection(string wire)
    {
        var parser = new ReplyParser();
        Assert.Equal(ReplyStatus.Broken, parser.Next(Wire.Octets(wire), out _, out var reply));
        Assert.Null(reply);
        Assert.NotNull(parser.Problem);
        Assert.Equal(ReplyStatus.Broken, parser.Next("250 OK\r\n"u8, out _, out _));
        parser.Reset();
        Assert.Equal(ReplyStatus.Reply, parser.Next("250 OK\r\n"u8, out _, out _));
    }

    [Fact]
    public void Replies_behind_one_another_come_one_by_one()
    {
        Assert.Equal(["250 a", "354 b", "550 5.0.0 c / d"], Run("250 a\r\n354 b\r\n550-5.0.0 c\r\n550 5.0.0 d\r\n", []));
        var parser = new ReplyParser();
        Assert.Equal(ReplyStatus.Reply, parser.Next("220 ready\r\n250 injected\r\n"u8, out var consumed, out _));
        Assert.Equal(11, consumed);
    }

    [Fact]
    public void Lines_and_their_number_are_bounded()
    {
        var parser = new ReplyParser();
        Assert.Equal(ReplyStatus.Reply, parser.Next(Wire.Octets("250 " + new string('x', LineLimits.Reply - 6) + "\r\n"), out _, out _));
        Assert.Equal(ReplyStatus.Broken, parser.Next(Wire.Octets("250 " + new string('x', LineLimits.Reply - 4)), out _, out _));
        parser.Reset();
        Assert.Equal(ReplyStatus.Broken, parser.Next(Wire.Octets("250 " + new string('x', LineLimits.Reply) + "\r\n"), out _, out _));
        parser.Reset();
        var many = string.Concat(Enumerable.Repeat("250-x\r\n", ReplyParser.MaxLines));
        Assert.Equal(ReplyStatus.Incomplete, parser.Next(Wire.Octets(many), out _, out _));
        Assert.True(parser.IsInReply);
        Assert.Equal(ReplyStatus.Broken, parser.Next("250 x\r\n"u8, out _, out _));
    }

    [Fact]
    public void Every_reply_of_our_own_table_reads_back() => Assert.All(RepliesTests.Rows, row =>
    {
        var said = (Reply)row[1];
        var heard = One(RepliesTests.Write(said));
        Assert.Equal((said.Code, said.EnhancedCode, said.Text), (heard.Code, heard.Enhanced?.ToString(), string.Join('\n', heard.Lines)));
    });

    [Fact]
    public void No_octets_throw_and_any_pieces_agree() => Wire.Holds(Prop.ForAll(Wire.Nasty, Wire.Anything, Wire.Cuts, (nasty, any, cuts) =>
    {
        foreach (var tail in new[] { nasty, any })
        {
            var wire = "250-a\r\n" + Wire.Text(tail) + "250 b\r\n250 " + Wire.Text(tail) + "\r\n";
            Assert.Equal(Run(wire, []), Run(wire, cuts));
        }

        return true;
    }));

    private static ServerReply One(string wire)
    {
        Assert.Equal(ReplyStatus.Reply, new ReplyParser().Next(Wire.Octets(wire), out _, out var reply));
        return reply!;
    }

    private static List<string> Run(string wire, int[] cuts)
    {
        var parser = new ReplyParser();
        var replies = new List<string>();
        byte[] buffer = [];
        foreach (var piece in Wire.Cut(Wire.Octets(wire), cuts))
        {
            buffer = [.. buffer, .. piece.Span];
            for (var status = ReplyStatus.Reply; status == ReplyStatus.Reply;)
            {
                status = parser.Next(buffer, out var consumed, out var reply);
                buffer = buffer[consumed..];
                if (reply is not null)
                {
                    replies.Add(reply.ToString());
                }
                else if (status == ReplyStatus.Broken)
                {
                    return [.. replies, parser.Problem!];
                }
            }
        }

        return replies;
    }
}
