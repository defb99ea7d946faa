using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Crash;

/// <summary>A few rounds of each crash campaign under <c>tests/crash</c>; docs/reliability.md has the long ones.</summary>
public sealed class CampaignTests
{
    [SkippableTheory]
    [InlineData("kill", 2)]
    [InlineData("call", 3)]     // one each: pwritev, fdatasync, syncfs
    [InlineData("error", 3)]
    [InlineData("full", 1)]
    public async Task Nothing_acknowledged_is_lost_or_damaged(string campaign, int rounds)
    {
        Tool.Need("python3");
        Tool.Need("strace");
        using var folder = new TemporaryFolder();
        var outcome = await Tool.Run(
            "/usr/bin/env",
            [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("crash", "campaign.py"), campaign, $"{rounds}", "--seed", "1", "--folder", folder[campaign]]);
        Skip.If(outcome.Output.Contains("not possible here", StringComparison.Ordinal), outcome.Output);
        outcome.Succeeded();
        Assert.Contains($"RESULT campaign={campaign} faults={rounds} ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" lost=0 damaged=0 ", outcome.Output, StringComparison.Ordinal);
        if (campaign == "call")
        {
            Assert.Contains(" ended_by_it=", outcome.Output, StringComparison.Ordinal);     // else no call was reached, and nothing tried
        }
    }

    /// <summary>Needs root, for images of file systems are mounted.</summary>
    [SkippableFact]
    public async Task Nothing_acknowledged_is_lost_when_the_power_goes()
    {
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        var outcome = await Tool.Run(
            "/usr/bin/env",
            [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("crash", "powercut.py"), "ext4", "2", "--seed", "1", "--folder", folder["powercut"]]);
        Skip.If(outcome.Output.Contains("not possible here", StringComparison.Ordinal), outcome.Output);
        outcome.Succeeded();
        Assert.Contains("RESULT campaign=powercut-ext4 faults=2 ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" lost=0 damaged=0 ", outcome.Output, StringComparison.Ordinal);
    }
}
