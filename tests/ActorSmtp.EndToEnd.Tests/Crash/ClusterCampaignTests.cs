using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Crash;

/// <summary>A few rounds of the campaign on nodes that share a database.</summary>
public sealed class ClusterCampaignTests
{
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
}
