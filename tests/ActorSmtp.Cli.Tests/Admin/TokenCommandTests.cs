using ActorSmtp.Cli.Tests.Composition;

namespace ActorSmtp.Cli.Tests.Admin;

/// <summary>Tokens: made over admin.sock, used at the console's address.</summary>
public sealed class TokenCommandTests
{
    [Fact]
    public async Task A_token_is_made_used_listed_and_revoked()
    {
        await using var server = await RunningServer.StartAsync("console.bind=127.0.0.1:0", "console.login=always");
        Assert.Equal(ExitCodes.Permission, (await Typed.Run("actors", "--url", server.WebConsole)).ExitCode);

        var made = await Token(server, "create", "ci", "--expires", "30d");
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        var token = made.Out.TrimEnd('\n');
        Assert.Matches("^asmtp_[0-9a-f]{64}$", token);
        Assert.Equal(0, (await Typed.Run("actors", "--url", server.WebConsole, "--token", token)).ExitCode);
        Assert.Equal(0, (await Typed.RunWith("", new Dictionary<string, string> { ["ACTORSMTP_TOKEN"] = token }, "token", "create", "second", "--url", server.WebConsole)).ExitCode);

        var list = await Token(server, "list");
        Assert.Matches(@"(?m)^ID +NAME +MADE +EXPIRES +LAST USED$", list.Out);
        Assert.Matches(@"(?m)^[0-9a-f]{12}  ci +\d{4}-\d\d-\d\d \d\d:\d\d  \d{4}-\d\d-\d\d \d\d:\d\d  \d{4}-\d\d-\d\d \d\d:\d\d$", list.Out);
        Assert.Matches(@"(?m)^[0-9a-f]{12}  second +\d{4}-\d\d-\d\d \d\d:\d\d  - +-$", list.Out);
        Assert.DoesNotContain(token, list.Out, StringComparison.Ordinal);

        Assert.Equal((0, "", ""), await Said(server, "revoke", "ci"));
        Assert.Equal(ExitCodes.Permission, (await Typed.Run("actors", "--url", server.WebConsole, "--token", token)).ExitCode);
        var left = (await Token(server, "list", "--json")).Json;
        Assert.Equal("second", Assert.Single(left.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal((0, "", ""), await Said(server, "revoke", left[0].GetProperty("id").GetString()!));
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_one_line()
    {
        await using var server = await RunningServer.StartAsync();
        var forever = await Token(server, "create", "ci", "--expires", "forever");
        Assert.Equal(ExitCodes.Usage, forever.ExitCode);
        Assert.Contains("expires: expected a duration with its unit", forever.Complaint, StringComparison.Ordinal);

        var unknown = await Token(server, "revoke", "nobody");
        Assert.Equal(ExitCodes.BadData, unknown.ExitCode);
        Assert.Contains("there is no token nobody", unknown.Complaint, StringComparison.Ordinal);

        await Token(server, "create", "twin");
        var second = (await Token(server, "create", "twin", "--json")).Json;
        Assert.StartsWith("asmtp_", second.GetProperty("token").GetString(), StringComparison.Ordinal);
        Assert.Contains("2 tokens are called twin: give the id", (await Token(server, "revoke", "twin")).Complaint, StringComparison.Ordinal);
        Assert.Equal(0, (await Token(server, "revoke", second.GetProperty("id").GetString()!)).ExitCode);
    }

    [Fact]
    public async Task Without_a_server_it_is_69()
    {
        using var folder = new TemporaryFolder();
        var typed = await Typed.Run("token", "list", "--set", $"data-dir={folder.Path}");
        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Contains("no server runs on", typed.Complaint, StringComparison.Ordinal);
    }

    private static Task<Typed> Token(RunningServer server, params string[] words) => Typed.Run(["token", .. words, "--set", $"data-dir={server.Data}"]);

    private static async Task<(int, string, string)> Said(RunningServer server, params string[] words) =>
        await Token(server, words) is var typed ? (typed.ExitCode, typed.Out, typed.Error) : default;
}
