using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// Watches content stream by in one vectorised pass, and finds where a line begins with a dot. Used by <see cref="BodyDecoder"/> and
/// <see cref="ChunkDecoder"/>; holds no octets.
/// </summary>
internal sealed partial class ContentInspector
{
    private static ReadOnlySpan<byte> Received => "received"u8;

    private static ReadOnlySpan<byte> TlsRequired => "tls-required"u8;

    private static ReadOnlySpan<byte> DeliveredTo => "delivered-to"u8;

    private long _octets;
    private long _bareCrs;
    private long _bareLfs;
    private long _nuls;
    private long _longest;
    private long _lineStart;        // offset of the current line in the content
    private byte _highBits;
    private bool _lastWasCr;
    private bool _atLineStart = true;
    private HeaderState _header;
    private int _matched;
    private Field _field;           // whose name the line begins like
    private int _received;
    private int _tlsFields;
    private int _tlsNos;
    private IReadOnlySet<Mailbox>? _watched;
    private DeliveredToValue? _deliveredTo;

    private enum Field : byte
    {
        Received = 0,
        TlsRequired,
        DeliveredTo,
    }

    private enum HeaderState : byte
    {
        LineStart = 0,
        Matching,
        BlankBeforeColon,
        Rest,
        TlsValue,
        TlsValueFold,       // a line has ended before it
        TlsValueN,
        TlsValueNo,
        TlsValueEnd,        // the line has ended: it counts unless the next goes on with it
        DeliveredTo,
        DeliveredToEnd,     // the line has ended: the next may go on with it
        CrAtLineStart,
        Over,
    }

    /// <summary>Whether what follows begins a line: nothing came yet, or a CRLF came last.</summary>
    public bool AtLineStart => _atLineStart;

    /// <summary>What was seen so far; a CR that came last counts as bare once something else follows.</summary>
    public ContentReport Report => new()
    {
        Octets = _octets,
        BareCrs = _bareCrs,
        BareLfs = _bareLfs,
        Nuls = _nuls,
        Has8Bit = _highBits != 0,
        LongestLine = Math.Max(_longest, _octets - _lineStart),
        ReceivedFields = _received,
        TlsNotRequired = _tlsFields == 1 && _tlsNos + (_header == HeaderState.TlsValueEnd ? 1 : 0) == 1,
        WasDeliveredBefore = _deliveredTo?.IsFoundIn(_watched!, isOver: _header == HeaderState.DeliveredToEnd) == true,
    };

    /// <param name="watched">Addresses that are looked for in Delivered-To fields; null: nobody looks.</param>
    public void Reset(IReadOnlySet<Mailbox>? watched)
    {
        _watched = watched;
        _deliveredTo = null;
        _octets = _bareCrs = _bareLfs = _nuls = _longest = _lineStart = 0;
        _highBits = 0;
        _lastWasCr = false;
        _atLineStart = true;
        _header = HeaderState.LineStart;
        _matched = 0;
        _received = _tlsFields = _tlsNos = 0;
    }

    /// <summary>The content is over: a CR that came last is bare.</summary>
    public void Complete()
    {
        if (_lastWasCr)
        {
            _bareCrs++;
            _lastWasCr = false;
        }
    }

    /// <summary>Takes all of <paramref name="content"/>, whose lines begin with whatever they like.</summary>
    public void Take(ReadOnlySpan<byte> content) => Scan(content, stopAtDot: false);

    /// <summary>
    /// Takes content up to the first dot right behind a CRLF of this very span, and returns how many octets that is. The caller looks at
    /// the first octet itself when <see cref="AtLineStart"/>.
    /// </summary>
    public int TakeUntilDot(ReadOnlySpan<byte> content) => Scan(content, stopAtDot: true);

    private int Scan(ReadOnlySpan<byte> s, bool stopAtDot)
    {
        if (s.IsEmpty)
        {
            return 0;
        }

        var at = 0;
        if (Vector256.IsHardwareAccelerated && s.Length >= 64)
        {
            at = ScanBlocks(s, stopAtDot, out var stopped);
            if (stopped)
            {
                return Taken(s, at);
            }
        }

        for (; at < s.Length; at++)
        {
            var c = s[at];
            if (_lastWasCr)
            {
                _lastWasCr = false;
                if (c == '\n')
                {
                    EndLine(_octets + at + 1);
                    _atLineStart = true;
                    continue;
                }

                _bareCrs++;
            }
            else if (c == '.' && stopAtDot && _atLineStart && at > 0)
            {
                break;
            }

            _atLineStart = false;
            switch (c)
            {
                case (byte)'\r':
                    _lastWasCr = true;
                    break;
                case (byte)'\n':
                    _bareLfs++;
                    EndLine(_octets + at + 1);
                    break;
                case 0:
                    _nuls++;
                    break;
                default:
                    _highBits |= (byte)(c & 0x80);
                    break;
            }
        }

        return Taken(s, at);
    }

