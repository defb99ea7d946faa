using ActorSmtp.Testing.Simulation;
using ActorSmtp.Testing.Simulation.Mail;
using Xunit.Abstractions;

namespace ActorSmtp.Simulation.Tests.Mail;

/// <summary>
/// The whole server under hundreds of seeds: nothing acknowledged is lost or doubled, every reply in order and once, every session ends, nothing
/// is left over. <c>ACTORSMTP_SEEDS</c> for more, <c>ACTORSMTP_SEED</c> for one.
/// </summary>
public sealed class MailServerTests(ITestOutputHelper output)
{
    /// <summary>Seeds of every build.</summary>
    internal const int Seeds = 300;

    private static readonly string[] _mustBeMet =
    [
        "power cut", "kill", "death in a call", "store that failed", "start that failed", "failed call", "full disk", "cut connection", "orderly stop",
        "mail that was read", "reply 421", "reply 451", "reply 452", "reply 552", "dialogue NeverReads", "dialogue Idle", "dialogue Lmtp", "dialogue Chunked",
    ];

    [Fact]
    public void The_same_seed_is_the_same_run()
    {
        foreach (var seed in Simulated.Seeds(12).Take(12))
        {
            Assert.Equal(MailRuns.Run(seed), MailRuns.Run(seed));
        }
    }

    [Fact]
    public void What_was_acknowledged_is_found_once_whatever_comes()
    {
        var campaign = MailRuns.RunAll(Simulated.Seeds(Seeds));
        output.WriteLine(campaign.ToString());
        output.WriteLine($"met: {string.Join(", ", campaign.Tally.Select(t => $"{t.Value} × {t.Key}"))}");
        foreach (var failure in campaign.Failures)
        {
            output.WriteLine($"seed {failure.Seed}: {failure.InnerException!.Message}");
        }

        if (campaign.Failures.Count > 0)
        {
            throw campaign.Failures[0];
        }

        if (campaign.Runs.Count >= Seeds)
        {
            Assert.True(campaign.Runs.Sum(r => r.Acknowledged) > campaign.Runs.Count, "hardly a message was accepted");
            Assert.All(_mustBeMet, what => Assert.True(campaign.Tally.GetValueOrDefault(what) > 0, $"no {what} in {Seeds} seeds"));
        }
    }
}
