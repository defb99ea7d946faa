using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace ActorSmtp.Web.Tests.Api;

/// <summary>Mailboxes and messages, as the pages and test suites read them.</summary>
public sealed class MailboxTests
{
    private const string Mail = "From: Ann Ö <ann@client.test>\nTo: bob@a.test\nSubject: Grüße\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nHello Bob\n";

    [Fact]
    public async Task A_message_is_listed_with_what_its_header_says()
    {
        await using var console = await RunningConsole.StartAsync();
        var key = await console.SendAsync("bob@a.test", Mail);

        var mailbox = Assert.Single((await console.GetAsync("/api/mailboxes")).GetProperty("items").EnumerateArray());
        Assert.Equal(("bob@a.test", 1, 1), (mailbox.GetProperty("name").GetString(), mailbox.GetProperty("messages").GetInt32(), mailbox.GetProperty("unseen").GetInt32()));
        var row = Assert.Single((await console.GetAsync("/api/mailboxes/bob@a.test/messages")).GetProperty("items").EnumerateArray());
        Assert.Equal(key, row.GetProperty("key").GetString());
        Assert.Equal("Grüße", row.GetProperty("subject").GetString());
        Assert.Equal(("Ann Ö", "ann@client.test"), (row.GetProperty("from").GetProperty("name").GetString(), row.GetProperty("from").GetProperty("address").GetString()));
        Assert.Equal("Hello Bob", row.GetProperty("snippet").GetString());
        Assert.False(row.GetProperty("seen").GetBoolean());
    }

    [Fact]
    public async Task Pages_hold_every_message_once_newest_first_also_over_all_mailboxes_and_while_mail_comes()
    {
        await using var console = await RunningConsole.StartAsync();
        var keys = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            keys.Add(await console.SendAsync(i % 2 == 0 ? "a@a.test" : "b@a.test", Mail));
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await console.GetAsync($"/api/messages?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("key").GetString()!));
            cursor = page.GetProperty("next").GetString();
            if (seen.Count == 2)
            {
                await console.SendAsync("a@a.test", Mail);
            }
        }
        while (cursor is not null);

        Assert.Equal(keys.OrderDescending(StringComparer.Ordinal), seen);
    }

    [Fact]
    public async Task Opening_a_message_asks_for_its_session_in_memory_alone()
    {
        await using var console = await RunningConsole.StartAsync(new Server.Inspection.Inspection(Stories: new OldStories()), null);
        var key = await console.SendAsync("bob@a.test", Mail);
        var message = await console.GetAsync($"/api/mailboxes/bob@a.test/messages/{key}");
        Assert.Equal("recent", message.GetProperty("sessionId").GetString());
        Assert.Equal("filed", (await console.GetAsync($"/api/mailboxes/bob@a.test/messages/{key}/transcript")).GetProperty("sessionId").GetString());
    }

    [Fact]
    public async Task Null_is_no_key()
    {
        await using var console = await RunningConsole.StartAsync();
        var key = await console.SendAsync("bob@a.test", Mail);
        var problem = await RunningConsole.ProblemAsync(
            await console.Http.PostAsJsonAsync("/api/mailboxes/bob@a.test/actions", new { action = "delete", keys = new[] { key, null } }), 400, "invalid");
        Assert.True(problem.GetProperty("errors").TryGetProperty("keys", out _));
    }

