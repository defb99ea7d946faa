using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Crash;

/// <summary>A few rounds of each crash campaign under <c>tests/crash</c>; docs/reliability.md has the long ones. Three classes, so that they run beside each other.</summary>
public sealed class CampaignTests
{
    [SkippableTheory]
    [InlineData("kill", 2)]
    [InlineData("call", 3)]     // one each: pwritev, fdatasync, syncfs
    [InlineData("error", 3)]
    [InlineData("full", 1)]
    [InlineData("inodes", 1)]
    [InlineData("readonly", 1)]
    [InlineData("denied", 1)]
    public async Task Nothing_acknowledged_is_lost_or_damaged(string campaign, int rounds)
    {
        Tool.Need("python3");
        Tool.Need("strace");
        using var folder = new TemporaryFolder();
        var outcome = await Tool.Run(
            "/usr/bin/env",
            [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("crash", "campaign.py"), campaign, $"{rounds}", "--seed", "1", "--folder", folder[campaign]],
            patience: TimeSpan.FromMinutes(10));
        Skip.If(outcome.Output.Contains("not possible here", StringComparison.Ordinal), outcome.Output);
        outcome.Succeeded();
        Assert.Contains($"RESULT campaign={campaign} faults={rounds} ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" lost=0 damaged=0 ", outcome.Output, StringComparison.Ordinal);
        if (campaign == "call")
        {
            Assert.Contains(" ended_by_it=", outcome.Output, StringComparison.Ordinal);     // else no call was reached, and nothing tried
        }
    }
}
