using ActorSmtp.Server.Inspection;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Inspection;

/// <summary>What an onlooker sees of the sessions that are open.</summary>
public sealed class LiveSessionsTests
{
    [Fact]
    public async Task A_session_in_a_transaction_shows_where_it_stands()
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync("NOOP\r\n");
        await Expect(peer, "250 2.0.0");
        at.Time.Advance(TimeSpan.FromSeconds(3));

        var seen = Assert.Single(at.Server.Server.Sessions.List(new SessionFilter(), 50, null).Items);

        Assert.Equal(("s0001-1", "mx", "mx", "rcpt", "c.test", null, null), (seen.Id, seen.Listener, seen.Role, seen.State, seen.Helo, seen.User, seen.Tls));
        Assert.Equal("/user/listeners/mx/s0001-1", seen.Actor);
        Assert.Equal(("NOOP", "250 2.0.0", 4L, 0L, 0), (seen.LastVerb, seen.LastReply, seen.Commands, seen.Messages, seen.Errors));
        Assert.Equal("EHLO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nNOOP\r\n".Length, seen.Octets);
        Assert.Equal(TimeSpan.FromSeconds(3), at.Time.GetUtcNow() - seen.LastAt);
    }

    [Fact]
    public async Task Messages_and_refusals_are_counted_and_an_ended_session_is_listed_as_that()
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync("BDAT 3 LAST\r\nabcFOO\r\n");
        await Expect(peer, "250 2.0.0 OK: queued");
        await Expect(peer, "500 5.5.2");
        var sessions = at.Server.Server.Sessions;

        var seen = sessions.Find("S0001-1")!;
        Assert.Equal(("ready", 1L, 1), (seen.State, seen.Messages, seen.Errors));

        at.Time.Advance(TimeSpan.FromSeconds(2));
        peer.Send("QUIT\r\n"u8);
        await Expect(peer, "221");
        await Until(() => sessions.List(new SessionFilter(), 50, null).Total == 0 && sessions.Find("s0001-1") is { Ended: true }, "still there");
        Assert.Empty(sessions.List(new SessionFilter(), 50, null).Items);

        var ended = Assert.Single(sessions.List(new SessionFilter(Ended: true), 50, null).Items);
        Assert.Equal(ended, sessions.Find("S0001-1"));
        Assert.Equal(
            (seen.Id, seen.Actor, "mx", "mx", seen.Peer, "ended", "c.test", true), (ended.Id, ended.Actor, ended.Listener, ended.Role, ended.Peer, ended.State, ended.Helo, ended.Ended));
        Assert.Equal(("QUIT", "221 2.0.0", seen.Commands + 1, 1L, 1, seen.Octets + 6), (ended.LastVerb, ended.LastReply, ended.Commands, ended.Messages, ended.Errors, ended.Octets));
        Assert.Equal(TimeSpan.FromSeconds(2), ended.LastAt - ended.StartedAt);
    }

    [Fact]
    public async Task Ended_sessions_come_in_pages_too_and_can_be_filtered()
    {
        await using var at = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var peer = await at.ConnectAsync();
            await Expect(peer, "220 ");
            peer.Send("QUIT\r\n"u8);
            await Expect(peer, "221");
        }

        await Expect(await at.ConnectAsync(), "220 ");
        var sessions = at.Server.Server.Sessions;
        await Until(() => sessions.List(new SessionFilter(Ended: true), 50, null).Total == 5, "not ended");
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = sessions.List(new SessionFilter(Ended: true), 2, cursor);
            Assert.Equal(5, page.Total);
            seen.AddRange(page.Items.Select(s => s.Id));
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(1, 5).Reverse().Select(n => $"s0001-{n}"), seen);
        var first = sessions.Find("s0001-1")!;
        Assert.Equal(5, sessions.List(new SessionFilter(Listener: "MX", State: "ended", Ended: true), 1, null).Total);
        Assert.Contains(first, sessions.List(new SessionFilter(Peer: first.Peer, Ended: true), 50, null).Items);
        Assert.Empty(sessions.List(new SessionFilter(Peer: "nowhere", Ended: true), 50, null).Items);
        Assert.Empty(sessions.List(new SessionFilter(Listener: "other", Ended: true), 50, null).Items);
        Assert.Empty(sessions.List(new SessionFilter(State: "rcpt", Ended: true), 50, null).Items);
        Assert.Null(sessions.Find("s0001-99"));
    }

    [Fact]
    public async Task Pages_go_from_the_newest_to_the_oldest_without_a_gap()
    {
        await using var at = await StartAsync();
        for (var i = 0; i < 7; i++)
        {
            await Expect(await at.ConnectAsync(), "220 ");
        }

        var sessions = at.Server.Server.Sessions;
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = sessions.List(new SessionFilter(), 3, cursor);
            Assert.Equal(7, page.Total);
            seen.AddRange(page.Items.Select(s => s.Id));
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(1, 7).Reverse().Select(n => $"s0001-{n}"), seen);
    }

    [Fact]
    public async Task Only_what_is_wanted_is_listed()
    {
        await using var at = await StartAsync();
        await Expect(await at.ConnectAsync(), "220 ");
        await Expect(await at.InTransactionAsync("NOOP\r\n"), "250 2.0.0");
        var sessions = at.Server.Server.Sessions;

        Assert.Equal("s0001-2", Assert.Single(sessions.List(new SessionFilter(State: "RCPT"), 9, null).Items).Id);
        Assert.Equal(2, sessions.List(new SessionFilter(Listener: "mx"), 9, null).Total);
        Assert.Empty(sessions.List(new SessionFilter(Listener: "other"), 9, null).Items);
        Assert.Empty(sessions.List(new SessionFilter(Ended: true), 9, null).Items);
    }

    [Fact]
    public async Task A_watcher_hears_each_change_of_state()
    {
        await using var at = await StartAsync();
        var heard = new System.Collections.Concurrent.ConcurrentQueue<SessionChange>();
        using (at.Server.Server.Sessions.Watch(heard.Enqueue))
        {
            var peer = await at.InTransactionAsync("QUIT\r\n");
            await Expect(peer, "221");
            await Until(() => heard.Any(c => c.Ended), "no end was told");
        }

        Assert.Equal(["greeting", "ready", "mail", "rcpt", "ended"], heard.Select(c => c.State));
        Assert.Equal(("ready", "c.test"), (heard.ElementAt(2).Previous, heard.ElementAt(2).Helo));
        Assert.False(at.Server.Announcements.SessionChanged.IsWanted);
    }
}
