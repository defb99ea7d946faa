using System.Buffers;

namespace ActorSmtp.Protocol.Milter;

/// <summary>What <see cref="MessageParts.Next"/> has found.</summary>
public enum MessagePart
{
    /// <summary>Nothing whole is there: more has to come.</summary>
    NeedMore,

    /// <summary>A header field: <see cref="MessageParts.Name"/>, <see cref="MessageParts.Value"/>.</summary>
    Header,

    /// <summary>The header is over; what follows is the body.</summary>
    HeaderEnd,

    /// <summary>A piece of the body: octets of the input.</summary>
    Body,

    /// <summary>The message is over.</summary>
    End,
}

/// <summary>
/// Takes a message apart as a filter wants it told, while it comes in pieces cut anywhere: fields with their places, then the body in pieces that fit into a packet. Of
/// a field no more than <see cref="MostField"/> octets are kept; the rest of it is only counted.
/// </summary>
/// <remarks>
/// What cannot be a field (RFC 5322 §2.2: no colon, nothing or a space before it) ends the header, as it does for Postfix, and belongs to the body. Line ends within a value
/// are LF, as sendmail tells them.
/// </remarks>
public sealed class MessageParts
{
    /// <summary>Octets of a field that a filter is told: with its name and what ends both they fit into a packet.</summary>
    public const int MostField = 60 * 1024;

    private readonly ArrayBufferWriter<byte> _field = new();
    private readonly ArrayBufferWriter<byte> _value = new();
    private long _at;                                           // octets consumed
    private long _lineAt;                                       // where the present line began
    private bool _inField;
    private bool _isField;                                      // it has a name and a colon
    private bool _atLineStart = true;
    private bool _inBody;
    private bool _isOver;
    private int _junk = -1;                                     // of what is kept and turned out to be of the body, told so far
    private int _nameLength;

    /// <summary>Where the field or the body begins in the message.</summary>
    public long Offset { get; private set; }

    /// <summary>Octets of the field with its line ends, however many of them were kept.</summary>
    public long Length { get; private set; }

    /// <summary>The field's name.</summary>
    public ReadOnlySpan<byte> Name => _field.WrittenSpan[.._nameLength];

    /// <summary>What stands behind the colon, with the space there, without the last line end.</summary>
    public ReadOnlySpan<byte> Value => _value.WrittenSpan;

    /// <summary>Whether an empty line stands between header and body; if not, the body begins right behind the header, or there is none.</summary>
    public bool HasEmptyLine { get; private set; }

    /// <summary>Where the header ends: in front of the empty line.</summary>
    public long HeaderEnd { get; private set; }

    /// <summary>Whether the last octet before that ends a line: if not, what is put there has to begin with a line end.</summary>
    public bool EndsInLineBreak { get; private set; } = true;

    /// <summary>Looks for the next part.</summary>
    /// <param name="input">What came and was not consumed yet.</param>
    /// <param name="ended">Nothing comes behind it.</param>
    /// <param name="consumed">How much of it is done with.</param>
    /// <param name="body">At <see cref="MessagePart.Body"/>: the piece; valid as long as the input, and until the next call.</param>
    public MessagePart Next(ReadOnlySpan<byte> input, bool ended, out int consumed, out ReadOnlySpan<byte> body)
    {
        body = default;
        consumed = 0;
        if (_junk >= 0)
        {
            body = _field.WrittenSpan[_junk..];
            body = body[..Math.Min(body.Length, MilterFrame.MostData)];
            _junk += body.Length;
            _junk = _junk == _field.WrittenCount ? -1 : _junk;
            return MessagePart.Body;
        }

        while (!_inBody)
        {
            var rest = input[consumed..];
            if (rest.IsEmpty)
            {
                return ended ? EndHeader() : MessagePart.NeedMore;
            }

            if (_atLineStart)
            {
                var isFolded = rest[0] is (byte)' ' or (byte)'\t';
                if (_inField && !isFolded)
                {
                    return FieldIsWhole();
                }

                _lineAt = _at;
                if (!_inField)
                {
                    Offset = _at;
                    _field.ResetWrittenCount();
                    (_inField, _isField) = (true, false);
                }

                _atLineStart = false;
            }

            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..(end + 1)];
            line = _isField ? line : line[..Math.Min(line.Length, MostField - _field.WrittenCount)];
            Keep(line);
            _atLineStart = line[^1] == (byte)'\n';
            _at += line.Length;
            consumed += line.Length;
            EndsInLineBreak = _atLineStart;
            if (_atLineStart && _lineAt == Offset && _at - Offset <= 2 && IsEmptyLine(_field.WrittenSpan))
            {
                HasEmptyLine = true;
                EndsInLineBreak = true;
                return BodyBegins(Offset, _at);
            }

            _isField = _isField || IsField(_field.WrittenSpan, out _);
            if (!_isField && (_atLineStart || _field.WrittenCount == MostField || _field.WrittenSpan.Contains((byte)':')))
            {
                return Junk();
            }
        }

        if (consumed == input.Length)
        {
            return ended && !_isOver ? Over() : MessagePart.NeedMore;
        }

        body = input[consumed..];
        body = body[..Math.Min(body.Length, MilterFrame.MostData)];
        consumed += body.Length;
        _at += body.Length;
        return MessagePart.Body;
    }

    private void Keep(ReadOnlySpan<byte> line)
    {
        var room = MostField - _field.WrittenCount;
        if (room > 0)
        {
            _field.Write(line[..Math.Min(line.Length, room)]);
        }
    }

    private MessagePart EndHeader()
    {
        if (_inField)
        {
            return FieldIsWhole();
        }

        return BodyBegins(_at, _at);
    }

    private MessagePart Over()
    {
        _isOver = true;
        return MessagePart.End;
    }

    private MessagePart BodyBegins(long headerEnd, long at)
    {
        (_inBody, _inField) = (true, false);
        HeaderEnd = headerEnd;
        Offset = at;
        return MessagePart.HeaderEnd;
    }

    /// <summary>What is kept is no field: it is the beginning of the body.</summary>
    private MessagePart Junk()
    {
        _junk = 0;
        EndsInLineBreak = true;
        return BodyBegins(Offset, Offset);
    }

    private MessagePart FieldIsWhole()
    {
        var field = _field.WrittenSpan;
        if (!IsField(field, out var name))
        {
            return Junk();
        }

        (_inField, _nameLength) = (false, name.Length);
        var colon = field.IndexOf((byte)':');
        Length = _at - Offset;
        _value.ResetWrittenCount();
        var value = field[(colon + 1)..];
        if (value is [.., (byte)'\n'])
        {
            value = value[..^1];
        }

        if (value is [.., (byte)'\r'])
        {
            value = value[..^1];
        }

        while (value.Length > 0)
        {
            var end = value.IndexOf("\r\n"u8);
            if (end < 0)
            {
                _value.Write(value);
                break;
            }

            _value.Write(value[..end]);
            _value.Write("\n"u8);
            value = value[(end + 2)..];
        }

        return MessagePart.Header;
    }

    private static bool IsField(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name)
    {
        var colon = line.IndexOf((byte)':');
        name = colon < 0 ? [] : line[..colon].TrimEnd(" \t"u8);
        return !name.IsEmpty && !name.ContainsAnyExceptInRange((byte)33, (byte)126);
    }

    private static bool IsEmptyLine(ReadOnlySpan<byte> line) => line is [(byte)'\n'] or [(byte)'\r', (byte)'\n'];
}
