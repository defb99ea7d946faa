using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// One header field as it stands in the raw bytes. <see cref="Field"/> is the whole field with its folds and its last
/// line ending; <see cref="RawValue"/> is what follows the colon, folds kept, the last line ending left out.
/// </summary>
public readonly ref struct HeaderSlice
{
    private readonly int _nameLength;
    private readonly int _colon;

    internal HeaderSlice(ReadOnlySpan<byte> field, int offset, int nameLength, int colon)
    {
        Field = field;
        Offset = offset;
        _nameLength = nameLength;
        _colon = colon;
    }

    /// <summary>The whole field, exactly as received.</summary>
    public ReadOnlySpan<byte> Field { get; }

    /// <summary>Where <see cref="Field"/> begins in the scanned bytes.</summary>
    public int Offset { get; }

    /// <summary>The field's name, without the white space that obsolete syntax allows before the colon.</summary>
    public ReadOnlySpan<byte> Name => Field[.._nameLength];

    /// <summary>Where the colon stands in <see cref="Field"/>.</summary>
    public int ColonOffset => _colon;

    /// <summary>What follows the colon, folds kept, without the last line ending.</summary>
    public ReadOnlySpan<byte> RawValue => HeaderLines.WithoutLineEnd(Field[(_colon + 1)..]);

    /// <summary>Compares the name without case.</summary>
    public bool NameIs(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);
}

/// <summary>
/// Walks the header section of a message in its raw bytes and allocates nothing: for hop counts, loop tests, search and
/// signatures. It stops at the empty line, or at the first line which cannot be a field (that line then belongs to the
/// body, as other mail systems read it), and says in <see cref="BodyOffset"/> where the body begins. Lines end with LF,
/// with or without a CR before it. Never throws; linear in the size of the header section.
/// </summary>
public ref struct HeaderScanner
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private bool _ended;

    /// <summary>A scanner at the start of <paramref name="message"/>, of which only the header section is read.</summary>
    public HeaderScanner(ReadOnlySpan<byte> message)
    {
        _bytes = message;
        _position = HeaderLines.SkipLeadingNoise(message);
        SkippedLeadingLines = _position > 0;
        Current = default;
    }

    /// <summary>The field just found.</summary>
    public HeaderSlice Current { get; private set; }

    /// <summary>After the last field: where the body begins. Before: where the next field would begin.</summary>
    public readonly int BodyOffset => _position;

    /// <summary>True when the section ended with an empty line; false when the bytes, or the fields, just stopped.</summary>
    public bool SawEmptyLine { get; private set; }

    /// <summary>True when an mbox "From " line or stray continuation lines stood before the first field.</summary>
    public bool SkippedLeadingLines { get; }

    public readonly HeaderScanner GetEnumerator() => this;

    /// <summary>Finds the next field; false at the end of the section.</summary>
    public bool MoveNext()
    {
        if (_ended)
        {
            return false;
        }
        var rest = _bytes[_position..];
        switch (HeaderLines.Classify(HeaderLines.FirstLine(rest), out var nameLength, out var colon))
        {
            case HeaderLineKind.Field:
                var length = HeaderLines.FieldLength(rest);
                Current = new HeaderSlice(rest[..length], _position, nameLength, colon);
                _position += length;
                return true;
            case HeaderLineKind.Empty:
                SawEmptyLine = rest.Length > 0;
                _position += HeaderLines.FirstLine(rest).Length;
                break;
        }
        _ended = true;
        Current = default;
        return false;
    }

    /// <summary>How often a field stands in the header section, e.g. <c>"Received"u8</c> for the hop count.</summary>
    public static int Count(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name)
    {
        var count = 0;
        foreach (var field in new HeaderScanner(message))
        {
            count += field.NameIs(name) ? 1 : 0;
        }
        return count;
    }

    /// <summary>The first field of that name; false when there is none.</summary>
    public static bool TryFind(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name, out HeaderSlice found)
    {
        foreach (var field in new HeaderScanner(message))
        {
            if (field.NameIs(name))
            {
                found = field;
                return true;
            }
        }
        found = default;
        return false;
    }

    /// <summary>Where the body begins: after the empty line, at the first line that is no field, or at the end.</summary>
    public static int FindBody(ReadOnlySpan<byte> message)
    {
        var scanner = new HeaderScanner(message);
        while (scanner.MoveNext())
        {
        }
        return scanner.BodyOffset;
    }
}
