using System.Text;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>Peers that drip, that never read, that cannot wait, that guess: under a clock that is moved by hand.</summary>
public sealed class HostilePeerTests
{
    [Theory]
    [InlineData("DATA\r\n", "354")]
    [InlineData("BDAT 1000000 LAST\r\n", null)]
    [InlineData("RSET\r\nBDAT 1000000 LAST\r\n", "250 2.0.0")]          // one that nobody wants
    public async Task A_message_that_drips_is_ended_after_the_grace_time(string begin, string? answer)
    {
        await using var at = await StartAsync("limits.data-timeout=1h");
        var peer = await at.InTransactionAsync(begin);
        if (answer is not null)
        {
            await Expect(peer, answer);
        }

        for (var i = 0; i < 5; i++)
        {
            peer.Send("drip\r\n"u8);
            await Round(at);
            at.Time.Advance(TimeSpan.FromSeconds(11));
        }

        peer.Send("drip\r\n"u8);
        await Round(at);
        at.Time.Advance(TimeSpan.FromSeconds(10));

        await Expect(peer, "421 4.4.2 Too slow");
        await ExpectEnd(peer);
    }

    [Fact]
    public async Task Small_chunks_do_not_buy_more_time_than_large_ones()
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync("");
        for (var i = 0; i < 6; i++)
        {
            peer.Send("BDAT 1\r\nx"u8);
            await Expect(peer, "250 2.0.0");
            at.Time.Advance(TimeSpan.FromSeconds(20));
        }

        peer.Send("BDAT 2\r\nx"u8);

