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

    [SkippableTheory]
    [InlineData("kill", 2)]
    [InlineData("commit-cut", 4)]
    [InlineData("partition", 1)]
    [InlineData("failover", 1)]
    public async Task Three_nodes_on_one_database_lose_nothing_and_deliver_once(string fault, int count)
    {
        Tool.Need("python3");
        Tool.Need("psql");
        var outcome = await Tool.Run(
            "/usr/bin/env",
            [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("crash", "cluster.py"), "--fault", fault, "--count", $"{count}", "--seed", "1", "--no-fsync"],
            patience: TimeSpan.FromMinutes(10));
        Skip.If(outcome.Output.Contains("not possible here", StringComparison.Ordinal), outcome.Output);
        outcome.Succeeded();
        Assert.Contains($"RESULT campaign=cluster fault={fault} faults={count} ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" lost=0 damaged=0 ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" too_often_twice=0 ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" acknowledged=0 ", outcome.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Nothing_acknowledged_that_leaves_is_lost_or_bounced_and_delivered()
    {
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        var outcome = await Tool.Run(
            "/usr/bin/env",
            [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("crash", "outbound.py"), "3", "--seed", "1", "--folder", folder["outbound"]],
            patience: TimeSpan.FromMinutes(10));
        outcome.Succeeded();
        Assert.Contains("RESULT campaign=outbound faults=3 ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" lost=0 damaged=0 ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" delivered_and_bounced=0 bounced_unasked=0 bounced_twice=0 ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" delivered=0 ", outcome.Output, StringComparison.Ordinal);
    }
}
