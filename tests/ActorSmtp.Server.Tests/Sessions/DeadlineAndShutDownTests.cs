using ActorSmtp.Server.Sessions;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>How dialogues end that nobody ends: idle ones, and all of them when the server goes down.</summary>
public sealed class DeadlineAndShutDownTests
{
    [Fact]
    public async Task An_idle_session_is_ended_after_the_command_timeout_and_not_before()
    {
        await using var at = await StartAsync();
        var idle = await at.ConnectAsync();
        await Expect(idle, "220");
        at.Time.Advance(TimeSpan.FromMinutes(4));
        var busy = await at.ConnectAsync();
        await Expect(busy, "220");
        at.Time.Advance(TimeSpan.FromSeconds(61));

        await Expect(idle, "421 4.4.2");
        await ExpectEnd(idle);
        busy.Send("NOOP\r\n"u8);
        await Expect(busy, "250");
    }

    [Fact]
    public async Task A_command_that_drips_does_not_move_the_deadline()
    {
        await using var at = await StartAsync();
        var peer = await at.ConnectAsync();
        await Expect(peer, "220");
        peer.Send("NO"u8);
        at.Time.Advance(TimeSpan.FromMinutes(3));
        peer.Send("O"u8);
        at.Time.Advance(TimeSpan.FromMinutes(3));

        await Expect(peer, "421 4.4.2");
    }

    [Fact]
    public async Task A_message_in_chunks_must_go_on_between_them_as_fast_as_within()
    {
        await using var at = await StartAsync("limits.minimum-data-rate=100", "limits.data-rate-grace=1m", "limits.command-timeout=5m");
        var peer = await at.InTransactionAsync("BDAT 1\r\nx");
        await Expect(peer, "250 2.0.0");
        at.Time.Advance(TimeSpan.FromSeconds(50));
        peer.Send("BDAT 1\r\ny"u8);
        await Expect(peer, "250 2.0.0");

        at.Time.Advance(TimeSpan.FromSeconds(15));

        await Expect(peer, "421 4.4.2");
        await ExpectEnd(peer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("EHLO c")]
    [InlineData("EHLO c\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nBDAT 1\r\nxRSE")]
    [InlineData("EHLO c\r\nAUTH LOGIN\r\nYm9")]
    [InlineData("BDAT 10\r\nabc")]
    public async Task A_shutdown_tells_every_session_421_once(string said)
    {
        await using var at = await StartAsync("listeners.mx.auth=offered");
        var peer = await at.ConnectAsync();
        peer.Send(System.Text.Encoding.ASCII.GetBytes(said));
        await Expect(peer, "220");
        var lines = said.Split("\r\n").Length - 1;
        await Until(() => at.Server.Log.All.Count(l => l.StartsWith("Debug C:", StringComparison.Ordinal)) >= Math.Min(lines, 1), "nothing was heard");
        var end = at.Server.System.Terminate();

        var last = "";
        for (string? line; (line = await peer.ReadLineAsync()) is not null; last = line)
        {
            Assert.False(last.StartsWith("421", StringComparison.Ordinal), "said twice");
        }

        Assert.StartsWith("421 4.3.2", last, StringComparison.Ordinal);
        await end.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_message_the_store_has_is_answered_before_a_shutdown_ends_the_session()
    {
        await using var at = await StartAsync();
        at.Store.OnCommit = _ => { };
        var peer = await at.InTransactionAsync("BDAT 1 LAST\r\nx");
        await Until(() => at.Store.Writers.TryPeek(out var w) && w.Ends == 1, "not committed");
        var end = at.Server.System.Terminate();
        await Until(() => at.Server.Log.All.Any(l => l.Contains("accepts no more", StringComparison.Ordinal)), "no unbind");
        at.Store.Writers.TryPeek(out var writer);
        writer!.Observer.OnStored(writer.Id);

        await Expect(peer, "250 2.0.0 OK: queued");
        await Expect(peer, "421 4.3.2");
        await ExpectEnd(peer);
        await end.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_store_that_never_answers_does_not_keep_the_server_from_ending()
    {
        await using var at = await StartAsync("shutdown.grace=300ms");
        at.Store.OnCommit = _ => { };
        _ = await at.InTransactionAsync("BDAT 1 LAST\r\nx");
        await Until(() => at.Store.Writers.TryPeek(out var w) && w.Ends == 1, "not committed");

        await at.Server.System.Terminate().WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task What_happens_is_announced_to_who_listens()
    {
        await using var at = await StartAsync();
        var heard = new System.Collections.Concurrent.BlockingCollection<object>();
        using var opened = at.Server.Announcements.SessionOpened.Subscribe(heard.Add);
        using var taken = at.Server.Announcements.MailAccepted.Subscribe(heard.Add);
        using var closed = at.Server.Announcements.SessionClosed.Subscribe(heard.Add);
        var peer = await at.InTransactionAsync("BDAT 3 LAST\r\nabcQUIT\r\n");
        await Expect(peer, "250 2.0.0 OK: queued");

        Assert.Equal("s0001-1", Assert.IsType<SessionMessages.SessionOpened>(Take()).Session);
        var accepted = Assert.IsType<SessionMessages.MailAccepted>(Take());
        Assert.Equal(("s0001-1", "mx", "<x@c.test>", 1, 3L), (accepted.Session, accepted.Listener, accepted.From.ToString(), accepted.Recipients, accepted.Octets));
        Assert.Equal("quit", Assert.IsType<SessionMessages.SessionClosed>(Take()).Reason);

        object? Take() => heard.TryTake(out var fact, TimeSpan.FromSeconds(60)) ? fact : null;
    }
}
