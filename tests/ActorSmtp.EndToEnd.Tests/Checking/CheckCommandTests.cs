using System.Text.Json;
using ActorSmtp.EndToEnd.Tests.Accounts;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Checking;

/// <summary><c>actorsmtp check</c>, on our own server in both profiles and on Postfix.</summary>
[Collection(LaptopCollection.Name)]
public sealed class CheckCommandTests(LaptopServer laptop, DocumentedAccountsTests.Profile profile) : IClassFixture<DocumentedAccountsTests.Profile>
{
    /// <summary>
    /// What Postfix 3.7 does otherwise than the RFCs say, each read in their text by hand; docs/check.md tells why. Its newer versions do
    /// better with bare newlines.
    /// </summary>
    private static readonly string[] PostfixFails =
    [
        "rfc2034-4-code-everywhere",
        "rfc5321-2.3.8-command-ended-by-lf",
        "rfc5321-2.3.8-command-ended-by-lfcr",
        "rfc5321-2.3.8-crlf-dot-cr-crlf",
        "rfc5321-2.3.8-crlf-dot-lf",
        "rfc5321-2.3.8-lf-dot-crlf",
        "rfc5321-4.1.1.4-lf-dot-lf",
        "rfc5321-4.1.4-refused-mail-leaves-nothing",
        "rfc5321-4.2-controls-in-command",
        "rfc5321-4.2-reply-text",
    ];

    private static readonly string[] PostfixWarnings =
    [
        "rfc5321-4.1.1-quit-argument",
        "rfc5321-4.1.1.8-help",
        "rfc6531-3.5-utf8-without-parameter",
    ];

    [Fact]
    public async Task The_laptop_profile_passes_whole()
    {
        var found = await Check($"127.0.0.1:{laptop.Port}", "--to", "checked@example.com", "--sink");
        Assert.Empty(found.With("fail", "warn"));
        Assert.Equal(0, found.ExitCode);
        Assert.Equal(["rfc2505", "rfc4954"], found.With("skipped").Select(id => id[..7]).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("mx", new string[0])]
    [InlineData("submission", new[] { "--tls", "starttls", "--user", "barbie", "--from", "barbie@example.com" })]
    [InlineData("submissions", new[] { "--tls", "implicit", "--user", "barbie", "--from", "barbie@example.com" })]
    public async Task The_server_profile_passes_whole(string listener, string[] options)
    {
        var found = await Check([$"127.0.0.1:{profile.Server.Port(listener)}", "--to", "shooki@example.com", .. options]);
        Assert.Empty(found.With("fail", "warn"));
        Assert.Equal(0, found.ExitCode);
        Assert.Contains("rfc2505-2.1-percent-here", found.With("pass"));
        Assert.Contains("rfc5321-4.1.1.4-lf-dot-lf", found.With("pass"));
        Assert.Equal(listener != "mx", found.With("pass").Contains("rfc4954-4-login-235"));
        Assert.Equal(listener != "submissions", found.With("pass").Contains("rfc3207-4.2-injected-command"));
    }

    [SkippableFact]
    public async Task What_it_says_of_Postfix_is_what_the_RFCs_say()
    {
        await using var postfix = await PostfixServer.StartAsync();
        var found = await Check($"127.0.0.1:{postfix.Port}", "--to", "ann@check.test");
        var version = (await Tool.Run("postconf", ["-h", "mail_version"])).Succeeded().Output.Trim();
        Skip.IfNot(version.StartsWith("3.7.", StringComparison.Ordinal), $"Postfix {version}: the verdicts written down are of 3.7");
        Assert.Equal(PostfixFails, found.With("fail").Order(StringComparer.Ordinal));
        Assert.Equal(PostfixWarnings, found.With("warn").Order(StringComparer.Ordinal));
        Assert.Equal(76, found.ExitCode);
        Assert.True(found.With("pass").Count() > 190);
    }

    [Fact]
    public async Task Nobody_there_is_69_and_bad_arguments_are_64()
    {
        var nobody = await BuiltProgram.Run("check", "unix:/nowhere/actorsmtp.sock");
        Assert.Equal(69, nobody.ExitCode);
        Assert.Contains("unix:/nowhere/actorsmtp.sock", nobody.Errors, StringComparison.Ordinal);
        Assert.Equal(64, (await BuiltProgram.Run("check")).ExitCode);
        Assert.Equal(64, (await BuiltProgram.Run("check", "127.0.0.1:1", "--only", "nothing")).ExitCode);
        Assert.Equal(64, (await BuiltProgram.Run("check", "127.0.0.1:1", "--to", "a b")).ExitCode);
    }

    private static async Task<Found> Check(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var ended = await Tool.Run(
            BuiltProgram.Path, ["check", .. arguments, "--json", "--timeout", "60", "--password-file", folder.Write("password", "helloken")], patience: TimeSpan.FromMinutes(8));
        Assert.True(ended.ExitCode is 0 or 76, ended.ToString());
        var clauses = JsonDocument.Parse(ended.Output).RootElement.GetProperty("clauses");
        return new Found(ended.ExitCode, [.. clauses.EnumerateArray().Select(c => (c.GetProperty("id").GetString()!, c.GetProperty("verdict").GetString()!))]);
    }

    private sealed record Found(int ExitCode, (string Id, string Verdict)[] Verdicts)
    {
        public IEnumerable<string> With(params string[] verdicts) => Verdicts.Where(v => verdicts.Contains(v.Verdict)).Select(v => v.Id);
    }
}
