using System.Text;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Server.Tests.Sessions;
using static ActorSmtp.Server.Tests.Policy.Milters.ScriptedMilter;

namespace ActorSmtp.Server.Tests.Policy.Milters;

/// <summary>What a milter is told, and what becomes of what it says.</summary>
public sealed class MilterTests
{
    private const string Accepted = "220, 250, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0";

    [Fact]
    public async Task It_is_told_the_dialogue_and_the_message_in_order()
    {
        await using var server = await MilterServer.StartAsync();

        Assert.Equal(Accepted, await server.TalkAsync());

        await SessionHarness.Until(() => server.Milter.Heard.Contains("Q"), "the milter was not told that the session is over");
        var heard = server.Milter.Heard.ToArray();
        Assert.StartsWith("C [127.0.0.1],4", heard[1], StringComparison.Ordinal);
        Assert.EndsWith("127.0.0.1,", heard[1], StringComparison.Ordinal);
        Assert.Equal(
            [
                "O", "H c.test,", "M <x@c.test>,", "R <bob@mx.test>,", "T", "L Subject, one,", "L X-Old, first,", "L X-Old, second,", "L To, Bob\n <bob@mx.test>,", "N",
                "B Hello\r\n".TrimEnd(), "E", "Q",
            ],
            heard.Where(h => h[0] != 'C'));
        await SessionHarness.Until(() => Volatile.Read(ref server.Milter.Open) == 0, "the connection was not closed");
    }

    [Fact]
    public async Task It_is_told_macros_as_Postfix_gives_them()
    {
        await using var server = await MilterServer.StartAsync("gatekeeping.milters.one.daemon-name=smtpd");

        await server.TalkAsync();

        var macros = server.Milter.Macros.ToArray();
        var connect = Assert.Single(macros, m => m[0] == 'C');
        Assert.Contains("j,mx.test,{daemon_name},smtpd,{daemon_addr},127.0.0.1,", connect, StringComparison.Ordinal);
        Assert.Contains(",v,ActorSmtp ", connect, StringComparison.Ordinal);
        Assert.Contains(",_,unknown [127.0.0.1],{client_addr},127.0.0.1,{client_name},unknown,", connect, StringComparison.Ordinal);
        var mail = Assert.Single(macros, m => m[0] == 'M');
        Assert.Matches("^Mi,[0-9A-Z-]+,{mail_addr},x@c.test,{mail_host},c.test,{mail_mailer},local,$", mail);
        Assert.Matches("^Ri,[0-9A-Z-]+,{rcpt_addr},bob@mx.test,{rcpt_host},mx.test,{rcpt_mailer},local,$", Assert.Single(macros, m => m[0] == 'R'));
        Assert.All(macros.Where(m => m[0] is 'T' or 'N' or 'E'), m => Assert.Matches("^[TNE]i,[0-9A-Z-]+,$", m));
    }

    [Fact]
    public async Task It_gets_the_macros_that_it_asked_for_and_no_others()
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Negotiation = [Offer(6, MilterActions.All, MilterSteps.None, [0, 0, 0, 2, .. "{mail_addr}, i"u8, 0, 0, 0, 0, 5, .. "{msg_size}"u8, 0])];

        await server.TalkAsync();

