using ActorSmtp.Server.Inspection;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Pop3;

/// <summary>What the listener does for every language: limits, deadlines, shutdown, and what is shown of its sessions.</summary>
public sealed class Pop3ListenerTests
{
    [Fact]
    public async Task One_connection_too_many_is_told_so_in_its_own_language()
    {
        await using var at = await Pop3Harness.StartAsync("listeners.mx.connections=1");
        var first = await at.LoggedInAsync();
        var second = await at.ConnectAsync();
        await second.ExpectAsync("-ERR [SYS/TEMP] Too many connections");
        await second.ExpectEndAsync();
        await first.AskAsync("NOOP", "+OK");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_shutdown_is_told_and_removes_nothing(bool isLoggedIn)
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", "one\r\n");
        var peer = isLoggedIn ? await at.LoggedInAsync() : await at.GreetedAsync();
        if (isLoggedIn)
        {
            await peer.AskAsync("DELE 1", "+OK");
        }

        var end = at.Server.System.Terminate();
        await peer.ExpectAsync("-ERR [SYS/TEMP] Shutting down");
        await peer.ExpectEndAsync();
        await end.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, (await at.Server.Stores.Mailboxes.ShowAsync("bob", CancellationToken.None))!.Messages);
    }

    [Fact]
    public async Task A_message_that_is_being_sent_is_finished_at_a_shutdown_and_nothing_after_it_is_begun()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", string.Concat(Enumerable.Repeat("a line of a large message\r\n", 50_000)));
        var peer = await at.LoggedInAsync();
        peer.Send("RETR 1\r\nRETR 1\r\nSTAT\r\n"u8);
        await Until(() => Seen(at)?.State == "retrieving", "not retrieving");
        var end = at.Server.System.Terminate();
        await Until(() => at.Server.Log.All.Any(l => l.Contains("accepts no more", StringComparison.Ordinal)), "no unbind");

        await peer.ExpectAsync("+OK");
        Assert.Equal(50_002, (await peer.LinesAsync()).Count);
        await peer.ExpectAsync("-ERR [SYS/TEMP] Shutting down");
        await peer.ExpectEndAsync();
        await end.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Under_stress_who_has_not_logged_in_is_hurried_and_who_has_a_mailbox_open_is_not()
    {
        await using var at = await Pop3Harness.StartAsync("limits.connections=2", "limits.stress-at=50");
        var reader = await at.LoggedInAsync();
        var idle = await at.GreetedAsync();
        at.Time.Advance(TimeSpan.FromSeconds(11));
        await idle.ExpectEndAsync();
        await reader.AskAsync("STAT", "+OK 0 0");
    }

    [Fact]
    public async Task Errors_are_answered_later_and_later()
    {
        await using var at = await Pop3Harness.StartAsync("limits.errors-before-delay=1", "limits.error-delay=3s");
        var peer = await at.GreetedAsync();
        await peer.AskAsync("ONE", "-ERR Command not recognised");
        peer.Send("TWO\r\n"u8);
        await Until(() => Seen(at)?.State == "slowing", "not slowed");
        at.Time.Advance(TimeSpan.FromSeconds(3));
        await peer.ExpectAsync("-ERR Command not recognised");
        await peer.AskAsync("QUIT", "+OK");
    }

    [Fact]
    public async Task A_session_shows_where_it_stands()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", "one\r\n");
        var changes = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var watch = at.Server.Server.Sessions.Watch(c => changes.Enqueue($"{c.Previous}>{c.State}"));
        var peer = await at.LoggedInAsync();
        await peer.AskAsync("RETR 1", "+OK");
        await peer.LinesAsync();
        await peer.AskAsync("FOO", "-ERR");
        await peer.AskAsync("DELE 1", "+OK");

        var seen = Seen(at)!;
        Assert.Equal(("pop3", "transaction", "bob", null, "DELE", "+OK"), (seen.Role, seen.State, seen.User, seen.Helo, seen.LastVerb, seen.LastReply));
        Assert.Equal((1L, 1, 5L), (seen.Messages, seen.Errors, seen.Commands));
        var tree = (await at.Server.Inspection.Actors!.ReadAsync("/user/listeners/mx", 1, CancellationToken.None))!;
        var session = Assert.Single(tree.Children);
        Assert.Equal(("Pop3SessionActor", "transaction"), (session.Type, session.State));
        await peer.AskAsync("QUIT", "+OK");
        await Until(() => Seen(at) is null, "still there");
        Assert.Equal(
            [
                ">authorization", "authorization>authenticating", "authenticating>opening", "opening>transaction", "transaction>retrieving", "retrieving>transaction",
                "transaction>update", ">ended",
            ],
            changes);
    }

    private static SessionView? Seen(Pop3Harness at) => at.Server.Server.Sessions.List(new SessionFilter(), 1, null).Items.FirstOrDefault();
}