        await Expect(peer, "421 4.4.2 Too slow");
    }

    [Fact]
    public async Task A_message_that_comes_slowly_but_fast_enough_is_taken()
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync("DATA\r\n");
        await Expect(peer, "354");
        var line = Encoding.ASCII.GetBytes(new string('x', 998) + "\r\n");
        for (var i = 0; i < 20; i++)
        {
            peer.Send(line);
            await Round(at);
            at.Time.Advance(TimeSpan.FromSeconds(10));          // 100 octets a second
        }

        peer.Send(".\r\n"u8);
        await Expect(peer, "250 2.0.0 OK: queued");
    }

    [Fact]
    public async Task Before_EHLO_and_inside_AUTH_there_are_deadlines_of_their_own()
    {
        await using var at = await StartAsync("limits.hello-timeout=20s", "limits.auth-timeout=40s", "listeners.mx.auth=offered");
        var silent = await at.ConnectAsync();
        await Expect(silent, "220");
        var typing = await at.ConnectAsync();
        typing.Send("EHLO c\r\nAUTH LOGIN\r\n"u8);
        await ExpectUntil(typing, "334");
        var idle = await at.ConnectAsync();
        idle.Send("EHLO c\r\n"u8);
        await ExpectUntil(idle, "250 ");
        at.Time.Advance(TimeSpan.FromSeconds(21));
        await Expect(silent, "421 4.4.2");
        at.Time.Advance(TimeSpan.FromSeconds(20));
        await Expect(typing, "421 4.4.2");
        idle.Send("NOOP\r\n"u8);
        await Expect(idle, "250 2.0.0");
    }

    [Fact]
    public async Task Under_stress_those_who_keep_the_server_waiting_have_seconds_also_if_they_came_before()
    {
        await using var at = await StartAsync("limits.connections=4", "limits.stress-at=50");
        var first = await at.ConnectAsync();
        await Expect(first, "220");
        at.Time.Advance(TimeSpan.FromSeconds(60));
        first.Send("NOOP\r\n"u8);
        await Expect(first, "250 2.0.0");                       // alone it may take its time
        var body = await at.InTransactionAsync("DATA\r\n");
        await Expect(body, "354");
        at.Time.Advance(TimeSpan.FromSeconds(11));

        await Expect(first, "421 4.4.2 Idle too long");
        body.Send(".\r\n"u8);
        await Expect(body, "250 2.0.0 OK: queued");
    }

    [Fact]
    public async Task A_greeting_that_is_held_back_comes_after_its_time()
    {
        await using var at = await StartAsync("listeners.mx.greeting-delay=5s");
        var peer = await at.ConnectAsync();
        await Until(() => at.Server.Server.Sessions.List(new SessionFilter(State: "hesitating"), 1, null).Total == 1, "nobody hesitates");
        var greeting = peer.ReadLineAsync();
        await Until(
            () =>
            {
                at.Time.Advance(TimeSpan.FromMilliseconds(100));        // it begins to hesitate a little after it says so
                return greeting.IsCompleted;
            },
            "no greeting");

        Assert.StartsWith("220", await greeting, StringComparison.Ordinal);
        peer.Send("EHLO c\r\n"u8);
        await ExpectUntil(peer, "250 ");
        Assert.DoesNotContain(at.Server.Log.All, l => l.Contains("spoke before", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_speaks_before_the_greeting_is_told_554_and_nothing_else()
    {
        await using var at = await StartAsync("listeners.mx.greeting-delay=5s");
        var peer = await at.ConnectAsync();
        peer.Send("EHLO c\r\nMAIL FROM:<x@c.test>\r\n"u8);

        await Expect(peer, "554 5.5.1");
        await ExpectEnd(peer);
    }

    [Fact]
    public async Task Where_early_talkers_are_only_logged_they_are_served()
    {
        await using var at = await StartAsync("listeners.mx.greeting-delay=5s", "listeners.mx.early-talkers=log");
        var peer = await at.ConnectAsync();
        peer.Send("HELO c\r\nQUIT\r\n"u8);

        await Expect(peer, "220");
        await Expect(peer, "250 mx.test");
        await Expect(peer, "221");
        Assert.Contains(at.Server.Log.All, l => l.Contains("spoke before the greeting", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_some_errors_the_answers_are_held_back_and_nothing_more_is_read_meanwhile()
    {
        await using var at = await StartAsync("limits.errors-before-delay=2", "limits.error-delay=3s");
        var peer = await at.ConnectAsync();
        await Expect(peer, "220");
        peer.Send("ONE\r\nTWO\r\nTHREE\r\nNOOP\r\n"u8);
        await Until(() => Heard(at) == 3, "not heard");
        await Round(at);
        Assert.Equal(3, Heard(at));                             // NOOP is not looked at, though it is there

        at.Time.Advance(TimeSpan.FromSeconds(3));
        await Expect(peer, "500 5.5.2");
        await Expect(peer, "500 5.5.2");
        await Expect(peer, "500 5.5.2");
        await Expect(peer, "250 2.0.0");

        static int Heard(SessionHarness at) => at.Server.Log.All.Count(l => l.StartsWith("Debug C:", StringComparison.Ordinal) && l.Contains("-1 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Recipients_beyond_the_limit_are_put_off_as_often_as_the_limit_and_then_count_as_errors()
    {
        await using var at = await StartAsync("limits.recipients=100", "limits.errors-per-session=5");
        var peer = await at.InTransactionAsync(string.Concat(Enumerable.Repeat("RCPT TO:<bob@mx.test>\r\n", 99 + 100 + 6)));
        for (var i = 0; i < 99; i++)
        {
            await Expect(peer, "250 2.1.5");
        }

        for (var i = 0; i < 100 + 5; i++)
        {
            await Expect(peer, "452 4.5.3");
        }

        await Expect(peer, "421 4.7.0 Too many errors");
        await ExpectEnd(peer);
    }

    [Fact]
    public async Task While_very_many_recipients_are_open_each_message_gets_a_hundred_and_what_ends_is_given_back()
    {
        await using var at = await StartAsync("limits.open-recipients=300");
        var greedy = await at.InTransactionAsync(string.Concat(Enumerable.Repeat("RCPT TO:<bob@mx.test>\r\n", 300)));
        for (var i = 0; i < 300; i++)
        {
            await Expect(greedy, "250 2.1.5");
        }

        var modest = await at.InTransactionAsync(string.Concat(Enumerable.Repeat("RCPT TO:<bob@mx.test>\r\n", 100)));
        for (var i = 0; i < 99; i++)
        {
            await Expect(modest, "250 2.1.5");
        }

        await Expect(modest, "452 4.5.3");
        greedy.Send("RSET\r\n"u8);
        await Expect(greedy, "250 2.0.0");
        modest.Send("RCPT TO:<ann@mx.test>\r\n"u8);
        await Expect(modest, "250 2.1.5");
    }

    [Fact]
    public async Task Asking_again_and_again_for_what_is_not_possible_now_is_junk()
    {
        await using var at = await StartAsync("limits.junk-commands=10", "limits.errors-per-session=1");
        at.Store.Pressure = new StorePressure(PressureLevel.Full, PressureReason.DiskFull, TimeSpan.Zero);
        var peer = await at.ConnectAsync();
        peer.Send(Encoding.ASCII.GetBytes("HELO c\r\n" + string.Concat(Enumerable.Repeat("MAIL FROM:<x@c.test>\r\n", 11))));
        await Expect(peer, "220");
        await Expect(peer, "250 mx.test");
        for (var i = 0; i < 11; i++)
        {
            await Expect(peer, "452 4.3.1");
        }

        await Expect(peer, "421 4.7.0");
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_not_read_any_more_and_gets_every_answer_if_it_reads_after_all()
    {
        const int Questions = 20_000;
        await using var at = await StartAsync("limits.junk-commands=1000000", "logging.level=debug");
        var peer = await at.ConnectAsync();
        await Expect(peer, "220");
        peer.Send(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("HELP\r\n", Questions))));
        await Quiet(at);

        Assert.InRange(Heard(at), 1, Questions / 2);
        for (var i = 0; i < Questions; i++)
        {
            await ExpectUntil(peer, "214 ");
        }

        Assert.Equal(Questions, Heard(at));
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_closed_by_a_deadline()
    {
        await using var at = await StartAsync("limits.junk-commands=1000000");
        var peer = await at.ConnectAsync();
        await Expect(peer, "220");
        peer.Send(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("HELP\r\n", 20_000))));
        await Quiet(at);
        at.Time.Advance(TimeSpan.FromMinutes(2));

        await Until(() => at.Server.Log.All.Any(l => l.Contains("ended: PeerDoesNotRead", StringComparison.Ordinal)), "still there");
    }

    [Fact]
    public async Task What_a_trusted_proxy_and_a_trusted_neighbour_say_stands_in_the_Received_line()
    {
        await using var server = await TestMailServer.StartAsync(
            sets: ["listeners.mx.proxy-protocol=required", "listeners.mx.proxy-trusted=[127.0.0.1]", "listeners.mx.xclient-trusted=[192.0.2.7]"], users: [("bob", "secret"), ("ann", "secret")]);
        Assert.Contains("from c.test (unknown [192.0.2.7])", await Received(server, "", "bob"), StringComparison.Ordinal);
        Assert.Contains("from c.test (client.example [IPv6:2001:db8::9])",
            await Received(server, "XCLIENT NAME=client.example ADDR=IPV6:2001:db8::9\r\n", "ann"), StringComparison.Ordinal);
    }

    private static async Task<string> Received(TestMailServer server, string first, string account)
    {
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, TimeSpan.FromSeconds(60));
        peer.Send(Encoding.ASCII.GetBytes(
            $"PROXY TCP4 192.0.2.7 198.51.100.1 4000 25\r\n{first}HELO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<{account}@mx.test>\r\nBDAT 3 LAST\r\nx\r\n"));
        await ExpectUntil(peer, "250 2.0.0 OK: queued");
        return await server.ReadOnlyMessageAsync(account);
    }

    /// <summary>A whole dialogue of somebody else, behind which everything sent before has arrived.</summary>
    private static async Task Round(SessionHarness at)
    {
        var other = await at.ConnectAsync();
        await Expect(other, "220");
        other.Send("QUIT\r\n"u8);
        await Expect(other, "221");
        other.Abort();
    }

    private static int Heard(SessionHarness at) => at.Server.Log.All.Count(l => l.StartsWith("Debug C: HELP", StringComparison.Ordinal));

    /// <summary>Until the server has not heard anything new for a whole dialogue of somebody else.</summary>
    private static async Task Quiet(SessionHarness at)
    {
        var heard = -1;
        await Until(
            () =>
            {
                var before = heard;
                heard = Heard(at);
                return heard > 0 && heard == before;
            },
            "it goes on reading");
        await Round(at);
    }

    private static async Task ExpectUntil(DialoguePeer peer, string start)
    {
        string? line;
        do
        {
            line = await peer.ReadLineAsync();
            Assert.NotNull(line);
        }
        while (!line.StartsWith(start, StringComparison.Ordinal));
    }
}
