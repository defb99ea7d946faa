using ActorSmtp.Storage.Postgres.Mail;
using ActorSmtp.Storage.Postgres.Queue;
using ActorSmtp.Storage.Tests;
using static ActorSmtp.Storage.Postgres.Tests.QueueNode;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>The shared queue's store by itself: what is claimed, by whom, and what a claim that has ended can still do.</summary>
public sealed class QueueTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);

    [SkippableFact]
    public async Task Accepted_mail_is_taken_over_with_its_content_and_leaves_nothing_behind()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long);
        await using var queue = await QueueNode.OpenAsync(node);
        foreach (var length in new[] { 0, 1000, 500_000 })
        {
            var content = TestMail.Content(length, length);
            await node.StoreAsync(content, "bob@far.test");
            var mail = await node.TakeAsync();
            var added = await queue.DoAsync(QueueJob.Add(mail, new byte[] { 1, 2 }, stand: To("far.test")));
            Assert.True(added.Slot >= 0);
            node.Mail.Deliveries.Complete(mail);
            await Eventually.True(() => node.Count("accepted") == 0, "the journal's end of it");

            var loaded = await queue.DoAsync(QueueJob.Load(added.Slot));
            Assert.Equal((mail.Id, "bob@far.test"), (loaded.Opened!.Envelope.Id, loaded.Opened.Envelope.Recipients.Single().Address.ToString()));
            Assert.Equal(content, Read(loaded.Opened));
            loaded.Opened.Dispose();
            Assert.Null((await queue.DoAsync(QueueJob.Remove(added.Slot))).Failure);
            await Eventually.True(() => (node.Count("outbound"), node.Count("bodies"), node.Count("chunks"), node.Count("released"), node.Count("uploads")) == default, "empty tables");
        }
    }

    [SkippableFact]
    public async Task What_left_before_the_journal_let_go_of_it_is_not_taken_over_again()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long);
        await using var queue = await QueueNode.OpenAsync(node);
        await node.StoreAsync(TestMail.Content(1, 100), "bob@far.test");
        var mail = await node.TakeAsync();
        var added = await queue.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("far.test")));
        await queue.DoAsync(QueueJob.Remove(added.Slot));
        Assert.Equal(-1, queue.Store.Find(mail.Id));
        Assert.Empty(await queue.Store.ReadAsync(null, 10, default));

        var again = await queue.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("far.test")));
        Assert.True(again.WasThere);
        Assert.Equal(1, node.Count("bodies"));                              // the journal's own
        node.Mail.Deliveries.Complete(mail);
        await Eventually.True(() => node.Count("outbound") == 0, "the row that said so is swept");
    }

    [SkippableFact]
    public async Task Mail_whose_claim_has_ended_is_another_nodes_to_take_over()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long, poll: TimeSpan.FromHours(1));
        await using var queue = await QueueNode.OpenAsync(node);
        await node.StoreAsync(TestMail.Content(1, 100), "bob@far.test");
        var mail = await node.TakeAsync();
        node.Execute("UPDATE accepted SET token = 7, holder = 'other'");
        Assert.True((await queue.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("far.test")))).WasThere);
        Assert.Equal(0, node.Count("outbound"));
    }

    [SkippableFact]
    public async Task Content_that_is_changed_on_its_way_is_stored_as_it_leaves()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long);
        await using var queue = await QueueNode.OpenAsync(node);
        foreach (var length in new[] { 10, 300_000 })
        {
            var mail = new Foreign(TestMail.Content(3, length));
            var added = await queue.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, keepOpen: true, stand: To("far.test")));
            added.Opened!.Dispose();
            var loaded = await queue.DoAsync(QueueJob.Load(added.Slot));
            Assert.Equal(TestMail.Content(3, length), Read(loaded.Opened!));
            Assert.True((await queue.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("far.test")))).WasThere);
            await queue.DoAsync(QueueJob.Remove(added.Slot));
        }

        await Eventually.True(() => (node.Count("outbound"), node.Count("bodies"), node.Count("chunks"), node.Count("uploads")) == default, "empty tables");
    }

    [SkippableFact]
    public async Task A_claim_that_ended_changes_nothing()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long, poll: TimeSpan.FromHours(1));
        await using var queue = await QueueNode.OpenAsync(node);
        var first = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        var second = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(2, 10)), new byte[] { 1 }, stand: To("far.test")));
        node.Execute("UPDATE outbound SET token = 7, holder = 'other'");

        Assert.True((await queue.DoAsync(QueueJob.Save(first.Slot, new byte[] { 2 }, stand: To("other.test")))).IsLost);
        Assert.True((await queue.DoAsync(QueueJob.Remove(second.Slot))).IsLost);
        await queue.DoAsync(QueueJob.GiveBack(first.Slot, TimeSpan.FromHours(1)));
        await queue.DoAsync(QueueJob.GiveBack(second.Slot, TimeSpan.FromHours(1)));
        Assert.Equal(2, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM outbound WHERE token = 7 AND line = 'far.test' AND state = '\\x01' AND due < now() + INTERVAL '30 minutes'"));
        Assert.Equal(0, queue.Store.Statistics.Messages);
    }

    [SkippableFact]
    public async Task One_long_line_keeps_no_other_from_its_turn_and_never_fills_a_node()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long);
        await using (var first = await QueueNode.OpenAsync(node, begin: false))
        {
            var a = await first.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("long.test")));
            var b = await first.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(2, 10)), new byte[] { 1 }, stand: To("short.test")));
            await first.DoAsync(QueueJob.GiveBack(a.Slot, TimeSpan.Zero));
            await first.DoAsync(QueueJob.GiveBack(b.Slot, TimeSpan.Zero));
        }

        // Three thousand that are due before the one.
        node.Execute(
            "INSERT INTO outbound (id, line, due, token, holder, destinations, held, octets, body, state, envelope) " +
            "SELECT decode(lpad(to_hex(n), 20, '0'), 'hex'), line, due - INTERVAL '1 minute', 0, '', destinations, held, 0, decode(lpad(to_hex(n), 20, '0'), 'hex'), state, envelope " +
            "FROM outbound, generate_series(1, 3000) AS n WHERE line = 'long.test'");
        await using var queue = await QueueNode.OpenAsync(node);
        await Eventually.True(() => queue.Claimed.Any(mail => mail.Line == "short.test"), "the short line's turn");
        await Eventually.True(() => queue.Claimed.Count(mail => mail.Line == "long.test") >= HeldTable.MostInLine, "the long line's turns");
        await queue.Store.CountAsync(default);
        Assert.InRange(queue.Claimed.Count(mail => mail.Line == "long.test"), HeldTable.MostInLine, HeldTable.MostInLine + 64);
        Assert.Equal(3002, queue.Store.Totals.Messages);
    }

    [SkippableFact]
    public async Task Claims_are_renewed_and_one_that_could_not_be_is_told_as_lost()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: TimeSpan.FromSeconds(10), poll: TimeSpan.FromHours(1));
        await using var queue = await QueueNode.OpenAsync(node);
        var kept = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        var lost = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(2, 10)), new byte[] { 1 }, stand: To("other.test")));
        var ended = Cluster.Shared.Ask<DateTime>(database, "SELECT max(due) FROM outbound");
        node.Execute("UPDATE outbound SET token = 7, holder = 'other', due = now() + INTERVAL '1 hour' WHERE line = 'other.test'");
        await Eventually.True(() => queue.LostSlots.Contains(lost.Slot), "the loss");
        await Eventually.True(() => Cluster.Shared.Ask<DateTime>(database, "SELECT due FROM outbound WHERE line = 'far.test'") > ended, "the renewal");
        Assert.DoesNotContain(kept.Slot, queue.LostSlots);
        Assert.False(queue.Store.Holds(lost.Slot));
    }

    [SkippableFact]
    public async Task The_database_may_go_away_and_what_was_asked_is_done_when_it_is_back()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, lease: s_long, port: proxy.Port);
        await using var queue = await QueueNode.OpenAsync(node);
        var added = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        proxy.Refuse();
        await Eventually.True(() => node.Mail.Pressure.Level == PressureLevel.Full, "the loss of the database");
        Assert.Equal(PressureLevel.Full, queue.Store.Pressure.Level);
        await Assert.ThrowsAsync<StoreException>(() => queue.Store.ReadAsync(null, 10, default));
        var saving = queue.DoAsync(QueueJob.Save(added.Slot, new byte[] { 2, 3 }, stand: To("far.test")));
        Assert.False(saving.IsCompleted);
        proxy.Mend();
        Assert.False((await saving).IsLost);
        Assert.Equal([2, 3], (await queue.Store.ReadAsync(null, 10, default)).Single().Mail.State.ToArray());
    }

    [SkippableFact]
    public async Task Changed_mail_whose_content_cannot_be_read_for_now_is_taken_over_when_it_can_be()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, lease: s_long, port: proxy.Port);
        await using var queue = await QueueNode.OpenAsync(node);
        await node.StoreAsync("Subject: a\r\n\r\ntext\r\n"u8.ToArray(), Node.Edited("bob@example.com"));
        var mail = (ClaimedMail)await node.TakeAsync();
        mail.LetGo();                                                       // as where memory is short
        proxy.CutAnswerAfter("SELECT substring(b.content");
        var adding = queue.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("example.com")));
        await Eventually.True(() => proxy.Cuts > 0, "its content is asked for, and does not come");
        proxy.Mend();
        var added = await adding;
        Assert.Null(added.Problem);
        Assert.Equal("X-New: 2\r\nSubject: a\r\n\r\ntext\r\n"u8.ToArray(), Cluster.Shared.Ask<byte[]>(database, "SELECT b.content FROM outbound o JOIN bodies b ON b.id = o.body"));
    }
}
