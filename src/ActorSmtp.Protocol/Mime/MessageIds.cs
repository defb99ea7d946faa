namespace ActorSmtp.Protocol.Mime;

/// <summary>Message-ID, In-Reply-To and References (RFC 5322 §3.6.4): lists of ids in angle brackets.</summary>
public static class MessageIds
{
    private const int MaxIds = 1000;

    /// <summary>
    /// The ids in a value, without their angle brackets; words between them (obsolete In-Reply-To) are skipped. A value
    /// without any bracket is taken as bare ids, as some programs write them. Never throws.
    /// </summary>
    public static IReadOnlyList<string> Parse(string value)
    {
        var ids = new List<string>();
        var rest = value.AsSpan();
        if (rest.IndexOf('<') < 0)
        {
            foreach (var range in rest.SplitAny(' ', '\t', ','))
            {
                if (rest[range].Length > 0 && rest[range].Contains('@') && ids.Count < MaxIds)
                {
                    ids.Add(rest[range].ToString());
                }
            }
            return ids;
        }
        while (ids.Count < MaxIds)
        {
            var open = rest.IndexOf('<');
            var close = open < 0 ? -1 : rest[open..].IndexOf('>');
            if (close < 0)
            {
                break;
            }
            var id = WithoutBlanks(rest.Slice(open + 1, close - 1));
            if (id.Length > 0)
            {
                ids.Add(id);
            }
            rest = rest[(open + close + 1)..];
        }
        return ids;
    }

    /// <summary>
    /// Makes an id (without brackets) from what the caller gives: the moment, at least 8 random bytes, and the host's name,
    /// which must be ASCII and valid in an id.
    /// </summary>
    /// <exception cref="ArgumentException">Too little randomness, or a host that cannot stand in an id.</exception>
    public static string Create(DateTimeOffset moment, ReadOnlySpan<byte> random, string host)
    {
        if (random.Length < 8)
        {
            throw new ArgumentException("a message id needs at least 8 random bytes", nameof(random));
        }
        var id = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{moment.UtcDateTime:yyyyMMddHHmmss}.{Convert.ToHexStringLower(random)}@{host}");
        return IsValid(id) && Tokens.IsAscii(id) && !host.Contains('@')
            ? id
            : throw new ArgumentException($"'{MailboxAddress.Shown(host)}' cannot be the host of a message id", nameof(host));
    }

    /// <summary>Whether an id (without brackets) may be written: left "@" right, no blanks, brackets or controls.</summary>
    public static bool IsValid(ReadOnlySpan<char> id)
    {
        var at = id.LastIndexOf('@');
        return at > 0 && at < id.Length - 1 && id.Length <= 900
            && id.IndexOfAny(" \t<>") < 0 && Tokens.IndexOfControl(id) < 0;
    }

    private static string WithoutBlanks(ReadOnlySpan<char> id)
    {
        id = id.Trim(" \t");
        return id.IndexOfAny(" \t") < 0 ? id.ToString() : id.ToString().Replace(" ", "").Replace("\t", "");
    }
}
