using ActorSmtp.Server.Outbound;
using ActorSmtp.Testing.Outbound;
using ActorSmtp.Web.Tests;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>actorsmtp queue</c> against a running server.</summary>
public sealed class QueueCommandTests
{
    private readonly MemoryQueue _queue = new(TimeProvider.System);
    private readonly GivenQueue _given = new(TimeProvider.System);

    [Fact]
    public async Task List_shows_what_waits_for_what()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example");
        _queue.Add(mail, 2048);
        _queue.Tried(mail.Id, _given.Answered("far.example", "450 4.2.0 Greylisted\u202e, \u001b[31mcome back", 0, 1), TimeSpan.FromMinutes(5));
        _queue.Add(_given.Envelope("", "joe@other.example"), 512, QueueState.Held);
        await using var server = await StartAsync();

        var shown = await Ask(server, "list");
        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        var lines = shown.Out.TrimEnd('\n').Split('\n');
        Assert.Matches("^ID +STATE +AGE +TRIED +NEXT +SIZE +FROM > TO$", lines[0]);
        Assert.Matches($"^{mail.Id}  waiting  \\d+s +1  [45]m\\d\\ds +2\\.0 KiB  ann@here\\.example > bob@far\\.example, eve@far\\.example$", lines[1]);
        Assert.Equal(@"mx.far.example [192.0.2.1]:25: 450 4.2.0 Greylisted\u202e, \x1b[31mcome back", lines[2].Trim());
        Assert.Matches("held .* - +512 B  <> > joe@other\\.example$", lines[3]);
        Assert.Matches("^2 messages \\(2\\.5 KiB\\) for 2 destinations: 0 active, 1 waiting, 1 held; the oldest for \\d+s$", lines[4]);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public async Task List_takes_every_filter_and_writes_one_document()
    {
        for (var i = 0; i < 5; i++)
        {
            _queue.Add(_given.Envelope(i == 0 ? "" : $"a{i}@here.example", $"bob@far{i}.example"));
        }

        await using var server = await StartAsync();
        Assert.Equal(1, await CountAsync(server, "--destination", "far1.example"));
        Assert.Equal(5, await CountAsync(server, "-d", ".example"));
        Assert.Equal(1, await CountAsync(server, "--sender", "<>"));
        Assert.Equal(1, await CountAsync(server, "--sender", "a2@"));
        Assert.Equal(5, await CountAsync(server, "--recipient", "BOB"));
        Assert.Equal(0, await CountAsync(server, "--state", "held"));
        Assert.Equal(0, await CountAsync(server, "--older-than", "2h"));
        Assert.Equal(0, await CountAsync(server, "--error", "grey"));
        Assert.Equal(3, await CountAsync(server, "--limit", "3"));
        Assert.Equal(5, await CountAsync(server));
        Assert.Equal(5, (await Ask(server, "list", "--json")).Json.GetProperty("totals").GetProperty("messages").GetInt32());
        Assert.Contains("1 shown; in all 5 messages", (await Ask(server, "list", "-d", "far1.example")).Out);
    }

    [Fact]
    public async Task A_long_queue_is_written_page_after_page()
    {
        for (var i = 0; i < 1_203; i++)
        {
            _queue.Add(_given.Envelope("ann@here.example", "bob@far.example"));
        }

        await using var server = await StartAsync();
        Assert.Equal(1_203, await CountAsync(server));
        Assert.Equal(1_001, await CountAsync(server, "--limit", "1001"));
    }

    [Fact]
    public async Task List_by_destination_counts()
    {
        _queue.Add(_given.Envelope("ann@here.example", "bob@far.example"));
        _queue.Add(_given.Envelope("ann@here.example", "bob@far.example", "joe@other.example"));
        await using var server = await StartAsync();

        var shown = await Ask(server, "list", "--by-destination");
        Assert.Matches(@"(?m)^DESTINATION +MESSAGES +ACTIVE +HELD +OLDEST +NEXT +WHY$", shown.Out);
        Assert.Matches(@"(?m)^far\.example +2 +0 +0 +\d+s +\S+", shown.Out);
        Assert.Equal("other.example", (await Ask(server, "list", "-D", "-d", "other", "--json")).Json.GetProperty("items")[0].GetProperty("destination").GetString());
        Assert.Equal(ExitCodes.Usage, (await Ask(server, "list", "-D", "--sender", "ann")).ExitCode);
    }

