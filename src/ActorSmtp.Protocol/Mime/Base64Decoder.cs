using System.Buffers.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Base64 (RFC 2045 §6.8), lenient: characters outside the alphabet are ignored, several padded stretches one after
/// another are all read (mails are glued so), missing padding is forgiven. Clean stretches take the framework's fast path.
/// </summary>
internal sealed class Base64Decoder : ContentDecoder
{
    private static readonly sbyte[] Values = MakeValues();
    private int _bits;
    private int _count;

    public override int Decode(ReadOnlySpan<byte> input, Span<byte> output, bool final)
    {
        var written = 0;
        while (!input.IsEmpty)
        {
            if (_count == 0 && input.Length >= 64)
            {
                // Reads whole quanta, skipping line ends; stops at padding or dirt, which the slow way then crosses.
                _ = Base64.DecodeFromUtf8(input, output[written..], out var consumed, out var produced, isFinalBlock: false);
                input = input[consumed..];
                written += produced;
            }
            var slow = Math.Min(input.Length, 4096);
            written += DecodeSlowly(input[..slow], output[written..]);
            input = input[slow..];
        }
        if (final)
        {
            written += Flush(output[written..]);
        }
        return written;
    }

    private int DecodeSlowly(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var written = 0;
        foreach (var b in input)
        {
            var value = Values[b];
            if (value >= 0)
            {
                _bits = (_bits << 6) | (byte)value;
                if (++_count == 4)
                {
                    output[written++] = (byte)(_bits >> 16);
                    output[written++] = (byte)(_bits >> 8);
                    output[written++] = (byte)_bits;
                    _bits = 0;
                    _count = 0;
                }
            }
            else if (b == '=')
            {
                written += Flush(output[written..]);
            }
            else if (b is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t'))
            {
                Damaged = true;
            }
        }
        return written;
    }

    // Two characters carry one byte, three carry two; a single one carries none.
    private int Flush(Span<byte> output)
    {
        var written = 0;
        switch (_count)
        {
            case 1:
                Damaged = true;
                break;
            case 2:
                output[written++] = (byte)(_bits >> 4);
                break;
            case 3:
                output[written++] = (byte)(_bits >> 10);
                output[written++] = (byte)(_bits >> 2);
                break;
        }
        _bits = 0;
        _count = 0;
        return written;
    }

    private static sbyte[] MakeValues()
    {
        var values = new sbyte[256];
        Array.Fill(values, (sbyte)-1);
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;
        for (var i = 0; i < alphabet.Length; i++)
        {
            values[alphabet[i]] = (sbyte)i;
        }
        return values;
    }
}
