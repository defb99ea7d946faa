using FsCheck;

namespace ActorSmtp.Testing.Properties;

/// <summary>
/// The inputs of properties: the same in each run, so that a commit that broke nothing is not refused for what a new choice brought up. The long campaign
/// (the environment's ACTORSMTP_TEST_SCALE: so many times as many) chooses anew each time, and a failure there tells its seed. Shared as source.
/// </summary>
internal static class GivenSeed
{
    /// <summary>What multiplies how often a property is tried; 1 unless told.</summary>
    public static int Scale { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("ACTORSMTP_TEST_SCALE"), out var scale) && scale > 0 ? scale : 1;

    /// <summary>Throws at the first input for which the property does not hold.</summary>
    public static Config Times(int times) =>
        (Scale > 1 ? Config.QuickThrowOnFailure : Config.QuickThrowOnFailure.WithReplay(new Replay(new Rnd(5321, 5323), null))).WithMaxTest(times * Scale);
}
