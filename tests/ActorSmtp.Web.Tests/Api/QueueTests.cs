using System.Net.Http.Json;
using System.Text.Json;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Web.Tests.Api;

/// <summary>The outbound queue as it is asked by the API: what waits and why, and orders.</summary>
public sealed class QueueTests
{
    private readonly MemoryQueue _queue = new(TimeProvider.System) { MostLooked = 3 };
    private readonly GivenQueue _given = new(TimeProvider.System);

    [Fact]
    public async Task What_waits_is_listed_with_why()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example", "joe@other.example");
        _queue.Add(mail, 1234);
        _queue.Tried(mail.Id, _given.Answered("far.example", "450 4.2.0 Greylisted", 0, 1), TimeSpan.FromMinutes(5));
        await using var console = await StartAsync();

        var page = await console.GetAsync("/api/queue");
        Assert.True(page.GetProperty("available").GetBoolean());
        Assert.Equal((1, 2, 1234), (Number(page, "messages"), Number(page, "waiting"), Number(page, "octets")));
        var item = page.GetProperty("items")[0];
        Assert.Equal(
            (mail.Id.ToString(), "far.example", "waiting", "ann@here.example", 2, 1, "450 4.2.0 Greylisted", "mx.far.example [192.0.2.1]:25"),
            (Text(item, "id"), Text(item, "destination"), Text(item, "state"), Text(item, "from"), item.GetProperty("recipients").GetInt32(), item.GetProperty("failures").GetInt32(), Text(item, "why"), Text(item, "host")));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task A_long_queue_comes_in_pages_each_entry_once()
    {
        for (var i = 0; i < 25; i++)
        {
            _queue.Add(_given.Envelope("ann@here.example", $"bob@far{i % 3}.example"));
        }

        await using var console = await StartAsync();
        Assert.Equal(25, (await AllAsync(console, "/api/queue?limit=7")).Distinct().Count());
        Assert.Equal(8, (await AllAsync(console, "/api/queue?limit=2&recipient=far2.EXAMPLE")).Distinct().Count());        // looked at in short pages
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/queue?cursor=nowhere"), 400, "invalid");
        await RunningConsole.ProblemAsync(await console.Http.GetAsync($"/api/queue?limit={QueuePage.Largest + 1}"), 400, "invalid");
    }

    [Fact]
    public async Task Every_filter_is_understood()
    {
        var mail = _given.Envelope("ann@here.example", "bob@xn--mnchen-3ya.example");
        _queue.Add(mail);
        _queue.Tried(mail.Id, _given.Unreached("xn--mnchen-3ya.example", "connection refused", 0), TimeSpan.FromMinutes(5));
        _queue.Add(_given.Envelope("", "bob@far.example"));
        await using var console = await StartAsync();

        Assert.Single(await AllAsync(console, $"/api/queue?id={mail.Id}"));
        Assert.Single(await AllAsync(console, "/api/queue?destination=M%C3%BCnchen.example"));
        Assert.Equal(2, (await AllAsync(console, "/api/queue?destination=.example")).Count);
        Assert.Single(await AllAsync(console, "/api/queue?sender=%3C%3E"));
        Assert.Single(await AllAsync(console, "/api/queue?sender=ANN"));
        Assert.Equal(2, (await AllAsync(console, "/api/queue?recipient=bob")).Count);
        Assert.Single(await AllAsync(console, "/api/queue?error=refused"));
        Assert.Empty(await AllAsync(console, "/api/queue?state=held"));
        Assert.Empty(await AllAsync(console, "/api/queue?olderThan=2h"));
        foreach (var wrong in new[] { "id=nobody", "state=lost", "state=1", "olderThan=2", "olderThan=soon", "destination=/run/lmtp.sock" })
        {
            await RunningConsole.ProblemAsync(await console.Http.GetAsync($"/api/queue?{wrong}"), 400, "invalid");
        }
    }

    [Fact]
    public async Task A_message_is_shown_with_every_attempt()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example");
        _queue.Add(mail);
        _queue.Tried(mail.Id, _given.Unreached("far.example", "connection refused", 0, 1), TimeSpan.FromMinutes(1));
        _queue.Tried(mail.Id, _given.Answered("far.example", "550 5.1.1 Nobody", 1), TimeSpan.FromMinutes(5));
        await using var console = await StartAsync();

