namespace ActorSmtp.Protocol.Mime;

/// <summary>How far a <see cref="HeaderCollector"/> has come.</summary>
public enum HeaderProgress
{
    /// <summary>The header section goes on in the next piece.</summary>
    NeedsMore,

    /// <summary>The section has ended.</summary>
    Complete,

    /// <summary>The section is longer than allowed; what was gathered so far can be read.</summary>
    TooLong,
}

/// <summary>
/// Gathers the header section of a message that arrives in pieces, and nothing of the body: for a list of mails, or a look
/// at a mail that is still coming. Holds at most the given number of bytes.
/// </summary>
public sealed class HeaderCollector(int maxBytes)
{
    private byte[] _buffer = new byte[Math.Min(maxBytes, 4096)];
    private int _length;
    private int _lineStart;
    private bool _anyField;

    public HeaderProgress Progress { get; private set; }

    /// <summary>Memory that is held.</summary>
    public int HeldOctets => _buffer.Length;

    /// <summary>
    /// What was already gathered when the section turned out to end without an empty line: the beginning of the body.
    /// </summary>
    public ReadOnlyMemory<byte> BodyPrefix { get; private set; }

    /// <summary>The section as it came, with the empty line that ended it, where one did.</summary>
    public ReadOnlyMemory<byte> Raw => _buffer.AsMemory(0, _length);

    /// <summary>Takes the next piece.</summary>
    /// <param name="consumed">How much of the piece was header (with the empty line); the rest is body.</param>
    public HeaderProgress Append(ReadOnlySpan<byte> piece, out int consumed)
    {
        consumed = 0;
        while (Progress == HeaderProgress.NeedsMore && consumed < piece.Length)
        {
            var line = HeaderLines.FirstLine(piece[consumed..]);
            if (line.Length > maxBytes - _length)
            {
                Progress = HeaderProgress.TooLong;
                break;
            }
            Keep(line);
            consumed += line.Length;
            if (line[^1] == '\n')
            {
                EndLine();
            }
        }
        return Progress;
    }

    /// <summary>The message ended: what was gathered is all there is.</summary>
    public void End()
    {
        if (Progress == HeaderProgress.NeedsMore)
        {
            if (_length > _lineStart)
            {
                EndLine();
            }
            Progress = HeaderProgress.Complete;
        }
    }

    /// <summary>The fields gathered so far.</summary>
    public HeaderList Headers(MimeLimits limits) => HeaderList.Read(_buffer.AsMemory(0, _length), limits);

    private void EndLine()
    {
        var line = _buffer.AsSpan(_lineStart, _length - _lineStart);
        var noise = !_anyField && (HeaderLines.IsWsp(line[0]) || (_lineStart == 0 && HeaderLines.SkipLeadingNoise(line) > 0));
        switch (noise ? HeaderLineKind.Continuation : HeaderLines.Classify(line, out _, out _))
        {
            case HeaderLineKind.Field:
                _anyField = true;
                break;
            case HeaderLineKind.Empty:
                Progress = HeaderProgress.Complete;
                break;
            case HeaderLineKind.NotHeader:
                BodyPrefix = line.ToArray();
                _length = _lineStart;
                Progress = HeaderProgress.Complete;
                break;
        }
        _lineStart = _length;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _length < bytes.Length)
        {
            Array.Resize(ref _buffer, Math.Min(maxBytes, Math.Max(_buffer.Length * 2, _length + bytes.Length)));
        }
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
