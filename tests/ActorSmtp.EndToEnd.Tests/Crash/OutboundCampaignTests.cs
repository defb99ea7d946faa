using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Crash;

/// <summary>A few rounds of the campaign on mail that leaves.</summary>
public sealed class OutboundCampaignTests
{
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
