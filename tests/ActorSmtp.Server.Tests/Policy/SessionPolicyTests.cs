using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>What checks say, and what a session makes of it at each step.</summary>
public sealed class SessionPolicyTests
{
    private const string Message = """
        EHLO c.test
        MAIL FROM:<x@c.test>
        RCPT TO:<bob@mx.test>
        DATA
        Subject: one

        Hello
        .
        QUIT

        """;

    private static readonly PolicyAnswer s_no = new(PolicyAction.Reject) { Findings = [new Finding("scripted", "listed", "as the test wants", 3)] };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_step_is_asked_about_in_its_turn_and_a_pipelined_dialogue_is_answered_in_order(bool later)
    {
        var check = new ScriptedCheck { Later = later };
        await using var server = await PolicyServer.StartAsync(check);

        var heard = await server.TalkAsync("""
            EHLO c.test
            MAIL FROM:<x@c.test>
            RCPT TO:<bob@mx.test>
            RCPT TO:<nobody@mx.test>
            RCPT TO:<ann@mx.test>
            RSET
            MAIL FROM:<>
            RCPT TO:<ann@mx.test>
            BDAT 7
            Hello
            BDAT 5 LAST
            you
            NOOP
            QUIT

            """);

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 550 5.1.1, 250 2.1.5, 250 2.0.0, 250 2.1.0, 250 2.1.5, 250 2.0.0, 250 2.0.0, 250 2.0.0, 221 2.0.0", heard);
        Assert.Equal(
            ["Connect", "Hello c.test", "Mail <x@c.test>", "Rcpt bob@mx.test", "Rcpt ann@mx.test", "Mail <>", "Rcpt ann@mx.test", "Content 12"],
            check.Asked);
        await SessionHarness.Until(() => Volatile.Read(ref check.Open) == 0, "the check's part in the session was never ended");
    }

