namespace ActorSmtp.Protocol.Mime;

/// <summary>What a line of the header section is.</summary>
internal enum HeaderLineKind
{
    /// <summary>Begins a field.</summary>
    Field,

    /// <summary>Begins with white space: belongs to the field before it.</summary>
    Continuation,

    /// <summary>Ends the section.</summary>
    Empty,

    /// <summary>Cannot be a field: the body begins here without an empty line.</summary>
    NotHeader,
}

/// <summary>The line rules of the header section, shared by the scanner, the collector and the tree reader.</summary>
internal static class HeaderLines
{
    /// <summary>The first line with its LF; all that is left when there is no LF.</summary>
    public static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> bytes)
    {
        var lf = bytes.IndexOf((byte)'\n');
        return lf < 0 ? bytes : bytes[..(lf + 1)];
    }

    /// <summary>
    /// Says what a line (with or without its ending) is. field-name = 1*ftext, ftext = %d33-57 / %d59-126 (RFC 5322 §3.6.8);
    /// white space before the colon is obsolete syntax (§4.5.8) and read.
    /// </summary>
    public static HeaderLineKind Classify(ReadOnlySpan<byte> line, out int nameLength, out int colon)
    {
        nameLength = 0;
        colon = -1;
        if (line.IsEmpty || line[0] == '\n' || (line[0] == '\r' && (line.Length == 1 || line[1] == '\n')))
        {
            return HeaderLineKind.Empty;
        }
        if (IsWsp(line[0]))
        {
            return HeaderLineKind.Continuation;
        }
        var i = 0;
        while (i < line.Length && line[i] is > 32 and < 127 && line[i] != ':')
        {
            i++;
        }
        nameLength = i;
        while (i < line.Length && IsWsp(line[i]))
        {
            i++;
        }
        if (i >= line.Length || line[i] != ':')
        {
            return HeaderLineKind.NotHeader;
        }
        colon = i;
        return HeaderLineKind.Field;
    }

    /// <summary>The length of the field at the start of the bytes: its first line and all continuations.</summary>
    public static int FieldLength(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        do
        {
            length += FirstLine(bytes[length..]).Length;
        }
        while (length < bytes.Length && IsWsp(bytes[length]) && bytes[length - 1] == '\n');
        return length;
    }

    /// <summary>
    /// Steps over what real files have before the first field: an mbox "From " line, and continuation lines of nothing.
    /// </summary>
    public static int SkipLeadingNoise(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        if (bytes.StartsWith("From "u8) || bytes.StartsWith(">From "u8))
        {
            position = FirstLine(bytes).Length;
        }
        while (position < bytes.Length && IsWsp(bytes[position]))
        {
            position += FirstLine(bytes[position..]).Length;
        }
        return position;
    }

    public static ReadOnlySpan<byte> WithoutLineEnd(ReadOnlySpan<byte> line)
    {
        if (!line.IsEmpty && line[^1] == '\n')
        {
            line = line[..^1];
            if (!line.IsEmpty && line[^1] == '\r')
            {
                line = line[..^1];
            }
        }
        return line;
    }

    public static bool IsWsp(byte b) => b is (byte)' ' or (byte)'\t';
}
