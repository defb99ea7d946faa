using System.Buffers;
using System.Buffers.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Base64 (RFC 2045 §6.8), lenient: characters outside the alphabet are ignored, several padded stretches one after
/// another are all read (mails are glued so), missing padding is forgiven. Clean stretches take the framework's fast path.
/// </summary>
internal sealed class Base64Decoder : ContentDecoder
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private static readonly SearchValues<byte> AlphabetBytes = SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(Alphabet));
    private static readonly sbyte[] Values = MakeValues();
    private int _bits;
    private int _count;

    public override int Decode(ReadOnlySpan<byte> input, Span<byte> output, bool final)
    {
        var written = 0;
        while (!input.IsEmpty)
        {
            if (_count == 0)
            {
                // Whole quanta of clean characters at once: a line, as a rule.
                var clean = input.IndexOfAnyExcept(AlphabetBytes);
                clean = (clean < 0 ? input.Length : clean) & ~3;
                _ = Base64.DecodeFromUtf8(input[..clean], output[written..], out _, out var produced);
                written += produced;
                input = input[clean..];
            }
            if (!input.IsEmpty)
            {
                written += Step(input[0], output[written..]);
                input = input[1..];
            }
        }
        if (final)
        {
            written += Flush(output[written..]);
        }
        return written;
    }

    private int Step(byte b, Span<byte> output)
    {
        var value = Values[b];
        if (value < 0)
        {
            Damaged |= b is not ((byte)'=' or (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t');
            return b == '=' ? Flush(output) : 0;
        }
        _bits = (_bits << 6) | (byte)value;
        if (++_count < 4)
        {
            return 0;
        }
        output[0] = (byte)(_bits >> 16);
        output[1] = (byte)(_bits >> 8);
        output[2] = (byte)_bits;
        _bits = _count = 0;
        return 3;
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
        for (var i = 0; i < Alphabet.Length; i++)
        {
            values[Alphabet[i]] = (sbyte)i;
        }
        return values;
    }
}
