using System.Buffers;

namespace ActorSmtp.Server.Policy;

/// <summary>
/// Takes header fields out of a message while it streams by. A field is looked at when it is complete, or as far as it fits; so no more than
/// <see cref="Most"/> octets are ever held back, and behind the header nothing is.
/// </summary>
internal sealed class FieldSieve(FieldSieve.Removes removes)
{
    /// <summary>Octets of a field by which it is judged.</summary>
    public const int Most = 8 * 1024;

    private readonly ArrayBufferWriter<byte> _passed = new();
    private readonly byte[] _field = new byte[Most];
    private int _held;
    private Phase _phase;
    private bool _atLineStart = true;

    /// <summary>Whether a field, or the beginning of a long one, is left out.</summary>
    public delegate bool Removes(ReadOnlySpan<byte> field);

    private enum Phase : byte
    {
        Holding,        // a field that is not decided upon
        Letting,        // the rest of a long one that stays
        Dropping,       // the rest of a long one that goes
        Body,
    }

    /// <summary>What of this and of what was held back goes on; valid until the next call.</summary>
    public ReadOnlySpan<byte> Sift(ReadOnlySpan<byte> content)
    {
        if (_phase == Phase.Body)
        {
            return content;
        }

        _passed.ResetWrittenCount();
        while (content.Length > 0)
        {
            if (_atLineStart && content[0] is not ((byte)' ' or (byte)'\t'))
            {
                Settle();
                if (content[0] is (byte)'\r' or (byte)'\n')
                {
                    _phase = Phase.Body;                        // the empty line
                    _passed.Write(content);
                    break;
                }

                _phase = Phase.Holding;
            }

            var end = content.IndexOf((byte)'\n');
            var line = end < 0 ? content : content[..(end + 1)];
            Take(line);
            _atLineStart = end >= 0;
            content = content[line.Length..];
        }

        return _passed.WrittenSpan;
    }

    /// <summary>The message is over; what was held back goes on, or not.</summary>
    public ReadOnlySpan<byte> End()
    {
        _passed.ResetWrittenCount();
        Settle();
        return _passed.WrittenSpan;
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        if (_phase == Phase.Holding)
        {
            var fits = line[..Math.Min(line.Length, Most - _held)];
            fits.CopyTo(_field.AsSpan(_held));
            _held += fits.Length;
            line = line[fits.Length..];
            if (line.IsEmpty)
            {
                return;
            }

            _phase = Settle() ? Phase.Letting : Phase.Dropping;
        }

        if (_phase == Phase.Letting)
        {
            _passed.Write(line);
        }
    }

    /// <summary>Decides upon what is held; true: it stays.</summary>
    private bool Settle()
    {
        var field = _field.AsSpan(0, _held);
        _held = 0;
        if (field.IsEmpty || removes(field))
        {
            return false;
        }

        _passed.Write(field);
        return true;
    }
}
