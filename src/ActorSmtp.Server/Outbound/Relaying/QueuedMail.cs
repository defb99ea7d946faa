using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>A queued message's content as the client reads it: off the actor, a piece at a time.</summary>
internal sealed class QueuedMail(IQueuedContent content, long length, ContentKind kind, IBackground background) : IMailContent
{
    public long Length => length;

    public ContentKind Kind => kind;

    /// <summary>What an envelope says of its content.</summary>
    public static ContentKind KindOf(Envelope envelope) => new(
        Has8Bit: envelope.Body == BodyType.EightBitMime, IsBinary: envelope.Body == BodyType.BinaryMime, HasUtf8Headers: envelope.SmtpUtf8);

    public ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation) => new(background.Run(() =>
    {
        var filled = 0;
        while (filled < into.Length && content.Read(offset + filled, into.Span[filled..]) is > 0 and var n)
        {
            filled += n;
        }

        return filled;
    }));
}
