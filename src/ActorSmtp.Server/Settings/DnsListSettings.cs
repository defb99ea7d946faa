using System.Collections.Immutable;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Policy.Lists;

namespace ActorSmtp.Server.Settings;

/// <summary>One list of addresses in the DNS (RFC 5782), or one meaning of its answers.</summary>
/// <param name="Name">Its key in the map: in findings and log lines.</param>
/// <param name="Zone">Where it is asked.</param>
/// <param name="Codes">The answers that are meant.</param>
/// <param name="Score">What being on it counts; below zero speaks for the peer.</param>
/// <param name="Listeners">Whose peers are looked up; empty: all.</param>
public sealed record DnsListSettings(string Name, DnsName Zone, ImmutableArray<CodePattern> Codes, int Score, ImmutableArray<string> Listeners)
{
    private const int Most = 32;

    /// <summary>The lists of <c>gatekeeping.dns-lists</c>; r stands at <c>gatekeeping</c>.</summary>
    internal static ImmutableArray<DnsListSettings> FromAll(SettingsReader r)
    {
        var lists = ImmutableArray.CreateBuilder<DnsListSettings>();
        var defaults = r.Section("dns-list-defaults");
        ReadShared(defaults);
        foreach (var (name, section) in r.Sections("dns-lists", defaults))
        {
            var zone = section.Parsed("zone", "the list's domain, such as zen.spamhaus.org, of at most 180 characters", ZoneOf);
            var (enabled, codes, score, listeners) = ReadShared(section);
            if (name.Length > 32 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                section.Refuse("zone", $"the list's name \"{name}\" is none: expected letters, digits and '-', at most 32");
            }
            else if (enabled && zone is not null)
            {
                lists.Add(new DnsListSettings(name, zone, codes, score, listeners));
            }
        }

        if (lists.Count > Most)
        {
            r.Refuse("dns-lists", $"expected at most {Most} lists: each costs a question for each peer");
        }

        return lists.ToImmutable();
    }

    private static (bool Enabled, ImmutableArray<CodePattern> Codes, int Score, ImmutableArray<string> Listeners) ReadShared(SettingsReader r)
    {
        var mistakes = r.Mistakes.Count;
        var codes = r.ParsedList("codes", CodePattern.Expected, CodePattern.Parse);
        if (codes.IsEmpty && r.Mistakes.Count == mistakes)
        {
            r.Refuse("codes", "expected at least one, such as \"127.0.0.*\"");
        }

        return (r.Flag("enabled"), codes, r.Int("score", min: -1000, max: 1000), r.TextList("listeners"));
    }

    // 64 labels and dots of an IPv6 address have to fit in front.
    private static DnsName? ZoneOf(string text) => text.Length is > 0 and <= 180 && DnsName.TryParse(text) is { IsRoot: false } name ? name : null;
}
