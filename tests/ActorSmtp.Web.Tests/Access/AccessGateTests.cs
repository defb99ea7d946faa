using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace ActorSmtp.Web.Tests.Access;

/// <summary>Who may come in, and from where.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class AccessGateTests
{
    [Fact]
    public async Task On_loopback_nobody_has_to_log_in()
    {
        await using var console = await RunningConsole.StartAsync();
        var session = await console.GetAsync("/api/session");
        Assert.Equal(("none", "loopback", true), (session.GetProperty("login").GetString(), session.GetProperty("via").GetString(), session.GetProperty("authenticated").GetBoolean()));
        Assert.Empty((await console.GetAsync("/api/mailboxes")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("evil.test")]
    [InlineData("127.0.0.1.evil.test:8025")]
    [InlineData("10.1.2.3")]
    [InlineData("[2001:db8::1]")]
    [InlineData("localhost.evil.test")]
    public async Task A_host_that_is_not_ours_is_refused_whatever_is_asked(string host)
    {
        await using var console = await RunningConsole.StartAsync();
        foreach (var path in new[] { "/", "/api/mailboxes", "/health/live" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = host;
            await RunningConsole.ProblemAsync(await console.Http.SendAsync(request), 421, "wrong-host");
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1234")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]:8025")]
    [InlineData("inbox.localhost")]
    public async Task The_names_of_this_machine_s_loopback_are_ours(string host)
    {
        await using var console = await RunningConsole.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/session");
        request.Headers.Host = host;
        Assert.Equal(HttpStatusCode.OK, (await console.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_named_host_is_ours_and_then_a_login_is_needed()
    {
        await using var console = await RunningConsole.StartAsync("console.hosts=[mail.example.com]");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/mailboxes");
        request.Headers.Host = "mail.example.com";
        await RunningConsole.ProblemAsync(await console.Http.SendAsync(request), 401, "login-required");
    }

    [Theory]
    [InlineData("Origin", "http://evil.test")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task What_another_site_s_page_sends_is_refused(string header, string value)
    {
        await using var console = await RunningConsole.StartAsync();
        foreach (var (method, path) in new[] { (HttpMethod.Post, "/api/session"), (HttpMethod.Delete, "/api/mailboxes/bob"), (HttpMethod.Get, "/api/mailboxes") })
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Add(header, value);
            await RunningConsole.ProblemAsync(await console.Http.SendAsync(request), 403, "cross-site");
        }
    }

    [Fact]
    public async Task Our_own_page_and_programs_without_an_origin_are_taken()
    {
        await using var console = await RunningConsole.StartAsync();
        using var own = new HttpRequestMessage(HttpMethod.Delete, "/api/session");
        own.Headers.Add("Origin", console.Console.Address!.GetLeftPart(UriPartial.Authority));
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.SendAsync(own)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.DeleteAsync("/api/session")).StatusCode);
    }

    [Fact]
    public async Task The_admin_socket_asks_nobody_and_only_its_owner_can_open_it()
    {
        await using var console = await RunningConsole.StartAsync("console.login=always");
        var session = await RunningConsole.AnswerAsync(await console.Socket.GetAsync("/api/session"));
        Assert.Equal("socket", session.GetProperty("via").GetString());
        Assert.Empty((await RunningConsole.AnswerAsync(await console.Socket.GetAsync("/api/mailboxes"))).GetProperty("items").EnumerateArray());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(console.SocketPath));
        Assert.False(Directory.Exists(Path.Combine(console.Data, ".admin")));
    }

    [Fact]
    public async Task A_login_by_an_administrator_gives_a_cookie_that_no_script_and_no_other_site_gets()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right"), ("bob", "right")], "console.login=always");
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/mailboxes"), 401, "login-required");
        await RunningConsole.ProblemAsync(await LogIn(console, "ann", "wrong"), 401, "wrong-login");
        await RunningConsole.ProblemAsync(await LogIn(console, "bob", "right"), 401, "wrong-login");

        var response = await LogIn(console, "ann", "right");
        var session = await RunningConsole.AnswerAsync(response);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);

        var csrf = session.GetProperty("csrf").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await Send(console, HttpMethod.Get, "/api/mailboxes", cookie, null)).StatusCode);
        await RunningConsole.ProblemAsync(await Send(console, HttpMethod.Delete, "/api/mailboxes/nobody", cookie, null), 403, "csrf");
        await RunningConsole.ProblemAsync(await Send(console, HttpMethod.Delete, "/api/mailboxes/nobody", cookie, csrf + "0"), 403, "csrf");
        await RunningConsole.ProblemAsync(await Send(console, HttpMethod.Delete, "/api/mailboxes/nobody", cookie, csrf), 404, "not-found");

        Assert.Equal(HttpStatusCode.NoContent, (await Send(console, HttpMethod.Delete, "/api/session", cookie, csrf)).StatusCode);
        await RunningConsole.ProblemAsync(await Send(console, HttpMethod.Get, "/api/mailboxes", cookie, null), 401, "login-required");
    }

    [Fact]
    public async Task A_login_ends_when_its_account_is_no_longer_an_administrator_s()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right")], "console.login=always");
        var cookie = (await LogIn(console, "ann", "right")).Headers.GetValues("Set-Cookie").Single();
        Assert.Equal(HttpStatusCode.OK, (await Send(console, HttpMethod.Get, "/api/mailboxes", cookie, null)).StatusCode);

        await console.Stores.Users.UpdateAsync(t => t.With(t.Accounts["ann"] with { Admin = false }), CancellationToken.None);
        await RunningConsole.UntilAsync(async () =>
            (await Send(console, HttpMethod.Get, "/api/mailboxes", cookie, null)).StatusCode == HttpStatusCode.Unauthorized ? "out" : null);
    }

    [Fact]
    public async Task Guesses_are_bounded_and_the_answer_says_when_to_try_again()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right")], "console.login=always");
        for (var i = 0; i < 5; i++)
        {
            await RunningConsole.ProblemAsync(await LogIn(console, "ann", $"wrong {i}"), 401, "wrong-login");
        }

        var response = await LogIn(console, "ann", "right");
        await RunningConsole.ProblemAsync(response, 429, "too-many");
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
    }

    [Fact]
    public async Task A_token_lets_a_program_in_until_it_is_taken_away_and_is_not_kept_as_it_is()
    {
        await using var console = await RunningConsole.StartAsync("console.login=always");
        var made = await RunningConsole.AnswerAsync(await console.Socket.PostAsJsonAsync("/api/tokens", new { name = "ci" }));
        var token = made.GetProperty("token").GetString()!;
        Assert.DoesNotContain(token, await File.ReadAllTextAsync(Path.Combine(console.Data, "tokens")), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(console.Data, "tokens")));

        Assert.Equal(HttpStatusCode.OK, (await WithToken(console, token)).StatusCode);
        await RunningConsole.ProblemAsync(await WithToken(console, token + "0"), 401, "login-required");
        Assert.Equal(HttpStatusCode.NoContent, (await console.Socket.DeleteAsync($"/api/tokens/{made.GetProperty("id").GetString()}")).StatusCode);
        await RunningConsole.ProblemAsync(await WithToken(console, token), 401, "login-required");
    }

    private static Task<HttpResponseMessage> LogIn(RunningConsole console, string user, string password) =>
        console.Http.PostAsJsonAsync("/api/session", new { user, password });

    private static Task<HttpResponseMessage> Send(RunningConsole console, HttpMethod method, string path, string cookie, string? csrf)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        if (csrf is not null)
        {
            request.Headers.Add("X-CSRF-Token", csrf);
        }

        return console.Http.SendAsync(request);
    }

    private static Task<HttpResponseMessage> WithToken(RunningConsole console, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/mailboxes");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return console.Http.SendAsync(request);
    }
}
