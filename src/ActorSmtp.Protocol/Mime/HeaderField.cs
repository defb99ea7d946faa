using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// One header field of a message that was read. The raw bytes are kept exactly (signatures need them); the text forms are
/// made when asked for. Never throws.
/// </summary>
public sealed class HeaderField
{
    private readonly int _colon;
    private string? _value;
    private string? _decoded;

    internal HeaderField(ReadOnlyMemory<byte> raw, int nameLength, int colon)
    {
        Raw = raw;
        _colon = colon;
        Name = Encoding.ASCII.GetString(raw.Span[..nameLength]);
    }

    /// <summary>The name as written, without the colon.</summary>
    public string Name { get; }

    /// <summary>The whole field with its folds and its line ending, byte for byte.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>What follows the colon, byte for byte, without the last line ending.</summary>
    public ReadOnlyMemory<byte> RawValue
    {
        get
        {
            var after = Raw[(_colon + 1)..];
            return after[..HeaderLines.WithoutLineEnd(after.Span).Length];
        }
    }

    /// <summary>
    /// The value on one line: folds undone by removing CR and LF (RFC 5322 §2.2.3), outer white space trimmed. Bytes above
    /// 127 are read as UTF-8 (RFC 6532) if they are, else as windows-1252. Encoded words are left as they are.
    /// </summary>
    public string Value => _value ??= Unfold(RawValue.Span);

    /// <summary>The value for people: <see cref="Value"/> with its encoded words (RFC 2047) decoded.</summary>
    public string Decoded => _decoded ??= EncodedWords.Decode(Value);

    public bool NameIs(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => $"{Name}: {Decoded}";

    private static string Unfold(ReadOnlySpan<byte> raw)
    {
        var text = Charsets.DecodeUnlabelled(raw);
        if (text.AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            text = text.Replace("\r", "").Replace("\n", "");
        }
        return text.Trim(' ', '\t');
    }
}
