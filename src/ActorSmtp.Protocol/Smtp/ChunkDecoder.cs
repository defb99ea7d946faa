namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// Reads the chunks that follow BDAT (RFC 3030 §2): exactly as many octets as each command said, nothing is stuffed, nothing ends early.
/// The chunks of one message are inspected as one content, whatever line breaks fall between them.
/// </summary>
public sealed class ChunkDecoder
{
    private readonly ContentInspector _inspector = new();

    /// <summary>Octets of the current chunk still to come.</summary>
    public long Remaining { get; private set; }

    /// <summary>What was seen of the message so far; final after <see cref="Complete"/>.</summary>
    public ContentReport Report => _inspector.Report;

    /// <summary>Ready for another message.</summary>
    /// <inheritdoc cref="BodyDecoder.Reset"/>
    public void Reset(IReadOnlySet<Mailbox>? watched = null)
    {
        _inspector.Reset(watched);
        Remaining = 0;
    }

    /// <summary>A chunk of <paramref name="size"/> octets follows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="InvalidOperationException">The chunk before it is not over.</exception>
    public void Begin(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (Remaining > 0)
        {
            throw new InvalidOperationException($"{Remaining} octets of the chunk before are still to come.");
        }

        Remaining = size;
    }

    /// <summary>
    /// Takes some of <paramref name="input"/>: <see cref="BodyStatus.Content"/> with a slice of it, <see cref="BodyStatus.End"/> when the
    /// chunk is over (nothing consumed), else <see cref="BodyStatus.NeedMore"/>. Call again until one of the latter two.
    /// </summary>
    public BodyStatus Decode(ReadOnlySpan<byte> input, out int consumed, out ReadOnlySpan<byte> content)
    {
        consumed = (int)Math.Min(Remaining, input.Length);
        content = input[..consumed];
        if (Remaining == 0)
        {
            return BodyStatus.End;
        }

        if (consumed == 0)
        {
            return BodyStatus.NeedMore;
        }

        _inspector.Take(content);
        Remaining -= consumed;
        return BodyStatus.Content;
    }

    /// <summary>The last chunk is over: a CR at the very end counts as bare.</summary>
    public void Complete() => _inspector.Complete();
}
