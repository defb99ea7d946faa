namespace ActorSmtp.Protocol.Mime;

/// <summary>One header field of free text, from somebody who may write anything.</summary>
public static class TextField
{
    /// <summary>Characters of a name that is taken.</summary>
    public const int LongestName = 76;

    /// <summary>Characters of a value that is taken.</summary>
    public const int LongestValue = 8000;

    /// <summary>The field as it stands in a message: folded, what is not ASCII in encoded words, with its line end.</summary>
    /// <param name="why">Why it is none: a name that is no name (RFC 5322 §2.2), control characters, too long.</param>
    /// <returns>Null: it is none.</returns>
    public static string? TryWrite(string name, string value, out string? why)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        why = name.Length is 0 or > LongestName || name.Any(c => c is <= ' ' or > '~' or ':') ? "the name of the field is none"
            : value.Length > LongestValue ? $"the field has more than {LongestValue} characters"
            : null;
        if (why is not null)
        {
            return null;
        }

        try
        {
            var writer = new HeaderWriter(utf8: false);
            writer.Unstructured(name, value);
            return writer.ToString();
        }
        catch (ComposeException cannot)
        {
            why = cannot.Message;
            return null;
        }
    }
}
