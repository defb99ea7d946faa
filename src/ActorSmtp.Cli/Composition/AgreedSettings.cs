using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres.Nodes;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// What nodes that share a database have to be told alike (docs/operations.md, "Changing what nodes have to agree on"). Two kinds: what makes one node refuse, give back or lose
/// what another one takes and keeps, and what only changes how mail is handled, in which nodes may differ while it is being changed on one after the other.
/// Every node reads these values, so secrets are never among them; what is long is a fingerprint.
/// </summary>
internal static class AgreedSettings
{
    private const int Longest = 120;

    /// <param name="keys">The keys that sign here.</param>
    public static NodeAgreement Of(ServerSettings settings, string version, SigningKeys keys)
    {
        var must = Contradicting(settings);
        var may = Differing(settings, keys);
        return new NodeAgreement(version, must.Concat(may).ToImmutableSortedDictionary(s => s.Key, s => Shortened(s.Value), StringComparer.Ordinal))
        {
            MayDiffer = [.. may.Keys],
            IsChanging = settings.Storage.Database.MayContradict,
        };
    }

    /// <summary>Nodes that differ in these would answer the same client differently, return what another one keeps, or lose it.</summary>
    private static Dictionary<string, string> Contradicting(ServerSettings settings) => new()
    {
        ["actorsmtp.domains"] = string.Join(", ", settings.Domains.Order(StringComparer.Ordinal)),
        ["actorsmtp.unknown-recipients"] = Word(settings.UnknownRecipients),
        ["actorsmtp.outbound.routes"] = settings.Outbound.IsOn ? "some" : "none",        // what one node takes for others any node may get
        ["actorsmtp.outbound.expire"] = Time(settings.Outbound.Retry.Expire),             // who looks first gives it back
        ["actorsmtp.storage.sync"] = Word(settings.Storage.Files.Sync),
        ["actorsmtp.storage.shared.lease"] = string.Create(CultureInfo.InvariantCulture, $"{settings.Storage.Database.Lease.TotalSeconds}s"),
    };

    private static Dictionary<string, string> Differing(ServerSettings settings, SigningKeys keys)
    {
        var all = new Dictionary<string, string>
        {
            ["actorsmtp.aliases"] = Counted(settings.Addresses.Aliases.All.Select(a => $"{a.Key} = {string.Join(", ", a.Targets)}"), "alias", "aliases"),
            ["actorsmtp.recipient-delimiter"] = settings.Addresses.Delimiters,
            ["actorsmtp.limits.message-size"] = settings.Limits.MessageSize.ToString(CultureInfo.InvariantCulture),
            ["actorsmtp.limits.recipients"] = settings.Limits.Recipients.ToString(CultureInfo.InvariantCulture),
            ["actorsmtp.content.bare-newlines"] = settings.Content.RejectBareNewlines ? "reject" : "normalize",
            ["actorsmtp.gatekeeping.quarantine"] = settings.Gatekeeping.Quarantine,
            ["actorsmtp.auth.guesses.half-forgotten"] = Time(settings.Auth.Guesses.HalfForgotten),        // nodes count them together
            ["actorsmtp.dkim.sign"] = settings.Dkim.IsOn ? "true" : "false",
            ["actorsmtp.srs"] = Senders(settings.Srs),
            ["actorsmtp.arc.seal"] = settings.Arc.Seals ? $"true, domain = \"{settings.Arc.Domain}\"" : "false",
        };
        if (settings.Outbound.IsOn)
        {
            all["actorsmtp.outbound.routes (where they lead)"] = Text(settings.Outbound.Routes.Select(r => r.ToString()), "route", "routes");
            all["actorsmtp.outbound.logins"] = Text(settings.Outbound.Logins.Select(l => $"\"{l.Key}\" as {l.Value.Login.User}"), "login", "logins");
            all["actorsmtp.outbound.retry"] = string.Join(", ", settings.Outbound.Retry.Waits.Select(Time));
            all["actorsmtp.outbound.warn-after"] = Time(settings.Outbound.Retry.WarnAfter);
            all["actorsmtp.outbound.queue-size"] = settings.Outbound.QueueSize.ToString(CultureInfo.InvariantCulture);
        }

        if (settings.Dkim.IsOn || settings.Arc.Seals)
        {
            all["actorsmtp.dkim (the keys that sign)"] = Text(keys.Keys.Select(k => $"{k.DnsName} {Fingerprint(Encoding.ASCII.GetBytes(k.Key.Record))}"), "key", "keys");
            all["actorsmtp.dkim.domains"] = Counted(settings.Dkim.Domains.Append(new("*", settings.Dkim.Usual)).Select(d => $"{d.Key} = {Rule(d.Value)}"), "rule", "rules");
        }

        if (settings.NeedsGreylist)
        {
            var greylisting = settings.Gatekeeping.Greylisting;
            all["actorsmtp.gatekeeping.greylisting"] = string.Create(CultureInfo.InvariantCulture,
                $"delay = {Time(greylisting.Rules.Delay)}, retry-window = {Time(greylisting.Rules.RetryWindow)}, keep = {Time(greylisting.Rules.Keep)}, network-passes = {greylisting.Rules.NetworkPasses}, prefixes = {greylisting.Ipv4Prefix} and {greylisting.Ipv6Prefix}, size = {greylisting.Rules.Size}");
        }

        return all;
    }

