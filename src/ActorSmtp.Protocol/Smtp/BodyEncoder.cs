using System.Buffers;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// Writes content as DATA wants it (RFC 5321 §4.5.2): a dot at a line's start is doubled, lines end in CRLF whatever they ended in, and
/// <see cref="Finish"/> adds the CRLF that is missing and the final dot. A CR or LF never goes out alone, so nobody behind us can take
/// mail for commands. Content may come in any pieces.
/// </summary>
public sealed class BodyEncoder
{
    private bool _midLine;
    private bool _lastWasCr;

    /// <summary>Ready for another message.</summary>
    public void Reset()
    {
        _midLine = false;
        _lastWasCr = false;
    }

    /// <summary>Encodes a piece of the content into <paramref name="output"/>.</summary>
    public void Encode(ReadOnlySpan<byte> content, IBufferWriter<byte> output)
    {
        if (_lastWasCr && !content.IsEmpty)
        {
            _lastWasCr = false;
            if (content[0] == '\n')
            {
                content = content[1..];      // the CRLF went out with its CR
            }
        }

        while (!content.IsEmpty)
        {
            if (!_midLine && content[0] == '.')
            {
                output.Write("."u8);
            }

            var plain = PlainLines(content, out var newline);
            output.Write(content[..plain]);
            content = content[(plain + newline)..];
            if (newline > 0)
            {
                output.Write("\r\n"u8);
                _midLine = false;
            }
        }
    }

    /// <summary>Ends the message: CRLF where the last line has none, then the dot and CRLF.</summary>
    public void Finish(IBufferWriter<byte> output)
    {
        if (_midLine)
        {
            output.Write("\r\n"u8);
        }

        output.Write(".\r\n"u8);
        Reset();
    }

    /// <summary>
    /// Length of what needs no change: up to a newline that is no CRLF (whose length is <paramref name="newline"/>), up to a dot behind a
    /// CRLF, or the end.
    /// </summary>
    private int PlainLines(ReadOnlySpan<byte> s, out int newline)
    {
        newline = 0;
        _midLine = true;
        for (var at = 0; ;)
        {
            var mark = s[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (mark < 0)
            {
                return s.Length;
            }

            at += mark;
            if (s[at] == '\n' || at + 1 == s.Length || s[at + 1] != '\n')
            {
                newline = 1;
                _lastWasCr = s[at] == '\r' && at + 1 == s.Length;
                return at;
            }

            at += 2;
            if (at == s.Length || s[at] == '.')
            {
                _midLine = false;
                return at;
            }
        }
    }
}
