namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Uuencoded bodies of old mailers: everything between "begin MODE NAME" and "end"; other lines are ignored. A line
/// that promises more bytes than it has characters for gives only those it has, so that the output never outgrows the input.
/// </summary>
internal sealed class UuencodeDecoder : ContentDecoder
{
    private readonly byte[] _line = new byte[128];
    private int _length;
    private bool _tooLong;
    private State _state;

    private enum State
    {
        BeforeBegin,
        Inside,
        AfterEnd,
    }

    public override int Decode(ReadOnlySpan<byte> input, Span<byte> output, bool final)
    {
        var written = 0;
        foreach (var b in input)
        {
            if (b == '\n')
            {
                written += Line(output[written..]);
            }
            else if (_length < _line.Length)
            {
                _line[_length++] = b;
            }
            else
            {
                _tooLong = true;
            }
        }
        if (final)
        {
            written += Line(output[written..]);
            Damaged |= _state != State.AfterEnd;
        }
        return written;
    }

    private int Line(Span<byte> output)
    {
        var line = HeaderLines.WithoutLineEnd(_line.AsSpan(0, _length)).TrimEnd((byte)'\r');
        var usable = !_tooLong;
        _length = 0;
        _tooLong = false;
        switch (_state)
        {
            case State.BeforeBegin when line.StartsWith("begin "u8):
                _state = State.Inside;
                return 0;
            case State.Inside when line.SequenceEqual("end"u8):
                _state = State.AfterEnd;
                return 0;
            case State.Inside when usable && !line.IsEmpty:
                return Data(line, output);
            default:
                return 0;
        }
    }

    private int Data(ReadOnlySpan<byte> line, Span<byte> output)
    {
        var count = Six(line[0]);
        line = line[1..];
        var present = line.Length * 6 / 8;
        if (present < count)
        {
            Damaged = true;
            count = present;
        }
        var written = 0;
        for (var i = 0; written < count; i += 4)
        {
            var quantum = (At(line, i) << 18) | (At(line, i + 1) << 12) | (At(line, i + 2) << 6) | At(line, i + 3);
            for (var shift = 16; shift >= 0 && written < count; shift -= 8)
            {
                output[written++] = (byte)(quantum >> shift);
            }
        }
        return written;
    }

    private static int At(ReadOnlySpan<byte> line, int index) => index < line.Length ? Six(line[index]) : 0;

    private static int Six(byte b) => (b - ' ') & 0x3F;
}
