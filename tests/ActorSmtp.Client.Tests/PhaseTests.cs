using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests;

/// <summary>A server that refuses, hangs, drops or talks nonsense at each step of a dialogue.</summary>
public sealed class PhaseTests
{
    private static readonly string[] Steps =
    [
        "S: 220 mx.test ready", "C: EHLO client.test", "S: 250 mx.test", "C: MAIL FROM:<bob@example.org>", "S: 250 ok",
        "C: RCPT TO:<ann@example.com>", "S: 250 ok", "C: DATA", "S: 354 go on", "BODY", "S: 250 2.0.0 kept",
    ];

    private static readonly ClientState[] Phases = [ClientState.Greeting, ClientState.Introducing, ClientState.Envelope, ClientState.Envelope, ClientState.AskingForData, ClientState.Deciding];

    public static TheoryData<int> EachReply => [0, 1, 2, 3, 4, 5];

    [Theory]
    [InlineData(Chunking.Whole)]
    [InlineData(Chunking.Lines)]
    [InlineData(Chunking.Bytes)]
    public async Task A_message_goes_through(Chunking chunking)
    {
        var (outcome, content) = await new Sending { Chunking = chunking, Content = "Subject: dots\r\n\r\n.one\r\n..two\r\nthree" }
            .Through(string.Join('\n', [.. Steps, "C: QUIT", "S: 221 bye", "GONE"]));

        Assert.True(outcome.AllAccepted);
        Assert.Null(outcome.Failure);
        Assert.Equal("Subject: dots\r\n\r\n..one\r\n...two\r\nthree\r\n", content);
    }

    [Theory]
    [MemberData(nameof(EachReply))]
    public async Task A_server_that_hangs_is_left_after_the_time_for_that_step(int reply)
    {
        var soon = TimeSpan.FromMilliseconds(300);
        var usual = Sending.Usual with { Quit = soon };
        var timeouts = Phases[reply] switch                             // short for that step alone: the others may take their time on a busy machine
        {
            ClientState.Greeting => usual with { Greeting = soon },
            ClientState.AskingForData => usual with { DataStart = soon },
            ClientState.Deciding => usual with { DataEnd = soon },
            _ => usual with { Command = TimeSpan.FromSeconds(reply == 1 ? 0.3 : 3) },
        };
        var (outcome, _) = await new Sending { Timeouts = timeouts }.Through(Until(reply, "GONE"));

        Assert.False(outcome.AllAccepted);
        Assert.Equal((Phases[reply], "no answer in time", true), (outcome.Failure!.Phase, outcome.Failure.Why, outcome.Failure.MayRetry));
        Assert.Equal(Phases[reply] == ClientState.Deciding, outcome.Failure.MayBeSent);
        Assert.All(outcome.Results, r => Assert.True(r.MayRetry));
    }

    [Theory]
    [MemberData(nameof(EachReply))]
    public async Task A_server_that_closes_is_told_with_the_step(int reply)
    {
        var (outcome, _) = await new Sending().Through(Until(reply, "CLOSE"));

        Assert.Equal((Phases[reply], "the server closed the connection", true), (outcome.Failure!.Phase, outcome.Failure.Why, outcome.Failure.MayRetry));
        Assert.Equal(reply >= 2 ? 1 : 0, outcome.Results.Length);
    }

    [Theory]
    [MemberData(nameof(EachReply))]
    public async Task A_server_that_resets_is_told_with_the_step(int reply)
    {
        var (outcome, _) = await new Sending().Through(Until(reply, "ABORT"));

        Assert.Equal(Phases[reply], outcome.Failure!.Phase);
        Assert.True(outcome.Failure.MayRetry);
    }

