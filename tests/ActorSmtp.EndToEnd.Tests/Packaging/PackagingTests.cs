using System.Text.Json;
using System.Text.RegularExpressions;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Packaging;

/// <summary>What is installed around the program says what the program does.</summary>
public sealed partial class PackagingTests
{
    private static readonly string Root = Find();

    [SkippableTheory]
    [InlineData("actorsmtp.1")]
    [InlineData("actorsmtp.conf.5")]
    public async Task A_manual_page_is_good_mdoc(string page)
    {
        Tool.Need("mandoc");
        var manual = (await BuiltProgram.Run("manual", page)).Succeeded().Output;

        var lint = await Tool.Run("mandoc", ["-T", "lint", "-W", "warning"], System.Text.Encoding.UTF8.GetBytes(manual));

        Assert.Equal("", lint.Output + lint.Errors);
    }

    [Fact]
    public async Task The_manual_has_every_command_and_option_of_the_help()
    {
        var manual = (await BuiltProgram.Run("manual", "actorsmtp.1")).Succeeded().Output;
        var help = (await BuiltProgram.Run("--help")).Succeeded().Output;
        var commands = CommandInHelp().Matches(help[help.IndexOf("Commands:", StringComparison.Ordinal)..]).Select(m => m.Groups[1].Value).ToList();
        Assert.Contains("explain", commands);
        foreach (var command in commands)
        {
            Assert.Contains($".It \"\\&{command}", manual);
            foreach (Match option in OptionInHelp().Matches((await BuiltProgram.Run(command, "--help")).Succeeded().Output))
            {
                Assert.True(option.Value is "--help" or "--version" || manual.Contains(option.Value, StringComparison.Ordinal), $"{command} {option.Value}");
            }
        }
    }

    [Fact]
    public async Task The_manual_of_settings_has_every_key()
    {
        var manual = (await BuiltProgram.Run("manual", "actorsmtp.conf.5")).Succeeded().Output;
        using var folder = new TemporaryFolder();
        var empty = System.IO.Path.Combine(folder.Path, "empty.conf");
        await File.WriteAllTextAsync(empty, "");
        using var shown = JsonDocument.Parse((await BuiltProgram.Run("config", "show", "--json", "--config", empty)).Succeeded().Output);

        var keys = KeyInJson().Matches(shown.RootElement.ToString()).Select(m => m.Groups[1].Value).Distinct().ToList();

        Assert.Contains("actorsmtp.limits.message-size", keys);
        Assert.All(keys.Where(k => k.StartsWith("actorsmtp.", StringComparison.Ordinal)), key => Assert.Contains($"\\&{key} =", manual));
    }

    [SkippableTheory]
    [InlineData("actorsmtp mail", "mailbox")]
    [InlineData("actorsmtp mailbox ex", "export")]
    [InlineData("actorsmtp explain --j", "--json")]
    [InlineData("actorsmtp completion z", "zsh")]
    public async Task Bash_completes(string line, string expected)
    {
        Tool.Need("bash");
        var words = line.Split(' ');
        var script = $"""
            PATH={Path.GetDirectoryName(BuiltProgram.Path)}:$PATH
            source <(actorsmtp completion bash)
            COMP_WORDS=({line}); COMP_CWORD={words.Length - 1}; COMP_LINE='{line}'; COMP_POINT={line.Length}
            _actorsmtp
            printf '%s\n' "${"{COMPREPLY[@]}"}"
            """;

        var said = (await Tool.Run("bash", ["--norc", "-c", script])).Succeeded();

        Assert.Equal([expected], said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [SkippableTheory]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Scripts_for_other_shells_are_well_formed(string shell)
    {
        Tool.Need(shell);
        using var folder = new TemporaryFolder();
        var file = System.IO.Path.Combine(folder.Path, "script");
        await File.WriteAllTextAsync(file, (await BuiltProgram.Run("completion", shell)).Succeeded().Output);

        (await Tool.Run(shell, ["-n", file])).Succeeded();
    }

    [SkippableFact]
    public async Task Systemd_takes_the_unit_and_finds_little_exposed()
    {
        Tool.Need("systemd-analyze");
        using var folder = new TemporaryFolder();
        var unit = System.IO.Path.Combine(folder.Path, "actorsmtp.service");
        var text = await File.ReadAllTextAsync(System.IO.Path.Combine(Root, "packaging/systemd/actorsmtp.service"));
        await File.WriteAllTextAsync(unit, DocumentationLine().Replace(text.Replace("/usr/bin/actorsmtp", BuiltProgram.Path, StringComparison.Ordinal), ""));

        var verified = await Tool.Run("systemd-analyze", ["verify", unit]);
        Assert.Equal("", verified.Output + string.Join('\n', verified.Errors.Split('\n').Where(l => l.Contains("actorsmtp.service", StringComparison.Ordinal))));

        var exposed = await Tool.Run("systemd-analyze", ["security", "--offline=true", "--no-pager", unit]);
        var level = Exposure().Match(exposed.Output);
        Skip.IfNot(level.Success, "this systemd-analyze does not look at files");
        Assert.True(double.Parse(level.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) <= 2.0, exposed.ToString());
    }

    [Fact]
    public void The_container_runs_a_command_that_exists_as_nobody_special()
    {
        var file = File.ReadAllText(System.IO.Path.Combine(Root, "packaging/container/Containerfile"));

        Assert.Matches(@"(?m)^USER (?!root|0)\S+$", file);
        Assert.Matches(@"(?m)^HEALTHCHECK .*""actorsmtp"", ""health""", file);
        Assert.All(CopiedFile().Matches(file).Select(m => m.Groups[1].Value).Where(f => f.StartsWith("packaging/", StringComparison.Ordinal)),
            f => Assert.True(File.Exists(System.IO.Path.Combine(Root, f)), f));
    }

    [SkippableFact]
    public async Task The_containers_configuration_is_right() =>
        (await BuiltProgram.Run("config", "check", "--config", System.IO.Path.Combine(Root, "packaging/container/container.conf"))).Succeeded();

    private static string Find()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(at!.FullName, "ActorSmtp.sln")))
        {
            at = at.Parent;
        }

        return at.FullName;
    }

    [GeneratedRegex(@"(?m)^  ([a-z]+)\b")]
    private static partial Regex CommandInHelp();

    [GeneratedRegex("--[a-z][a-z-]+")]
    private static partial Regex OptionInHelp();

    [GeneratedRegex(@"""(actorsmtp(?:\.[a-z-]+)+)""")]
    private static partial Regex KeyInJson();

    [GeneratedRegex("(?m)^Documentation=.*$")]
    private static partial Regex DocumentationLine();

    [GeneratedRegex(@"Overall exposure level for \S+: ([0-9.]+)")]
    private static partial Regex Exposure();

    [GeneratedRegex(@"(?m)^COPY (?:--\S+ )?(\S+) ")]
    private static partial Regex CopiedFile();
}