    [Theory]
    [InlineData("Connect", "Reject", "554 5.7.1")]
    [InlineData("Connect", "Defer", "421 4.7.1")]
    [InlineData("Hello", "Reject", "220, 550 5.7.1, 503 5.5.1, 503 5.5.1, 503 5.5.1, 500 5.5.2, 500 5.5.2, 500 5.5.2, 500 5.5.2, 221 2.0.0")]
    [InlineData("Mail", "Reject", "220, 250, 550 5.7.1, 503 5.5.1, 503 5.5.1, 500 5.5.2, 500 5.5.2, 500 5.5.2, 500 5.5.2, 221 2.0.0")]
    [InlineData("Mail", "Defer", "220, 250, 450 4.7.1, 503 5.5.1, 503 5.5.1, 500 5.5.2, 500 5.5.2, 500 5.5.2, 500 5.5.2, 221 2.0.0")]
    [InlineData("Rcpt", "Defer", "220, 250, 250 2.1.0, 450 4.7.1, 503 5.5.1, 500 5.5.2, 500 5.5.2, 500 5.5.2, 500 5.5.2, 221 2.0.0")]
    [InlineData("Content", "Reject", "220, 250, 250 2.1.0, 250 2.1.5, 354, 550 5.7.1, 221 2.0.0")]
    [InlineData("Content", "Discard", "220, 250, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0")]
    public async Task No_is_said_where_it_was_answered_and_the_session_goes_on(string step, string action, string heard)
    {
        foreach (var later in (bool[])[false, true])
        {
            var check = new ScriptedCheck
            {
                Later = later,
                Answer = ScriptedCheck.At(Enum.Parse<PolicySteps>(step), new PolicyAnswer(Enum.Parse<PolicyAction>(action))),
            };
            await using var server = await PolicyServer.StartAsync(check);

            Assert.Equal(heard, await server.TalkAsync(Message));
            Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_refused_message_is_refused_for_each_recipient_in_LMTP()
    {
        var check = new ScriptedCheck { Answer = ScriptedCheck.At(PolicySteps.Content, s_no) };
        await using var server = await PolicyServer.StartAsync(["listeners.mx.role=lmtp"], check);

        Assert.Equal(
            "220, 250, 250 2.1.0, 250 2.1.5, 250 2.1.5, 354, 550 5.7.1, 550 5.7.1, 221 2.0.0",
            await server.TalkAsync(Message.Replace("EHLO", "LHLO", StringComparison.Ordinal).Replace("DATA", "RCPT TO:<ann@mx.test>\nDATA", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_a_check_adds_stands_above_our_Received_and_what_it_removes_is_gone_but_was_seen()
    {
        var tap = new ScriptedTap();
        var check = new ScriptedCheck
        {
            Answer = ScriptedCheck.At(PolicySteps.Content, PolicyAnswer.Pass with { Fields = "Authentication-Results: mx.test;\r\n\tnone\r\n" }),
            Removes = f => System.Text.Encoding.ASCII.GetString(f).StartsWith("Authentication-Results", StringComparison.Ordinal),
            Tap = tap,
        };
        await using var server = await PolicyServer.StartAsync(check);

        await server.TalkAsync(Message.Replace("Subject", "X-Policy: forged\nAuthentication-Results: mx.test;\n\tspf=pass\nTo: bob\nSubject", StringComparison.Ordinal));

        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        Assert.StartsWith("Return-Path: <x@c.test>\r\nAuthentication-Results: mx.test;\r\n\tnone\r\nReceived: from c.test", stored, StringComparison.Ordinal);
        Assert.EndsWith("\r\nTo: bob\r\nSubject: one\r\n\r\nHello\r\n", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", stored, StringComparison.Ordinal);
        Assert.Equal("X-Policy: forged\r\nAuthentication-Results: mx.test;\r\n\tspf=pass\r\nTo: bob\r\nSubject: one\r\n\r\nHello\r\n", tap.Seen);
    }

    [Theory]
    [InlineData(CheckLimit.Reject, "550 5.7.1", null)]
    [InlineData(CheckLimit.Defer, "450 4.7.1", null)]
    [InlineData(CheckLimit.Tag, "250 2.1.0", "X-Policy: scripted=listed (as the test wants)\r\n")]
    [InlineData(CheckLimit.Log, "250 2.1.0", "")]
    public async Task A_listener_says_what_may_come_of_a_check_at_most(CheckLimit most, string reply, string? tag)
    {
        var check = new ScriptedCheck { Most = most, Answer = ScriptedCheck.At(PolicySteps.Mail, s_no) };
        await using var server = await PolicyServer.StartAsync(check);

        Assert.StartsWith("220, 250, " + reply, await server.TalkAsync(Message), StringComparison.Ordinal);

        if (tag is not null)
        {
            Assert.StartsWith($"Return-Path: <x@c.test>\r\n{tag}Received:", await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Scores_of_several_checks_add_up_and_count_at_RCPT_but_not_for_postmaster()
    {
        var one = new ScriptedCheck("one") { Answer = ScriptedCheck.At(PolicySteps.Connect, PolicyAnswer.Found(new Finding("one", "listed", "", 3))) };
        var two = new ScriptedCheck("two") { Answer = ScriptedCheck.At(PolicySteps.Mail, PolicyAnswer.Found(new Finding("two", "odd", "", 4))) };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.scores.reject=7", "gatekeeping.scores.tag=5"], one, two);

        var heard = await server.TalkAsync("""
            EHLO c.test
            MAIL FROM:<x@c.test>
            RCPT TO:<bob@mx.test>
            RCPT TO:<postmaster@mx.test>
            DATA

            Hello
            .
            QUIT

            """);

        Assert.Equal("220, 250, 250 2.1.0, 550 5.7.1, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", heard);
        Assert.StartsWith("Return-Path: <x@c.test>\r\nX-Policy: score=7\r\n", await server.Server.ReadOnlyMessageAsync("postmaster"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_speaks_for_a_peer_outweighs_what_speaks_against_it()
    {
        var check = new ScriptedCheck { Answer = ScriptedCheck.At(PolicySteps.Connect, PolicyAnswer.Found(new Finding("a", "listed", "", 9), new Finding("b", "known", "", -5))) };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.scores.reject=7", "gatekeeping.scores.defer=4"], check);

        Assert.StartsWith("220, 250, 250 2.1.0, 450 4.7.1", await server.TalkAsync(Message), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_no_ends_the_asking_and_a_new_EHLO_forgets_what_the_old_one_cost()
    {
        var first = new ScriptedCheck("first") { Answer = (step, facts, _) => new(step == PolicySteps.Hello && facts.Hello!.Name == "bad.test" ? s_no : PolicyAnswer.Pass) };
        var second = new ScriptedCheck("second") { Answer = (step, facts, _) => new(step == PolicySteps.Hello && facts.Hello!.Name == "odd.test" ? PolicyAnswer.Found(new Finding("second", "odd", "", 9)) : PolicyAnswer.Pass) };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.scores.reject=7"], first, second);

        var heard = await server.TalkAsync("EHLO bad.test\nEHLO odd.test\nEHLO c.test\nMAIL FROM:<>\nRCPT TO:<bob@mx.test>\nQUIT\n");

        Assert.Equal("220, 550 5.7.1, 250, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0", heard);
        Assert.Equal(["Connect", "Hello odd.test", "Hello c.test", "Mail <>", "Rcpt bob@mx.test"], second.Asked);
    }

    [Theory]
    [InlineData(false, "250 2.1.0")]
    [InlineData(true, "451 4.3.0")]
    public async Task A_check_that_throws_or_does_not_answer_in_time_costs_its_opinion_and_is_asked_no_more(bool defers, string reply)
    {
        var throwing = new ScriptedCheck("throwing") { DefersOnFailure = defers, Answer = (step, _, _) => step == PolicySteps.Mail ? throw new InvalidOperationException("broken") : new(PolicyAnswer.Pass) };
        var silent = new ScriptedCheck("silent")
        {
            Answer = async (step, _, deadline) =>
            {
                await Task.Delay(step == PolicySteps.Hello ? Timeout.Infinite : 0, deadline);
                return PolicyAnswer.Pass;
            },
        };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.timeout=1s"], throwing, silent);

        Assert.StartsWith("220, 250, " + reply, await server.TalkAsync(Message), StringComparison.Ordinal);
        Assert.Equal(["Connect", "Hello c.test"], silent.Asked);
        Assert.Contains(server.Server.Log.All, l => l.Contains("silent: failed (no answer within 1 s)", StringComparison.Ordinal));
        Assert.Contains(server.Server.Log.All, l => l.Contains("throwing: failed (broken)", StringComparison.Ordinal));
    }

    /// <summary>Else one failure would let all that follows in the session past it.</summary>
    [Fact]
    public async Task A_check_that_must_be_heard_is_asked_again_after_it_failed()
    {
        var asked = 0;
        var check = new ScriptedCheck { DefersOnFailure = true, Answer = (step, _, _) => step == PolicySteps.Mail && ++asked < 3 ? throw new InvalidOperationException("broken") : new(PolicyAnswer.Pass) };
        await using var server = await PolicyServer.StartAsync([], check);

        var heard = await server.TalkAsync("EHLO c.test\nMAIL FROM:<x@c.test>\nMAIL FROM:<x@c.test>\nMAIL FROM:<x@c.test>\nQUIT\n");

        Assert.Equal("220, 250, 451 4.3.0, 451 4.3.0, 250 2.1.0, 221 2.0.0", heard);
    }

    [Fact]
    public async Task More_sessions_than_may_wait_for_checks_are_put_off()
    {
        var release = new TaskCompletionSource<PolicyAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var check = new ScriptedCheck { Answer = async (step, _, _) => step == PolicySteps.Mail ? await release.Task : PolicyAnswer.Pass };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.at-once=1"], check);

        var first = server.TalkAsync(Message);
        await SessionHarness.Until(() => check.Asked.Contains("Mail <x@c.test>"), "the check was never asked");
        Assert.StartsWith("220, 250, 451 4.3.2", await server.TalkAsync(Message), StringComparison.Ordinal);
        release.SetResult(PolicyAnswer.Pass);

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", await first);
    }

    [Fact]
    public async Task A_crowd_of_strangers_that_is_thought_about_for_long_keeps_no_user_waiting()
    {
        var release = new TaskCompletionSource<PolicyAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var strangers = new ScriptedCheck("strangers") { Answer = async (step, _, _) => step == PolicySteps.Mail ? await release.Task : PolicyAnswer.Pass };
        var users = new ScriptedCheck("users") { IsForUsers = true, Later = true };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.at-once=2", "listeners.mx.auth=offered"], strangers, users);
        var crowd = (Task<string>[])[server.TalkAsync(Message), server.TalkAsync(Message)];
        await SessionHarness.Until(() => strangers.Asked.Count(a => a.StartsWith("Mail", StringComparison.Ordinal)) == 2, "the strangers were never asked about");

        Assert.StartsWith("220, 250, 451 4.3.2", await server.TalkAsync(Message), StringComparison.Ordinal);
        Assert.Equal(
            "220, 250, 235 2.7.0, 250 2.1.0, 250 2.1.5, 221 2.0.0",
            await server.TalkAsync("EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\nMAIL FROM:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nQUIT\n"));
        Assert.Contains(server.Server.Log.All, l => l.Contains("strangers: not asked (too many wait already)", StringComparison.Ordinal));

        release.SetResult(PolicyAnswer.Pass);
        foreach (var heard in await Task.WhenAll(crowd))
        {
            Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", heard);
        }
    }

    [Fact]
    public async Task A_session_that_is_stopped_while_a_check_thinks_is_thought_about_no_more()
    {
        var cancelled = new TaskCompletionSource();
        var check = new ScriptedCheck
        {
            Answer = async (step, _, deadline) =>
            {
                if (step == PolicySteps.Mail)
                {
                    await using var registration = deadline.Register(cancelled.SetResult);
                    await Task.Delay(Timeout.Infinite, deadline);
                }

                return PolicyAnswer.Pass;
            },
        };
        var server = await PolicyServer.StartAsync(check);
        var peer = await server.ConnectAsync();
        peer.Send("EHLO c.test\r\nMAIL FROM:<x@c.test>\r\n"u8);
        await SessionHarness.Until(() => check.Asked.Contains("Mail <x@c.test>"), "the check was never asked");

        await server.DisposeAsync();

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await SessionHarness.Until(() => Volatile.Read(ref check.Open) == 0, "the check's part in the session was never ended");
    }

    [Theory]
    [InlineData("Connect", "", false)]
    [InlineData("Mail", "EHLO c.test\r\nMAIL FROM:<x@c.test>\r\n", false)]
    [InlineData("Mail", "EHLO c.test\r\nMAIL FROM:<x@c.test>\r\n", true)]
    public async Task Who_hangs_up_while_a_check_thinks_is_thought_about_no_more(string step, string said, bool overTcp)
    {
        var transport = overTcp ? Transports.Create(new TransportOptions { Spin = TimeSpan.Zero }) : null;
        var check = new ScriptedCheck
        {
            Answer = async (at, _, deadline) =>
            {
                await Task.Delay(at.ToString() == step ? Timeout.Infinite : 0, deadline);
                return PolicyAnswer.Pass;
            },
        };
        await using (var server = await PolicyServer.StartAsync(transport, null, ["gatekeeping.timeout=2m"], check))
        {
            var peer = await server.ConnectAsync();
            peer.Send(System.Text.Encoding.ASCII.GetBytes(said));
            await SessionHarness.Until(() => check.Asked.Any(a => a.StartsWith(step, StringComparison.Ordinal)), "the check was never asked");

            peer.Close();

            await SessionHarness.Until(() => Volatile.Read(ref check.Open) == 0, "the check's part in the session was never ended");
        }

        if (transport is not null)
        {
            await transport.DisposeAsync();
        }
    }

    [Fact]
    public async Task Who_ends_its_side_behind_a_message_still_hears_what_became_of_it()
    {
        var release = new TaskCompletionSource<PolicyAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var check = new ScriptedCheck { Answer = async (step, facts, _) => step == PolicySteps.Content || facts.Hello?.Name == "gone.test" ? await release.Task : PolicyAnswer.Pass };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.timeout=2m"], check);
        var peer = await server.ConnectAsync();
        peer.Send("HELO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\n\r\nHello\r\n.\r\n"u8);
        await SessionHarness.Until(() => check.Asked.Any(a => a.StartsWith("Content", StringComparison.Ordinal)), "the check was never asked");
        peer.Close();
        var other = await server.ConnectAsync();
        other.Send("HELO gone.test\r\n"u8);
        await SessionHarness.Until(() => check.Asked.Contains("Hello gone.test"), "the check was never asked");
        other.Close();
        await SessionHarness.Until(() => Volatile.Read(ref check.Open) == 1, "the other was never missed");   // so this one was looked at too

        release.SetResult(PolicyAnswer.Pass);

        Assert.Contains("Hello", await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_logged_in_is_asked_about_by_those_who_are_for_users_only()
    {
        var strangers = new ScriptedCheck("strangers");
        var users = new ScriptedCheck("users") { IsForUsers = true };
        await using var server = await PolicyServer.StartAsync(["listeners.mx.auth=offered"], strangers, users);

        await server.TalkAsync("EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\nMAIL FROM:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nQUIT\n");

        Assert.Equal(["Connect", "Hello c.test"], strangers.Asked);
        Assert.Equal(["Mail <bob@mx.test>", "Rcpt ann@mx.test"], users.Asked);
    }

    [Fact]
    public async Task Peers_of_trusted_networks_are_not_asked_about()
    {
        var check = new ScriptedCheck { Answer = ScriptedCheck.At(PolicySteps.Connect, s_no) };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.trusted=[127.0.0.0/8]"], check);

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(Message));
        Assert.Empty(check.Asked);
    }

    [Fact]
    public async Task Whom_XCLIENT_names_is_asked_about_from_then_on()
    {
        var check = new ScriptedCheck();
        await using var server = await PolicyServer.StartAsync(["listeners.mx.xclient-trusted=[127.0.0.1]"], check);

        var heard = await server.TalkAsync("EHLO relay.test\nXCLIENT ADDR=192.0.2.7 NAME=[UNAVAILABLE]\nEHLO c.test\nQUIT\n");

        Assert.Equal("220, 250, 220, 250, 221 2.0.0", heard);
        Assert.Equal(["Connect", "Hello relay.test", "Connect", "Hello c.test"], check.Asked);
    }

    [Fact]
    public async Task A_tap_that_has_no_room_holds_up_the_peer_until_it_has()
    {
        Action? ready = null;
        var tap = new ScriptedTap();
        tap.HasRoom = r =>
        {
            if (ready is not null)
            {
                return true;
            }

            ready = r;
            return false;
        };
        await using var server = await PolicyServer.StartAsync(new ScriptedCheck { Tap = tap });
        var peer = await server.ConnectAsync();
        peer.Send("HELO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\nSubject: one\r\n"u8);
        await SessionHarness.Until(() => Volatile.Read(ref ready) is not null, "the tap saw nothing");

        peer.Send("\r\nHello\r\n.\r\nQUIT\r\n"u8);
        Assert.Equal("Subject: one\r\n", tap.Seen);
        ready!();

        await SessionHarness.Until(() => tap.Seen == "Subject: one\r\n\r\nHello\r\n", "the tap saw no more");
        await server.Server.ReadOnlyMessageAsync("bob");
    }

    [Fact]
    public async Task The_story_of_a_message_tells_what_was_found_and_why()
    {
        var check = new ScriptedCheck
        {
            Answer = (step, _, _) => new(PolicyAnswer.Found(new Finding("scripted", "seen", $"at {step}", step == PolicySteps.Content ? -1.5 : 0))),
        };
        await using var server = await PolicyServer.StartAsync(check);
        await server.TalkAsync(Message);
        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        var id = stored[(stored.IndexOf("id ", StringComparison.Ordinal) + 3)..].Split('\r')[0];

        var story = await server.Server.Inspection.Stories!.ExplainAsync(id, CancellationToken.None);

        var told = story!.Entries.Where(e => e.What == "judged").Select(e => e.Detail).ToArray();
        Assert.Equal(["scripted: seen (at Connect)", "scripted: seen (at Hello)", "scripted: seen (at Mail)", "scripted: seen (at Rcpt)", "scripted: seen (at Content), score -1.5"], told);
    }
}
