namespace ActorSmtp.Server.Settings;

/// <summary>How checks are asked, whichever they are, and what their scores lead to.</summary>
/// <param name="Timeout">How long a check may take at one step.</param>
/// <param name="AtOnce">Sessions of all listeners that may wait for checks at the same time.</param>
/// <param name="Trusted">Peers that no check of strangers is asked about.</param>
/// <param name="Scores">From which sum on something is done.</param>
public sealed record GatekeepingSettings(TimeSpan Timeout, int AtOnce, TrustedNetworks Trusted, ScoreSettings Scores)
{
    /// <summary>r stands at <c>gatekeeping</c>.</summary>
    internal static GatekeepingSettings From(SettingsReader r) => new(
        Timeout: r.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)),        // clients wait 5m: RFC 5321 §4.5.3.2
        AtOnce: r.Int("at-once", min: 1, max: 1_000_000),
        Trusted: TrustedNetworks.From(r, "trusted"),
        Scores: ScoreSettings.From(r.Section("scores")));
}

/// <summary>What the sum of all scores leads to; 0: to nothing.</summary>
public sealed record ScoreSettings(int Tag, int Defer, int Reject)
{
    private const int Most = 1000;

    internal static ScoreSettings From(SettingsReader r)
    {
        var scores = new ScoreSettings(
            Tag: r.Int("tag", min: 0, max: Most),
            Defer: r.Int("defer", min: 0, max: Most),
            Reject: r.Int("reject", min: 0, max: Most));
        if (scores.Reject > 0 && scores.Defer > scores.Reject)
        {
            r.Refuse("defer", "expected no more than scores.reject, which would never be reached");
        }

        return scores;
    }
}
