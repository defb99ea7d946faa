using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Policy;

/// <summary>Who sent this? Mail that other people's programs signed, and mail that is made to be costly, through the built server.</summary>
public sealed class OriginTests
{
    [SkippableFact]
    public async Task Mail_signed_and_sealed_by_dkimpy_and_OpenDKIM_is_known_as_theirs_pyspf_agrees_and_authres_reads_what_was_found()
    {
        Tool.Need("openssl");
        Skip.IfNot(File.Exists("/usr/sbin/opendkim"), "opendkim is not installed; ./test.sh installs it");
        var modules = await Tool.Run("/usr/bin/env", ["/usr/bin/python3", "-c", "import dkim, authres, spf"]);
        Skip.If(modules.ExitCode != 0, "python3-dkim, python3-spf or python3-authres is not installed; ./test.sh installs them");

        var outcome = await Tool.Run("/usr/bin/env", [$"ACTORSMTP={BuiltProgram.Path}", "/usr/bin/python3", Scripts.Campaign("interop", "origin.py")]);

        outcome.Succeeded();
        Assert.Equal(12, outcome.Output.Split("ok   ").Length - 1);
    }

    [SkippableFact]
    public async Task Mail_that_is_made_to_be_costly_costs_a_good_client_no_message()
    {
        Tool.Need("python3");
        Tool.Need("openssl");
        Skip.IfNot(OperatingSystem.IsLinux(), "it looks into /proc");

        var outcome = await Tool.Run("/usr/bin/env", [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("attack", "origin.py"), "--short"]);

        outcome.Succeeded();
        Assert.Contains(" 0 refused or lost,", outcome.Output, StringComparison.Ordinal);
    }
}
