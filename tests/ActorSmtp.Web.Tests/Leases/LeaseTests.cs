using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Web.Tests.Leases;

/// <summary>Inboxes for a while.</summary>
public sealed class LeaseTests
{
    private const string Mail = "From: app@client.test\nTo: x@a.test\nSubject: Confirm\n\nYour code is 493817. Or open https://app.test/confirm?t=1\n";

    [Fact]
    public async Task A_leased_inbox_takes_mail_also_where_unknown_recipients_are_rejected()
    {
        await using var console = await RunningConsole.StartAsync("unknown-recipients=reject", "domains=[mx.test]");
        var lease = await console.PostAsync("/api/leases", new { ttl = "5m", prefix = "Signup" });
        var address = lease.GetProperty("address").GetString()!;
        Assert.Matches("^signup-[a-z0-9]{12}@mx\\.test$", address);
        Assert.False((await console.TrySubmitAsync("nobody@mx.test", Mail)).AllAccepted);

        await console.SubmitAsync(address, Mail);
        var found = await console.GetAsync($"/api/leases/{Id(lease)}/messages?wait=30s&subject=CONF");
        var message = Assert.Single(found.GetProperty("messages").EnumerateArray());
        Assert.Equal("493817", message.GetProperty("codes")[0].GetProperty("code").GetString());
        Assert.Equal("https://app.test/confirm?t=1", message.GetProperty("links")[0].GetProperty("url").GetString());
        Assert.False(found.GetProperty("timedOut").GetBoolean());
    }

    [Fact]
    public async Task The_wait_ends_when_mail_comes_and_sees_only_what_is_new()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases");
        var waiting = console.GetAsync($"/api/leases/{Id(lease)}/messages?wait=60s");
        Assert.False(waiting.IsCompleted);
        await console.SubmitAsync(Address(lease), Mail);
        var first = await waiting;
        Assert.Single(first.GetProperty("messages").EnumerateArray());

        var cursor = first.GetProperty("cursor").GetString();
        var next = console.GetAsync($"/api/leases/{Id(lease)}/messages?wait=60s&after={cursor}&subject=second");
        await console.SubmitAsync(Address(lease), Mail);
        await console.SubmitAsync(Address(lease), Mail.Replace("Confirm", "The second", StringComparison.Ordinal));
        Assert.Equal("The second", Assert.Single((await next).GetProperty("messages").EnumerateArray()).GetProperty("subject").GetString());
        Assert.Equal(3, (await console.GetAsync($"/api/leases/{Id(lease)}/messages?count=3&wait=60s")).GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task More_than_one_answer_holds_comes_with_the_next_and_none_is_lost()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases");
        const int many = 103;
        for (var i = 0; i < many; i++)
        {
            await console.SubmitAsync(Address(lease), $"Subject: {i}\n\nx\n");
        }

        await UntilItHasAsync(console, lease, many);
        var seen = new List<string>();
        for (string? cursor = null; seen.Count < many;)
        {
            var page = await console.GetAsync($"/api/leases/{Id(lease)}/messages{(cursor is null ? "" : $"?after={cursor}")}");
            var subjects = page.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("subject").GetString()!).ToArray();
            Assert.InRange(subjects.Length, 1, 100);
            seen.AddRange(subjects);
            cursor = page.GetProperty("cursor").GetString();
        }

