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

    [SkippableFact]
    public async Task Guesses_cost_a_client_that_logs_in_no_message_and_let_nobody_in()
    {
        Tool.Need("python3");
        Skip.IfNot(OperatingSystem.IsLinux(), "it looks into /proc");
        var outcome = await Tool.Run("/usr/bin/env", [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("attack", "auth.py"), "--short"]);
        outcome.Succeeded();
        Assert.Matches("from 240 addresses +good +[1-9].* let in 0", outcome.Output);
    }
}
