using System.Buffers;
using System.Net;
using System.Text;
using ActorSmtp.Protocol.Milter;

namespace ActorSmtp.Protocol.Tests.Milter;

/// <summary>What goes over the wire, both ways.</summary>
public sealed class MilterCodecTests
{
    [Fact]
    public void An_offer_is_version_6_with_actions_and_steps() =>
        Assert.Equal("0000000D" + "4F" + "00000006" + "000001FF" + "001FF7FF", Hex(w => MilterWriter.Negotiate(w, MilterActions.All, MilterSteps.Offered)));

    [Theory]
    [InlineData("192.0.2.7", 25, "34" + "0019")]
    [InlineData("::ffff:192.0.2.7", 25, "34" + "0019")]
    [InlineData("2001:db8::1", 65535, "36" + "FFFF")]
    public void A_connection_is_told_with_family_port_and_address(string address, int port, string familyAndPort)
    {
        var text = address.Replace("::ffff:", "", StringComparison.Ordinal);
        var data = "43" + Convert.ToHexString("mx.test\0"u8) + familyAndPort + Convert.ToHexString(Encoding.ASCII.GetBytes(text + "\0"));

        Assert.Equal(Length(data) + data, Hex(w => MilterWriter.Connect(w, "mx.test", new IPEndPoint(IPAddress.Parse(address), port))));
    }

    [Fact]
    public void A_connection_without_an_address_is_of_an_unknown_family()
    {
        var data = "43" + Convert.ToHexString("localhost\0U"u8);
        Assert.Equal(Length(data) + data, Hex(w => MilterWriter.Connect(w, "localhost", null)));
    }

    [Fact]
    public void Macros_are_pairs_behind_the_command_they_are_for_and_none_are_no_packet()
    {
        var data = "44" + Convert.ToHexString("Mi\0A1\0{mail_addr}\0x@c.test\0"u8);
        Assert.Equal(Length(data) + data, Hex(w => MilterWriter.Macros(w, MilterCommand.Mail, [("i", "A1"), ("{mail_addr}", "x@c.test")])));
        Assert.Equal("", Hex(w => MilterWriter.Macros(w, MilterCommand.Mail, [])));
    }

    [Fact]
    public void No_text_holds_a_NUL_and_no_packet_is_longer_than_one_may_be()
    {
        var output = new ArrayBufferWriter<byte>();
        MilterWriter.Texts(output, MilterCommand.Rcpt, "<a\0b>", new string('x', 70_000), "NOTIFY=NEVER");
        MilterWriter.Header(output, new byte[2000], new byte[70_000]);
        MilterWriter.Header(output, "Subject"u8, Encoding.ASCII.GetBytes(new string('y', 70_000)));

        var rest = output.WrittenSpan;
        Assert.Equal(MilterFrameStatus.Whole, MilterFrame.TryRead(rest, out _, out var data, out var consumed));
        Assert.Equal("<a\0"u8, data);
        rest = rest[consumed..];
        Assert.Equal(MilterFrameStatus.Whole, MilterFrame.TryRead(rest, out _, out _, out consumed));
        rest = rest[consumed..];
        Assert.Equal(MilterFrameStatus.Whole, MilterFrame.TryRead(rest, out _, out data, out consumed));
        Assert.Equal(MilterFrame.MostData, data.Length);
        Assert.Equal(rest.Length, consumed);
    }

    [Theory]
    [InlineData("", MilterFrameStatus.NeedMore)]
    [InlineData("000000", MilterFrameStatus.NeedMore)]
    [InlineData("00000001", MilterFrameStatus.NeedMore)]
    [InlineData("0000000163", MilterFrameStatus.Whole)]
    [InlineData("0000000163FF", MilterFrameStatus.Whole)]
    [InlineData("00000002" + "63", MilterFrameStatus.NeedMore)]
    [InlineData("00000000", MilterFrameStatus.Broken)]
    [InlineData("00010001", MilterFrameStatus.Broken)]
    [InlineData("00010000", MilterFrameStatus.NeedMore)]
    [InlineData("FFFFFFFF", MilterFrameStatus.Broken)]
    [InlineData("48545450", MilterFrameStatus.Broken)]
    public void A_packet_is_whole_broken_or_not_there_yet(string octets, MilterFrameStatus status) =>
        Assert.Equal(status, MilterFrame.TryRead(Convert.FromHexString(octets), out _, out _, out _));

