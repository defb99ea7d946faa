namespace ActorSmtp.Protocol.Pop3;

/// <summary>
/// How much of a message TOP sends (RFC 1939 §7): the header, the blank line, and so many lines of the body. Shown the message in any pieces it
/// says how far each belongs to that. A line ends in CRLF, CR or LF, as in what goes out.
/// </summary>
/// <param name="lines">Lines of the body.</param>
public sealed class TopLines(int lines)
{
    private bool _inBody;
    private bool _midLine;
    private bool _lastWasCr;
    private int _left = lines;

    /// <summary>Nothing more belongs to it.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>How many octets from the front of <paramref name="content"/> belong to it.</summary>
    public int Take(ReadOnlySpan<byte> content)
    {
        var at = 0;
        if (_lastWasCr && !content.IsEmpty)
        {
            _lastWasCr = false;
            at = content[0] == '\n' ? 1 : 0;                    // the line ended with its CR
        }

        while (at < content.Length && !IsComplete)
        {
            var mark = content[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (mark < 0)
            {
                _midLine = true;
                return content.Length;
            }

            var isBlank = mark == 0 && !_midLine;
            at += mark;
            if (content[at++] == '\r')
            {
                if (at == content.Length)
                {
                    _lastWasCr = true;
                }
                else if (content[at] == '\n')
                {
                    at++;
                }
            }

            EndLine(isBlank);
        }

        return at;
    }

    private void EndLine(bool isBlank)
    {
        _midLine = false;
        if (_inBody)
        {
            _left--;
        }

        _inBody |= isBlank;
        IsComplete = _inBody && _left <= 0;
    }
}
