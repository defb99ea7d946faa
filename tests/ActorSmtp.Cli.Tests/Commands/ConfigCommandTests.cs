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

    [Fact]
    public async Task An_alias_that_leads_to_nobody_is_a_warning_by_the_accounts_there_are()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("my.conf", $$"""
            actorsmtp {
              data-dir = "{{folder.Path}}/data", domains = ["a.test"], listeners.mx.bind = "127.0.0.1:0"
              aliases { sales = [ann, bob] }
            }
            """);

        var before = await Typed.Run("config", "check", "--config", file);
        Assert.False(Directory.Exists($"{folder.Path}/data"));      // looking makes nothing
        Assert.Equal(ExitCodes.Ok, (await Typed.Run("user", "add", "ann", "--no-password", "--config", file)).ExitCode);
        var after = await Typed.Run("config", "check", "--config", file, "--json");

        Assert.Equal(ExitCodes.Ok, before.ExitCode);
        Assert.Contains("warning: alias sales leads to nobody, or to a disabled account: ann@a.test, bob@a.test", before.Error, StringComparison.Ordinal);
        Assert.Equal("alias sales leads to nobody, or to a disabled account: bob@a.test", Assert.Single(after.Json.GetProperty("warnings").EnumerateArray()).GetString());
    }
}
