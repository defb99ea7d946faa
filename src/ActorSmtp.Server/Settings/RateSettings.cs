namespace ActorSmtp.Server.Settings;

/// <summary>How much mail may come from one origin (<c>gatekeeping.rates</c>); 0: any amount.</summary>
/// <param name="Window">The time in which so much may come.</param>
/// <param name="RecipientsPerNetwork">Recipients by an IPv4 address, or an IPv6 /64.</param>
/// <param name="MessagesPerSender">Messages from one address that nobody logged in for.</param>
/// <param name="MessagesPerAccount">Messages of one account that logged in.</param>
/// <param name="RecipientsPerAccount">Recipients of one account that logged in.</param>
public sealed record RateSettings(TimeSpan Window, int RecipientsPerNetwork, int MessagesPerSender, int MessagesPerAccount, int RecipientsPerAccount)
{
    private const int Most = 100_000_000;

    /// <summary>Messages by an IPv4 address, or an IPv6 /64, that nobody logged in from.</summary>
    public int MessagesPerNetwork { get; init; }

    /// <summary>Some rate is limited.</summary>
    public bool LimitsAny => MessagesPerNetwork + (long)RecipientsPerNetwork + MessagesPerSender + MessagesPerAccount + RecipientsPerAccount > 0;

    internal static RateSettings From(SettingsReader r) => new(
        Window: r.Duration("window", TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
        RecipientsPerNetwork: r.Int("recipients-per-network", min: 0, max: Most),
        MessagesPerSender: r.Int("messages-per-sender", min: 0, max: Most),
        MessagesPerAccount: r.Int("messages-per-account", min: 0, max: Most),
        RecipientsPerAccount: r.Int("recipients-per-account", min: 0, max: Most))
    {
        MessagesPerNetwork = r.Int("messages-per-network", min: 0, max: Most),
    };
}
