namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>user</c>: accounts made, listed, changed, removed; what is wrong with a name.</summary>
public sealed class UserCommandTests
{
    [Fact]
    public async Task What_an_account_sends_as_and_its_certificates_are_taken_as_people_write_them()
    {
        using var folder = new TemporaryFolder();
        var print = string.Join(':', Enumerable.Repeat("AB", 32));
        await Typed.Run(["user", "add", "bot", "--no-password", "--sends-as", "@Lists.example.com", "--sends-as", "*", "--certificate", print, .. folder.AsData]);
        var listed = await Typed.Run(["user", "list", "--json", .. folder.AsData]);
        Assert.Contains("\"@lists.example.com\"", listed.Out, StringComparison.Ordinal);
        Assert.Contains(string.Concat(Enumerable.Repeat("ab", 32)), listed.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadData, (await Typed.Run(["user", "add", "x", "--no-password", "--sends-as", "nobody", .. folder.AsData])).ExitCode);
        Assert.Equal(ExitCodes.BadData, (await Typed.Run(["user", "add", "x", "--no-password", "--certificate", "ab", .. folder.AsData])).ExitCode);
    }

    [Fact]
    public async Task An_account_is_made_listed_disabled_enabled_and_removed()
    {
        using var folder = new TemporaryFolder();
        var added = await Typed.RunWith("helloken\n", null, ["user", "add", "Barbie", "--address", "B@Example.com", "--admin", "--password-stdin", .. folder.AsData]);
        Assert.Equal((ExitCodes.Ok, "added barbie\n"), (added.ExitCode, added.Out));

        var listed = (await Typed.Run(["user", "list", "--json", .. folder.AsData])).Json[0];
        Assert.Equal("barbie", listed.GetProperty("name").GetString());
        Assert.Equal("b@example.com", listed.GetProperty("addresses")[0].GetString());
        Assert.True(listed.GetProperty("admin").GetBoolean() && listed.GetProperty("canLogIn").GetBoolean());
        Assert.DoesNotContain("helloken", await File.ReadAllTextAsync(Path.Combine(folder.Path, "data", "users")), StringComparison.Ordinal);

        await Typed.Run(["user", "disable", "barbie", .. folder.AsData]);
        Assert.Contains("disabled", (await Typed.Run(["user", "list", .. folder.AsData])).Out, StringComparison.Ordinal);
        await Typed.Run(["user", "enable", "barbie", .. folder.AsData]);
        Assert.Contains("active", (await Typed.Run(["user", "list", .. folder.AsData])).Out, StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Ok, (await Typed.Run(["user", "remove", "barbie", .. folder.AsData])).ExitCode);
        Assert.Contains("no accounts", (await Typed.Run(["user", "list", .. folder.AsData])).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a:b")]
    [InlineData("a b")]
    [InlineData("a+tag")]
    [InlineData("../x")]
    [InlineData("a\nb")]
    [InlineData("@example.com")]
    [InlineData("")]
    public async Task A_name_that_could_be_something_else_is_65(string name)
    {
        using var folder = new TemporaryFolder();
        var typed = await Typed.Run(["user", "add", name, "--no-password", .. folder.AsData]);

        Assert.Equal(ExitCodes.BadData, typed.ExitCode);
        Assert.Contains("cannot be an account", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_addresses_are_taken_once()
    {
        using var folder = new TemporaryFolder();
        await Typed.Run(["user", "add", "ann", "--no-password", "--address", "a@example.com", .. folder.AsData]);

        Assert.Equal(ExitCodes.BadData, (await Typed.Run(["user", "add", "ANN", "--no-password", .. folder.AsData])).ExitCode);
        var typed = await Typed.Run(["user", "add", "eve", "--no-password", "--address", "A@example.com", .. folder.AsData]);
        Assert.Contains("belongs to ann already", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_the_password_has_to_come_on_standard_input()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(ExitCodes.Usage, (await Typed.Run(["user", "add", "ann", .. folder.AsData])).ExitCode);
        Assert.Equal(ExitCodes.BadData, (await Typed.RunWith("\n", null, ["user", "add", "ann", "--password-stdin", .. folder.AsData])).ExitCode);
    }

    [SkippableTheory]
    [InlineData("user", "add", "ann", "--no-password")]
    [InlineData("mailbox", "list")]
    public async Task A_data_directory_that_is_not_ours_is_77_and_says_what_to_do(params string[] words)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/sys takes no files, whoever asks; it is Linux's");

        var typed = await Typed.Run([.. words, "--set", "data-dir=/sys"]);

        Assert.Equal(ExitCodes.Permission, typed.ExitCode);
        Assert.EndsWith("check its owner and permissions", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_is_not_there_is_65()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(ExitCodes.BadData, (await Typed.Run(["user", "remove", "ann", .. folder.AsData])).ExitCode);
        Assert.Equal(ExitCodes.BadData, (await Typed.RunWith("x\n", null, ["user", "password", "ann", "--password-stdin", .. folder.AsData])).ExitCode);
    }
}
