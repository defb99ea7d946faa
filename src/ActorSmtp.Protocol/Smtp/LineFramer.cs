using System.Buffers;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>What <see cref="LineFramer.Next"/> found.</summary>
public enum LineStatus
{
    /// <summary>No line yet: read more, keep what was not consumed.</summary>
    Incomplete = 0,

    /// <summary>A whole line.</summary>
    Line,

    /// <summary>The line is longer than the limit (500 5.5.6); told once, its rest is thrown away.</summary>
    TooLong,

    /// <summary>The line holds a bare CR, a bare LF or a NUL (500 5.5.2); told once, its rest is thrown away.</summary>
    BareControl,

    /// <summary>64 KiB without an end of line: say 421 and close. It stays so until <see cref="LineFramer.Reset"/>.</summary>
    Fatal,
}

/// <summary>The limits of lines in octets, CRLF included, by context.</summary>
public static class LineLimits
{
    /// <summary>A command: 512 by RFC 5321 §4.5.3.1.4, grown by all extensions of ours, rounded up.</summary>
    public const int Command = 2048;

    /// <summary>A line of an AUTH exchange, and the AUTH command itself, which may hold a first one (RFC 4954 §4).</summary>
    public const int Auth = 12288;

    /// <summary>A line of a server's reply: 512 by RFC 5321 §4.5.3.1.5, with room for the servers that do not know.</summary>
    public const int Reply = 4096;
}

/// <summary>
/// Cuts what a peer sends into command lines, in any chunking, without copying or allocating. Only CRLF ends a line (RFC 5321 §2.3.8):
/// a bare CR, a bare LF or a NUL makes the whole line bad up to its CRLF, so that nobody's second command hides in it. One line gives
/// one event: whichever trouble comes first is told as soon as it is seen, and the rest of that line is thrown away silently.
/// </summary>
/// <remarks>
/// Unconsumed input must be shown again, with more behind it, at the next call; what was scanned is not scanned twice. The framer holds
/// no octets itself, so a line can be at most as long as the limit, and the buffer behind it needs no more than that.
/// </remarks>
public sealed class LineFramer
{
    /// <summary>A line of this many octets without an end is <see cref="LineStatus.Fatal"/>.</summary>
    public const int FatalLength = 64 * 1024;

    private static readonly SearchValues<byte> Marks = SearchValues.Create((byte)'\r', (byte)'\n', (byte)0);

    private int _limit;
    private int _scanned;         // of the line at the front of the input
    private int _thrownAway;      // octets of a bad line consumed so far; 0: no bad line
    private bool _lastWasCr;      // in a bad line: the last octet consumed

    /// <summary>A framer for lines of at most <paramref name="limit"/> octets, CRLF included (see <see cref="LineLimits"/>).</summary>
    public LineFramer(int limit) => Limit = limit;

    /// <summary>
    /// Longest line in octets, CRLF included; may be changed between lines as the context changes. An AUTH command may always have
    /// <see cref="LineLimits.Auth"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 2 or more than <see cref="FatalLength"/>.</exception>
    public int Limit
    {
        get => _limit;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, FatalLength);
            _limit = value;
        }
    }

    /// <summary>Whether part of a line has been seen, or a bad line is being thrown away.</summary>
    public bool IsInLine => _scanned > 0 || _thrownAway > 0;

    /// <summary>Forgets everything: after a TLS handshake, or for a new connection.</summary>
    public void Reset()
    {
        _scanned = 0;
        _thrownAway = 0;
        _lastWasCr = false;
    }

    /// <summary>
    /// Looks for the next event in <paramref name="input"/>. Drop <paramref name="consumed"/> octets from its front, also when more is
    /// needed. <paramref name="line"/> is set for <see cref="LineStatus.Line"/>, without its CRLF, and points into the input.
    /// </summary>
    public LineStatus Next(ReadOnlySpan<byte> input, out int consumed, out ReadOnlySpan<byte> line)
    {
        line = default;
        consumed = 0;
        if (_thrownAway > 0 && !SkipBadLine(input, ref consumed))
        {
            return _thrownAway >= FatalLength ? LineStatus.Fatal : LineStatus.Incomplete;
        }

        var rest = input[consumed..];
        var limit = rest.Length < _limit || _limit >= LineLimits.Auth || !IsAuth(rest) ? _limit : LineLimits.Auth;
        var window = rest.Length > limit ? rest[..limit] : rest;
        var from = Math.Min(_scanned, window.Length);
        var mark = window[from..].IndexOfAny(Marks);
        if (mark < 0)
        {
            return window.Length == limit ? Bad(LineStatus.TooLong, window, ref consumed) : NotYet(window.Length);
        }

        mark += from;
        if (window[mark] != '\r')
        {
            return Bad(LineStatus.BareControl, window[..(mark + 1)], ref consumed);
        }

        if (mark + 1 == window.Length)
        {
            // A CR at the very end: its LF may be still to come, unless the limit is reached already.
            return window.Length == limit ? Bad(LineStatus.TooLong, window, ref consumed) : NotYet(mark);
        }

        if (window[mark + 1] != '\n')
        {
            return Bad(LineStatus.BareControl, window[..(mark + 1)], ref consumed);
        }

        line = window[..mark];
        consumed += mark + 2;
        _scanned = 0;
        return LineStatus.Line;
    }

    /// <summary>Access tokens make AUTH with an initial response longer than any other command.</summary>
    private static bool IsAuth(ReadOnlySpan<byte> line) => Ascii.EqualsIgnoreCase(line[..Math.Min(line.Length, 5)], "AUTH "u8);

    private LineStatus NotYet(int scanned)
    {
        _scanned = scanned;
        return LineStatus.Incomplete;
    }

    private LineStatus Bad(LineStatus status, ReadOnlySpan<byte> taken, ref int consumed)
    {
        consumed += taken.Length;
        _scanned = 0;
        _thrownAway = taken.Length;
        _lastWasCr = taken[^1] == '\r';
        return status;
    }

    /// <summary>Consumes up to the CRLF of the bad line; true when it was there.</summary>
    private bool SkipBadLine(ReadOnlySpan<byte> input, ref int consumed)
    {
        while (consumed < input.Length && _thrownAway < FatalLength)
        {
            var room = Math.Min(input.Length - consumed, FatalLength - _thrownAway);
            var rest = input.Slice(consumed, room);
            var lf = rest.IndexOf((byte)'\n');
            var taken = lf < 0 ? rest.Length : lf + 1;
            var endsLine = lf >= 0 && (lf == 0 ? _lastWasCr : rest[lf - 1] == '\r');
            consumed += taken;
            _thrownAway += taken;
            _lastWasCr = rest[taken - 1] == '\r';
            if (endsLine)
            {
                _thrownAway = 0;
                _lastWasCr = false;
                return true;
            }
        }

        return false;
    }
}
