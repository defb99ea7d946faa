using ActorSmtp.Storage.Tests;
using static ActorSmtp.Storage.Postgres.Tests.QueueNode;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Claims of the shared queue where something comes between: another node, a lock, an absence of the database.</summary>
public sealed class QueueClaimTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10), s_never = TimeSpan.FromHours(1);

    [SkippableFact]
    public async Task Changed_mail_whose_claim_has_ended_is_another_nodes_to_take_over()
    {
        foreach (var length in new[] { 10, 300_000 })
        {
            var database = Cluster.Shared.NewDatabase();
            await using var node = await Node.OpenAsync(database, lease: s_long, poll: s_never);
            await using var queue = await QueueNode.OpenAsync(node);
            await node.StoreAsync(TestMail.Content(1, length), Node.Edited("bob@far.test"));
            var mail = await node.TakeAsync();
            node.Execute("UPDATE accepted SET token = 7, holder = 'other'");
            Assert.True((await queue.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("far.test")))).WasThere);
            Assert.Equal((0, 1, 0), (node.Count("outbound"), node.Count("bodies"), node.Count("uploads")));
            Assert.Equal(0, node.Count("chunks c WHERE NOT EXISTS (SELECT 1 FROM bodies b WHERE b.id = c.body)"));
        }
    }

    [SkippableFact]
    public async Task A_node_does_not_take_its_own_mail_anew_when_the_database_was_away_for_longer_than_a_lease()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long);
        await using var queue = await QueueNode.OpenAsync(node);
        var mine = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        var free = new Foreign(TestMail.Content(2, 10));
        var other = await queue.DoAsync(QueueJob.Add(free, new byte[] { 1 }, stand: To("far.test")));

        // By the database's clock its claim has ended; what has been sent meanwhile is still to be recorded.
        Cluster.Shared.Execute(database, $"UPDATE outbound SET due = now() - INTERVAL '1 minute' WHERE id <> '\\x{Convert.ToHexString(Mail.MailWriter.KeyOf(free.Id))}'");
        await queue.DoAsync(QueueJob.GiveBack(other.Slot, TimeSpan.Zero));
        await Eventually.True(() => queue.Claimed.Any(mail => mail.Id == free.Id), "the look that takes what is behind it in the line");
        Assert.DoesNotContain(queue.Claimed, mail => mail.Id == mine.Mail!.Id);
        Assert.False((await queue.DoAsync(QueueJob.Save(mine.Slot, new byte[] { 2 }, stand: To("far.test")))).IsLost);
        Assert.DoesNotContain(mine.Slot, queue.LostSlots);
    }

    [SkippableFact]
    public async Task When_the_database_comes_back_each_node_has_time_to_renew_what_it_holds()
    {
        var database = Cluster.Shared.NewDatabase();
        using var late = new Proxy(Cluster.Shared.Address);
        using var soon = new Proxy(Cluster.Shared.Address);
        await using var holder = await Node.OpenAsync(database, "holder", TimeSpan.FromSeconds(10), port: late.Port);
        await using var other = await Node.OpenAsync(database, "other", TimeSpan.FromMinutes(1), port: soon.Port);
        await using var holds = await QueueNode.OpenAsync(holder);
        await using var looks = await QueueNode.OpenAsync(other);
        var mail = new Foreign(TestMail.Content(1, 10));
        var held = await holds.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("far.test")));
        late.Refuse();
        soon.Refuse();
        await Eventually.True(() => holder.All.Database.IsAway && other.All.Database.IsAway, "the absence");
        Cluster.Shared.Execute(database, "UPDATE outbound SET due = now() - INTERVAL '1 minute'");
        Cluster.Shared.Execute(database,
            "INSERT INTO outbound (id, line, due, token, holder, destinations, held, octets, body, state, envelope) " +
            "SELECT decode(lpad('1', 20, '0'), 'hex'), line, now(), 0, '', destinations, held, 0, decode('00', 'hex'), state, envelope FROM outbound");
        soon.Mend();
        await Eventually.True(() => looks.Claimed.Length > 0, "the other node takes what is free");
        Assert.DoesNotContain(looks.Claimed, claimed => claimed.Id == mail.Id);
        late.Mend();
        await Eventually.True(() => Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM outbound WHERE holder = 'holder' AND due > now()") == 1, "its holder renews it");
        Assert.False((await holds.DoAsync(QueueJob.Save(held.Slot, new byte[] { 2 }, stand: To("far.test")))).IsLost);
    }

    [SkippableFact]
    public async Task A_lock_on_one_message_keeps_no_other_claim_from_being_renewed()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: TimeSpan.FromSeconds(10), patience: TimeSpan.FromSeconds(8), poll: s_never);
        await using var queue = await QueueNode.OpenAsync(node);
        var locked = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("locked.test")));
        await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(2, 10)), new byte[] { 1 }, stand: To("far.test")));
        await node.StoreAsync(TestMail.Content(3, 10), "ann@x.test");
        await node.StoreAsync(TestMail.Content(4, 10), "bob@x.test");
        await using (var other = await Transaction.BeginAsync(database))
        {
            await other.RunAsync("SELECT id FROM outbound WHERE line = 'locked.test' FOR UPDATE");
            await other.RunAsync("SELECT id FROM accepted ORDER BY id LIMIT 1 FOR UPDATE");
            var (outbound, accepted) = (Until("outbound WHERE line = 'far.test'"), Until("accepted"));
            await Eventually.True(() => Until("outbound WHERE line = 'far.test'") > outbound, "the renewal of the other one that leaves");
            await Eventually.True(() => Until("accepted") > accepted, "the renewal of the other accepted one");
            await other.CommitAsync();
        }

        await Eventually.True(() => Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM outbound WHERE due > now()") == 2, "all are renewed");
        Assert.DoesNotContain(locked.Slot, queue.LostSlots);
        Assert.True(Assert.Single(await node.DeliverAsync(await node.TakeAsync(), 0)).Delivered);

        DateTime Until(string what) => Cluster.Shared.Ask<DateTime>(database, $"SELECT max(due) FROM {what}");
    }

    [SkippableFact]
    public async Task A_line_that_was_swept_while_the_node_slept_is_there_again_before_mail_waits_in_it()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long, poll: s_never);
        await using var queue = await QueueNode.OpenAsync(node);
        var first = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        node.Execute("DELETE FROM outbound_lines");
        Assert.False((await queue.DoAsync(QueueJob.Save(first.Slot, new byte[] { 2 }, stand: To("far.test")))).IsLost);
        Assert.Equal(1, node.Count("outbound_lines WHERE name = 'far.test'"));

        node.Execute("DELETE FROM outbound_lines");
        Assert.False((await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(2, 10)), new byte[] { 1 }, stand: To("far.test")))).WasThere);
        Assert.Equal(1, node.Count("outbound_lines WHERE name = 'far.test'"));

        node.Execute("DELETE FROM outbound_lines");
        await node.StoreAsync(TestMail.Content(3, 10), "bob@far.test");
        Assert.False((await queue.DoAsync(QueueJob.Add(await node.TakeAsync(), new byte[] { 1 }, stand: To("far.test")))).WasThere);
        Assert.Equal((1, 3), (node.Count("outbound_lines WHERE name = 'far.test'"), node.Count("outbound")));
    }

    [SkippableFact]
    public async Task A_node_that_is_about_to_end_takes_nothing_more()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var ending = await Node.OpenAsync(database, "ending", s_long);
        await using var other = await Node.OpenAsync(database, "other", s_long);
        await using var ends = await QueueNode.OpenAsync(ending);
        ends.Store.Hasten();
        var mail = new Foreign(TestMail.Content(1, 10));
        Assert.Equal(-1, (await ends.DoAsync(QueueJob.Add(mail, new byte[] { 1 }, stand: To("far.test")))).Slot);
        await using var goesOn = await QueueNode.OpenAsync(other);
        await Eventually.True(() => goesOn.Claimed.Any(claimed => claimed.Id == mail.Id), "the other node takes it");
        Assert.Empty(ends.Claimed);
    }
}
