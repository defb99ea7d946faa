using System.Collections;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// The fields of one header section in the order they came, repeated ones too. What the fields mean (addresses, dates,
/// ids) is in the other half of this class. Never throws on any input.
/// </summary>
public sealed partial class HeaderList : IReadOnlyList<HeaderField>
{
    private readonly List<HeaderField> _fields;

    internal HeaderList(List<HeaderField> fields, ReadOnlyMemory<byte> raw)
    {
        _fields = fields;
        Raw = raw;
    }

    /// <summary>The section's bytes as received, without the empty line which ends it.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    public int Count => _fields.Count;

    public HeaderField this[int index] => _fields[index];

    /// <summary>The first field of that name (compared without case), or null.</summary>
    public HeaderField? First(string name) => _fields.Find(f => f.NameIs(name));

    /// <summary>Every field of that name, topmost first.</summary>
    public IEnumerable<HeaderField> All(string name) => _fields.Where(f => f.NameIs(name));

    /// <summary>The decoded value of the first field of that name, or null.</summary>
    public string? Text(string name) => First(name)?.Decoded;

    public IEnumerator<HeaderField> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// Reads the header section at the start of <paramref name="message"/>; the fields refer to its bytes. Fields beyond
    /// the limits are left out.
    /// </summary>
    public static HeaderList Read(ReadOnlyMemory<byte> message, MimeLimits limits) => Read(message, limits, null, null, out _);

    internal static HeaderList Read(
        ReadOnlyMemory<byte> message, MimeLimits limits, MimeDefects? defects, Func<int, bool>? endsAt, out int bodyOffset)
    {
        var fields = new List<HeaderField>();
        var scanner = new HeaderScanner(message.Span);
        if (scanner.SkippedLeadingLines)
        {
            defects?.Add(MimeDefectKind.LinesBeforeHeader, "lines before the first header field were skipped");
        }
        var start = scanner.BodyOffset;
        bodyOffset = -1;
        var kept = start;
        while (scanner.MoveNext())
        {
            var field = scanner.Current;
            if (field.Field.StartsWith("--"u8) && endsAt?.Invoke(field.Offset) == true)
            {
                bodyOffset = field.Offset;
                break;
            }
            if (fields.Count >= limits.MaxHeaderFields || scanner.BodyOffset - start > limits.MaxHeaderBytes)
            {
                defects?.Add(MimeDefectKind.HeaderLimit, "header fields beyond the limit were left out");
                continue;
            }
            kept = scanner.BodyOffset;
            fields.Add(new HeaderField(message.Slice(field.Offset, field.Field.Length), field.Name.Length, field.ColonOffset));
            if (field.Name.IsEmpty)
            {
                defects?.Add(MimeDefectKind.BadHeaderField, "a header field has no name");
            }
        }
        if (bodyOffset < 0)
        {
            bodyOffset = scanner.BodyOffset;
            if (!scanner.SawEmptyLine && bodyOffset < message.Length && endsAt?.Invoke(bodyOffset) != true)
            {
                defects?.Add(MimeDefectKind.NoEmptyLine, "the body begins without an empty line after the header");
            }
        }
        return new HeaderList(fields, message[start..kept]);
    }
}
