using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace ActorSmtp.Web.Tests.Access;

/// <summary>A proxy before the console: nobody comes in unasked by it, and it is not held to account for those who come by it.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class BehindProxyTests
{
    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Anything", "")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "203.0.113.9")]
    public async Task Where_nobody_logs_in_what_a_proxy_brings_is_refused_and_told_what_to_do(string header, string value)
    {
        await using var console = await RunningConsole.StartAsync();
        foreach (var path in new[] { "/", "/api/mailboxes" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);
            var problem = await RunningConsole.ProblemAsync(await console.Http.SendAsync(request), 403, "proxied");
            Assert.Contains("actorsmtp.console.hosts", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Contains(header, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_proxy_that_says_nothing_of_itself_is_known_by_its_old_HTTP()
    {
        await using var console = await RunningConsole.StartAsync();
        await RunningConsole.ProblemAsync(await OldAsync(console, "/api/mailboxes"), 403, "proxied");
        Assert.Equal(HttpStatusCode.OK, (await OldAsync(console, "/health/live")).StatusCode);
    }

    [Fact]
    public async Task Where_everybody_logs_in_a_proxy_may_bring_them_and_so_may_a_token()
    {
        await using var console = await RunningConsole.StartAsync("console.login=always");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/mailboxes");
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        await RunningConsole.ProblemAsync(await console.Http.SendAsync(request), 401, "login-required");
        await RunningConsole.ProblemAsync(await OldAsync(console, "/api/mailboxes"), 401, "login-required");
    }

    [Fact]
    public async Task The_admin_socket_and_a_token_are_taken_however_they_come()
    {
        await using var console = await RunningConsole.StartAsync();
        var made = await RunningConsole.AnswerAsync(await console.Socket.PostAsJsonAsync("/api/tokens", new { name = "ci" }));
        foreach (var http in new[] { console.Socket, console.Http })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/mailboxes");
            request.Headers.Add("Via", "1.1 proxy");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", made.GetProperty("token").GetString());
            Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(request)).StatusCode);
        }
    }

    [Fact]
    public async Task Who_guesses_an_administrator_s_password_locks_nobody_else_out()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right")], "console.login=always", "console.proxy-trusted=[127.0.0.1]");
        for (var i = 0; i < 5; i++)
        {
            await RunningConsole.ProblemAsync(await LogInAsync(console, "ann", $"wrong {i}", "198.51.100.7"), 401, "wrong-login");
        }

        await RunningConsole.ProblemAsync(await LogInAsync(console, "ann", "right", "198.51.100.7"), 429, "too-many");
        await RunningConsole.AnswerAsync(await LogInAsync(console, "ann", "right", "203.0.113.9"));
    }

    [Fact]
    public async Task A_network_of_IPv6_guesses_as_one()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right")], "console.login=always", "console.proxy-trusted=[127.0.0.1]");
        for (var i = 1; i <= 5; i++)
        {
            await RunningConsole.ProblemAsync(await LogInAsync(console, $"eve{i}", "wrong", $"2001:db8:1:2::{i}"), 401, "wrong-login");
        }

        await RunningConsole.ProblemAsync(await LogInAsync(console, "eve", "wrong", "2001:db8:1:2:ffff::1"), 429, "too-many");
        await RunningConsole.ProblemAsync(await LogInAsync(console, "eve", "wrong", "2001:db8:1:3::1"), 401, "wrong-login");
    }

    [Fact]
    public async Task Who_is_no_proxy_of_ours_cannot_say_that_it_is_another_address()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right")], "console.login=always");
        for (var i = 1; i <= 5; i++)
        {
            await RunningConsole.ProblemAsync(await LogInAsync(console, $"eve{i}", "wrong", $"198.51.100.{i}"), 401, "wrong-login");
        }

        await RunningConsole.ProblemAsync(await LogInAsync(console, "eve", "wrong", "198.51.100.9"), 429, "too-many");
    }

    [Fact]
    public async Task Of_several_addresses_the_last_that_is_no_proxy_counts()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right")], "console.login=always", "console.proxy-trusted=[127.0.0.1, 10.0.0.0/8]");
        for (var i = 1; i <= 5; i++)
        {
            await RunningConsole.ProblemAsync(await LogInAsync(console, $"eve{i}", "wrong", $"192.0.2.{i}, 198.51.100.7, 10.0.0.{i}"), 401, "wrong-login");
        }

        await RunningConsole.ProblemAsync(await LogInAsync(console, "eve", "wrong", "198.51.100.7"), 429, "too-many");
    }

    [Fact]
    public async Task Behind_a_proxy_with_TLS_the_cookie_never_goes_without()
    {
        await using var console = await RunningConsole.StartAsync(null, [("*ann", "right")], "console.login=always", "console.hosts=[mail.example.com]");
        using var login = Proxied(HttpMethod.Post, "/api/session");
        login.Content = JsonContent.Create(new { user = "ann", password = "right" });
        var response = await console.Http.SendAsync(login);
        var csrf = (await RunningConsole.AnswerAsync(response)).GetProperty("csrf").GetString();
        var set = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-actorsmtp=", set, StringComparison.Ordinal);
        Assert.Contains("; secure", set, StringComparison.OrdinalIgnoreCase);

        var cookie = set.Split(';')[0];
        using var look = new HttpRequestMessage(HttpMethod.Get, "/api/mailboxes");      // a browser names no origin here
        look.Headers.Host = "mail.example.com";
        look.Headers.Add("Cookie", "actorsmtp=of-another-site; " + cookie);
        Assert.Equal(HttpStatusCode.OK, (await console.Http.SendAsync(look)).StatusCode);

        using var leave = Proxied(HttpMethod.Delete, "/api/session");
        leave.Headers.Add("Cookie", cookie);
        leave.Headers.Add("X-CSRF-Token", csrf);
        var left = await console.Http.SendAsync(leave);
        Assert.Equal(HttpStatusCode.NoContent, left.StatusCode);
        Assert.StartsWith("__Host-actorsmtp=;", Assert.Single(left.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
        using var after = new HttpRequestMessage(HttpMethod.Get, "/api/mailboxes");
        after.Headers.Host = "mail.example.com";
        after.Headers.Add("Cookie", cookie);
        await RunningConsole.ProblemAsync(await console.Http.SendAsync(after), 401, "login-required");
    }

    private static HttpRequestMessage Proxied(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Host = "mail.example.com";
        request.Headers.Add("Origin", "https://mail.example.com");
        return request;
    }

    private static Task<HttpResponseMessage> OldAsync(RunningConsole console, string path) =>
        console.Http.SendAsync(new HttpRequestMessage(HttpMethod.Get, path) { Version = HttpVersion.Version10, VersionPolicy = HttpVersionPolicy.RequestVersionExact });

    private static Task<HttpResponseMessage> LogInAsync(RunningConsole console, string user, string password, string forwardedFor)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/session") { Content = JsonContent.Create(new { user, password }) };
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        return console.Http.SendAsync(request);
    }
}
