namespace ActorSmtp.Server.Settings;

/// <summary>What the server does for test suites.</summary>
/// <param name="Leases">Inboxes lent at once; 0: none.</param>
/// <param name="LeaseTime">How long one lasts that does not say.</param>
/// <param name="LongestLease">The longest.</param>
/// <param name="Domain">The domain of leased addresses.</param>
/// <param name="Scenarios">Scenarios at once; 0: none.</param>
/// <param name="MagicAddresses">Addresses that say what they want.</param>
public sealed record TestInboxSettings(int Leases, TimeSpan LeaseTime, TimeSpan LongestLease, string Domain, int Scenarios, bool MagicAddresses)
{
    internal static TestInboxSettings From(SettingsReader r)
    {
        var domain = r.Text("domain").ToLowerInvariant();
        if (domain.Length > 0 && !DomainName.IsValid(domain))
        {
            r.Refuse("domain", DomainName.Expected);
        }

        var settings = new TestInboxSettings(
            r.Int("leases", min: 0, max: 100_000),
            r.Duration("lease-time", TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
            r.Duration("longest-lease", TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
            domain,
            r.Int("scenarios", min: 0, max: 100_000),
            r.Flag("magic-addresses"));
        if (settings.LeaseTime > settings.LongestLease)
        {
            r.Refuse("lease-time", "expected no more than longest-lease");
        }

        return settings;
    }
}