    [Fact]
    public async Task Show_tells_of_every_attempt()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example");
        _queue.Add(mail);
        _queue.Tried(mail.Id, _given.Unreached("far.example", "connection refused", 0, 1), TimeSpan.FromMinutes(1));
        _queue.Tried(mail.Id, _given.Answered("far.example", "550 5.1.1 Nobody", 1), TimeSpan.FromMinutes(5));
        await using var server = await StartAsync();

        var shown = await Ask(server, "show", mail.Id.ToString());
        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        Assert.StartsWith($"message {mail.Id}, 1000 B, from ann@here.example\n", shown.Out);
        Assert.Matches(@"(?m)^received \S+ \S+, \d+s ago, by ann in session s-1$", shown.Out);
        Assert.Matches(@"(?m)^bob@far\.example +waiting +2 +[45]m\d\ds +4\.4\.1 connection refused$", shown.Out);
        Assert.Matches(@"(?m)^eve@far\.example +failed +2 +550 5\.1\.1 Nobody$", shown.Out);
        Assert.Matches(@"(?m)^\S+ \S+  mx\.far\.example \[192\.0\.2\.1\]:25, 30 s, as far as connecting$", shown.Out);
        Assert.Matches(@"(?m)^\S+ \S+  mx\.far\.example \[192\.0\.2\.1\]:25, TLSv1\.3 with cipher \S+ \(opportunistic\), 0\.25 s, as far as deciding$", shown.Out);
        Assert.Contains("\n  given up eve@far.example  550 5.1.1 Nobody\n", shown.Out);
        Assert.Equal(2, (await Ask(server, "show", mail.Id.ToString(), "--json")).Json.GetProperty("attempts").GetArrayLength());

