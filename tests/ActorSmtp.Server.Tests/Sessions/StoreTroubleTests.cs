using ActorSmtp.Storage;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>What a session says when its store is slow, full, broken or silent; and that a writer is given back once, by the thread that uses it.</summary>
public sealed class StoreTroubleTests
{
    [Theory]
    [InlineData(StoreFailure.Full, "452 4.3.1")]
    [InlineData(StoreFailure.Unavailable, "451 4.3.0")]
    public async Task A_message_the_store_did_not_keep_is_put_off_and_the_session_goes_on(StoreFailure failure, string reply)
    {
        await using var at = await StartAsync();
        at.Store.OnCommit = w => w.Observer.OnStoreFailed(w.Id, failure);
        var peer = await at.InTransactionAsync("BDAT 1 LAST\r\nxNOOP\r\n");

        await Expect(peer, reply);
        await Expect(peer, "250 2.0.0");
    }

    [Fact]
    public async Task In_LMTP_a_message_the_store_did_not_keep_is_put_off_for_each_recipient()
    {
        await using var at = await StartAsync("listeners.mx.role=lmtp");
        at.Store.OnCommit = w => w.Observer.OnStoreFailed(w.Id, StoreFailure.Unavailable);
        var peer = await at.ConnectAsync();
        peer.Send("LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@mx.test>\r\nRCPT TO:<ann@mx.test>\r\nBDAT 0 LAST\r\nNOOP\r\n"u8);

        var replies = new List<string?>();
        do
        {
            replies.Add(await peer.ReadLineAsync());
        }
        while (replies[^1] is { } last && last != "250 2.0.0 OK");

        Assert.Equal(["250 2.1.0", "250 2.1.5", "250 2.1.5", "451 4.3.0", "451 4.3.0", "250 2.0.0"], replies[^6..].Select(r => r![..9]));
    }

    [Theory]
    [InlineData(PressureReason.Backlog, "452 4.3.1")]
    [InlineData(PressureReason.DiskFull, "452 4.3.1")]
    [InlineData(PressureReason.Fault, "451 4.3.0")]
    public async Task A_full_store_refuses_MAIL(PressureReason reason, string reply)
    {
        await using var at = await StartAsync();
        at.Store.Pressure = StorePressure.Full(reason);
        var peer = await at.ConnectAsync();
        await Expect(peer, "220");
        peer.Send("HELO c\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\n"u8);

        await Expect(peer, "250");
        await Expect(peer, reply);
        await Expect(peer, "503");
    }

    [Fact]
    public async Task A_slow_store_delays_the_reply_to_MAIL_and_what_was_pipelined_waits()
    {
        await using var at = await StartAsync();
        at.Store.Pressure = StorePressure.Slow(TimeSpan.FromMilliseconds(20));
        var peer = await at.ConnectAsync();
        await Expect(peer, "220");
        peer.Send("HELO c\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nQUIT\r\n"u8);

        await Expect(peer, "250");
        await Expect(peer, "250 2.1.0");
        await Expect(peer, "250 2.1.5");
        await Expect(peer, "221");
        await ExpectEnd(peer);
    }

    [Fact]
    public async Task A_deadline_while_the_reply_to_MAIL_is_delayed_is_not_the_peers()
    {
        await using var at = await StartAsync();
        at.Store.Pressure = StorePressure.Slow(TimeSpan.FromSeconds(3));
        var peer = await at.ConnectAsync();
        await Expect(peer, "220");
        peer.Send("HELO c\r\nMAIL FROM:<x@c.test>\r\n"u8);
        await Expect(peer, "250");
        await Until(() => at.Server.Log.All.Any(l => l.Contains("C: MAIL", StringComparison.Ordinal)), "MAIL was not heard");
        at.Time.Advance(TimeSpan.FromMinutes(6));

        await Expect(peer, "250 2.1.0");
    }

    [Fact]
    public async Task A_full_writer_stops_the_reading_until_it_has_room()
    {
        await using var at = await StartAsync();
        var full = true;
        at.Store.OnWrite = w => w.Length < 1000 || !Volatile.Read(ref full);
        var peer = await at.InTransactionAsync("BDAT 2000\r\n" + new string('x', 2000) + "BDAT 0 LAST\r\n");
        await Until(() => at.Store.Writers.TryPeek(out var w) && w.Length > 2000, "nothing was written");
        Volatile.Write(ref full, false);
        at.Store.Writers.TryPeek(out var writer);
        writer!.Observer.OnReady(writer.Id);

        await Expect(peer, "250 2.0.0 2000");
        await Expect(peer, "250 2.0.0 OK: queued");
        Assert.Null(writer.Offence);
    }

    [Fact]
    public async Task A_store_that_never_answers_costs_the_session_421_and_not_more()
    {
        await using var at = await StartAsync("shutdown.grace=200ms");
        at.Store.OnCommit = _ => { };
        var peer = await at.InTransactionAsync("BDAT 1 LAST\r\nx");
        await Until(() => at.Store.Writers.TryPeek(out var w) && w.Ends == 1, "not committed");
        at.Time.Advance(TimeSpan.FromMinutes(11));

        await Expect(peer, "421 4.3.0");
        await ExpectEnd(peer);
    }

