using ActorSmtp.Cli.Tests.Composition;

namespace ActorSmtp.Cli.Tests.Admin;

/// <summary>Commands that ask a running server, over admin.sock and over the console's address; and what they say where none runs.</summary>
public sealed class RunningServerTests
{
    [Fact]
    public async Task Actors_shows_the_tree()
    {
        await using var server = await RunningServer.StartAsync();

        var shown = await Ask(server, "actors");
        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        Assert.Matches(@"(?m)^ACTOR +TYPE +STATE +WAITING +RESTARTS +AGE$", shown.Out);
        Assert.Matches(@"(?m)^/user +\S+ +\d+ +\d+ +\d+s$", shown.Out);
        Assert.Matches(@"(?m)^[├└] listeners +ListenersActor ", shown.Out);
        Assert.Matches(@"(?m)^[│ ] └ smtp +ListenerActor ", shown.Out);

        var json = (await Ask(server, "actors", "listeners/smtp", "--json")).Json;
        Assert.Equal("/user/listeners/smtp", json.GetProperty("path").GetString());

        var nobody = await Ask(server, "actors", "nobody");
        Assert.Equal(ExitCodes.Unavailable, nobody.ExitCode);
        Assert.Contains("no actor has the path /user/nobody", nobody.Complaint);
        Assert.Equal(ExitCodes.Usage, (await Ask(server, "actors", "--depth", "99")).ExitCode);
    }

    [Fact]
    public async Task Health_says_that_mail_is_taken()
    {
        await using var server = await RunningServer.StartAsync();

        var shown = await Ask(server, "health");
        Assert.Equal(0, shown.ExitCode);
        Assert.StartsWith("ok\n", shown.Out);
        Assert.Equal((0, ""), ((await Ask(server, "health", "-q")).ExitCode, (await Ask(server, "health", "-q")).Out));
        Assert.Equal("ok", (await Ask(server, "health", "--json")).Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Explain_tells_of_a_message_while_the_server_runs_and_from_the_log_when_it_has_stopped()
    {
        await using var server = await RunningServer.StartAsync("logging.file.level=debug");
        var sent = await Typed.Run("send", "--server", server.Address, "--from", "ann@c.test", "--to", "bob@x.test", "--subject", "s", "--body", "b", "--json");
        Assert.Equal(0, sent.ExitCode);
        await server.UntilMail("bob@x.test");
        await server.Until(s => s.Files.Contains("delivered", StringComparison.Ordinal));
        var id = System.Text.RegularExpressions.Regex.Match(server.Files, "\"tx\":\"([0-9A-Z]{16})\"").Groups[1].Value;

        var story = await Ask(server, "explain", id);
        Assert.Equal((0, ""), (story.ExitCode, story.Error));
        Assert.StartsWith($"message {id}\n", story.Out);
        Assert.Matches(@"(?m)^ .* command +MAIL FROM:<ann@c\.test>", story.Out);
        Assert.Matches($@"(?m)^ .* delivered +to bob@x\.test as \d+\.{id}\.actorsmtp", story.Out);

        var delivery = await Ask(server, "explain", $"{id}/bob@x.test", "--json");
        Assert.Equal(("delivery", true), (delivery.Json.GetProperty("kind").GetString(), delivery.Json.GetProperty("complete").GetBoolean()));

        await server.StopAsync();
        var filed = await Ask(server, "explain", id.ToLowerInvariant());
        Assert.Equal((0, ""), (filed.ExitCode, filed.Error));
        Assert.Matches(@"(?m)^ .* command +MAIL FROM:<ann@c\.test>", filed.Out);
        Assert.Matches($"(?m)^ .* delivered +delivered {id} to bob@x.test", filed.Out);

        var session = filed.Out.Split("/user/listeners/smtp/")[1].Split(']')[0];
        Assert.Contains("QUIT", (await Ask(server, "explain", session)).Out);
        var unknown = await Ask(server, "explain", "0N7ZSVAV000FF2RS");
        Assert.Equal(ExitCodes.BadData, unknown.ExitCode);
        Assert.Contains("nothing is known of 0N7ZSVAV000FF2RS", unknown.Complaint);
    }

    [Fact]
    public async Task The_log_can_be_asked_over_the_consoles_address()
    {
        await using var server = await RunningServer.StartAsync("console.bind=127.0.0.1:0", "logging.file.level=info");
        await server.Until(s => s.Files.Contains("mailbox list", StringComparison.Ordinal));
        var console = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(server.Data, "listeners.json"))).RootElement.GetProperty("console").GetString()!;

        var shown = await Typed.Run("log", "--url", console, "--actor", "listeners/smtp");
        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        Assert.Contains("listening on", Assert.Single(shown.Out.TrimEnd('\n').Split('\n')));

        Assert.Equal(0, (await Typed.Run("actors", "--url", $"http://{console}")).ExitCode);
    }

    [Theory]
    [InlineData("actors")]
    [InlineData("health")]
    [InlineData("explain", "0N7ZSVAV000FF2RS")]
    public async Task Where_no_server_runs_it_is_69_with_what_to_do(params string[] words)
    {
        using var folder = new TemporaryFolder();

        var typed = await Typed.Run([.. words, "--set", $"data-dir={folder.Path}"]);

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Contains("no server runs on", typed.Complaint);
        Assert.Contains("actorsmtp serve", typed.Complaint);
    }

    [Fact]
    public async Task Where_nobody_answers_at_an_address_it_is_69()
    {
        var typed = await Typed.Run("actors", "--url", "http://127.0.0.1:1");

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Contains("nobody answers at http://127.0.0.1:1", typed.Complaint);
        Assert.Equal(ExitCodes.Usage, (await Typed.Run("actors", "--url", "ftp://x")).ExitCode);
    }

    private static Task<Typed> Ask(RunningServer server, params string[] words) => Typed.Run([.. words, "--set", $"data-dir={server.Data}"]);
}
