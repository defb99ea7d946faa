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
        foreach (var failure in campaign.Failures)
        {
            output.WriteLine($"seed {failure.Seed}: {failure.InnerException!.Message}");
        }

        if (campaign.Failures.Count > 0)
        {
            throw campaign.Failures[0];
        }

        Assert.True(Simulated.IsReplay || campaign.Runs.Sum(r => r.Acknowledged) > campaign.Runs.Count, "hardly a message was accepted");
    }
}
