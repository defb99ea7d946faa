using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy.Origin;

namespace ActorSmtp.Server.Settings;

/// <summary>Reports to other domains: of how TLS to them goes (RFC 8460), of mail in their name (RFC 7489 §7.2).</summary>
/// <param name="IsOn">They are sent.</param>
/// <param name="Sender">Whom they are from; null: postmaster.</param>
/// <param name="Organization">Whose they are; empty: the hostname.</param>
/// <param name="Spread">The longest wait after midnight UTC.</param>
public sealed record ReportSettings(bool IsOn, Mailbox? Sender, string Organization, TimeSpan Spread)
{
    private const int LongestOrganization = 200;

    /// <summary>Those of DMARC: there has to be somebody who counts, and a way out.</summary>
    internal static ReportSettings From(SettingsReader r, IEnumerable<ListenerSettings> listeners, OutboundSettings outbound)
    {
        var settings = From(r);
        if (settings.IsOn && r.Mistakes.Count == 0 && !listeners.Any(l => l.Checks.Any(c => c.Name == OriginWords.Dmarc)))
        {
            r.Refuse("enabled", "no listener's checks name dmarc, so that there is nothing to report: checks = [dmarc]");
        }
        else if (settings.IsOn && r.Mistakes.Count == 0 && !outbound.IsOn)
        {
            r.Refuse("enabled", "without outbound.routes no report leaves");
        }

        return settings;
    }

    internal static ReportSettings From(SettingsReader r)
    {
        var from = r.Text("from");
        var sender = from.Length == 0 ? null : Mailbox.TryParse(from);
        if (from.Length > 0 && sender is not { IsInternational: false })
        {
            r.Refuse("from", "expected an address such as tls-reports@example.com, or nothing for postmaster");
        }

        var organization = r.Text("organization");
        if (organization.Length > LongestOrganization || organization.Any(char.IsControl))
        {
            r.Refuse("organization", $"expected at most {LongestOrganization} characters of text");
        }

        return new ReportSettings(r.Flag("enabled"), sender, organization, r.Duration("spread", TimeSpan.Zero, TimeSpan.FromHours(12)));
    }
}
