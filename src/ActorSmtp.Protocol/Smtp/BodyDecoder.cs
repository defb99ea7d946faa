namespace ActorSmtp.Protocol.Smtp;

/// <summary>What a decoder's call gave.</summary>
public enum BodyStatus
{
    /// <summary>All input was consumed and the end has not come: read more.</summary>
    NeedMore = 0,

    /// <summary>A piece of content; call again with what was not consumed.</summary>
    Content,

    /// <summary>The end was consumed; what follows are commands again.</summary>
    End,
}

/// <summary>What happens to a CR or LF that comes alone in a message.</summary>
public enum BareNewlines
{
    /// <summary>It passes as it is and is reported; a server refuses the message after its true end.</summary>
    Report = 0,

    /// <summary>It passes as CRLF and is reported.</summary>
    Normalize,
}

/// <summary>
/// Reads what follows DATA (RFC 5321 §4.1.1.4, §4.5.2): takes the stuffed dots away and ends at CRLF.CRLF and at nothing else. LF.LF,
/// LF.CRLF, CR.CR, CR.CRLF, CRLF.LF, CRLF.CR and their kin are content, whichever way the input is cut in pieces. Content comes back as
/// slices of the input, without a copy and without allocation; while it streams by it is inspected.
/// </summary>
/// <example><code>
/// while (true)
/// {
///     var status = decoder.Decode(input, out var consumed, out var content);
///     input = input[consumed..];
///     if (status == BodyStatus.Content) { sink.Write(content); continue; }
///     if (status == BodyStatus.End) { … commands again … }
///     break;                                       // NeedMore: input is empty
/// }
/// </code></example>
public sealed class BodyDecoder
{
    private readonly ContentInspector _inspector = new();
    private State _state;
    private long _bareCrs;      // counted here when they are normalised away before the inspector sees them
    private long _bareLfs;

    /// <summary>A decoder for one message; <see cref="Reset"/> makes it ready for the next.</summary>
    public BodyDecoder(BareNewlines bareNewlines = BareNewlines.Report) => BareNewlines = bareNewlines;

    private enum State : byte
    {
        LineStart = 0,      // the beginning, or behind a CRLF
        Text,
        Dot,                // a dot at a line's start was swallowed
        DotCr,              // then a CR is held back
        Cr,                 // normalising: a CR is held back
        NewLine,            // normalising: a CRLF is owed
        Ended,
    }

    /// <summary>What happens to bare newlines.</summary>
    public BareNewlines BareNewlines { get; }

    /// <summary>What was seen so far; final after <see cref="BodyStatus.End"/>. Octets and the longest line are those of the content given out.</summary>
    public ContentReport Report
    {
        get
        {
            var report = _inspector.Report;
            return BareNewlines == BareNewlines.Report ? report : report with { BareCrs = _bareCrs, BareLfs = _bareLfs };
        }
    }

    /// <summary>Ready for another message.</summary>
    /// <param name="watched">Addresses that are looked for in its Delivered-To fields; null: nobody looks.</param>
    public void Reset(IReadOnlySet<Mailbox>? watched = null)
    {
        _inspector.Reset(watched);
        _state = State.LineStart;
        _bareCrs = _bareLfs = 0;
    }

    /// <summary>
    /// Takes some of <paramref name="input"/>. Drop <paramref name="consumed"/> octets of it (0 is possible with
    /// <see cref="BodyStatus.Content"/>) and call again, unless the end has come or more is needed. <paramref name="content"/> is
    /// never empty with Content, and is valid as long as the input is.
    /// </summary>
    /// <exception cref="InvalidOperationException">The end has come already.</exception>
    public BodyStatus Decode(ReadOnlySpan<byte> input, out int consumed, out ReadOnlySpan<byte> content)
    {
        consumed = 0;
        content = default;
        while (true)
        {
            if (_state == State.NewLine)
            {
                _state = State.Text;        // a bare newline's line may begin with any dot: it is not stuffed
                return Give("\r\n"u8, out content);
            }

            if (_state == State.Ended)
            {
                throw new InvalidOperationException("The message has ended; Reset() comes before the next.");
            }

            if (consumed == input.Length)
            {
                return BodyStatus.NeedMore;
            }

            var c = input[consumed];
            switch (_state)
            {
                case State.LineStart:
                    (_state, consumed) = c == '.' ? (State.Dot, consumed + 1) : (State.Text, consumed);
                    continue;

                case State.Dot:
                    (_state, consumed) = c == '\r' ? (State.DotCr, consumed + 1) : (State.Text, consumed);
                    continue;

                case State.DotCr when c == '\n':
                    consumed++;
                    _state = State.Ended;
                    return BodyStatus.End;

                case State.DotCr:                                   // the dot was stuffed, the CR is bare
                    if (BareNewlines == BareNewlines.Report)
                    {
                        _state = State.Text;
                        return Give("\r"u8, out content);
                    }

                    _bareCrs++;
                    _state = State.NewLine;
                    continue;

                case State.Cr when c == '\n':
                    consumed++;
                    _state = State.LineStart;
                    return Give("\r\n"u8, out content);

                case State.Cr:
                    _bareCrs++;
                    _state = State.NewLine;
                    continue;
            }

            var rest = input[consumed..];
            if (BareNewlines == BareNewlines.Report)
            {
                var taken = _inspector.TakeUntilDot(rest);
                consumed += taken;
                content = rest[..taken];
                _state = _inspector.AtLineStart ? State.LineStart : State.Text;
                return BodyStatus.Content;
            }

            var length = NormalLines(rest, out var swallowed);
            consumed += length + swallowed;
            if (length > 0)
            {
                return Give(rest[..length], out content);
            }
        }
    }

    private BodyStatus Give(ReadOnlySpan<byte> octets, out ReadOnlySpan<byte> content)
    {
        _inspector.Take(octets);
        content = octets;
        return BodyStatus.Content;
    }

    /// <summary>
    /// Length of what can pass as it is: up to a bare newline, up to a dot behind a CRLF, or up to a CR at the very end. Sets the state that
    /// follows; <paramref name="swallowed"/> is 1 when a newline behind it was taken as well.
    /// </summary>
    private int NormalLines(ReadOnlySpan<byte> s, out int swallowed)
    {
        swallowed = 0;
        for (var at = 0; ;)
        {
            var mark = s[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (mark < 0)
            {
                _state = State.Text;
                return s.Length;
            }

            at += mark;
            if (s[at] == '\n')
            {
                _bareLfs++;
                swallowed = 1;
                _state = State.NewLine;
                return at;
            }

            if (at + 1 == s.Length)
            {
                swallowed = 1;
                _state = State.Cr;
                return at;
            }

            if (s[at + 1] != '\n')
            {
                _bareCrs++;
                swallowed = 1;
                _state = State.NewLine;
                return at;
            }

            at += 2;
            if (at == s.Length || s[at] == '.')
            {
                _state = State.LineStart;
                return at;
            }
        }
    }
}