    [Theory]
    [InlineData("c", "", "Plain")]
    [InlineData("c", "x", null)]
    [InlineData("h", "X-A\0 b\0", "NewHeader")]
    [InlineData("h", "X-A\0 b", null)]
    [InlineData("h", "X-A\0 b\0c", null)]
    [InlineData("i", "\0\0\0\u0001X-A\0b\0", "NewHeader")]
    [InlineData("i", "\0\0\0", null)]
    [InlineData("i", "\u00ff\0\0\u0001X-A\0b\0", null)]
    [InlineData("m", "\0\0\0\u0001X-A\0\0", "ChangedHeader")]
    [InlineData("b", "any\0thing", "BodyPiece")]
    [InlineData("b", "", "BodyPiece")]
    [InlineData("+", "<a@b.test>\0", "NewRecipient")]
    [InlineData("+", "<a@b.test>\0NOTIFY=NEVER\0", null)]
    [InlineData("2", "<a@b.test>\0NOTIFY=NEVER\0", "NewRecipient")]
    [InlineData("2", "<a@b.test>\0", "NewRecipient")]
    [InlineData("-", "<a@b.test>\0", "LostRecipient")]
    [InlineData("e", "<>\0RET=HDRS\0", "NewSender")]
    [InlineData("q", "why\0", "Quarantine")]
    [InlineData("q", "why", null)]
    [InlineData("l", "", null)]
    [InlineData("Z", "", null)]
    public void A_word_is_read_or_is_none_of_the_protocol(string word, string data, string? kind)
    {
        var reply = MilterReply.Parse((byte)word[0], Encoding.Latin1.GetBytes(data));

        Assert.Equal(kind is null, reply is null);
        Assert.StartsWith(kind ?? "", reply?.ToString() ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("550 5.7.1 No\0", "550 5.7.1 No")]
    [InlineData("451 wait", "451 4.7.1 wait")]
    [InlineData("550", "550 5.7.1 ")]
    [InlineData("550 4.7.1 odd\0", "550 5.7.1 4.7.1 odd")]
    [InlineData("450-4.2.0 one\r\n450 4.2.0 two\0", "450 4.2.0 one / two")]
    [InlineData("550-one\n550 two\r\n\0", "550 5.7.1 one / two")]
    [InlineData("550 5.7.1 100%% of %x\0", "550 5.7.1 100% of x")]
    [InlineData("550 5.7.1 \u00e4\u0007\0", "550 5.7.1 ??")]
    [InlineData("250 2.0.0 fine\0", null)]
    [InlineData("5x0 5.7.1 no\0", null)]
    [InlineData("550-one\r\n551 two\0", null)]
    [InlineData("550 a\0b", null)]
    [InlineData("550_a\0", null)]
    [InlineData("\0", null)]
    public void A_reply_code_is_4xx_or_5xx_and_can_only_ever_be_lines_of_one_reply(string data, string? reply)
    {
        var parsed = MilterReply.Parse((byte)'y', Encoding.UTF8.GetBytes(data)) as MilterReply.Refusal;

        Assert.Equal(reply, parsed?.Reply.ToString());
    }

    [Fact]
    public void What_was_settled_says_which_commands_are_wanted_and_answered()
    {
        Assert.True(MilterOptions.TryRead((byte)'O', [0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0x10, 0x20], out var options, out _));

        Assert.False(options!.Wants(MilterCommand.Header));
        Assert.False(options.Wants(MilterCommand.Data));        // a word of version 4
        Assert.True(options.Wants(MilterCommand.Body));
        Assert.False(options.Answers(MilterCommand.Connect));
        Assert.True(options.Answers(MilterCommand.Mail));
        Assert.Equal("i", Assert.Single(MilterMacros.At(MilterStage.Data, options)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000006000000000000")]
    [InlineData("00000006" + "00000000" + "00000000" + "00000002")]
    [InlineData("00000006" + "00000000" + "00000000" + "00000002" + "69")]
    [InlineData("00000006" + "00000000" + "00000000" + "00000009" + "6900")]
    public void An_answer_to_the_offer_that_cannot_be_read_says_why(string data)
    {
        Assert.False(MilterOptions.TryRead((byte)'O', Convert.FromHexString(data), out _, out var problem));
        Assert.NotNull(problem);
    }

    private static string Hex(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Convert.ToHexString(output.WrittenSpan);
    }

    private static string Length(string data) => (data.Length / 2).ToString("X8", System.Globalization.CultureInfo.InvariantCulture);
}