    [Fact]
    public async Task Two_copies_of_one_message_are_both_listed_over_all_mailboxes()
    {
        await using var console = await RunningConsole.StartAsync();
        await console.SubmitAsync("a@a.test,b@a.test,c@a.test", Mail);
        await RunningConsole.UntilAsync(async () => (await console.GetAsync("/api/mailboxes")).GetProperty("items").GetArrayLength() == 3 ? "all" : null);

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await console.GetAsync($"/api/messages?limit=1{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("mailbox").GetString()!));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        Assert.Equal(["a@a.test", "b@a.test", "c@a.test"], seen.Order());
    }

    [Fact]
    public async Task A_message_is_answered_whole_raw_and_in_parts()
    {
        await using var console = await RunningConsole.StartAsync();
        var key = await console.SendAsync("bob@a.test", """
            From: ann@client.test
            To: bob@a.test
            Subject: three parts
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=x

            --x
            Content-Type: multipart/alternative; boundary=y

            --y
            Content-Type: text/plain

            See https://example.com/a.
            --y
            Content-Type: text/html

            <p>See <a href="https://example.com/b">this</a></p>
            --y--
            --x
            Content-Type: application/pdf
            Content-Disposition: attachment; filename="../../r√.pdf"
            Content-Transfer-Encoding: base64

            AAEC
            --x--
            """);
        var path = $"/api/mailboxes/bob@a.test/messages/{key}";
        var detail = await console.GetAsync(path);
        Assert.Equal("See https://example.com/a.", detail.GetProperty("text").GetString()!.Trim());
        Assert.True(detail.GetProperty("hasHtml").GetBoolean());
        Assert.Equal(["", "1", "1.1", "1.2", "2"], Parts(detail.GetProperty("mime")));
        Assert.Equal(["https://example.com/b", "https://example.com/a"], detail.GetProperty("links").EnumerateArray().Select(l => l.GetProperty("url").GetString()));
        Assert.Equal(1, detail.GetProperty("attachments").GetInt32());
        Assert.Equal("2", Assert.Single(detail.GetProperty("attachmentList").EnumerateArray()).GetProperty("part").GetString());

        var part = await console.Http.GetAsync(path + "/parts/2");
        Assert.Equal([0, 1, 2], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal("attachment", part.Content.Headers.ContentDisposition!.DispositionType);
        Assert.DoesNotContain("..", part.Content.Headers.ContentDisposition.FileName + part.Content.Headers.ContentDisposition.FileNameStar, StringComparison.Ordinal);
        Assert.Equal("application/octet-stream", part.Content.Headers.ContentType!.MediaType);
        await RunningConsole.ProblemAsync(await console.Http.GetAsync(path + "/parts/3"), 404, "not-found");

        var raw = await console.Http.GetAsync(path + "/raw?download=1");
        Assert.Equal("message/rfc822", raw.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("Return-Path: <ann@client.test>\r\n", await raw.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flags_and_tags_are_changed_found_and_kept_in_the_Maildir()
    {
        await using var console = await RunningConsole.StartAsync();
        var key = await console.SendAsync("bob@a.test", Mail);
        var path = $"/api/mailboxes/bob@a.test/messages/{key}";
        var row = await RunningConsole.AnswerAsync(await console.Http.PatchAsJsonAsync(path, new { seen = true, flagged = true, tags = new[] { "todo" } }));
        Assert.True(row.GetProperty("seen").GetBoolean());
        Assert.Equal("todo", Assert.Single(row.GetProperty("tags").EnumerateArray()).GetString());
        Assert.EndsWith(":2,FS", Assert.Single(Directory.GetFiles(Path.Combine(console.Data, "mail/bob@a.test/Maildir/cur"))), StringComparison.Ordinal);

        Assert.Single((await console.GetAsync("/api/messages?q=tag:TODO is:seen is:flagged")).GetProperty("items").EnumerateArray());
        Assert.Empty((await console.GetAsync("/api/messages?q=-tag:todo")).GetProperty("items").EnumerateArray());
        Assert.Empty((await console.GetAsync("/api/messages?q=is:unseen")).GetProperty("items").EnumerateArray());

        row = await RunningConsole.AnswerAsync(await console.Http.PatchAsJsonAsync(path, new { seen = false, tags = Array.Empty<string>() }));
        Assert.False(row.GetProperty("seen").GetBoolean());
        Assert.False(File.Exists(Path.Combine(console.Data, "mail/bob@a.test/tags")));
        await RunningConsole.ProblemAsync(await console.Http.PatchAsJsonAsync(path, new { tags = new[] { "two words" } }), 400, "invalid");
    }

    [Fact]
    public async Task What_another_program_does_to_the_Maildir_is_seen_at_the_next_question()
    {
        await using var console = await RunningConsole.StartAsync();
        var (first, second) = (await console.SendAsync("bob@a.test", Mail), await console.SendAsync("bob@a.test", Mail));
        Assert.Equal(2, (await console.GetAsync("/api/mailboxes/bob@a.test")).GetProperty("unseen").GetInt32());

        var box = Path.Combine(console.Data, "mail/bob@a.test/Maildir");
        File.Move(Path.Combine(box, "new", first), Path.Combine(box, "cur", first + ":2,RS"));
        File.Delete(Path.Combine(box, "new", second));
        var row = Assert.Single((await console.GetAsync("/api/mailboxes/bob@a.test/messages")).GetProperty("items").EnumerateArray());
        Assert.Equal((true, true), (row.GetProperty("seen").GetBoolean(), row.GetProperty("answered").GetBoolean()));
    }

    [Fact]
    public async Task Messages_and_mailboxes_are_removed()
    {
        await using var console = await RunningConsole.StartAsync();
        var key = await console.SendAsync("bob@a.test", Mail);
        await console.SendAsync("bob@a.test", Mail);
        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.DeleteAsync($"/api/mailboxes/bob@a.test/messages/{key}")).StatusCode);
        await RunningConsole.ProblemAsync(await console.Http.DeleteAsync($"/api/mailboxes/bob@a.test/messages/{key}"), 404, "not-found");
        Assert.Equal(1, (await RunningConsole.AnswerAsync(await console.Http.DeleteAsync("/api/mailboxes/bob@a.test/messages"))).GetProperty("removed").GetInt32());
        Assert.Equal(0, (await console.GetAsync("/api/mailboxes/bob@a.test")).GetProperty("messages").GetInt32());
        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.DeleteAsync("/api/mailboxes/bob@a.test")).StatusCode);
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/mailboxes/bob@a.test"), 404, "not-found");
    }

    [Fact]
    public async Task Several_messages_are_acted_on_at_once_and_those_that_are_gone_are_named()
    {
        await using var console = await RunningConsole.StartAsync();
        var keys = new[] { await console.SendAsync("bob@a.test", Mail), await console.SendAsync("bob@a.test", Mail), "gone" };
        var outcome = await console.PostAsync("/api/mailboxes/bob@a.test/actions", new { action = "seen", keys });
        Assert.Equal(2, outcome.GetProperty("done").GetInt32());
        Assert.Equal("gone", Assert.Single(outcome.GetProperty("missing").EnumerateArray()).GetString());
        Assert.Equal(0, (await console.GetAsync("/api/mailboxes/bob@a.test")).GetProperty("unseen").GetInt32());
        Assert.Equal(2, (await console.PostAsync("/api/mailboxes/bob@a.test/actions", new { action = "delete", keys })).GetProperty("done").GetInt32());
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("cursor=!!", "cursor")]
    [InlineData("q=from:", "q")]
    [InlineData("q=before:yesterday", "q")]
    [InlineData("q=has:wings", "q")]
    [InlineData("q=larger:huge", "q")]
    public async Task A_wrong_parameter_is_named(string query, string field)
    {
        await using var console = await RunningConsole.StartAsync();
        var problem = await RunningConsole.ProblemAsync(await console.Http.GetAsync($"/api/messages?{query}"), 400, "invalid");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
    }

    [Fact]
    public async Task A_wrong_body_is_named()
    {
        await using var console = await RunningConsole.StartAsync();
        const string path = "/api/mailboxes/bob/actions";
        await RunningConsole.ProblemAsync(await console.Http.PostAsync(path, new StringContent("action=seen")), 415, "media-type");
        Assert.True((await RunningConsole.ProblemAsync(await console.Http.PostAsJsonAsync(path, new { acton = "seen" }), 400, "invalid")).GetProperty("errors").TryGetProperty("acton", out _));
        Assert.True((await RunningConsole.ProblemAsync(await console.Http.PostAsJsonAsync(path, new { action = "fly" }), 400, "invalid")).GetProperty("errors").TryGetProperty("action", out _));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_before_it_has_come()
    {
        await using var console = await RunningConsole.StartAsync();
        var address = console.Console.Address!;
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/mailboxes/bob/actions HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {2 << 20}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("urn:actorsmtp:problem:too-large", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_have_is_405_with_those_it_has()
    {
        await using var console = await RunningConsole.StartAsync();
        var response = await console.Http.PutAsync("/api/mailboxes/bob", null);
        await RunningConsole.ProblemAsync(response, 405, "method");
        Assert.Equal(["DELETE", "GET"], response.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task A_mailbox_s_name_may_hold_anything()
    {
        await using var console = await RunningConsole.StartAsync();
        await console.SubmitAsync("\"a/b%2F c\"@a.test", Mail);
        var name = await RunningConsole.UntilAsync(async () =>
            (await console.GetAsync("/api/mailboxes")).GetProperty("items").EnumerateArray().Select(m => m.GetProperty("name").GetString()).FirstOrDefault());
        Assert.Equal("a/b%2f c@a.test", name);
        Assert.Single((await console.GetAsync($"/api/mailboxes/{Uri.EscapeDataString(name)}/messages")).GetProperty("items").EnumerateArray());
    }

    private static IEnumerable<string> Parts(JsonElement node) => node.GetProperty("children").EnumerateArray().SelectMany(Parts).Prepend(node.GetProperty("part").GetString()!);

    /// <summary>What is in files is another session, so that a test sees who was asked.</summary>
    private sealed class OldStories : Server.Inspection.ISessionStories
    {
        public Task<string?> RecentSessionOfAsync(string mailId, CancellationToken cancellation) => Task.FromResult<string?>("recent");

        public Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation) => Task.FromResult<string?>("filed");

        public Task<Server.Inspection.TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation) =>
            Task.FromResult<Server.Inspection.TranscriptView?>(new(sessionId, [], Truncated: false));

        public Task<Server.Inspection.Story?> ExplainAsync(string id, CancellationToken cancellation) => Task.FromResult<Server.Inspection.Story?>(null);
    }
}