        Assert.Matches("^M{mail_addr},x@c.test,i,[^,]+,$", Assert.Single(server.Milter.Macros, m => m[0] == 'M'));
        Assert.Equal("E{msg_size},77,", Assert.Single(server.Milter.Macros, m => m[0] == 'E'));
    }

    [Theory]
    [InlineData('C', 'r', "554 5.7.1")]
    [InlineData('C', 't', "421 4.7.1")]
    [InlineData('C', '4', "421 4.7.0")]
    [InlineData('H', 'r', "220, 550 5.7.1, 503 5.5.1")]
    [InlineData('M', 't', "220, 250, 450 4.7.1, 503 5.5.1")]
    [InlineData('M', '4', "220, 250, 421 4.7.0")]
    [InlineData('R', 'r', "220, 250, 250 2.1.0, 550 5.7.1, 503 5.5.1")]
    [InlineData('T', 'r', "220, 250, 250 2.1.0, 250 2.1.5, 354, 550 5.7.1, 221 2.0.0")]
    [InlineData('L', 't', "220, 250, 250 2.1.0, 250 2.1.5, 354, 450 4.7.1, 221 2.0.0")]
    [InlineData('N', 'r', "220, 250, 250 2.1.0, 250 2.1.5, 354, 550 5.7.1, 221 2.0.0")]
    [InlineData('B', 'r', "220, 250, 250 2.1.0, 250 2.1.5, 354, 550 5.7.1, 221 2.0.0")]
    [InlineData('E', 'r', "220, 250, 250 2.1.0, 250 2.1.5, 354, 550 5.7.1, 221 2.0.0")]
    [InlineData('E', '4', "220, 250, 250 2.1.0, 250 2.1.5, 354, 421 4.7.0")]
    public async Task Its_no_is_said_to_the_peer(char command, char word, string heard)
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Answer = (c, _) => [Word(c == command ? word : 'c')];

        var all = await server.TalkAsync();

        Assert.StartsWith(heard, all, StringComparison.Ordinal);
        Assert.DoesNotContain("250 2.0.0", all, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_peer_hears_its_own_words_of_several_lines_with_percent_signs_halved()
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Answer = (c, _) => [c == 'E' ? Texts('y', null, "554-5.7.9 looks 99%% like spam\r\n554 5.7.9 see http://x.test/") : Word('c')];
        var peer = await server.ConnectAsync();
        peer.Send(Encoding.ASCII.GetBytes(MilterServer.Message.ReplaceLineEndings("\r\n")));
        var lines = new List<string>();
        while (await peer.ReadLineAsync() is { } line)
        {
            lines.Add(line);
        }

        Assert.Contains("554-5.7.9 looks 99% like spam", lines);
        Assert.Contains("554 5.7.9 see http://x.test/", lines);
    }

    [Theory]
    [InlineData('M')]
    [InlineData('R')]
    [InlineData('L')]
    [InlineData('E')]
    public async Task What_it_discards_is_accepted_and_not_kept(char command)
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Answer = (c, _) => [Word(c == command ? 'd' : 'c')];

        Assert.Equal(Accepted, await server.TalkAsync());

        Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
        Assert.Contains(server.Server.Log.All, l => l.Contains("one: discarded", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData('C', "C")]
    [InlineData('M', "M")]
    [InlineData('R', "R")]
    [InlineData('L', "L")]
    [InlineData('B', "B")]
    public async Task What_it_accepts_it_is_not_asked_about_again(char command, string last)
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Answer = (c, _) => [Word(c == command ? 'a' : 'c')];

        Assert.Equal(Accepted, await server.TalkAsync());

        await SessionHarness.Until(() => server.Milter.Heard.Contains("Q"), "no goodbye");
        Assert.Equal(last, server.Milter.Heard.Last(h => h is not ("Q" or "A"))[..1]);
        await server.ReadAsync();
    }

    [Fact]
    public async Task Every_kind_of_change_is_in_what_is_delivered()
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Answer = (c, _) => c != 'E' ? [Word('c')] :
        [
            Word('p'),
            Texts('h', null, "X-Last", " added\n behind"),
            Texts('i', 0, "X-Top", " above Received"),
            Texts('i', 2, "X-Second", " below Received and X-Top"),
            Texts('m', 1, "subject", " two"),
            Texts('m', 1, "X-Old", ""),
            Texts('m', 1, "X-New", " as there was none"),
            Texts('e', null, "<y@c.test>"),
            Texts('+', null, "<ann@mx.test>"),
            Texts('-', null, "<bob@mx.test>"),
            Word('b', "Another\r\nbo"u8),
            Word('b', "dy\nwith a bare one"u8),
            Word('c'),
        ];

        Assert.Equal(Accepted, await server.TalkAsync());

        Assert.Equal(
            """
            X-Top: above Received
            [Received]
            X-Second: below Received and X-Top
            subject: two
            X-Old: second
            To: Bob
             <bob@mx.test>
            X-Last: added
             behind
            X-New: as there was none

            Another
            body
            with a bare one

            """.ReplaceLineEndings("\r\n"),
            await server.ReadAsync("ann"));
        Assert.StartsWith("Return-Path: <y@c.test>\r\n", await server.Server.ReadOnlyMessageAsync("ann"), StringComparison.Ordinal);
        Assert.Empty(await server.Server.Stores.Mailboxes.ListAsync("bob", CancellationToken.None).ToArrayAsync());
    }

    [Fact]
    public async Task What_it_puts_in_quarantine_goes_to_the_postmaster_with_the_reason()
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Answer = (c, _) => c == 'E' ? [Texts('q', null, "a\r\nvirus"), Word('c')] : [Word('c')];

        Assert.Equal(Accepted, await server.TalkAsync());

        Assert.StartsWith(
            "X-Quarantine: one: a??virus;\r\n\tfrom=<x@c.test>;\r\n\tto=<bob@mx.test>\r\n[Received]\r\n", await server.ReadAsync("postmaster"), StringComparison.Ordinal);
        Assert.Empty(await server.Server.Stores.Mailboxes.ListAsync("bob", CancellationToken.None).ToArrayAsync());
    }

    /// <summary>The sender then tries again, and nobody loses the mail.</summary>
    [Theory]
    [InlineData("-bob@mx.test +nobody@mx.test", "451 4.3.0")]
    [InlineData("+x@elsewhere.test -bob@mx.test", "451 4.3.0")]
    [InlineData("-bob@mx.test +ann@mx.test", "250 2.0.0")]
    [InlineData("+x@elsewhere.test", "250 2.0.0")]
    [InlineData("-nobody@mx.test +x@elsewhere.test", "250 2.0.0")]
    [InlineData("-bob@mx.test", "250 2.0.0")]
    public async Task A_recipient_who_is_exchanged_for_one_who_cannot_be_added_does_not_lose_the_mail(string changes, string heard)
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Answer = (c, _) => c == 'E' ? [.. changes.Split(' ').Select(r => Texts(r[0], null, $"<{r[1..]}>")), Word('c')] : [Word('c')];

        Assert.Equal($"220, 250, 250 2.1.0, 250 2.1.5, 354, {heard}, 221 2.0.0", await server.TalkAsync());
    }

    [Fact]
    public async Task What_cannot_be_put_in_quarantine_is_put_off_and_nobody_gets_it()
    {
        await using var server = await MilterServer.StartAsync("gatekeeping.quarantine=\"x@elsewhere.test\"");
        server.Milter.Answer = (c, _) => c == 'E' ? [Texts('q', null, "virus"), Word('c')] : [Word('c')];

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 354, 451 4.3.0, 221 2.0.0", await server.TalkAsync());

        Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_only_to_be_logged_changes_and_refuses_nothing()
    {
        await using var server = await MilterServer.StartAsync(2, "listeners.mx.milters=[\"one=log\",\"two=tag\"]");
        server.Milter.Answer = (c, _) => c == 'E' ? [Word('b', "gone"u8), Texts('h', null, "X-One", " 1"), Word('r')] : [Word('c')];
        server.Milters[1].Answer = (c, _) => [Word(c == 'E' ? 'r' : 'c')];

        Assert.Equal(Accepted, await server.TalkAsync());

        var stored = await server.ReadAsync();
        Assert.EndsWith("\r\n\r\nHello\r\n", stored, StringComparison.Ordinal);
        Assert.StartsWith("X-Policy: ", stored, StringComparison.Ordinal);
        Assert.Contains("two=rejected", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("X-One", stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_are_heard_in_order_and_each_counts_fields_as_it_saw_them()
    {
        await using var server = await MilterServer.StartAsync(2);
        server.Milters[0].Answer = (c, _) => c == 'E' ? [Texts('m', 1, "X-Old", ""), Texts('i', 1, "X-One", " 1"), Word('c')] : [Word('c')];
        server.Milters[1].Answer = (c, _) => c == 'E' ? [Texts('m', 2, "X-Old", " changed"), Texts('i', 1, "X-Two", " 2"), Word('c')] : [Word('c')];

        Assert.Equal(Accepted, await server.TalkAsync());

        Assert.StartsWith("[Received]\r\nX-One: 1\r\nX-Two: 2\r\nSubject: one\r\nX-Old: changed\r\nTo: Bob", await server.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_spoken_to_at_MAIL_only_once_it_has_said_that_it_does_not_want_more()
    {
        await using var server = await MilterServer.StartAsync();
        server.Milter.Steps = MilterSteps.NoConnect | MilterSteps.SilentHello | MilterSteps.SilentHeaders | MilterSteps.SilentHeaderEnd | MilterSteps.SilentBody | MilterSteps.SilentRcpt;
        await server.TalkAsync();
        Assert.Equal(1, server.Milter.Connections);

        await server.TalkAsync("EHLO c.test\nEHLO d.test\nNOOP\nQUIT\n");

        Assert.Equal(1, server.Milter.Connections);
        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 250 2.0.0, 250 2.1.0, 221 2.0.0", await server.TalkAsync("EHLO c.test\nMAIL FROM:<>\nRCPT TO:<bob@mx.test>\nRSET\nMAIL FROM:<z@c.test>\nQUIT\n"));
        await SessionHarness.Until(() => server.Milter.Heard.Count(h => h == "Q") == 2, "no goodbye");
        Assert.Equal(["O", "H c.test,", "M <>,", "R <bob@mx.test>,", "A", "M <z@c.test>,", "Q"], server.Milter.Heard.SkipWhile(h => h != "Q").Skip(1));
    }

    [Fact]
    public async Task One_that_wants_no_content_is_asked_at_its_end_all_the_same_also_about_who_logged_in()
    {
        await using var server = await MilterServer.StartAsync("listeners.mx.auth=offered", "listeners.mx.role=submission");
        server.Milter.Steps = MilterSteps.NoHeaders | MilterSteps.NoHeaderEnd | MilterSteps.NoBody | MilterSteps.NoData;
        server.Milter.Answer = (c, _) => c == 'E' ? [Texts('h', null, "X-Seen", "yes"), Word('c')] : [Word('c')];

        Assert.EndsWith(
            "250 2.0.0, 221 2.0.0", await server.TalkAsync(MilterServer.Message.Replace("MAIL", "AUTH PLAIN AGJvYgBzZWNyZXQ=\nMAIL", StringComparison.Ordinal).Replace("x@c.test", "bob@mx.test", StringComparison.Ordinal)), StringComparison.Ordinal);

        Assert.Contains("X-Seen: yes\r\n\r\nHello", await server.ReadAsync(), StringComparison.Ordinal);
        Assert.Contains("{auth_type},PLAIN,{auth_authen},bob,", Assert.Single(server.Milter.Macros, m => m[0] == 'M'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_message_is_told_piece_by_piece_and_a_skip_ends_that()
    {
        await using var server = await MilterServer.StartAsync();
        var pieces = 0;
        server.Milter.Answer = (c, _) => [Word(c == 'B' && ++pieces == 3 ? 's' : 'c')];
        var body = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 10_000));
        var peer = await server.ConnectAsync();
        peer.Send(Encoding.ASCII.GetBytes($"EHLO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\nSubject: big\r\n\r\n{body}.\r\nQUIT\r\n"));

        Assert.Equal(Accepted, await PolicyServer.HearAsync(peer));

        Assert.Equal(3, pieces);
        Assert.EndsWith(body, await server.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_of_a_long_message_in_chunks_reaches_it_unchanged()
    {
        await using var server = await MilterServer.StartAsync();
        var seen = new StringBuilder();
        server.Milter.Answer = (c, data) =>
        {
            seen.Append(c == 'B' ? data : "");
            return [Word('c')];
        };
        var body = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i} of a long message\r\n"));
        var content = $"Subject: big\r\n\r\n{body}";
        var peer = await server.ConnectAsync();
        peer.Send(Encoding.ASCII.GetBytes(
            $"EHLO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nBDAT 7\r\n{content[..7]}BDAT {content.Length - 7} LAST\r\n{content[7..]}QUIT\r\n"));

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 250 2.0.0, 250 2.0.0, 221 2.0.0", await PolicyServer.HearAsync(peer));

        Assert.Equal(body, seen.ToString());
    }
}
