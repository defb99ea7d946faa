using System.Collections.Frozen;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Settings;

/// <summary>Strangers are to come back (<c>gatekeeping.greylisting</c>).</summary>
/// <param name="Rules">When, and who has not to.</param>
/// <param name="FromScore">Whose sum of scores is below has not to.</param>
/// <param name="Ipv4Prefix">Bits of an IPv4 address by which a network is known.</param>
/// <param name="Ipv6Prefix">Of an IPv6 address.</param>
/// <param name="ExemptNetworks">Peers that have not to.</param>
/// <param name="ExemptRecipients">Whose mail has not to: whole addresses, or domains.</param>
public sealed record GreylistSettings(
    GreylistRules Rules, int FromScore, int Ipv4Prefix, int Ipv6Prefix, TrustedNetworks ExemptNetworks, FrozenSet<string> ExemptRecipients)
{
    internal static GreylistSettings From(SettingsReader r)
    {
        var delay = r.Duration("delay", TimeSpan.FromSeconds(1), TimeSpan.FromHours(12));
        var window = r.Duration("retry-window", TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        if (window < delay * 2 && r.Mistakes.Count == 0)
        {
            r.Refuse("retry-window", "expected at least twice gatekeeping.greylisting.delay: servers come back when they like, and after the window they are new");
        }

        return new GreylistSettings(
            new GreylistRules(
                delay,
                window,
                Keep: r.Duration("keep", TimeSpan.FromHours(1), TimeSpan.FromDays(400)),
                NetworkPasses: r.Int("network-passes", min: 0, max: 1_000_000),
                Size: r.Int("size", min: 100, max: 10_000_000)),
            FromScore: r.Int("from-score", min: -1000, max: 1000),
            Ipv4Prefix: r.Int("ipv4-prefix", min: 8, max: 32),
            Ipv6Prefix: r.Int("ipv6-prefix", min: 16, max: 128),
            ExemptNetworks: TrustedNetworks.From(r, "exempt-networks"),
            ExemptRecipients: FrozenSet.ToFrozenSet(
                r.ParsedList("exempt-recipients", "an address such as abuse@example.com, or a domain", ExemptOf), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Whether mail to this address is let in at once.</summary>
    internal bool Exempts(string address, string domain) => ExemptRecipients.Count > 0 && (ExemptRecipients.Contains(address) || ExemptRecipients.Contains(domain));

    private static string? ExemptOf(string text)
    {
        var at = text.LastIndexOf('@');
        return at != 0 && DomainName.IsValid(text[(at + 1)..]) && !text.Any(char.IsWhiteSpace) ? text : null;
    }
}