    [Theory]
    [MemberData(nameof(EachReply))]
    public async Task Garbage_in_place_of_a_reply_ends_the_dialogue(int reply)
    {
        var (outcome, _) = await new Sending().Through(Until(reply, "S: I am no SMTP server\nGONE"));

        Assert.Equal(Phases[reply], outcome.Failure!.Phase);
        Assert.StartsWith("the server does not speak SMTP", outcome.Failure.Why, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EachReply))]
    public async Task A_reply_without_end_is_cut_off(int reply)
    {
        var endless = string.Join('\n', Enumerable.Repeat("S: 250-and another line", 300));
        var (outcome, _) = await new Sending().Through(Until(reply, endless + "\nGONE"));

        Assert.Equal(Phases[reply], outcome.Failure!.Phase);
        Assert.Contains("more than 256 lines", outcome.Failure.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    public async Task A_permanent_refusal_is_not_to_be_tried_again(int reply, bool hasResults)
    {
        var after = reply switch
        {
            3 or 4 => "\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye",
            _ => "\nC: QUIT\nS: 221 bye",
        };
        var (outcome, _) = await new Sending().Through(Until(reply, "S: 554 5.7.1 no" + after));

        Assert.False(outcome.AllAccepted);
        Assert.DoesNotContain(outcome.Results, r => r.MayRetry);
        Assert.Equal(hasResults, outcome.Results.Length == 1);
        if (hasResults)
        {
            Assert.Equal((554, Phases[reply]), (outcome.Results[0].Reply!.Code, outcome.Results[0].Phase));
        }
        else
        {
            Assert.False(outcome.Failure!.MayRetry);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_421_ends_the_dialogue_without_a_QUIT_and_may_be_tried_again(int reply)
    {
        var (outcome, _) = await new Sending().Through(Until(reply, "S: 421 4.3.2 shutting down\nGONE"));

        Assert.True(Assert.Single(outcome.Results).MayRetry);
        Assert.Equal(421, outcome.Results[0].Reply!.Code);
    }

    [Fact]
    public async Task Nobody_listening_is_told_as_a_refused_connection()
    {
        await using var transport = new MemoryTransport(new MemoryNetwork());
        await using var sender = new MailSender(transport, TimeProvider.System);
        var sending = new Sending();
        var outcome = await sender.SendAsync(new SendRequest
        {
            Addresses = [new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1), new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 2)],
            ServerName = "mx.test",
            HelloName = "client.test",
            Compose = _ => sending.Mail(),
        });

        Assert.Equal((ClientState.Connecting, "127.0.0.1:2"), (outcome.Failure!.Phase, outcome.Server.ToString()));
        Assert.Null(outcome.Offered);
    }

    [Fact]
    public async Task The_next_address_is_tried_where_nobody_listens_on_the_first()
    {
        var network = new MemoryNetwork();
        await using var serverSide = new MemoryTransport(network);
        await using var clientSide = new MemoryTransport(network);
        var server = new ScriptedServer(string.Join('\n', [.. Steps, "C: QUIT", "S: 221 bye"]));
        await using var listener = serverSide.Listen(new ListenOptions { EndPoint = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0) }, server);
        await using var sender = new MailSender(clientSide, TimeProvider.System);
        var outcome = await sender.SendAsync(new SendRequest
        {
            Addresses = [new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1), listener.LocalEndPoint],
            ServerName = "mx.test",
            HelloName = "client.test",
            Compose = _ => new Sending().Mail(),
        });

        Assert.True(outcome.AllAccepted);
        Assert.Equal(listener.LocalEndPoint, outcome.Server);
    }

    [Fact]
    public async Task What_composing_throws_comes_out_after_a_QUIT()
    {
        var sending = new Sending { Compose = _ => throw new ActorSmtp.Protocol.Mime.ComposeException("no author") };

        await Assert.ThrowsAsync<ActorSmtp.Protocol.Mime.ComposeException>(
            () => sending.Through("S: 220 mx\nC: EHLO client.test\nS: 250 mx\nC: QUIT\nS: 221 bye"));
        Assert.Contains("C: QUIT", sending.Transcript, StringComparison.Ordinal);
    }

    // The dialogue up to the server's n-th reply, and something else in its place.
    private static string Until(int reply, string instead)
    {
        var at = Enumerable.Range(0, Steps.Length).Where(i => Steps[i].StartsWith("S:", StringComparison.Ordinal)).ElementAt(reply);
        return string.Join('\n', [.. Steps[..at], instead]);
    }
}