    private int Taken(ReadOnlySpan<byte> s, int length)
    {
        _octets += length;
        if (_header != HeaderState.Over)
        {
            ReadHeader(s[..length]);
        }

        return length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndLine(long next)
    {
        _longest = Math.Max(_longest, next - _lineStart);
        _lineStart = next;
    }

    /// <summary>
    /// 64 octets a turn: a bit per octet says CR, LF, dot, NUL; pairs are found by shifting one mask against the other, with the last bit
    /// of the turn before carried in.
    /// </summary>
    private int ScanBlocks(ReadOnlySpan<byte> s, bool stopAtDot, out bool stopped)
    {
        ref var start = ref MemoryMarshal.GetReference(s);
        var cr = Vector256.Create((byte)'\r');
        var lf = Vector256.Create((byte)'\n');
        var dot = Vector256.Create((byte)'.');
        var high = Vector256<byte>.Zero;
        var carryCr = _lastWasCr ? 1UL : 0UL;
        var carryLineStart = 0UL;          // a dot at the very front is the caller's
        var lineStart = _lineStart;
        var longest = _longest;
        var at = 0;
        stopped = false;
        while (at <= s.Length - 64)
        {
            var low = Vector256.LoadUnsafe(ref start, (nuint)at);
            var up = Vector256.LoadUnsafe(ref start, (nuint)at + 32);
            var crs = Mask(Vector256.Equals(low, cr), Vector256.Equals(up, cr));
            var lfs = Mask(Vector256.Equals(low, lf), Vector256.Equals(up, lf));
            var ends = lfs & ((crs << 1) | carryCr);
            var begins = (ends << 1) | carryLineStart;
            var length = 64;
            if (stopAtDot && begins != 0)
            {
                var dots = begins & Mask(Vector256.Equals(low, dot), Vector256.Equals(up, dot));
                if (dots != 0)
                {
                    length = BitOperations.TrailingZeroCount(dots);
                    stopped = true;
                    if (length == 0)
                    {
                        break;
                    }

                    var kept = (1UL << length) - 1;
                    crs &= kept;
                    lfs &= kept;
                    ends &= kept;
                }
            }

            var afterCr = (crs << 1) | carryCr;
            if (length < 64)
            {
                afterCr &= (1UL << length) - 1;
                for (var i = at; i < at + length; i++)
                {
                    var c = s[i];
                    _nuls += c == 0 ? 1 : 0;
                    _highBits |= (byte)(c & 0x80);
                }
            }
            else
            {
                high |= low | up;
                if (Vector256.EqualsAny(Vector256.Min(low, up), Vector256<byte>.Zero))
                {
                    _nuls += BitOperations.PopCount(Mask(Vector256.Equals(low, Vector256<byte>.Zero), Vector256.Equals(up, Vector256<byte>.Zero)));
                }
            }

            var bareCrs = afterCr & ~lfs;
            var bareLfs = lfs & ~ends;
            if ((bareCrs | bareLfs) != 0)
            {
                _bareCrs += BitOperations.PopCount(bareCrs);
                _bareLfs += BitOperations.PopCount(bareLfs);
            }

            for (var rest = lfs; rest != 0; rest &= rest - 1)
            {
                var next = _octets + at + BitOperations.TrailingZeroCount(rest) + 1;
                longest = Math.Max(longest, next - lineStart);
                lineStart = next;
            }

            carryCr = (crs >> (length - 1)) & 1;
            carryLineStart = (ends >> (length - 1)) & 1;
            at += length;
            if (stopped)
            {
                break;
            }
        }

        if (at > 0)
        {
            _lastWasCr = carryCr != 0;
            _atLineStart = carryLineStart != 0;
        }

        if (high.ExtractMostSignificantBits() != 0)
        {
            _highBits = 0x80;
        }

        _lineStart = lineStart;
        _longest = longest;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mask(Vector256<byte> low, Vector256<byte> up) =>
        low.ExtractMostSignificantBits() | ((ulong)up.ExtractMostSignificantBits() << 32);
}
