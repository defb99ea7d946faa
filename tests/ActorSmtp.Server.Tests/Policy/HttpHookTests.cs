using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Hooks;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>Hooks that are asked by HTTP: what they are asked, what their answers do, and what becomes of mail while they do not answer.</summary>
public sealed class HttpHookTests
{
    private const string Message = "EHLO c.test\nMAIL FROM:<x@c.test> SIZE=123\nRCPT TO:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nDATA\nSubject: one\nX-Policy: forged\n\nHello\n.\nQUIT\n";
    private const string Taken = "220, 250, 250 2.1.0, 250 2.1.5, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0";

    [Fact]
    public async Task It_is_asked_at_each_step_and_nothing_at_all_lets_pass()
    {
        var posts = new Scripted();
        await using var server = await StartAsync(posts, "gatekeeping.http-hooks.a.headers=[\"Authorization: Bearer abc\", \"X-Site: one\"]");

        Assert.Equal(Taken, await server.TalkAsync(Message));

        Assert.Equal(["mail", "rcpt", "rcpt", "content"], posts.Questions.Select(q => q.GetProperty("step").GetString()));
        var (mail, rcpt, content) = (posts.Questions[0], posts.Questions[2], posts.Questions[3]);
        Assert.Equal("1 a mx.test mx mx x@c.test 123", Words(mail, "version", "hook", "server", "listener", "role", "sender", "size"));
        Assert.Equal("127.0.0.1 c.test", Words(mail.GetProperty("client"), "address", "helo"));
        Assert.Equal("ann@mx.test [\"bob@mx.test\",\"ann@mx.test\"]", Words(rcpt, "recipient", "recipients"));
        Assert.Equal("False 41", Words(content, "truncated", "octets"));
        Assert.Equal("Subject: one\r\nX-Policy: forged\r\n\r\n", Encoding.ASCII.GetString(content.GetProperty("header").GetBytesFromBase64()));
        Assert.All(posts.Asked, p => Assert.Equal("Authorization=Bearer abc X-Site=one", string.Join(' ', p.Headers.Select(h => $"{h.Key}={h.Value}"))));
        Assert.All(posts.Asked, p => Assert.Equal("http://hook.test/mail", p.Url.ToString()));
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("header", "Subject: one\r\nX-Policy: forged\r\n\r\n")]
    [InlineData("all", "Subject: one\r\nX-Policy: forged\r\n\r\nHello\r\n")]
    public async Task It_is_shown_as_much_of_the_message_as_it_wants(string wants, string shown)
    {
        var posts = new Scripted();
        await using var server = await StartAsync(posts, $"gatekeeping.http-hooks.a.content={wants}", "gatekeeping.http-hooks.a.steps=[content]");

        Assert.Equal(Taken, await server.TalkAsync(Message));

        var question = Assert.Single(posts.Questions);
        Assert.Equal(shown, Encoding.ASCII.GetString(question.TryGetProperty(wants == "all" ? "content" : "header", out var octets) ? octets.GetBytesFromBase64() : []));
    }

    [Fact]
    public async Task What_is_longer_than_it_wants_is_cut_and_it_is_told_so()
    {
        var posts = new Scripted();
        await using var server = await StartAsync(posts, "gatekeeping.http-hooks.a.content=all", "gatekeeping.http-hooks.a.content-limit=1KiB", "gatekeeping.http-hooks.a.steps=[content]");

        await server.TalkAsync(Message.Replace("Hello", new string('x', 900) + "\n" + new string('y', 900), StringComparison.Ordinal));

        var question = Assert.Single(posts.Questions);
        Assert.True(question.GetProperty("truncated").GetBoolean());
        Assert.Equal(1024, question.GetProperty("content").GetBytesFromBase64().Length);
    }

