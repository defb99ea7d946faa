using System.Text;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>A queued message as the client reads it, what was found out about it in front: off the actor, a piece at a time.</summary>
internal sealed class QueuedMail(Envelope envelope, IQueuedContent content, long length, IBackground background) : IMailContent
{
    private readonly byte[] _first = envelope.Fields is { } fields ? Encoding.UTF8.GetBytes(fields) : [];

    public long Length => _first.Length + length;

    /// <summary>What the envelope says of the content, and what stands before it.</summary>
    public ContentKind Kind { get; } = new(
        Has8Bit: envelope.Body == BodyType.EightBitMime || (envelope.Fields is { } found && !Ascii.IsValid(found)), IsBinary: envelope.Body == BodyType.BinaryMime, HasUtf8Headers: envelope.SmtpUtf8);

    public ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation) => content.ReadsAsynchronously
        ? ReadOnAsync(offset, into, cancellation)
        : new(background.Run(() =>
        {
            var filled = ReadFirst(offset, into.Span);
            while (filled < into.Length && content.Read(offset + filled - _first.Length, into.Span[filled..]) is > 0 and var n)
            {
                filled += n;
            }

            return filled;
        }));

    /// <summary>From a database: many that wait for it must not take the threads that its answers need.</summary>
    private async ValueTask<int> ReadOnAsync(long offset, Memory<byte> into, CancellationToken cancellation)
    {
        var filled = ReadFirst(offset, into.Span);
        while (filled < into.Length && await content.ReadAsync(offset + filled - _first.Length, into[filled..], cancellation).ConfigureAwait(false) is > 0 and var n)
        {
            filled += n;
        }

        return filled;
    }

    private int ReadFirst(long offset, Span<byte> into)
    {
        if (offset >= _first.Length)
        {
            return 0;
        }

        var count = Math.Min(into.Length, _first.Length - (int)offset);
        _first.AsSpan((int)offset, count).CopyTo(into);
        return count;
    }
}
