using System.Text;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Tests.Policy.Milters.ScriptedMilter;

namespace ActorSmtp.Server.Tests.Policy.Milters;

/// <summary>Milters that hang, drop, lie or never end, at every step: the session goes on as the setting says, and nothing is left behind.</summary>
public sealed class BadMilterTests
{
    private const string Accepted = "220, 250, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0";

    private static readonly string[] s_impatient =
    [
        "gatekeeping.milter-defaults.connect-timeout=500ms", "gatekeeping.milter-defaults.command-timeout=500ms",
        "gatekeeping.milter-defaults.content-timeout=500ms", "gatekeeping.milter-defaults.end-timeout=1s",
    ];

    /// <summary>Time enough for a good answer on a busy machine, where the test is about which answer fails.</summary>
    private static readonly string[] s_patient =
    [
        "gatekeeping.milter-defaults.command-timeout=5s", "gatekeeping.milter-defaults.content-timeout=5s", "gatekeeping.milter-defaults.end-timeout=10s",
    ];

    public static TheoryData<char, string> EveryStepAndFault()
    {
        var all = new TheoryData<char, string>();
        foreach (var step in "OCHMRTLNBE")
        {
            foreach (var fault in (string[])["hangs", "drops", "babbles", "is out of place", "sends half", "is endless"])
            {
                all.Add(step, fault);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(EveryStepAndFault))]
    public async Task Mail_goes_on_without_it_where_the_setting_says_so(char step, string fault)
    {
        await using var server = await MilterServer.StartAsync([.. s_impatient, "gatekeeping.milter-defaults.default-action=accept"]);
        Break(server.Milter, step, fault);

        Assert.Equal(Accepted, await server.TalkAsync());

        Assert.EndsWith("\r\nSubject: one\r\nX-Old: first\r\nX-Old: second\r\nTo: Bob\r\n <bob@mx.test>\r\n\r\nHello\r\n", await server.ReadAsync(), StringComparison.Ordinal);
        Assert.Contains(server.Server.Log.All, l => l.Contains("mail goes on without it", StringComparison.Ordinal));
        await SessionHarness.Until(() => Volatile.Read(ref server.Milter.Open) == 0, "a connection was left behind");
    }

    [Theory]
    [InlineData('O', "hangs", "421 4.7.1")]
    [InlineData('C', "drops", "421 4.7.1")]
    [InlineData('H', "babbles", "220, 451 4.7.1, 503 5.5.1")]
    [InlineData('M', "drops", "220, 250, 451 4.7.1, 503 5.5.1")]
    [InlineData('R', "hangs", "220, 250, 250 2.1.0, 451 4.7.1, 503 5.5.1")]
    [InlineData('L', "drops", "220, 250, 250 2.1.0, 250 2.1.5, 354, 451 4.7.1, 221 2.0.0")]
    [InlineData('B', "hangs", "220, 250, 250 2.1.0, 250 2.1.5, 354, 451 4.7.1, 221 2.0.0")]
    [InlineData('E', "is endless", "220, 250, 250 2.1.0, 250 2.1.5, 354, 451 4.7.1, 221 2.0.0")]
    public async Task Mail_is_put_off_where_the_setting_says_nothing_else(char step, string fault, string heard)
    {
        await using var server = await MilterServer.StartAsync(s_patient);
        Break(server.Milter, step, fault);

        Assert.StartsWith(heard, await server.TalkAsync(), StringComparison.Ordinal);

        Assert.DoesNotContain(server.Server.Log.All, l => l.StartsWith("Information accepted ", StringComparison.Ordinal));
        Assert.Contains(server.Server.Log.All, l => l.Contains("mail is put off", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mail_is_refused_where_the_setting_says_so_and_nobody_listens()
    {
        await using var server = await MilterServer.StartAsync("gatekeeping.milter-defaults.default-action=reject", "gatekeeping.milters.one.address=\"127.0.0.1:9\"");

        Assert.StartsWith("554 5.7.1", await server.TalkAsync(), StringComparison.Ordinal);

        Assert.Contains(server.Server.Log.All, l => l.Contains("nobody listens there", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("version 7", 7u, 0u, 0u)]
    [InlineData("version 1", 1u, 0u, 0u)]
    [InlineData("wants actions 0x400", 6u, 0x400u, 0u)]
    [InlineData("wants protocol options 0x10000000", 6u, 0u, 0x10000000u)]
    public async Task One_that_wants_what_was_not_offered_is_not_used(string why, uint version, uint actions, uint steps)
    {
        await using var server = await MilterServer.StartAsync("gatekeeping.milter-defaults.default-action=accept");
        server.Milter.Negotiation = [Offer((int)version, (MilterActions)actions, (MilterSteps)steps)];

        Assert.Equal(Accepted, await server.TalkAsync());

        Assert.Contains(server.Server.Log.All, l => l.Contains(why, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("negotiated")]
    [InlineData("no address")]
    [InlineData("cannot be")]
    [InlineData("more than 1000 changes")]
    [InlineData("body of more than")]
    [InlineData("out of step")]
    public async Task Wishes_that_cannot_be_are_its_failure_and_none_of_them_counts(string why)
    {
        await using var server = await MilterServer.StartAsync("gatekeeping.milter-defaults.default-action=accept", "limits.message-size=100KiB");
        if (why == "negotiated")
        {
            server.Milter.Actions = MilterActions.ChangeBody;
        }

        var wish = why switch
        {
            "no address" => Texts('+', null, "no address\r\nat all"),
            "cannot be" => Texts('h', null, "X Y\r\nZ", "1"),
            "body of more than" => Word('b', new byte[60_000]),
            "out of step" => [0, 1, 0, 1, (byte)'b'],
            _ => Texts('h', null, "X-Y", " 1"),
        };
        server.Milter.Answer = (c, _) => c == 'E'
            ? [Word('b', "lost"u8), .. Enumerable.Repeat(wish, why.StartsWith("more", StringComparison.Ordinal) ? 1001 : 2), Word('c')]
            : [Word('c')];

        Assert.Equal(Accepted, await server.TalkAsync());

        Assert.EndsWith("\r\n\r\nHello\r\n", await server.ReadAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("X-Y", await server.ReadAsync(), StringComparison.Ordinal);
        Assert.Contains(server.Server.Log.All, l => l.Contains(why == "negotiated" ? "was not negotiated" : why == "no address" ? "an address that is none" : why, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_was_started_anew_between_two_messages_is_connected_to_anew()
    {
        await using var server = await MilterServer.StartAsync();
        var messages = 0;
        server.Milter.Answer = (c, _) => c == 'M' && ++messages == 2 ? null : [Word('c')];

        var mail = "MAIL FROM:<x@c.test>\nRCPT TO:<bob@mx.test>\nDATA\n\nHello\n.\n";

        Assert.Equal(
            "220, 250, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", await server.TalkAsync($"EHLO c.test\n{mail}{mail}QUIT\n"));
        Assert.Equal(2, server.Milter.Connections);
    }

    [Fact]
    public async Task No_more_connections_than_are_allowed_are_ever_open_and_who_finds_none_is_put_off()
    {
        await using var server = await MilterServer.StartAsync("gatekeeping.milters.one.connect-timeout=3s", "gatekeeping.milters.one.max-connections=2");
        var one = await server.ConnectAsync();
        var two = await server.ConnectAsync();
        Assert.StartsWith("220", await one.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("220", await two.ReadLineAsync(), StringComparison.Ordinal);

        Assert.StartsWith("421 4.7.1", await server.TalkAsync(), StringComparison.Ordinal);

        Assert.Equal(2, server.Milter.Connections);
        Assert.Contains(server.Server.Log.All, l => l.Contains("all 2 connections to it are taken", StringComparison.Ordinal));
        one.Send("QUIT\r\n"u8);
        await SessionHarness.Until(() => Volatile.Read(ref server.Milter.Open) == 1, "the connection was not given back");
        Assert.Equal(Accepted, await server.TalkAsync());
        two.Close();
    }

    [Fact]
    public async Task Strangers_who_hold_all_the_connections_they_can_keep_no_user_waiting()
    {
        await using var server = await MilterServer.StartAsync(
            "gatekeeping.milters.one.connect-timeout=2m", "gatekeeping.milters.one.max-connections=4",
            "listeners.submission.bind=\"127.0.0.1:0\"", "listeners.submission.role=submission", "listeners.submission.auth=required", "listeners.submission.milters=[one]");
        var strangers = new List<DialoguePeer>();
        for (var i = 0; i < 3; i++)
        {
            strangers.Add(await server.ConnectAsync());
            Assert.StartsWith("220", await strangers[^1].ReadLineAsync(), StringComparison.Ordinal);
        }

        strangers.AddRange([await server.ConnectAsync(), await server.ConnectAsync()]);       // these wait
        var user = await DialoguePeer.ConnectAsync(server.Server.Transport, server.Server.Server.Listeners.First(l => l.Name == "submission").Address, TimeSpan.FromSeconds(60));
        user.Send(Encoding.ASCII.GetBytes(
            MilterServer.Message.Replace("EHLO c.test", "EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=", StringComparison.Ordinal).Replace("x@c.test", "bob@mx.test", StringComparison.Ordinal).ReplaceLineEndings("\r\n")));

        Assert.Equal("220, 250, 235 2.7.0, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", await PolicyServer.HearAsync(user));

        Assert.Equal(4, server.Milter.Connections);
        strangers.ForEach(s => s.Close());
    }

    [Fact]
    public async Task A_peer_that_goes_while_the_milter_thinks_leaves_nothing_behind()
    {
        await using var server = await MilterServer.StartAsync(s_patient);
        server.Milter.Answer = (c, _) => c is 'B' or 'E' ? [] : [Word('c')];
        for (var i = 0; i < 5; i++)
        {
            var peer = await server.ConnectAsync();
            peer.Send(Encoding.ASCII.GetBytes(MilterServer.Message.ReplaceLineEndings("\r\n").Replace("QUIT\r\n", "", StringComparison.Ordinal)));
            await SessionHarness.Until(() => server.Milter.Heard.Count(h => h.StartsWith("B ", StringComparison.Ordinal)) == i + 1, "the body did not come to the milter");
            peer.Abort();
        }

        await SessionHarness.Until(() => Volatile.Read(ref server.Milter.Open) == 0, "connections were left behind");
    }

    private static void Break(ScriptedMilter milter, char step, string fault)
    {
        IEnumerable<byte[]>? answers = fault switch
        {
            "hangs" => [],
            "drops" => null,
            "babbles" => ["HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()],
            "is out of place" => [step == 'E' ? Word('s') : Texts('h', null, "X-Bad", " 1")],
            "sends half" => [Word('c')[..3]],
            _ => Endless(),
        };
        milter.Answer = (c, _) => c == step ? answers : [Word('c')];
        if (step == 'O')
        {
            milter.Negotiation = answers ?? [[0xff, 0xff, 0xff, 0xff]];
        }
    }

    /// <summary>Signs of life, more than any wait has time for: each is one more packet of which none is a verdict.</summary>
    private static IEnumerable<byte[]> Endless()
    {
        var pieces = string.Concat(Enumerable.Repeat(Encoding.Latin1.GetString(Word('p')), 100));
        for (var i = 0; i < 100; i++)
        {
            yield return Encoding.Latin1.GetBytes(pieces);
        }
    }
}