    [Theory]
    [InlineData("{\"action\":\"accept\"}", "250 2.1.0")]
    [InlineData("{\"action\":\"accept\",\"later\":{\"version\":[2]}}", "250 2.1.0")]
    [InlineData("{\"action\":\"reject\"}", "550 5.7.1 Refused by local policy")]
    [InlineData("{\"action\":\"reject\",\"text\":\"Go away\"}", "550 5.7.1 Go away")]
    [InlineData("{\"action\":\"reject\",\"code\":554,\"status\":\"5.7.0\",\"text\":\"Go\\r\\n250 away\"}", "554 5.7.0 Go??250 away")]
    [InlineData("{\"action\":\"defer\",\"text\":\"Later\"}", "451 4.7.1 Later")]
    [InlineData("{\"action\":\"defer\",\"code\":450,\"status\":\"4.2.1\",\"text\":\"Later\"}", "450 4.2.1 Later")]
    public async Task Its_answer_is_what_the_peer_hears(string answer, string heard)
    {
        await using var server = await StartAsync(new Scripted { Answer = _ => Ok(answer) }, "gatekeeping.http-hooks.a.steps=[mail]");

        Assert.StartsWith(heard, (await server.ListenAsync(Message))[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_that_it_adds_stand_in_front_and_a_tag_says_why()
    {
        var posts = new Scripted
        {
            Answer = q => Ok(q.GetProperty("step").GetString() == "content"
                ? """{"action":"tag","reason":"looks odd","headers":[{"name":"X-Spam","value":"grün, 5 of 7"},{"name":"X-Seen","value":"yes"}]}"""
                : """{"action":"accept"}"""),
        };
        await using var server = await StartAsync(posts);

        Assert.Equal(Taken, await server.TalkAsync(Message));

        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        Assert.StartsWith("Return-Path: <x@c.test>\r\nX-Policy: http-hook=tag (a: looks odd)\r\nX-Spam: =?", stored, StringComparison.Ordinal);
        Assert.Contains("?= 5 of 7\r\nX-Seen: yes\r\nReceived: ", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("grün", stored, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mail")]
    [InlineData("rcpt")]
    [InlineData("content")]
    public async Task What_it_wants_set_apart_is_flagged_or_goes_into_quarantine_as_the_setting_says(string step)
    {
        var posts = new Scripted { Answer = q => Ok(q.GetProperty("step").GetString() == step ? """{"action":"quarantine","reason":"looks bad"}""" : """{"action":"accept"}""") };
        await using var flags = await StartAsync(posts);
        Assert.Equal(Taken, await flags.TalkAsync(Message));
        var flagged = await flags.Server.ReadOnlyMessageAsync("bob");
        Assert.StartsWith("Return-Path: <x@c.test>\r\nX-Policy: http-hook=quarantine (a: looks bad)", flagged, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Spam-Flag: YES\r\nReceived: ", flagged, StringComparison.Ordinal);

        await using var sets = await StartAsync(posts, "gatekeeping.set-apart=quarantine");
        Assert.Equal(Taken, await sets.TalkAsync(Message));
        var stored = await sets.Server.ReadOnlyMessageAsync("postmaster");
        Assert.Contains("X-Quarantine: http-hook=quarantine (a: looks bad);\r\n\tfrom=<x@c.test>;\r\n\tto=<bob@mx.test>;\r\n\tto=<ann@mx.test>\r\nReceived: ", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Spam-Flag", stored, StringComparison.Ordinal);
        Assert.Empty(await sets.Server.Stores.Mailboxes.ListAsync("bob", CancellationToken.None).ToArrayAsync());
        Assert.Empty(await sets.Server.Stores.Mailboxes.ListAsync("ann", CancellationToken.None).ToArrayAsync());
    }

    [Fact]
    public async Task What_one_message_was_set_apart_for_holds_for_no_other()
    {
        var posts = new Scripted { Answer = q => Ok(q.GetProperty("sender").GetString() == "bad@c.test" ? """{"action":"quarantine"}""" : """{"action":"accept"}""") };
        await using var server = await StartAsync(posts, "gatekeeping.http-hooks.a.steps=[mail, rcpt]");

        Assert.EndsWith("354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(
            "EHLO c.test\nMAIL FROM:<bad@c.test>\nRCPT TO:<bob@mx.test>\nRSET\nMAIL FROM:<x@c.test>\nRCPT TO:<ann@mx.test>\nDATA\n\nHello\n.\nQUIT\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("X-Spam-Flag", await server.Server.ReadOnlyMessageAsync("ann"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_scores_count_with_all_others()
    {
        var posts = new Scripted { Answer = q => Ok(q.GetProperty("step").GetString() == "mail" ? """{"action":"accept","score":2.5}""" : """{"action":"accept","score":0}""") };
        var other = new ScriptedCheck("other") { Answer = ScriptedCheck.At(PolicySteps.Mail, PolicyAnswer.Found(new Finding("other", "odd", "", 3))) };
        await using var server = await StartAsync(posts, ["gatekeeping.scores.reject=5"], other);

        Assert.StartsWith("220, 250, 250 2.1.0, 550 5.7.1, 550 5.7.1", await server.TalkAsync(Message), StringComparison.Ordinal);
        Assert.Equal(3, posts.Questions[0].GetProperty("score").GetDouble());
    }

    [Fact]
    public async Task What_it_wants_gone_is_gone_and_the_sender_hears_nothing_of_it()
    {
        await using var server = await StartAsync(new Scripted { Answer = _ => Ok("""{"action":"discard"}""") }, "gatekeeping.http-hooks.a.steps=[content]");

        Assert.Equal(Taken, await server.TalkAsync(Message));
        Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
    }

    /// <summary>As sendmail's SMFIS_DISCARD: whenever it is said, it is about the whole message.</summary>
    [Theory]
    [InlineData("mail", 1)]
    [InlineData("rcpt", 2)]
    public async Task What_it_wants_gone_at_MAIL_or_RCPT_is_gone_as_a_whole_and_it_is_asked_no_more(string step, int asked)
    {
        var posts = new Scripted { Answer = q => Ok(q.GetProperty("step").GetString() == step ? """{"action":"discard"}""" : """{"action":"accept"}""") };
        var other = new ScriptedCheck("other");
        await using var server = await StartAsync(posts, [], other);

        Assert.Equal(
            Taken.Replace(", 221", ", 250 2.1.0, 221", StringComparison.Ordinal), await server.TalkAsync(Message.Replace("QUIT\n", "MAIL FROM:<y@c.test>\nQUIT\n", StringComparison.Ordinal)));

        Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
        Assert.Contains(server.Server.Log.All, l => l.Contains("http-hook: discarded", StringComparison.Ordinal));
        Assert.Equal(asked + 1, posts.Asked.Count);                                         // and about the message that came behind
        Assert.Equal(["Connect", "Hello c.test", "Mail <x@c.test>", "Rcpt bob@mx.test", "Rcpt ann@mx.test", "Mail <y@c.test>"], other.Asked);
    }

    [Fact]
    public async Task Who_refuses_behind_one_that_discards_is_heard()
    {
        var posts = new Scripted { Answer = q => Ok(q.GetProperty("recipient").GetString() == "ann@mx.test" ? """{"action":"reject"}""" : """{"action":"accept"}""") };
        var other = new ScriptedCheck("other") { Answer = ScriptedCheck.At(PolicySteps.Rcpt, new PolicyAnswer(PolicyAction.Discard)) };
        await using var server = await StartAsync(posts, ["gatekeeping.http-hooks.a.steps=[rcpt]"], other);

        Assert.Equal("220, 250, 250 2.1.0, 550 5.7.1, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(Message.Replace(
            "RCPT TO:<bob@mx.test>\nRCPT TO:<ann@mx.test>", "RCPT TO:<ann@mx.test>\nRCPT TO:<bob@mx.test>", StringComparison.Ordinal)));
        Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Its_fields_leave_room_for_ours_whatever_it_adds()
    {
        var field = $$"""{"action":"accept","headers":[{"name":"X-Its","value":"{{string.Join(' ', Enumerable.Repeat(new string('x', 60), 100))}}"}]}""";
        var other = new ScriptedCheck("other") { Answer = ScriptedCheck.At(PolicySteps.Content, PolicyAnswer.Pass with { Fields = string.Concat(Enumerable.Repeat($"X-Ours: {new string('y', 70)}\r\n", 300)) }) };
        await using var server = await StartAsync(new Scripted { Answer = _ => Ok(field) }, [], other);

        Assert.Equal(Taken, await server.TalkAsync(Message));

        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        Assert.Equal(2, stored.Split("\r\nX-Its: ").Length - 1);
        Assert.Equal(300, stored.Split("\r\nX-Ours: ").Length - 1);
        Assert.Contains(server.Server.Log.All, l => l.Contains("http-hook: cut (its header fields are too long together, and were left out)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(500, "", "it answered 500")]
    [InlineData(302, "", "redirects are not followed")]
    [InlineData(200, "<html>", "the answer is no JSON")]
    [InlineData(200, "[]", "the answer is no object")]
    [InlineData(200, "{}", "action is not there")]
    [InlineData(200, "{\"action\":\"drop\"}", "expected accept, tag, quarantine, defer, reject or discard")]
    [InlineData(200, "{\"action\":5}", "the answer makes no sense")]
    [InlineData(200, "{\"action\":\"reject\",\"code\":250}", "expected 5xx to reject")]
    [InlineData(200, "{\"action\":\"defer\",\"code\":550}", "expected 4xx to defer")]
    [InlineData(200, "{\"action\":\"defer\",\"code\":421}", "would end the session")]
    [InlineData(200, "{\"action\":\"reject\",\"status\":\"2.0.0\"}", "expected such as 5.7.1")]
    [InlineData(200, "{\"action\":\"reject\",\"code\":\"550\"}", "the answer makes no sense")]
    [InlineData(200, "{\"action\":\"reject\",\"code\":550.5}", "the answer makes no sense")]
    [InlineData(200, "{\"action\":\"reject\",\"code\":5500000000000}", "the answer makes no sense")]
    [InlineData(200, "{\"action\":\"accept\",\"score\":1e9}", "score is beyond 1000")]
    [InlineData(200, "{\"action\":\"accept\",\"headers\":[{\"name\":\"X-A\",\"value\":\"b\\r\\nX-C: d\"}]}", "header X-A")]
    [InlineData(200, "{\"action\":\"accept\",\"headers\":[{\"name\":\"X A\",\"value\":\"b\"}]}", "the name of the field is none")]
    [InlineData(200, "{\"action\":\"accept\",\"headers\":[{\"name\":\"received\",\"value\":\"b\"}]}", "may not add received")]
    [InlineData(200, "{\"action\":\"accept\",\"headers\":{}}", "the answer makes no sense")]
    public async Task An_answer_that_is_none_counts_as_none(int status, string body, string why)
    {
        foreach (var (onFailure, heard) in (KeyValuePair<string, string>[])[new("accept", "250 2.1.0"), new("defer", "451 4.3.0")])
        {
            await using var server = await StartAsync(new Scripted { Answer = _ => new HttpAnswer(status, Encoding.UTF8.GetBytes(body)) }, "gatekeeping.http-hooks.a.steps=[mail]", $"gatekeeping.http-hooks.a.on-failure={onFailure}");

            Assert.StartsWith("220, 250, " + heard, await server.TalkAsync(Message), StringComparison.Ordinal);
            Assert.Contains(server.Server.Log.All, l => l.Contains("http-hook: failed (a: ", StringComparison.Ordinal) && l.Contains(why, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task After_a_failure_it_is_asked_about_the_next_command_all_the_same()
    {
        var posts = new Scripted { Answer = q => q.GetProperty("step").GetString() == "mail" ? throw new IOException("connection refused") : Ok("{\"action\":\"reject\"}") };
        await using var server = await StartAsync(posts);

        Assert.StartsWith("220, 250, 250 2.1.0, 550 5.7.1", await server.TalkAsync(Message), StringComparison.Ordinal);
        Assert.Contains(server.Server.Log.All, l => l.Contains("http-hook: failed (a: connection refused)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_does_not_answer_is_waited_for_so_long()
    {
        var posts = new Scripted { Hangs = true };
        await using var server = await StartAsync(posts, "gatekeeping.http-hooks.a.timeout=150ms", "gatekeeping.http-hooks.a.steps=[mail]");

        Assert.Equal(Taken, await server.TalkAsync(Message));
        Assert.Contains(server.Server.Log.All, l => l.Contains("no answer within 0.15 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_down_is_left_alone_and_tried_by_one_question_after_a_while()
    {
        var time = new StandingTime();
        var log = new LogLines();
        var down = true;
        var posts = new Scripted { Answer = _ => down ? throw new IOException("connection refused") : Ok("{\"action\":\"accept\"}") };
        using var metrics = new Metrics();
        var line = new HookLine(Settings("gatekeeping.http-hooks.a.failures=3"), posts, time, metrics, new Log(log));
        for (var n = 0; n < 3; n++)
        {
            Assert.Equal("connection refused", (await line.AskAsync(Question, false, default)).Wrong);
        }

        Assert.Equal("it is left alone, since it failed", (await line.AskAsync(Question, false, default)).Wrong);
        Assert.Equal(3, posts.Asked.Count);
        Assert.Single(log.All, l => l.Contains("HTTP hook a is not asked for 00:00:30: connection refused", StringComparison.Ordinal));

        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("connection refused", (await line.AskAsync(Question, false, default)).Wrong);       // tried
        Assert.Equal("it is left alone, since it failed", (await line.AskAsync(Question, false, default)).Wrong);

        (down, _) = (false, 0);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Null((await line.AskAsync(Question, false, default)).Wrong);
        Assert.Null((await line.AskAsync(Question, false, default)).Wrong);
        Assert.Equal(6, posts.Asked.Count);
        Assert.Single(log.All, l => l.Contains("HTTP hook a is asked again", StringComparison.Ordinal));
        Assert.Equal((2, 4, 2), (metrics.HookQuestions[HookOutcome.Answered].Value, metrics.HookQuestions[HookOutcome.Failed].Value, metrics.HookQuestions[HookOutcome.NotAsked].Value));
    }

    /// <summary>The one question that tries it would never be over, and nobody would ask it again.</summary>
    [Fact]
    public async Task Whatever_goes_wrong_while_it_is_tried_it_is_tried_again()
    {
        var time = new StandingTime();
        var posts = new Scripted { Answer = _ => throw new InvalidOperationException("out of order") };
        using var metrics = new Metrics();
        var line = new HookLine(Settings("gatekeeping.http-hooks.a.failures=1"), posts, time, metrics, new Log(new LogLines()));
        for (var n = 1; n <= 3; n++)
        {
            Assert.Equal("out of order", (await line.AskAsync(Question, false, default)).Wrong);
            time.Advance(TimeSpan.FromSeconds(31));
            Assert.Equal(n, posts.Asked.Count);
        }
    }

    [Fact]
    public void Strangers_leave_some_of_the_memory_to_those_who_logged_in()
    {
        var memory = new OctetBudget(100, forStrangers: 75);

        Assert.True(memory.TryTake(75));
        Assert.False(memory.TryTake(1));
        Assert.True(memory.TryTake(25, isKnown: true));
        Assert.False(memory.TryTake(1, isKnown: true));
        memory.GiveBack(50);
        Assert.True(memory.TryTake(25));
        Assert.Equal(75, memory.Taken);
    }

    [Fact]
    public async Task While_one_question_tries_it_the_others_go_on_without()
    {
        var time = new StandingTime();
        var answer = new TaskCompletionSource<HttpAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posts = new Scripted { Answer = _ => throw new IOException("down") };
        using var metrics = new Metrics();
        var line = new HookLine(Settings("gatekeeping.http-hooks.a.failures=1"), posts, time, metrics, new Log(new LogLines()));
        await line.AskAsync(Question, false, default);
        time.Advance(TimeSpan.FromSeconds(31));
        posts.Later = answer.Task;

        var tries = line.AskAsync(Question, false, default);
        Assert.Equal("it is left alone, since it failed", (await line.AskAsync(Question, false, default)).Wrong);
        answer.SetResult(Ok("{\"action\":\"accept\"}"));

        Assert.Null((await tries).Wrong);
    }

    [Fact]
    public async Task So_many_are_asked_at_a_time_and_further_ones_wait_and_that_is_not_held_against_it()
    {
        var answer = new TaskCompletionSource<HttpAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posts = new Scripted { Later = answer.Task };
        using var metrics = new Metrics();
        var line = new HookLine(Settings("gatekeeping.http-hooks.a.failures=1", "gatekeeping.http-hooks.a.at-once=2", "gatekeeping.http-hooks.a.timeout=19s"), posts, TimeProvider.System, metrics, new Log(new LogLines()));
        using var impatient = new CancellationTokenSource();
        var (first, second, third) = (line.AskAsync(Question, false, default), line.AskAsync(Question, false, default), line.AskAsync(Question, false, impatient.Token));
        Assert.Equal(2, posts.Asked.Count);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        var fourth = line.AskAsync(Question, false, default);
        Assert.Equal(2, posts.Asked.Count);
        answer.SetResult(Ok("{\"action\":\"accept\"}"));

        Assert.All(await Task.WhenAll(first, second, fourth), a => Assert.Null(a.Wrong));
        Assert.Equal(3, posts.Asked.Count);
    }

    [Fact]
    public async Task Messages_for_which_there_is_no_room_count_as_not_answered_and_room_comes_back()
    {
        var posts = new Scripted();
        await using var server = await StartAsync(
            posts, "gatekeeping.http-hooks.a.steps=[content]", "gatekeeping.http-hooks.a.content=all", "gatekeeping.http-hooks.a.content-limit=64KiB", "gatekeeping.http-hooks.a.memory=64KiB", "gatekeeping.http-hooks.a.on-failure=defer");
        var first = await server.ConnectAsync();
        first.Send(Encoding.ASCII.GetBytes($"HELO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\n{string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 800))}"));
        await UntilHeld(server, held => held > 32 * 1024);

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 250 2.1.5, 354, 451 4.3.0, 221 2.0.0", await server.TalkAsync(Message.Replace("Hello", string.Concat(Enumerable.Repeat(new string('y', 70) + "\n", 800)), StringComparison.Ordinal)));
        Assert.Empty(posts.Asked);
        first.Close();
        await UntilHeld(server, held => held == 0);
        Assert.Equal(Taken, await server.TalkAsync(Message));
    }

    [Theory]
    [InlineData("strangers", 1, 0)]
    [InlineData("users", 0, 1)]
    [InlineData("all", 1, 1)]
    public async Task It_is_asked_about_strangers_users_or_both(string sessions, int strangers, int users)
    {
        var posts = new Scripted();
        await using var server = await StartAsync(posts, "listeners.mx.auth=offered", $"gatekeeping.http-hooks.a.sessions={sessions}", "gatekeeping.http-hooks.a.steps=[mail]");

        await server.TalkAsync("EHLO c.test\nMAIL FROM:<x@c.test>\nQUIT\n");
        await server.TalkAsync("EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\nMAIL FROM:<bob@mx.test>\nQUIT\n");

        Assert.Equal(strangers, posts.Questions.Count(q => q.GetProperty("client").GetProperty("user").ValueKind == JsonValueKind.Null));
        Assert.Equal(users, posts.Questions.Count(q => q.GetProperty("client").GetProperty("user").ValueKind == JsonValueKind.String));
    }

    [Fact]
    public async Task By_HTTP_itself_it_is_asked_and_heard()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = new StringBuilder();
        var serving = ServeAsync();
        await using var server = await PolicyServer.StartAsync(
            ["listeners.mx.checks=[http-hook]", $"gatekeeping.http-hooks.a.url=\"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/mail\"", "gatekeeping.http-hooks.a.timeout=19s", "gatekeeping.http-hooks.a.on-failure=defer"]);

        Assert.Equal("550 5.7.1 Go away", (await server.ListenAsync(Message))[2]);
        await serving;
        Assert.StartsWith("POST /mail HTTP/1.1", heard.ToString(), StringComparison.Ordinal);

        async Task ServeAsync()
        {
            using var peer = await listener.AcceptTcpClientAsync();
            var (stream, octets) = (peer.GetStream(), new byte[4096]);
            while (!heard.ToString().EndsWith('}'))
            {
                heard.Append(Encoding.ASCII.GetString(octets, 0, await stream.ReadAsync(octets)));
            }

            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n{\"action\":\"reject\",\"text\":\"Go away\"}"u8.ToArray());
        }
    }

    [Fact]
    public async Task One_for_another_listener_is_not_asked()
    {
        var posts = new Scripted();
        await using var server = await StartAsync(posts, "listeners.two.bind=\"127.0.0.1:0\"", "listeners.two.checks=[http-hook]", "gatekeeping.http-hooks.a.listeners=[two]", "gatekeeping.http-hooks.b.url=\"http://b.test/\"");

        Assert.Equal(Taken, await server.TalkAsync(Message));
        Assert.All(posts.Questions, q => Assert.Equal("b", q.GetProperty("hook").GetString()));
    }

    /// <summary>Octets held for hooks now.</summary>
    private static async Task<long> HeldAsync(PolicyServer server)
    {
        using var text = new MemoryStream();
        await server.Server.Inspection.Metrics!.WritePrometheusAsync(text, CancellationToken.None);
        var line = Encoding.UTF8.GetString(text.ToArray()).Split('\n').Single(l => l.StartsWith("actorsmtp_hook_held_bytes ", StringComparison.Ordinal));
        return long.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task UntilHeld(PolicyServer server, Func<long, bool> so)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!so(await HeldAsync(server)))
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private static ReadOnlyMemory<byte> Question() => "{}"u8.ToArray();

    private static HttpAnswer Ok(string json) => new(200, Encoding.UTF8.GetBytes(json));

    private static HttpHookSettings Settings(params string[] sets) =>
        Assert.Single(TestMailServer.Settings(["gatekeeping.http-hooks.a.url=\"http://hook.test/mail\"", .. sets]).Gatekeeping.HttpHooks);

    private static Task<PolicyServer> StartAsync(Scripted posts, params string[] sets) => StartAsync(posts, sets, []);

    private static Task<PolicyServer> StartAsync(Scripted posts, string[] sets, params ScriptedCheck[] others) => PolicyServer.StartAsync(
        null, ["listeners.mx.checks=[http-hook]", "gatekeeping.http-hooks.a.url=\"http://hook.test/mail\"", .. sets], p => p with { Hooks = posts }, others);

    private static string Words(JsonElement at, params string[] names) =>
        string.Join(' ', names.Select(n => at.GetProperty(n) is { ValueKind: JsonValueKind.Array } array ? array.GetRawText() : at.GetProperty(n).ToString()));

    /// <summary>Answers what the test wants, and writes down what it was asked.</summary>
    private sealed class Scripted : IHttpPosts
    {
        public ConcurrentQueue<HttpPost> Asked { get; } = new();

        public IReadOnlyList<JsonElement> Questions => [.. Asked.Select(p => JsonDocument.Parse(p.Body).RootElement)];

        public Func<JsonElement, HttpAnswer> Answer { get; set; } = _ => new HttpAnswer(204, default);

        public Task<HttpAnswer>? Later { get; set; }

        public bool Hangs { get; init; }

        public async Task<HttpAnswer> PostAsync(HttpPost post, CancellationToken cancellation)
        {
            Asked.Enqueue(post);
            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            return Later is { } later ? await later.WaitAsync(cancellation) : Answer(JsonDocument.Parse(post.Body).RootElement);
        }
    }
}
