using ActorSmtp.Storage.Tests;
using static ActorSmtp.Storage.Postgres.Tests.QueueNode;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>The shared queue where the database is slow, says no, or goes away in the middle of something.</summary>
public sealed class QueueTroubleTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10), s_never = TimeSpan.FromHours(1);

    [SkippableFact]
    public async Task Content_that_was_swept_before_its_message_was_there_is_brought_again()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long, poll: s_never);
        await using var queue = await QueueNode.OpenAsync(node);
        node.Execute("CREATE TABLE swept (n int)");
        node.Execute(
            """
            CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF NEW.at = 262144 AND NOT EXISTS (SELECT 1 FROM swept) THEN
                INSERT INTO swept VALUES (1);
                DELETE FROM uploads WHERE body = NEW.body;
                DELETE FROM chunks WHERE body = NEW.body;
              END IF;
              RETURN NULL;
            END $$
            """);
        node.Execute("CREATE TRIGGER swept AFTER INSERT ON chunks FOR EACH ROW EXECUTE FUNCTION sweep()");
        var added = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 300_000)), new byte[] { 1 }, stand: To("far.test")));
        Assert.Equal(1, node.Count("swept"));
        Assert.False(added.WasThere);
        var loaded = await queue.DoAsync(QueueJob.Load(added.Slot));
        Assert.Equal(TestMail.Content(1, 300_000), Read(loaded.Opened!));
    }

    [SkippableFact]
    public async Task A_count_that_cannot_be_made_keeps_nobody_from_starting()
    {
        var database = Cluster.Shared.NewDatabase();
        await using (var first = await Node.OpenAsync(database, lease: s_long))
        await using (var before = await QueueNode.OpenAsync(first))
        {
            await before.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        }

        Cluster.Shared.Execute(database, "ALTER TABLE outbound RENAME COLUMN octets TO hidden");
        Cluster.Shared.Execute(database, "ALTER TABLE accepted RENAME COLUMN octets TO hidden");
        await using var node = await Node.OpenAsync(database, lease: s_long, poll: s_never);
        await using var queue = await QueueNode.OpenAsync(node);
        await Eventually.True(() => node.Mail.Trouble?.Contains("counting", StringComparison.Ordinal) == true, "it is told that nothing is counted");
        Cluster.Shared.Execute(database, "ALTER TABLE outbound RENAME COLUMN hidden TO octets");
        Cluster.Shared.Execute(database, "ALTER TABLE accepted RENAME COLUMN hidden TO octets");
        await Eventually.True(() => queue.Store.Totals.Messages == 1, "the count");
        await Eventually.True(() => node.Mail.Trouble is null, "nothing is amiss any more");
    }

    [SkippableFact]
    public async Task What_is_to_be_recorded_when_the_server_stops_waits_a_while_for_a_database_that_is_away()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, lease: s_long, port: proxy.Port);
        var queue = await QueueNode.OpenAsync(node);
        var added = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        proxy.Refuse();
        await Eventually.True(() => node.All.Database.IsAway, "the absence");
        var removing = queue.DoAsync(QueueJob.Remove(added.Slot));
        var ending = queue.DisposeAsync().AsTask();
        proxy.Mend();
        Assert.Null((await removing).Failure);
        await ending.WaitAsync(TimeSpan.FromSeconds(90));
        Assert.Equal(0, node.Count("outbound"));
    }

    [SkippableFact]
    public async Task What_became_of_accepted_mail_waits_likewise_when_the_server_stops()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, lease: s_long, port: proxy.Port);
        await node.StoreAsync(TestMail.Content(1, 10));
        var mail = await node.TakeAsync();
        proxy.Refuse();
        await Eventually.True(() => node.All.Database.IsAway, "the absence");
        node.Mail.Deliveries.Complete(mail);
        var ending = node.Mail.DisposeAsync().AsTask();
        proxy.Mend();
        await ending.WaitAsync(TimeSpan.FromSeconds(90));
        Assert.Equal(0, node.Count("accepted"));
    }

    [SkippableFact]
    public async Task What_could_not_be_recorded_when_the_server_stopped_is_not_given_to_others_before_its_claim_ends()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: TimeSpan.FromSeconds(3), patience: TimeSpan.FromSeconds(1), poll: s_never);
        var queue = await QueueNode.OpenAsync(node);
        var sent = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(2, 10)), new byte[] { 1 }, stand: To("other.test")));
        node.Execute("UPDATE outbound SET due = now() + INTERVAL '1 hour'");
        RefuseRemovals(node);
        var removing = queue.DoAsync(QueueJob.Remove(sent.Slot));
        await queue.DisposeAsync();
        Assert.NotNull((await removing).Failure);
        Assert.Equal((1, 0), (node.Count("outbound WHERE line = 'other.test' AND due <= now()"), node.Count("outbound WHERE line = 'far.test' AND due <= now()")));
    }

    [SkippableFact]
    public async Task What_was_sent_is_not_sent_again_because_the_database_refuses_to_record_it()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long, poll: s_never);
        await using var queue = await QueueNode.OpenAsync(node);
        var sent = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[] { 1 }, stand: To("far.test")));
        var other = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(2, 10)), new byte[] { 1 }, stand: To("other.test")));
        RefuseRemovals(node);
        var removing = queue.DoAsync(QueueJob.Remove(sent.Slot));
        await Eventually.True(() => node.Mail.Trouble?.Contains("a removal is refused", StringComparison.Ordinal) == true, "it is told");
        Assert.Null((await queue.DoAsync(QueueJob.Save(other.Slot, new byte[] { 2 }, stand: To("other.test")))).Failure);
        Assert.False(removing.IsCompleted);
        Assert.True(queue.Store.Holds(sent.Slot));
        node.Execute("DROP TRIGGER refusing ON outbound");
        Assert.False((await removing).IsLost);
        Assert.Equal(0, node.Count("outbound WHERE line = 'far.test'"));
        await Eventually.True(() => node.Mail.Trouble is null, "nothing is amiss any more");
    }

    [SkippableFact]
    public async Task A_message_that_cannot_be_loaded_is_answered_whatever_the_reason()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, lease: s_long, poll: s_never);
        await using var queue = await QueueNode.OpenAsync(node);
        var added = await queue.DoAsync(QueueJob.Add(new Foreign(TestMail.Content(1, 10)), new byte[33 << 20], stand: To("far.test")));     // more than is kept in memory
        node.Execute("ALTER TABLE outbound ALTER COLUMN envelope TYPE int USING 1");
        Assert.Equal(StoreFailure.Unavailable, (await queue.DoAsync(QueueJob.Load(added.Slot))).Failure);
    }

    private static void RefuseRemovals(Node node)
    {
        node.Execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a removal is refused'; END $$");
        node.Execute("CREATE TRIGGER refusing BEFORE DELETE ON outbound FOR EACH ROW EXECUTE FUNCTION refuse()");
    }
}
