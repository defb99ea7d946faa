using ActorSmtp.Storage;

namespace ActorSmtp.Server.Settings;

/// <summary>How those are slowed who guess passwords.</summary>
/// <param name="FreePerAddress">Wrong ones from an address before attempts from there have to wait.</param>
/// <param name="FreePerAccount">Wrong ones for an account before attempts from where it never logged in have to wait.</param>
/// <param name="FirstDelay">The first wait; each further failure doubles it.</param>
/// <param name="LongestDelay">The longest.</param>
/// <param name="HalfForgotten">In this time half of the failures are forgotten.</param>
/// <param name="WaitingPerAddress">Attempts from one address that wait at once; one more gets 454.</param>
/// <param name="Waiting">Attempts that wait at once in total.</param>
/// <param name="Table">Addresses, names, and pairs of them that are remembered, each.</param>
public sealed record GuessSettings(
    int FreePerAddress,
    int FreePerAccount,
    TimeSpan FirstDelay,
    TimeSpan LongestDelay,
    TimeSpan HalfForgotten,
    int WaitingPerAddress,
    int Waiting,
    int Table)
{
    /// <summary>How nodes count together.</summary>
    public GuessRules Rules => new(HalfForgotten, Math.Min(FreePerAddress, FreePerAccount), Table);

    internal static GuessSettings From(SettingsReader r)
    {
        var guesses = new GuessSettings(
            FreePerAddress: r.Int("free-per-address", min: 1, max: 1_000),
            FreePerAccount: r.Int("free-per-account", min: 1, max: 1_000),
            FirstDelay: r.Duration("first-delay", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            LongestDelay: r.Duration("longest-delay", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)),
            HalfForgotten: r.Duration("half-forgotten", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            WaitingPerAddress: r.Int("waiting-per-address", min: 1, max: 1_000),
            Waiting: r.Int("waiting", min: 1, max: 100_000),
            Table: r.Int("table", min: 100, max: 1_000_000));
        if (guesses.LongestDelay < guesses.FirstDelay)
        {
            r.Refuse("longest-delay", "expected at least first-delay");
        }

        return guesses;
    }
}
