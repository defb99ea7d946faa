namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>config</c>: where values come from, and what is wrong with them.</summary>
public sealed class ConfigCommandTests
{
    [Fact]
    public async Task Each_value_is_shown_with_its_place()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("my.conf", "include classpath(\"laptop.conf\")\nactorsmtp.limits.recipients = 300\n");

        var typed = await Typed.Run("config", "show", "limits.recipients", "--config", file);

        Assert.Equal($"actorsmtp.limits.recipients = 300    # {file}:2:31\n", typed.Out);
    }

    [Fact]
    public async Task A_password_in_a_value_is_masked()
    {
        var typed = await Typed.Run("config", "show", "storage", "--set", "storage.connection=\"Host=h;Password=canary\"", "--json");

        Assert.DoesNotContain("canary", typed.Out, StringComparison.Ordinal);
        Assert.Contains(typed.Json.EnumerateArray(), v => v.GetProperty("path").GetString() == "actorsmtp.storage.connection");
    }

    [Fact]
    public async Task A_good_configuration_is_0_and_a_bad_one_78_with_every_mistake()
    {
        Assert.Equal(ExitCodes.Ok, (await Typed.Run("config", "check")).ExitCode);
        var typed = await Typed.Run("config", "check", "--set", "limits.recipients=1", "--set", "logging.level=loud", "--json");

        Assert.Equal(ExitCodes.Configuration, typed.ExitCode);
        Assert.Equal(2, typed.Json.GetProperty("mistakes").GetArrayLength());
    }
}
