using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Settings;

/// <summary>How mail is signed (docs/signing.md).</summary>
/// <param name="IsOn">Mail of our users and neighbours, and our own reports, are signed.</param>
/// <param name="Usual">For domains that say nothing themselves.</param>
/// <param name="Domains">For those that do, by their canonical names.</param>
/// <param name="Keys">Keys that are kept elsewhere than in the data directory.</param>
/// <param name="EnvelopeMustMatch">Only what has the same organization in MAIL as in From is signed.</param>
/// <param name="DefersOnFailure">Mail that cannot be signed for a fault of ours is put off; else it goes unsigned.</param>
/// <param name="ChecksDns">A key that takes over from another has to be seen in the DNS first.</param>
/// <param name="Memory">Octets of messages that may be held for signing, of all sessions together.</param>
/// <param name="LookEvery">How often the files of keys are looked at.</param>
/// <param name="KeyBits">Of RSA keys that are made.</param>
/// <param name="RotateWait">How long after its making a key takes over.</param>
/// <param name="KeepFor">How long a key that was taken over from is kept, and its record needed: mail signed by it is on its way.</param>
public sealed record DkimSettings(
    bool IsOn,
    SigningRule Usual,
    ImmutableDictionary<string, SigningRule> Domains,
    ImmutableArray<SigningKeyFile> Keys,
    bool EnvelopeMustMatch,
    bool DefersOnFailure,
    bool ChecksDns,
    long Memory,
    TimeSpan LookEvery,
    int KeyBits,
    TimeSpan RotateWait,
    TimeSpan KeepFor)
{
    /// <summary>r stands at <c>dkim</c>.</summary>
    internal static DkimSettings From(SettingsReader r)
    {
        var defaults = r.Section("domain-defaults");
        var usual = SigningRule.From(defaults);
        var domains = ImmutableDictionary.CreateBuilder<string, SigningRule>(StringComparer.Ordinal);
        foreach (var (name, section) in r.Sections("domains", defaults))
        {
            var rule = SigningRule.From(section);
            if (CanonicalOf(name) is not { } domain)
            {
                section.Refuse("sign", $"the key \"{name}\" is no domain: {DomainName.Expected}; write it in quotes");
            }
            else
            {
                domains[domain] = rule;
            }
        }

        return new DkimSettings(
            IsOn: r.Flag("sign"),
            Usual: usual,
            Domains: domains.ToImmutable(),
            Keys: [.. r.SectionList("keys").Select(KeyFrom).OfType<SigningKeyFile>()],
            EnvelopeMustMatch: r.Flag("envelope-must-match"),
            DefersOnFailure: r.Choice("on-failure", ("defer", true), ("send", false)),
            ChecksDns: r.Flag("check-dns"),
            Memory: r.Bytes("memory", min: 1 << 20, max: 1L << 40),
            LookEvery: r.Duration("look-every", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            KeyBits: r.Int("key-bits", min: 2048, max: 4096),                                        // RFC 8301 §3.2
            RotateWait: r.Duration("rotate-wait", TimeSpan.Zero, TimeSpan.FromDays(90)),
            KeepFor: r.Duration("keep-for", TimeSpan.FromDays(1), TimeSpan.FromDays(90)));
    }

    /// <summary>How mail from a domain is signed.</summary>
    /// <param name="domain">In its canonical form.</param>
    public SigningRule RuleOf(string domain) => Domains.GetValueOrDefault(domain, Usual);

    /// <summary>The canonical form of a domain's name; null where it is none that could have a key.</summary>
    public static string? CanonicalOf(string name)
    {
        var canonical = DomainName.IsValid(name) ? Protocol.Smtp.DomainName.ToCanonical(name) : "";
        return DnsName.TryParse(canonical) is { IsHost: true } ? canonical : null;
    }

    private static SigningKeyFile? KeyFrom(SettingsReader r)
    {
        var domain = r.Parsed("domain", DomainName.Expected["expected ".Length..], CanonicalOf);
        var selector = r.Parsed("selector", "a selector: letters, digits and '-', with dots between", CanonicalOf);
        var file = r.Parsed("file", "the name of a PEM file with a private key", static name => name.Length > 0 ? name : null);
        var from = r.Has("active-from") ? r.Parsed("active-from", "a time such as 2026-01-31T12:00:00Z", TimeOf) : null;
        return domain is null || selector is null || file is null ? null : new SigningKeyFile(domain, selector, file, from as DateTimeOffset? ?? DateTimeOffset.UnixEpoch);
    }

    private static object? TimeOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}

/// <summary>How mail from one domain is signed.</summary>
/// <param name="Signs">It is, where there is a key.</param>
/// <param name="Subdomains">Mail from names below the domain that have no keys themselves is, too.</param>
/// <param name="Form">What of it, and how.</param>
public sealed record SigningRule(bool Signs, bool Subdomains, DkimSigningForm Form)
{
    private static readonly TimeSpan _most = TimeSpan.FromDays(365);

    /// <summary>r stands at a domain, or at the defaults of all.</summary>
    internal static SigningRule From(SettingsReader r)
    {
        var (header, body) = r.Choice(
            "canonicalization",
            ("relaxed/relaxed", (Canonicalization.Relaxed, Canonicalization.Relaxed)),
            ("relaxed/simple", (Canonicalization.Relaxed, Canonicalization.Simple)),
            ("simple/relaxed", (Canonicalization.Simple, Canonicalization.Relaxed)),
            ("simple/simple", (Canonicalization.Simple, Canonicalization.Simple)));
        var mistakes = r.Mistakes.Count;
        var always = Fields(r, "oversign");
        var present = Fields(r, "headers");
        if (r.Mistakes.Count == mistakes && !always.Concat(present).Contains("From", StringComparer.OrdinalIgnoreCase))
        {
            r.Refuse("oversign", "From is missing: a signature that does not cover it is worth nothing (RFC 6376 §5.4)");
        }

        foreach (var twice in present.Where(f => always.Contains(f, StringComparer.OrdinalIgnoreCase)))
        {
            r.Refuse("headers", $"\"{twice}\" stands in oversign already: name it once");
        }

        var expires = r.Duration("expire-after", TimeSpan.Zero, _most);
        if (expires > TimeSpan.Zero && expires < TimeSpan.FromHours(1))
        {
            r.Refuse("expire-after", "expected 0s (never), or at least 1h: mail may wait for days before it is verified");
        }

        return new SigningRule(r.Flag("sign"), r.Flag("subdomains"), new DkimSigningForm(header, body, always, present, expires));
    }

    private static ImmutableArray<string> Fields(SettingsReader r, string key)
    {
        var fields = r.ParsedList(key, "the name of a header field that does not change on the way (not Received, Return-Path, DKIM-Signature, ARC-… and the like)",
            static name => DkimSigningForm.MaySign(name) ? name : null);
        foreach (var twice in fields.GroupBy(f => f, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            r.Refuse(key, $"\"{twice.Key}\" is named twice");
        }

        if (fields.Length > 100)
        {
            r.Refuse(key, "expected at most 100 fields");
        }

        return fields;
    }
}

/// <summary>Whether mail that came from elsewhere and goes elsewhere is sealed (RFC 8617).</summary>
/// <param name="Seals">It is.</param>
/// <param name="Domain">Whose key seals, in its canonical form; empty: that of this server's name, or of a domain above it.</param>
public sealed record ArcSettings(bool Seals, string Domain)
{
    /// <summary>r stands at <c>arc</c>.</summary>
    internal static ArcSettings From(SettingsReader r, IReadOnlyCollection<ListenerSettings> listeners)
    {
        var settings = new ArcSettings(
            r.Flag("seal"),
            r.Parsed("domain", DomainName.Expected["expected ".Length..] + ", or nothing", static name => name.Length == 0 ? "" : DkimSettings.CanonicalOf(name)) ?? "");
        if (settings.Seals && r.Mistakes.Count == 0 && !listeners.Any(l => l.Checks.Any(c => c.Name == "arc")))
        {
            r.Refuse("seal", "no listener's checks name arc, without which nobody knows what is to be sealed: checks = [\"spf=log\", \"dkim=log\", \"arc=log\", dmarc]");
        }

        return settings;
    }
}
