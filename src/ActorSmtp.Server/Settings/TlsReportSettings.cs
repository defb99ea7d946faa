using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Settings;

/// <summary>Reports to other domains of how TLS to them goes (RFC 8460).</summary>
/// <param name="IsOn">They are sent.</param>
/// <param name="Sender">Whom they are from; null: postmaster.</param>
/// <param name="Organization">Whose they are; empty: the hostname.</param>
/// <param name="Spread">The longest wait after midnight UTC.</param>
public sealed record TlsReportSettings(bool IsOn, Mailbox? Sender, string Organization, TimeSpan Spread)
{
    private const int LongestOrganization = 200;

    internal static TlsReportSettings From(SettingsReader r)
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

        return new TlsReportSettings(r.Flag("enabled"), sender, organization, r.Duration("spread", TimeSpan.Zero, TimeSpan.FromHours(12)));
    }
}
