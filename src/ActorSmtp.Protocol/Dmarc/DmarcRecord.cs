using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Protocol.Dmarc;

/// <summary>What a domain wants done with mail that is not its own (RFC 7489 §6.3).</summary>
public enum DmarcPolicy
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is to be looked at with suspicion.</summary>
    Quarantine,

    /// <summary>It is to be refused.</summary>
    Reject,
}

/// <summary>A DMARC record that can be used (RFC 7489 §6.3, §6.4).</summary>
/// <param name="Policy">For the domain (p=).</param>
/// <param name="SubdomainPolicy">For those below it (sp=).</param>
/// <param name="StrictDkim">A signature has to be of the very domain (adkim=s).</param>
/// <param name="StrictSpf">The sender has to be of the very domain (aspf=s).</param>
/// <param name="Percent">To how much of the mail the policy is applied; to none where the domain only tries it (t=y, which took the place of pct= in RFC 9989).</param>
/// <param name="WantsReports">It has an address for aggregate reports (rua=).</param>
public sealed record DmarcRecord(DmarcPolicy Policy, DmarcPolicy SubdomainPolicy, bool StrictDkim, bool StrictSpf, int Percent, bool WantsReports)
{
    private const int MostPlaces = 5;

    /// <summary>It is a record of DMARC (§6.6.3, 2): its first tag is the version, written exactly so.</summary>
    public static bool IsRecord(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = text.IndexOf(';', StringComparison.Ordinal);
        var parts = (end < 0 ? text : text[..end]).Split('=');
        return parts.Length == 2 && parts[0].Trim() == "v" && parts[1].Trim() == "DMARC1";
    }

    /// <summary>Reads a record; what is wrong where null comes back. Tags that make no sense count as not said, but for the policy.</summary>
    public static DmarcRecord? TryParse(string text, out string problem)
    {
        if (!TagList.TryParse(text, out var tags, out problem))
        {
            return null;
        }

        var reports = Places(tags["rua"]).Any(p => p.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase));
        var (policy, below) = (PolicyOf(tags["p"]), PolicyOf(tags["sp"]));
        if (policy is null || (below is null && tags["sp"] is not null))
        {
            // §6.6.3, 6: with an address for reports it asks for those at least.
            problem = policy is null ? "its policy (p=) is missing or unknown" : "its policy for subdomains (sp=) is unknown";
            return reports ? new DmarcRecord(DmarcPolicy.None, DmarcPolicy.None, false, false, 100, true) : null;
        }

        return new DmarcRecord(
            policy.Value,
            below ?? policy.Value,
            IsStrict(tags["adkim"]),
            IsStrict(tags["aspf"]),
            tags["t"] is "y" or "Y" ? 0 : int.TryParse(tags["pct"], NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100 ? percent : 100,
            reports);

        static bool IsStrict(string? mode) => string.Equals(mode, "s", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Where aggregate reports are wanted (rua=, §6.2), sizes behind an exclamation mark and all; none where the record cannot be read. Of many the first.</summary>
    /// <returns>URIs as they are written; what has no scheme is none.</returns>
    public static ImmutableArray<string> PlacesOf(string text) => TagList.TryParse(text, out var tags, out _) ? [.. Places(tags["rua"])] : [];

    private static IEnumerable<string> Places(string? list) =>
        (list ?? "").Split(',', MostPlaces + 1).Take(MostPlaces).Select(p => p.Trim()).Where(p => p.IndexOf(':', StringComparison.Ordinal) > 0);

    /// <summary>The word of a policy.</summary>
    public static string ToWord(DmarcPolicy policy) => policy switch
    {
        DmarcPolicy.None => "none",
        DmarcPolicy.Quarantine => "quarantine",
        _ => "reject",
    };

    private static DmarcPolicy? PolicyOf(string? word) => word?.ToUpperInvariant() switch
    {
        "NONE" => DmarcPolicy.None,
        "QUARANTINE" => DmarcPolicy.Quarantine,
        "REJECT" => DmarcPolicy.Reject,
        _ => null,
    };
}