    [Fact]
    public async Task A_store_that_throws_costs_the_one_session_421_with_its_id()
    {
        await using var at = await StartAsync();
        var other = await at.InTransactionAsync("");
        at.Store.OnBegin = () => throw new InvalidOperationException("a bug");
        var peer = await at.InTransactionAsync("DATA\r\n");

        await Expect(peer, "421 4.3.0 Internal fault in session s0001-2");
        await ExpectEnd(peer);
        at.Store.OnBegin = null;
        other.Send("BDAT 0 LAST\r\nQUIT\r\n"u8);
        await Expect(other, "250 2.0.0 OK: queued");
        await Expect(other, "221");
        Assert.Contains(at.Server.Log.All, l => l.StartsWith("Error the session broke in Rcpt on Data", StringComparison.Ordinal) && l.Contains("session=s0001-2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_stands_still_is_given_up_and_its_writer_given_back_once()
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync("DATA\r\n");
        await Expect(peer, "354");
        at.Store.Writers.TryPeek(out var writer);
        var before = writer!.Length;
        peer.Send("half a line"u8);
        await Until(() => writer.Length > before, "nothing was written");
        at.Time.Advance(TimeSpan.FromMinutes(11));

        await Expect(peer, "421 4.4.2");
        await ExpectEnd(peer);
        await GivenBack(at.Store);
    }

    [Fact]
    public async Task A_message_that_goes_on_slowly_is_not_cut_off_where_no_speed_is_asked_for()
    {
        await using var at = await StartAsync("limits.minimum-data-rate=0");
        var peer = await at.InTransactionAsync("DATA\r\n");
        await Expect(peer, "354");
        at.Store.Writers.TryPeek(out var writer);
        for (var i = 1; i <= 3; i++)
        {
            var before = writer!.Length;
            peer.Send("a line\r\n"u8);
            await Until(() => writer.Length > before, "nothing was written");
            at.Time.Advance(TimeSpan.FromMinutes(9));
        }

        await Task.Delay(1200);                                         // a sweep passes
        peer.Send(".\r\n"u8);
        await Expect(peer, "250 2.0.0 OK: queued");
    }

    [Fact]
    public async Task A_deadline_that_comes_while_the_writer_is_written_to_does_not_take_it_away()
    {
        await using var at = await StartAsync();
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        at.Store.OnWrite = w =>
        {
            if (w.Length > 5000)
            {
                inside.Set();
                goOn.Wait(TimeSpan.FromSeconds(60));
            }

            return true;
        };
        var peer = await at.InTransactionAsync("BDAT 10000\r\n");
        await Until(() => at.Server.Log.All.Any(l => l.Contains("C: BDAT", StringComparison.Ordinal)), "BDAT was not heard");
        peer.Send(new byte[9000]);                                      // read outside of the session's turn
        Assert.True(inside.Wait(TimeSpan.FromSeconds(60)));
        at.Time.Advance(TimeSpan.FromMinutes(11));
        await Expect(peer, "421 4.4.2");
        goOn.Set();

        await GivenBack(at.Store);
    }

    [Theory]
    [InlineData("BDAT 10\r\nabc", false)]
    [InlineData("BDAT 3\r\nabc", true)]
    [InlineData("DATA\r\nabc", true)]
    public async Task A_peer_that_goes_away_leaves_no_writer_behind(string said, bool answered)
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync(said);
        if (answered)
        {
            Assert.NotNull(await peer.ReadLineAsync());
        }

        await Until(() => at.Store.Writers.TryPeek(out var w) && w.Length > 3, "nothing was written");
        peer.Abort();

        await GivenBack(at.Store);
    }

    [Fact]
    public async Task A_body_that_does_not_end_within_the_grace_of_a_shutdown_gives_its_writer_back()
    {
        await using var at = await StartAsync("shutdown.grace=300ms");
        var peer = await at.InTransactionAsync("BDAT 10\r\nabc");
        await Until(() => at.Store.Writers.TryPeek(out var w) && w.Length > 3, "nothing was written");
        await at.Server.System.Terminate().WaitAsync(TimeSpan.FromSeconds(60));

        await GivenBack(at.Store);
    }

    [Fact]
    public async Task A_body_that_ends_within_the_grace_of_a_shutdown_is_stored_and_answered()
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync("DATA\r\n");
        await Expect(peer, "354");
        peer.Send("Subject: half\r\n"u8);
        await Until(() => at.Store.Writers.TryPeek(out var w) && w.Length > 3, "nothing was written");
        var end = at.Server.System.Terminate();
        await Until(() => at.Server.Log.All.Any(l => l.Contains("accepts no more", StringComparison.Ordinal)), "no unbind");

        peer.Send("\r\nthe other half\r\n.\r\nMAIL FROM:<next@c.test>\r\n"u8);

        await Expect(peer, "250 2.0.0 OK: queued");
        await Expect(peer, "421 4.3.2");
        await ExpectEnd(peer);
        await end.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static async Task GivenBack(ScriptedMailStore store)
    {
        store.Writers.TryPeek(out var writer);
        await Until(() => writer!.Ends > 0, "the writer was not given back");
        Assert.Null(writer!.Offence);
        Assert.True(writer.Aborted);
        Assert.Equal(1, writer.Ends);
    }
}