        var gone = await Ask(server, "show", "0N7ZSVAV000FF2RS");
        Assert.Equal(ExitCodes.BadData, gone.ExitCode);
        Assert.Contains("is not in the queue (any more); `actorsmtp explain 0N7ZSVAV000FF2RS`", gone.Complaint);
        Assert.Equal(ExitCodes.Usage, (await Ask(server, "show", "nobody")).ExitCode);
    }

    [Fact]
    public async Task Orders_are_carried_out_and_counted()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        _queue.Add(mail);
        _queue.Add(_given.Envelope("zoe@here.example", "bob@other.example"));
        await using var server = await StartAsync();

        Assert.Equal("1 message held\n", (await Ask(server, "hold", mail.Id.ToString())).Out);
        Assert.Equal("1 message to be tried now\n", (await Ask(server, "retry", "--all")).Out);
        Assert.Equal("1 message released\n", (await Ask(server, "release", "--sender", "ann")).Out);
        Assert.Equal(2, (await Ask(server, "hold", "--all", "--json")).Json.GetProperty("changed").GetInt32());
        Assert.Equal("1 message returned to their senders\n", (await Ask(server, "remove", "-d", "other.example", "--notify", "--yes")).Out);
        Assert.Equal("1 message removed\n", (await Ask(server, "remove", mail.Id.ToString(), "-y")).Out);
        Assert.Equal(
            [QueueOrder.Hold, QueueOrder.Retry, QueueOrder.Release, QueueOrder.Hold, QueueOrder.Return, QueueOrder.Remove], _queue.Orders.Select(o => o.Order));

        var gone = await Ask(server, "retry", mail.Id.ToString());
        Assert.Equal(ExitCodes.BadData, gone.ExitCode);
        Assert.StartsWith("nothing was changed", gone.Out);
        Assert.Equal((0, "the queue is empty\n"), ((await Ask(server, "list")).ExitCode, (await Ask(server, "list")).Out));
    }

    [Theory]
    [InlineData("say which messages", "retry")]
    [InlineData("say which messages", "hold")]
    [InlineData("say which messages", "release", "--destination", "")]
    [InlineData("say which messages", "remove", "--yes")]
    [InlineData("--all is the whole queue", "hold", "--all", "--sender", "ann")]
    [InlineData("is no id of a message", "hold", "nobody")]
    [InlineData("/run/lmtp.sock is no domain", "hold", "--destination", "/run/lmtp.sock")]
    [InlineData("nobody to ask", "remove", "--all")]
    [InlineData("expected a time with its unit", "remove", "--older-than", "3")]
    public async Task Careless_orders_change_nothing(string complaint, params string[] words)
    {
        _queue.Add(_given.Envelope("ann@here.example", "bob@far.example"));
        await using var server = await StartAsync();

        var typed = await Ask(server, words);
        Assert.Equal(ExitCodes.Usage, typed.ExitCode);
        Assert.Contains(complaint, typed.Complaint);
        Assert.Empty(_queue.Orders);
    }

    [Fact]
    public async Task A_server_that_sends_nothing_on_has_no_queue()
    {
        await using var server = await RunningConsole.StartAsync();

        foreach (var words in new[] { ["list"], ["list", "-D"], ["show", "0N7ZSVAV000FF2RS"], new[] { "retry", "--all" } })
        {
            var typed = await Ask(server, words);
            Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
            Assert.Contains("sends no mail on (outbound.routes is empty)", typed.Complaint);
        }
    }

    [Fact]
    public async Task Where_no_server_runs_it_is_69_with_what_to_do()
    {
        using var folder = new TemporaryFolder();

        foreach (var words in new[] { ["list"], ["show", "0N7ZSVAV000FF2RS"], new[] { "retry", "--all" } })
        {
            var typed = await Typed.Run(["queue", .. words, "--set", $"data-dir={folder.Path}"]);
            Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
            Assert.Contains("no server runs on", typed.Complaint);
            Assert.Contains("actorsmtp serve", typed.Complaint);
        }
    }

    [Fact]
    public async Task The_queue_of_a_server_that_does_not_run_is_told_as_it_was_recorded()
    {
        using var folder = new TemporaryFolder();
        var (mail, bounce) = (_given.Envelope("ann@here.example", "bob@far.example", "eve@other.example"), _given.Envelope("", "joe@other.example"));
        await GivenStoredQueue.MakeAsync($"{folder.Path}/data", [mail, bounce]);
        string[] routes = ["--set", "outbound.routes.\"far.example\"=mx"];

        var list = await Typed.Run(["queue", "list", .. folder.AsData, .. routes]);
        Assert.Equal(ExitCodes.Ok, list.ExitCode);
        Assert.Contains("this is what its queue recorded", list.Error);
        Assert.Matches($"{mail.Id}  waiting .*ann@here\\.example > bob@far\\.example", list.Out);
        Assert.Contains("no route leads there any more", list.Out);
        Assert.Contains("2 messages", list.Out);
        Assert.Contains("1 shown; in all 2 messages", (await Typed.Run(["queue", "list", "--sender", "<>", .. folder.AsData, .. routes])).Out);
        var json = (await Typed.Run(["queue", "list", "-d", "OTHER.example", "--json", .. folder.AsData, .. routes])).Json;
        Assert.Equal(2, json.GetProperty("items").GetArrayLength());
        Assert.Equal(2, json.GetProperty("totals").GetProperty("messages").GetInt32());
        Assert.Contains("other.example", (await Typed.Run(["queue", "list", "-D", .. folder.AsData, .. routes])).Out);
        var shown = await Typed.Run(["queue", "show", mail.Id.ToString(), "--json", .. folder.AsData, .. routes]);
        Assert.Equal("waiting", shown.Json.GetProperty("recipients")[0].GetProperty("state").GetString());
        Assert.Equal(ExitCodes.BadData, (await Typed.Run(["queue", "show", "0N7ZSVAV000FF2RS", .. folder.AsData, .. routes])).ExitCode);
        Assert.Equal(ExitCodes.Unavailable, (await Typed.Run(["queue", "hold", "--all", .. folder.AsData, .. routes])).ExitCode);
    }

    private Task<RunningConsole> StartAsync() => RunningConsole.StartWithAsync(parts => parts with { Queue = _queue }, null);

    private static async Task<int> CountAsync(RunningConsole server, params string[] filter)
    {
        var items = (await Ask(server, ["list", "--json", .. filter])).Json.GetProperty("items");
        return items.GetArrayLength();
    }

    private static Task<Typed> Ask(RunningConsole server, params string[] words) => Typed.Run(["queue", .. words, "--set", $"data-dir={server.Data}"]);
}
