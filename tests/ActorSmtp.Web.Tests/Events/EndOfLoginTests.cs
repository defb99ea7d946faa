using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace ActorSmtp.Web.Tests.Events;

/// <summary>Who has no right to watch any more sees nothing more.</summary>
public sealed class EndOfLoginTests
{
    [Fact]
    public async Task Logging_out_ends_the_stream_at_once()
    {
        await using var console = await StartAsync(SteeredTime.WithoutBeats());
        var (cookie, csrf) = await LogInAsync(console);
        using var watching = await WatchAsync(console, r => r.Headers.Add("Cookie", cookie));
        using var leave = new HttpRequestMessage(HttpMethod.Delete, "/api/session");
        leave.Headers.Add("Cookie", cookie);
        leave.Headers.Add("X-CSRF-Token", csrf);
        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.SendAsync(leave)).StatusCode);
        await EndAsync(watching);
    }

    [Fact]
    public async Task Taking_a_token_away_ends_its_streams_at_once()
    {
        await using var console = await StartAsync(SteeredTime.WithoutBeats());
        var made = await RunningConsole.AnswerAsync(await console.Socket.PostAsJsonAsync("/api/tokens", new { name = "ci" }));
        using var watching = await WatchAsync(console, r => r.Headers.Authorization = new AuthenticationHeaderValue("Bearer", made.GetProperty("token").GetString()));
        Assert.Equal(HttpStatusCode.NoContent, (await console.Socket.DeleteAsync($"/api/tokens/{made.GetProperty("id").GetString()}")).StatusCode);
        await EndAsync(watching);
    }

    [Fact]
    public async Task Nothing_more_is_told_to_an_account_that_was_disabled()
    {
        await using var console = await StartAsync(SteeredTime.WithoutBeats());
        var (cookie, _) = await LogInAsync(console);
        using var watching = await WatchAsync(console, r => r.Headers.Add("Cookie", cookie));
        await DisableAsync(console);
        await console.SubmitAsync("bob@a.test", "Subject: secret\n\nx\n");
        Assert.DoesNotContain("secret", await EndAsync(watching), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stream_of_an_account_that_was_disabled_ends_though_nothing_happens()
    {
        await using var console = await StartAsync(SteeredTime.WithQuickBeats());
        var (cookie, _) = await LogInAsync(console);
        using var watching = await WatchAsync(console, r => r.Headers.Add("Cookie", cookie));
        await DisableAsync(console);
        await EndAsync(watching);
    }

    [Fact]
    public async Task An_open_stream_is_no_use_of_the_login_that_would_keep_it_alive()
    {
        var time = SteeredTime.WithQuickBeats();
        await using var console = await StartAsync(time, "console.session-idle=1m");
        var (cookie, _) = await LogInAsync(console);
        using var watching = await WatchAsync(console, r => r.Headers.Add("Cookie", cookie));
        time.Ahead = TimeSpan.FromMinutes(2);
        await EndAsync(watching);
    }

    private static Task<RunningConsole> StartAsync(TimeProvider time, params string[] sets) =>
        RunningConsole.StartWithAsync(parts => parts with { Time = time }, [("*ann", "right")], ["console.login=always", .. sets]);

    private static async Task DisableAsync(RunningConsole console)
    {
        await console.Stores.Users.UpdateAsync(t => t.With(t.Accounts["ann"] with { Disabled = true }), CancellationToken.None);
        await RunningConsole.UntilAsync(() => Task.FromResult(console.Server.Accounts!.FindLogin("ann") is { Disabled: false } ? null : "out"));
    }

    private static async Task<(string Cookie, string Csrf)> LogInAsync(RunningConsole console)
    {
        var response = await console.Http.PostAsJsonAsync("/api/session", new { user = "ann", password = "right" });
        var session = await RunningConsole.AnswerAsync(response);
        return (response.Headers.GetValues("Set-Cookie").Single().Split(';')[0], session.GetProperty("csrf").GetString()!);
    }

    private static async Task<StreamReader> WatchAsync(RunningConsole console, Action<HttpRequestMessage> identify)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/events");
        identify(request);
        var response = await console.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("event: hello", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        return reader;
    }

    /// <summary>What is still told before the end.</summary>
    private static Task<string> EndAsync(StreamReader watching) => watching.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
}
