using System.Diagnostics.CodeAnalysis;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// tag-list = tag-spec *( ";" tag-spec ) [ ";" ] (RFC 6376 §3.2): what signatures, keys, ARC sets and DMARC records are written in. Names compare with their case,
/// unknown ones are kept and harm nobody, a name that stands there twice makes the list useless.
/// </summary>
internal sealed class TagList
{
    private const int MostTags = 64;

    private readonly Dictionary<string, string> _tags;

    private TagList(Dictionary<string, string> tags, string first)
    {
        _tags = tags;
        FirstName = first;
    }

    /// <summary>The name of the first tag.</summary>
    public string FirstName { get; }

    /// <summary>The value without white space at its ends; null where there is no such tag.</summary>
    public string? this[string name] => _tags.GetValueOrDefault(name);

    /// <summary>The value without any white space: for base64 and names that were folded.</summary>
    public string? Compact(string name) => this[name] is { } value
        ? value.AsSpan().IndexOfAny(" \t\r\n") < 0 ? value : string.Concat(value.Where(c => c is not (' ' or '\t' or '\r' or '\n')))
        : null;

    /// <summary>The parts of a list between colons, without white space around them; null where there is no such tag.</summary>
    public string[]? List(string name) => this[name]?.Split(':').Select(p => p.Trim(' ', '\t', '\r', '\n')).ToArray();

    /// <summary>Reads a list; what is wrong where it cannot be read.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TagList? list, out string problem)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        string? first = null;
        list = null;
        problem = "";
        var rest = text.AsSpan();
        while (!IsBlank(rest))
        {
            var end = rest.IndexOf(';');
            var spec = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            var equals = spec.IndexOf('=');
            var name = Trimmed(equals < 0 ? spec : spec[..equals]);
            if (equals < 0 || !IsName(name))
            {
                problem = "a tag has no name or no value";
                return false;
            }

            var value = Trimmed(spec[(equals + 1)..]);
            foreach (var c in value)
            {
                if (c is < ' ' and not ('\t' or '\r' or '\n') or '\x7F')
                {
                    problem = "there is a control character in it";
                    return false;
                }
            }

            first ??= name.ToString();
            if (tags.Count == MostTags || !tags.TryAdd(name.ToString(), value.ToString()))
            {
                problem = tags.Count == MostTags ? $"it has more than {MostTags} tags" : $"the tag {name} stands there twice";
                return false;
            }
        }

        list = first is null ? null : new TagList(tags, first);
        problem = first is null ? "it is empty" : "";
        return first is not null;
    }

    /// <summary>tag-name = ALPHA *( ALPHA / DIGIT / "_" )</summary>
    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return !name.IsEmpty && char.IsAsciiLetter(name[0]);
    }

    private static ReadOnlySpan<char> Trimmed(ReadOnlySpan<char> text) => text.Trim(" \t\r\n");

    private static bool IsBlank(ReadOnlySpan<char> text) => Trimmed(text).IsEmpty;
}