    /// <summary>A node without the newest secret refuses bounces to what others rewrote: what the secret makes of a sender is the same where it is the same, and tells nothing of it.</summary>
    private static string Senders(SrsSettings srs) => srs.Rewriter is not { } rewriter ? "off"
        : $"domain = {rewriter.Domain}, max-age = {Time(srs.MaxAge)}, the newest secret makes {rewriter.Forward(Mailbox.Parse("a@nodes.invalid"), DateTimeOffset.MaxValue)?.LocalPart}";

    private static string Rule(SigningRule rule) =>
        $"{rule.Signs} {rule.Subdomains} {rule.Form.Header}/{rule.Form.Body} {string.Join(' ', rule.Form.Always)} {string.Join(' ', rule.Form.Present)} {rule.Form.ExpiresAfter}";

    /// <summary>A few are named, many only counted; in whatever order they come.</summary>
    private static string Text(IEnumerable<string> parts, string one, string many)
    {
        var sorted = parts.Order(StringComparer.Ordinal).ToList();
        return string.Join(", ", sorted) is { Length: > 0 and <= Longest } text ? text : Counted(sorted, one, many);
    }

    private static string Counted(IEnumerable<string> parts, string one, string many)
    {
        var sorted = parts.Order(StringComparer.Ordinal).ToList();
        return sorted.Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{sorted.Count} {(sorted.Count == 1 ? one : many)} ({Fingerprint(Encoding.UTF8.GetBytes(string.Join('\n', sorted)))})");
    }

    private static string Fingerprint(ReadOnlySpan<byte> octets) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(octets))[..12]}";

    /// <summary>What is long keeps its beginning, and differs where the rest does.</summary>
    private static string Shortened(string value) => value.Length <= 2 * Longest ? value : $"{value[..Longest]}… ({Fingerprint(Encoding.UTF8.GetBytes(value))})";

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>As it is written in a configuration, by the largest unit that fits.</summary>
    private static string Time(TimeSpan time) => time switch
    {
        _ when time == TimeSpan.Zero => "0s",
        _ when time.Ticks % TimeSpan.TicksPerDay == 0 => string.Create(CultureInfo.InvariantCulture, $"{time.Days}d"),
        _ when time.Ticks % TimeSpan.TicksPerHour == 0 => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}h"),
        _ when time.Ticks % TimeSpan.TicksPerMinute == 0 => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMinutes}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s"),
    };
}