        Assert.Equal(Enumerable.Range(0, many).Select(i => $"{i}").Order(), seen.Order());
    }

    [Fact]
    public async Task An_answer_ends_where_its_texts_are_long_and_the_next_goes_on()
    {
        await using var console = await RunningConsole.StartAsync("limits.message-size=8MiB");
        var lease = await console.PostAsync("/api/leases");
        var line = new string('x', 76) + "\n";
        var text = string.Concat(Enumerable.Repeat(line, (1 << 20) / line.Length));
        const int many = 10;
        for (var i = 0; i < many; i++)
        {
            await console.SubmitAsync(Address(lease), $"Subject: {i}\n\n{text}");
        }

        await UntilItHasAsync(console, lease, many);
        var first = await console.GetAsync($"/api/leases/{Id(lease)}/messages?count={many}&wait=60s");
        Assert.InRange(first.GetProperty("messages").GetArrayLength(), 8, 9);
        Assert.False(first.GetProperty("timedOut").GetBoolean());
        var rest = await console.GetAsync($"/api/leases/{Id(lease)}/messages?after={first.GetProperty("cursor").GetString()}");
        Assert.Equal(many, first.GetProperty("messages").GetArrayLength() + rest.GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task A_message_too_large_to_be_looked_into_is_told_as_such_and_the_others_come_all_the_same()
    {
        await using var console = await RunningConsole.StartAsync("limits.message-size=80MiB");
        var lease = await console.PostAsync("/api/leases");
        await console.SubmitAsync(Address(lease), "Subject: small\n\nwords\n");
        await console.SubmitAsync(Address(lease), "Subject: huge\n\nwords\n" + string.Concat(Enumerable.Repeat(new string('x', 998) + "\n", 66 << 10)));
        await UntilItHasAsync(console, lease, 2);

        var all = (await console.GetAsync($"/api/leases/{Id(lease)}/messages")).GetProperty("messages").EnumerateArray().OrderBy(m => m.GetProperty("octets").GetInt64()).ToArray();
        Assert.Equal(("small", false), (all[0].GetProperty("subject").GetString(), all[0].GetProperty("tooLarge").GetBoolean()));
        Assert.Equal(("huge", true), (all[1].GetProperty("subject").GetString(), all[1].GetProperty("tooLarge").GetBoolean()));
        var found = await console.GetAsync($"/api/leases/{Id(lease)}/messages?text=words");
        Assert.Equal("small", Assert.Single(found.GetProperty("messages").EnumerateArray()).GetProperty("subject").GetString());
    }

    [Fact]
    public async Task Messages_that_were_deleted_are_not_counted_any_more()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases");
        var key = await console.SendAsync(Address(lease), Mail);
        await console.SendAsync(Address(lease), Mail);
        await UntilItHasAsync(console, lease, 2);
        await console.Http.DeleteAsync($"/api/mailboxes/{Address(lease)}/messages/{key}");
        Assert.Equal(1, (await console.GetAsync($"/api/leases/{Id(lease)}")).GetProperty("messages").GetInt32());
        await console.Http.DeleteAsync($"/api/mailboxes/{Address(lease)}/messages");
        Assert.Equal(0, (await console.GetAsync($"/api/leases/{Id(lease)}")).GetProperty("messages").GetInt32());
    }

    [Fact]
    public async Task Who_breaks_off_while_it_is_given_back_leaves_nothing_behind()
    {
        var disk = new SlowToDelete();
        await using var console = await RunningConsole.StartWithAsync(parts => parts with { Mailboxes = disk.Over(parts.Mailboxes) }, null);
        var lease = await console.PostAsync("/api/leases", new { scenarios = new[] { new { at = "rcpt", nth = 9, then = new { drop = true } } } });
        await console.SubmitAsync(Address(lease), Mail);
        await UntilItHasAsync(console, lease, 1);

        using var patience = new CancellationTokenSource();
        var leaving = console.Http.DeleteAsync($"/api/leases/{Id(lease)}", patience.Token);
        await disk.Asked.WaitAsync(TimeSpan.FromSeconds(60));
        await patience.CancelAsync();
        try
        {
            await leaving;                                  // it may have been answered before
        }
        catch (OperationCanceledException)
        {
        }

        disk.GoOn();
        await RunningConsole.UntilAsync(() => Task.FromResult(Directory.Exists(Path.Combine(console.Data, "mail", Address(lease))) ? null : "gone"));
        await RunningConsole.UntilAsync(async () => (await console.GetAsync("/api/scenarios")).GetProperty("items").GetArrayLength() == 0 ? "gone" : null);
        await RunningConsole.UntilAsync(async () => (await File.ReadAllTextAsync(Path.Combine(console.Data, "leases"))).Contains("SCRAM", StringComparison.OrdinalIgnoreCase) ? null : "gone");
    }

    [Fact]
    public async Task At_the_end_of_the_wait_the_list_is_empty()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases");
        await console.SubmitAsync(Address(lease), Mail);
        var found = await console.GetAsync($"/api/leases/{Id(lease)}/messages?wait=200ms&from=somebody-else");
        Assert.Empty(found.GetProperty("messages").EnumerateArray());
        Assert.True(found.GetProperty("timedOut").GetBoolean());
    }

    [Fact]
    public async Task Its_account_can_log_in_until_it_is_given_back()
    {
        await using var console = await RunningConsole.StartAsync("listeners.smtp.auth=required", "auth.accept-any=false");
        var lease = await console.PostAsync("/api/leases");
        var login = new Credentials(Address(lease), lease.GetProperty("password").GetString()!);
        Assert.True((await console.TrySubmitAsync(Address(lease), Mail, login: login)).AllAccepted);

        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.DeleteAsync($"/api/leases/{Id(lease)}")).StatusCode);
        Assert.False((await console.TrySubmitAsync("bob@a.test", Mail, login: login)).AllAccepted);
        await RunningConsole.ProblemAsync(await console.Http.GetAsync($"/api/leases/{Id(lease)}/messages"), 410, "gone");
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/leases/never"), 404, "not-found");
    }

    [Fact]
    public async Task When_it_expires_its_mail_is_gone_and_who_waits_is_answered()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases", new { ttl = "1s" });
        await console.SubmitAsync(Address(lease), Mail);
        var found = await console.GetAsync($"/api/leases/{Id(lease)}/messages?wait=2m&subject=never");
        Assert.Empty(found.GetProperty("messages").EnumerateArray());
        await RunningConsole.UntilAsync(() => Task.FromResult(Directory.Exists(Path.Combine(console.Data, "mail", Address(lease))) ? null : "gone"));
        Assert.Empty((await console.GetAsync("/api/leases")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task There_is_a_bound_and_it_says_what_to_do()
    {
        await using var console = await RunningConsole.StartAsync("test-inbox.leases=2");
        await console.PostAsync("/api/leases");
        var second = await console.PostAsync("/api/leases");
        await RunningConsole.ProblemAsync(await console.Http.PostAsync("/api/leases", null), 409, "limit");
        await console.Http.DeleteAsync($"/api/leases/{Id(second)}");
        await console.PostAsync("/api/leases");
    }

    [Theory]
    [InlineData("""{"ttl":"forever"}""", "ttl")]
    [InlineData("""{"ttl":"9999d"}""", "ttl")]
    [InlineData("""{"prefix":"a@b"}""", "prefix")]
    [InlineData("""{"domain":"-"}""", "domain")]
    [InlineData("""{"lifetime":"5m"}""", "lifetime")]
    [InlineData("""{"scenarios":[{"at":"rcpt","then":{"drop":true}},{"at":"rcpt"}]}""", "scenarios[1].then")]
    [InlineData("""{"scenarios":[{"then":{"drop":true}}]}""", "scenarios[0].at")]
    [InlineData("""{"scenarios":[{"for":{"helo":"a"},"at":"rcpt","then":{"drop":true}}]}""", "scenarios[0].for")]
    [InlineData("""{"scenarios":[{"at":"rcpt","nth":0,"then":{"reply":"250 OK"}}]}""", "scenarios[0].then.reply")]
    [InlineData("""{"scenarios":[null]}""", "scenarios[0]")]
    public async Task A_wrong_wish_is_named(string body, string field)
    {
        await using var console = await RunningConsole.StartAsync();
        using var content = new StringContent(body, null, "application/json");
        var problem = await RunningConsole.ProblemAsync(await console.Http.PostAsync("/api/leases", content), 400, "invalid");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
        Assert.Empty((await console.GetAsync("/api/leases")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task It_is_lent_with_what_is_to_go_wrong_and_that_ends_with_it()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases", new
        {
            scenarios = new object[]
            {
                new { name = "full", at = "rcpt", nth = 2, then = new { reply = "452 4.2.2 Mailbox full" } },
                new { at = "stored", times = (int?)null, ttl = "1h", then = new { delay = "1ms" } },
            },
        });
        var its = lease.GetProperty("scenarios").EnumerateArray().ToArray();
        Assert.Equal(["full", null], its.Select(s => s.GetProperty("name").GetString()));
        Assert.All(its, s => Assert.Equal(Id(lease), s.GetProperty("for").GetProperty("lease").GetString()));
        Assert.Equal(JsonValueKind.Null, its[0].GetProperty("expires").ValueKind);

        Assert.True((await console.TrySubmitAsync(Address(lease), Mail)).AllAccepted);
        Assert.Equal("452 4.2.2 Mailbox full", (await console.TrySubmitAsync(Address(lease), Mail)).Results[0].Reply!.ToString());
        var listed = (await console.GetAsync($"/api/scenarios?lease={Id(lease)}")).GetProperty("items").EnumerateArray();
        Assert.Equal([1, 1], listed.Select(s => s.GetProperty("hits").GetInt32()));
        await console.Http.DeleteAsync($"/api/leases/{Id(lease)}");
        Assert.Empty((await console.GetAsync("/api/scenarios")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task All_its_scenarios_can_be_taken_out_at_once()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases", new { scenarios = new[] { new { at = "rcpt", times = (int?)null, then = new { drop = true } } } });
        await console.PostAsync("/api/scenarios", new { @for = new { recipient = "bob@a.test" }, at = "rcpt", then = new { drop = true } });
        Assert.False((await console.TrySubmitAsync(Address(lease), Mail)).AllAccepted);
        var removed = await RunningConsole.AnswerAsync(await console.Http.DeleteAsync($"/api/leases/{Id(lease)}/scenarios"));
        Assert.Equal(1, removed.GetProperty("removed").GetInt32());
        Assert.True((await console.TrySubmitAsync(Address(lease), Mail)).AllAccepted);
        Assert.Single((await console.GetAsync("/api/scenarios")).GetProperty("items").EnumerateArray());
        await RunningConsole.ProblemAsync(await console.Http.DeleteAsync("/api/leases/never/scenarios"), 404, "not-found");
    }

    [Fact]
    public async Task Where_its_scenarios_find_no_room_nothing_is_lent()
    {
        await using var console = await RunningConsole.StartAsync("test-inbox.scenarios=1");
        var two = Enumerable.Repeat(new { at = "rcpt", then = new { drop = true } }, 2).ToArray();
        await RunningConsole.ProblemAsync(await console.Http.PostAsJsonAsync("/api/leases", new { scenarios = two }), 409, "limit");
        Assert.Empty((await console.GetAsync("/api/leases")).GetProperty("items").EnumerateArray());
        Assert.Empty((await console.GetAsync("/api/scenarios")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Many_tests_at_once_never_see_each_other_s_mail()
    {
        await using var console = await RunningConsole.StartAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            var lease = await console.PostAsync("/api/leases");
            await console.SubmitAsync(Address(lease), $"Subject: test {i}\n\n{i}\n");
            var found = await console.GetAsync($"/api/leases/{Id(lease)}/messages?wait=60s");
            return (i, Subject: Assert.Single(found.GetProperty("messages").EnumerateArray()).GetProperty("subject").GetString());
        }));
        Assert.All(all, one => Assert.Equal($"test {one.i}", one.Subject));
    }

    private static Task UntilItHasAsync(RunningConsole console, JsonElement lease, int messages) => RunningConsole.UntilAsync(async () =>
        (await console.GetAsync($"/api/leases/{Id(lease)}")).GetProperty("messages").GetInt32() == messages ? "there" : null);

    private static string Id(JsonElement lease) => lease.GetProperty("id").GetString()!;

    private static string Address(JsonElement lease) => lease.GetProperty("address").GetString()!;
}
