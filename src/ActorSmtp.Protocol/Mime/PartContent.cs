namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// The bytes of an attachment, fetched in pieces when the message is written, so that a big file is never held whole.
/// May be asked for its pieces more than once and must give the same each time.
/// </summary>
public sealed class PartContent
{
    private readonly Func<IEnumerable<ReadOnlyMemory<byte>>> _open;

    /// <param name="length">How many bytes there are: the message's size is told before it is written.</param>
    /// <param name="open">Gives the pieces from the start; a piece need only live until the next is asked for.</param>
    public PartContent(long length, Func<IEnumerable<ReadOnlyMemory<byte>>> open)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _open = open;
    }

    public PartContent(ReadOnlyMemory<byte> bytes)
        : this(bytes.Length, () => [bytes])
    {
    }

    public long Length { get; }

    /// <summary>The pieces. Throws <see cref="ComposeException"/> when there are more or fewer bytes than promised.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        long seen = 0;
        foreach (var piece in _open())
        {
            seen += piece.Length;
            if (seen > Length)
            {
                break;
            }
            yield return piece;
        }
        if (seen != Length)
        {
            throw new ComposeException(
                $"an attachment changed while it was sent: {(seen > Length ? "more than" : $"{seen} instead of")} {Length} bytes");
        }
    }
}

/// <summary>A file to send with a message.</summary>
/// <param name="FileName">The name the receiver sees; any characters but controls.</param>
/// <param name="MediaType">E.g. <c>application/pdf</c>; null: by the name's ending.</param>
/// <param name="ContentId">For inline parts: what HTML calls <c>cid:…</c>, without angle brackets.</param>
public sealed record AttachedFile(string FileName, PartContent Content, string? MediaType = null, string? ContentId = null);
