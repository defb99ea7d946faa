namespace ActorSmtp.Server.Settings;

/// <summary>What is kept to be looked at.</summary>
/// <param name="Memory">Octets for transcripts and stories; 0: nothing is kept.</param>
/// <param name="Keep">What is older is not shown.</param>
/// <param name="LinesPerSession">Commands and replies of one session that are kept.</param>
public sealed record InspectionSettings(long Memory, TimeSpan Keep, int LinesPerSession)
{
    internal static InspectionSettings From(SettingsReader r)
    {
        var memory = r.Bytes("memory", min: 0, max: 1 << 30);
        if (memory is > 0 and < 256 * 1024)
        {
            r.Refuse("memory", "expected 0 (nothing is kept) or a size from 256KiB to 1GiB");
        }

        return new InspectionSettings(
            Memory: memory,
            Keep: r.Duration("keep", TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)),
            LinesPerSession: r.Int("lines-per-session", min: 1, max: 10_000_000));
    }
}
