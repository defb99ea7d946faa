using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>What a relay sends of a message.</summary>
public sealed class QueuedMailTests
{
    [Theory]
    [InlineData(null, "Received: here\r\n\r\nHello\r\n")]
    [InlineData("X-Policy: seen\r\n", "X-Policy: seen\r\nReceived: here\r\n\r\nHello\r\n")]
    public async Task What_was_found_out_goes_in_front_in_pieces_of_any_size(string? fields, string expected)
    {
        var content = Encoding.ASCII.GetBytes("Received: here\r\n\r\nHello\r\n");
        var envelope = new Envelope
        {
            Id = new MailIdGenerator(1).Next(DateTimeOffset.UnixEpoch),
            ReceivedAt = DateTimeOffset.UnixEpoch,
            From = ReversePath.Null,
            Recipients = [new Recipient(Mailbox.Parse("bob@mx.test"))],
            Fields = fields,
        };
        var mail = new QueuedMail(envelope, new Content(content), content.Length, new PoolBackground());

        Assert.Equal(expected.Length, mail.Length);
        for (var size = 1; size <= expected.Length + 1; size++)
        {
            var read = new StringBuilder();
            var piece = new byte[size];
            while (await mail.ReadAsync(read.Length, piece, CancellationToken.None) is > 0 and var n)
            {
                read.Append(Encoding.ASCII.GetString(piece, 0, n));
            }

            Assert.Equal(expected, read.ToString());
        }
    }

    private sealed class Content(byte[] octets) : IQueuedContent
    {
        public int Read(long offset, Span<byte> into)
        {
            var n = Math.Min(into.Length, octets.Length - (int)offset);
            octets.AsSpan((int)offset, n).CopyTo(into);
            return n;
        }
    }
}