        var shown = await console.GetAsync($"/api/queue/{mail.Id.ToString().ToLowerInvariant()}");
        Assert.Equal(("ann@here.example", "ann", 2), (Text(shown, "from"), Text(shown, "user"), shown.GetProperty("attempts").GetArrayLength()));
        Assert.Equal(["waiting", "failed"], shown.GetProperty("recipients").EnumerateArray().Select(r => Text(r, "state")));
        var (first, last) = (shown.GetProperty("attempts")[0], shown.GetProperty("attempts")[1]);
        Assert.Equal(("connecting", "connection refused", "put off"), (Text(first, "phase"), Text(first, "why"), Text(first.GetProperty("outcomes")[1], "what")));
        Assert.Equal(
            ("mx.far.example [192.0.2.1]:25", "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384", "opportunistic", 0.25),
            (Text(last, "server"), Text(last, "tls"), Text(last, "tlsPolicy"), last.GetProperty("seconds").GetDouble()));
        Assert.Equal(("eve@far.example", "given up", "550 5.1.1 Nobody"), (Text(last.GetProperty("outcomes")[0], "recipient"), Text(last.GetProperty("outcomes")[0], "what"), Text(last.GetProperty("outcomes")[0], "reply")));
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/queue/0N7ZSVAV000FF2RS"), 404, "not-found");
    }

    [Fact]
    public async Task Totals_are_told_by_destination()
    {
        _queue.Add(_given.Envelope("ann@here.example", "bob@far.example"));
        _queue.Add(_given.Envelope("ann@here.example", "bob@far.example", "joe@other.example"), state: QueueState.Held);
        await using var console = await StartAsync();

        var totals = await console.GetAsync("/api/queue/totals");
        Assert.Equal((2, 1, 2), (Number(totals, "messages"), Number(totals, "waiting"), Number(totals, "held")));
        Assert.Equal(["far.example 2 1", "other.example 1 1"], totals.GetProperty("items").EnumerateArray().Select(d => $"{Text(d, "destination")} {d.GetProperty("messages")} {d.GetProperty("held")}"));
        Assert.Single((await console.GetAsync("/api/queue/totals?q=OTHER")).GetProperty("items").EnumerateArray());
        Assert.Single((await console.GetAsync("/api/queue/totals?limit=1")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Orders_are_carried_out_on_what_the_filter_names()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "joe@other.example");
        _queue.Add(mail);
        _queue.Add(_given.Envelope("zoe@here.example", "bob@far.example"));
        await using var console = await StartAsync();

        Assert.Equal(1, await OrderAsync(console, new { action = "hold", ids = new[] { mail.Id.ToString() }, destination = "far.example" }));
        Assert.Single(await AllAsync(console, "/api/queue?state=held"));
        Assert.Equal(0, await OrderAsync(console, new { action = "hold", ids = new[] { mail.Id.ToString() }, destination = "far.example" }));
        Assert.Equal(2, await OrderAsync(console, new { action = "retry", all = true }));
        Assert.Equal(1, await OrderAsync(console, new { action = "release", state = "held" }));
        Assert.Equal(1, await OrderAsync(console, new { action = "return", sender = "zoe" }));
        Assert.Equal(QueueOrder.Return, _queue.Orders[^1].Order);
        Assert.Equal(2, await OrderAsync(console, new { action = "remove", all = true }));
        Assert.Empty(await AllAsync(console, "/api/queue"));
    }

    [Fact]
    public async Task The_whole_queue_is_meant_only_in_so_many_words()
    {
        _queue.Add(_given.Envelope("ann@here.example", "bob@far.example"));
        await using var console = await StartAsync();

        foreach (var careless in new object[]
        {
            new { action = "remove" }, new { action = "remove", ids = (string[]?)null, destination = "" }, new { action = "remove", all = false }, new { action = "remove", ids = Array.Empty<string>() },
            new { action = "remove", ids = new string?[] { null } }, new { all = true }, new { action = "burn", all = true },
        })
        {
            await RunningConsole.ProblemAsync(await console.Http.PostAsJsonAsync("/api/queue/actions", careless), 400, "invalid");
        }

        Assert.Single(await AllAsync(console, "/api/queue"));
        Assert.Empty(_queue.Orders);
    }

    [Fact]
    public async Task A_server_that_sends_nothing_on_says_so()
    {
        await using var console = await RunningConsole.StartAsync();

        Assert.False((await console.GetAsync("/api/queue")).GetProperty("available").GetBoolean());
        Assert.False((await console.GetAsync("/api/queue/totals")).GetProperty("available").GetBoolean());
        Assert.False((await console.GetAsync("/api/server")).GetProperty("outbound").GetProperty("enabled").GetBoolean());
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/queue/0N7ZSVAV000FF2RS"), 501, "not-available");
        await RunningConsole.ProblemAsync(await console.Http.PostAsJsonAsync("/api/queue/actions", new { action = "retry", all = true }), 501, "not-available");
    }

    [Fact]
    public async Task A_full_queue_is_said_to_be_full()
    {
        _queue.Pressure = StorePressure.Full(PressureReason.Backlog);
        await using var console = await StartAsync();

        Assert.Equal("full", Text((await console.GetAsync("/api/queue")).GetProperty("totals"), "pressure"));
    }

    private Task<RunningConsole> StartAsync() => RunningConsole.StartWithAsync(parts => parts with { Queue = _queue }, null);

    private static async Task<int> OrderAsync(RunningConsole console, object order) => (await console.PostAsync("/api/queue/actions", order)).GetProperty("changed").GetInt32();

    private static async Task<List<string>> AllAsync(RunningConsole console, string path)
    {
        var all = new List<string>();
        for (var cursor = ""; cursor is not null;)
        {
            var page = await console.GetAsync(path + (cursor.Length == 0 ? "" : (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "cursor=" + Uri.EscapeDataString(cursor)));
            all.AddRange(page.GetProperty("items").EnumerateArray().Select(i => $"{Text(i, "id")} {Text(i, "destination")}"));
            cursor = page.GetProperty("next").GetString();
        }

        return all;
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static long Number(JsonElement of, string name) => of.GetProperty("totals").GetProperty(name).GetInt64();
}
