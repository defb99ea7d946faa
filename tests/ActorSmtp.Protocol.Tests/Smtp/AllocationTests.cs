using System.Buffers;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Smtp;

/// <summary>The hot path allocates nothing but what it keeps.</summary>
public sealed class AllocationTests
{
    private const int Turns = 1000;

    [Fact]
    public void Framing_lines_allocates_nothing()
    {
        var framer = new LineFramer(LineLimits.Command);
        var input = Wire.Octets("EHLO client.test\r\nNOOP\nx\r\nMAIL FROM:<ann@client.test> SIZE=1000\r\nRCPT TO:<bob@mx.test>\r\nDATA\r");
        Assert.Equal(0, AllocatedBy(() =>
        {
            framer.Reset();
            var rest = input.AsSpan();
            while (framer.Next(rest, out var consumed, out _) != LineStatus.Incomplete)
            {
                rest = rest[consumed..];
            }
        }));
    }

    [Fact]
    public void Decoding_a_body_allocates_nothing()
    {
        foreach (var newlines in Enum.GetValues<BareNewlines>())
        {
            var decoder = new BodyDecoder(newlines);
            var input = Wire.Octets(string.Concat(Enumerable.Repeat("Received: x\r\n..stuffed\r\nbare\nand\rbare\r\n", 50)) + ".\r\n");
            Assert.Equal(0, AllocatedBy(() =>
            {
                decoder.Reset();
                var rest = input.AsSpan();
                while (decoder.Decode(rest, out var consumed, out _) != BodyStatus.End)
                {
                    rest = rest[consumed..];
                }

                _ = decoder.Report;
            }));
        }
    }

    [Fact]
    public void Writing_replies_allocates_nothing()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        var accepted = Replies.Accepted("01J9ZABCDEFGHJKM");
        Assert.Equal(0, AllocatedBy(() =>
        {
            output.ResetWrittenCount();
            ReplyWriter.Write(output, Replies.SenderOk);
            ReplyWriter.Write(output, Replies.RecipientOk);
            ReplyWriter.Write(output, Replies.StartInput);
            ReplyWriter.Write(output, accepted);
        }));
    }

    [Fact]
    public void Parsing_allocates_only_what_the_command_keeps()
    {
        var options = new ParserOptions(ParameterSet.All);
        Assert.Equal(0, AllocatedBy(() => CommandParser.Parse("DATA"u8, options)));
        Assert.Equal(0, AllocatedBy(() => CommandParser.Parse("NOOP"u8, options)));
        Assert.Equal(0, AllocatedBy(() => CommandParser.VerbOf("MAIL FROM:<ann@client.test>"u8)));

        // command 40, mailbox 32, domain name 24, "ann" 32, "client.test" 48
        Assert.InRange(AllocatedBy(() => CommandParser.Parse("MAIL FROM:<ann@client.test>"u8, options)) / Turns, 1, 184);
        Assert.InRange(AllocatedBy(() => CommandParser.Parse("RCPT TO:<ann@client.test>"u8, options)) / Turns, 1, 184);
    }

    private static long AllocatedBy(Action act)
    {
        for (var i = 0; i < Turns; i++)
        {
            act();       // compiled and warm
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Turns; i++)
        {
            act();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
