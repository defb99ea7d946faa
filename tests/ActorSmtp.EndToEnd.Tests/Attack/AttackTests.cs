using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Attack;

/// <summary>The short form of <c>tests/attack</c>; docs/reliability.md has the full one.</summary>
public sealed class AttackTests
{
    [SkippableFact]
    public async Task Slow_writers_never_readers_and_aborted_handshakes_cost_a_good_client_no_message()
    {
        Tool.Need("python3");
        Skip.IfNot(OperatingSystem.IsLinux(), "it looks into /proc");
        using var folder = new TemporaryFolder();
        var outcome = await Tool.Run("/usr/bin/env", [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("attack", "attack.py"), "--short", "--folder", folder["attack"]]);
        Skip.If(outcome.Output.Contains("not possible here", StringComparison.Ordinal), outcome.Output);
        outcome.Succeeded();
        Assert.Contains(" failed=0 lost=0 ", outcome.Output, StringComparison.Ordinal);
        Assert.Matches("all together +good +[1-9]", outcome.Output);
    }
}
