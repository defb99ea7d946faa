using System.Collections.Immutable;

namespace ActorSmtp.Protocol.TransportSecurity;

/// <summary>The TXT record at <c>_mta-sts.DOMAIN</c>: says that the domain has a policy, and whether it is still the same one (RFC 8461 §3.1).</summary>
public static class MtaStsRecord
{
    private const int LongestId = 32;

    /// <summary>The policy's id of the domain's TXT records; null where they name no policy, or more than one.</summary>
    /// <param name="texts">Each record's strings put together.</param>
    public static string? IdOf(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var ours = texts.Select(t => SemicolonFields.Read(t)).Where(f => f is [("v", "STSv1"), ..]).Take(2).ToArray();
        if (ours is not [var only] || only.Any(f => f.Name.Length == 0))
        {
            return null;
        }

        var ids = only.Where(f => f.Name == "id").Select(f => f.Value).ToArray();
        return ids is [{ Length: > 0 and <= LongestId } id] && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }
}

/// <summary>Records of the form <c>v=NAME; key=value; …</c>.</summary>
internal static class SemicolonFields
{
    /// <summary>The fields in their order; one that is none has an empty name. Names count with case, as the RFCs write them.</summary>
    public static ImmutableArray<(string Name, string Value)> Read(string text) =>
    [
        .. text.Split(';').Select(part => part.Trim(' ', '\t')).Where((part, i) => part.Length > 0 || i == 0)
            .Select(part => part.IndexOf('=') is > 0 and var at ? (part[..at].TrimEnd(' ', '\t'), part[(at + 1)..].TrimStart(' ', '\t')) : ("", part)),
    ];
}
