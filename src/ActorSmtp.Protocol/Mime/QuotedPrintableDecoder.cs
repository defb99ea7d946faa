namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Quoted-printable (RFC 2045 §6.7), lenient: a "=" without two hexadecimal digits stays as it is, blanks between a soft
/// break's "=" and the line end are ignored, blanks at the end of a line are transport padding and dropped.
/// </summary>
internal sealed class QuotedPrintableDecoder : ContentDecoder
{
    // Blanks after "=" or before a line end wait here until it is known what they are; more than that are content.
    private const int MaxHeld = 512;
    private readonly byte[] _held = new byte[MaxHeld + 2];
    private int _heldLength;

    public override int Decode(ReadOnlySpan<byte> input, Span<byte> output, bool final)
    {
        var written = 0;
        for (var i = 0; i < input.Length;)
        {
            if (_heldLength == 0)
            {
                var plain = input[i..].IndexOfAny("= \t"u8);
                plain = plain < 0 ? input.Length - i : plain;
                input.Slice(i, plain).CopyTo(output[written..]);
                written += plain;
                i += plain;
                if (i == input.Length)
                {
                    break;
                }
            }
            written += Step(input[i++], output[written..]);
        }
        if (final)
        {
            // RFC 2045 §6.7 rule 3: blanks at the end go; a lone "=" at the very end is a soft break.
            if (_heldLength > 1 && _held[0] == '=' && !IsBlank(_held[1]))
            {
                written += Release(output[written..]);
            }
            _heldLength = 0;
        }
        return written;
    }

    // The held bytes are blanks, or "=" and one hexadecimal digit, or "=" and blanks and perhaps a CR.
    private int Step(byte b, Span<byte> output)
    {
        if (_heldLength == 0)
        {
            if (b == '=' || IsBlank(b))
            {
                _held[_heldLength++] = b;
                return 0;
            }
            output[0] = b;
            return 1;
        }
        return _held[0] == '=' ? StepAfterEquals(b, output) : StepAfterBlank(b, output);
    }

    private int StepAfterBlank(byte b, Span<byte> output)
    {
        if (IsBlank(b) && _heldLength < MaxHeld)
        {
            _held[_heldLength++] = b;
            return 0;
        }
        if (b is (byte)'\r' or (byte)'\n')
        {
            _heldLength = 0;
            output[0] = b;
            return 1;
        }
        var written = Release(output);
        return written + Step(b, output[written..]);
    }

    private int StepAfterEquals(byte b, Span<byte> output)
    {
        if (_heldLength == 1 && Hex.Value(b) >= 0)
        {
            _held[_heldLength++] = b;
            return 0;
        }
        if (_heldLength == 2 && Hex.Value(_held[1]) >= 0 && Hex.Value(b) >= 0)
        {
            output[0] = (byte)((Hex.Value(_held[1]) << 4) | Hex.Value(b));
            _heldLength = 0;
            return 1;
        }
        var last = _held[_heldLength - 1];
        if (b == '\n' && (_heldLength == 1 || IsBlank(last) || last == '\r'))
        {
            _heldLength = 0;
            return 0;
        }
        if ((IsBlank(b) || b == '\r') && (_heldLength == 1 || IsBlank(last)) && _heldLength < MaxHeld)
        {
            _held[_heldLength++] = b;
            return 0;
        }
        Damaged = true;
        var written = Release(output);
        return written + Step(b, output[written..]);
    }

    private int Release(Span<byte> output)
    {
        _held.AsSpan(0, _heldLength).CopyTo(output);
        var written = _heldLength;
        _heldLength = 0;
        return written;
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t';
}
