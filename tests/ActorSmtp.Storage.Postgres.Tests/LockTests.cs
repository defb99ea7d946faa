using ActorSmtp.Storage.Postgres.Mail;
using ActorSmtp.Storage.Postgres.Mailboxes;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Two want the same rows at the same time.</summary>
public sealed class LockTests
{
    [SkippableFact]
    public async Task A_lock_that_somebody_holds_delays_a_delivery_and_does_not_mean_that_the_database_is_away()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, patience: TimeSpan.FromSeconds(8));
        await node.StoreAsync(TestMail.Content(1, 10));
        Assert.True(Assert.Single(await node.DeliverAsync(await node.TakeAsync(), 0)).Delivered);
        await node.StoreAsync(TestMail.Content(2, 10));
        var mail = await node.TakeAsync();

        await using var other = await Transaction.BeginAsync(database);
        await other.RunAsync("SELECT account FROM mailboxes WHERE account = 'bob' FOR UPDATE");
        var observer = new Delays();
        node.Stores.Mailboxes.Deliver([new MailboxDelivery(mail, 0, "bob", ReadOnlyMemory<byte>.Empty)], observer);
        Assert.Contains("lock timeout", await observer.Delayed, StringComparison.Ordinal);
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(3, 10), out _) is null, "mail is taken meanwhile");

        // The other mailboxes go on, also with a message that both get, and one that follows.
        node.Mail.Deliveries.Complete(await node.TakeAsync());
        await node.StoreAsync(TestMail.Content(4, 10), "bob@x.test", "ann@x.test");
        var shared = await node.TakeAsync();
        var (forBob, forAnn) = (new Node.Settled(1), new Node.Settled(1));
        node.Stores.Mailboxes.Deliver([new MailboxDelivery(shared, 0, "bob", ReadOnlyMemory<byte>.Empty)], forBob);
        node.Stores.Mailboxes.Deliver([new MailboxDelivery(shared, 1, "ann", ReadOnlyMemory<byte>.Empty)], forAnn);
        Assert.True(Assert.Single(await forAnn.All).Delivered);
        Assert.Equal((1, 1), (node.Count("mail WHERE account = 'bob'"), node.Count("mail WHERE account = 'ann'")));
        Assert.Equal(2, node.Count("accepted"));
        await other.CommitAsync();
        Assert.True((await observer.Settled).Delivered);
        Assert.True(Assert.Single(await forBob.All).Delivered);
        node.Mail.Deliveries.Complete(shared);
        Assert.Equal((0, 3), (node.Count("accepted"), node.Count("mail WHERE account = 'bob'")));
    }

    /// <summary>Somebody holds a lock on one mailbox; that another one has no room now is no reason to ask without a pause.</summary>
    [SkippableFact]
    public async Task While_one_mailbox_is_locked_another_that_has_no_room_is_tried_twice_a_second_and_said_to_be_late()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, patience: TimeSpan.FromSeconds(8));
        await node.StoreAsync(TestMail.Content(1, 10));
        Assert.True(Assert.Single(await node.DeliverAsync(await node.TakeAsync(), 0)).Delivered);
        await node.StoreAsync(TestMail.Content(2, 10));
        await node.StoreAsync(TestMail.Content(3, 10), "full@x.test");
        var (forBob, forFull) = (await node.TakeAsync(), await node.TakeAsync());
        node.Execute("CREATE SEQUENCE tries");
        node.Execute(
            """
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              PERFORM nextval('tries');
              RAISE EXCEPTION 'no room' USING ERRCODE = '53100';
            END $$
            """);
        node.Execute("CREATE TRIGGER full_disk BEFORE INSERT ON mail FOR EACH ROW WHEN (NEW.account = 'full') EXECUTE FUNCTION full_disk()");

        await using var other = await Transaction.BeginAsync(database);
        await other.RunAsync("SELECT account FROM mailboxes WHERE account = 'bob' FOR UPDATE");
        var (locked, late) = (new Delays(), new Delays());
        node.Stores.Mailboxes.Deliver([new MailboxDelivery(forBob, 0, "bob", ReadOnlyMemory<byte>.Empty)], locked);
        Assert.Contains("lock timeout", await locked.Delayed, StringComparison.Ordinal);
        node.Stores.Mailboxes.Deliver([new MailboxDelivery(forFull, 0, "full", ReadOnlyMemory<byte>.Empty)], late);
        Assert.Contains("no room", await late.Delayed, StringComparison.Ordinal);
        var began = System.Diagnostics.Stopwatch.StartNew();
        var before = Tries();
        await Eventually.True(() => Tries() > before + 4, "it is tried again and again");
        Assert.True((Tries() - before) * 0.25 <= began.Elapsed.TotalSeconds + 1, "not without a pause");
        node.Execute("DROP TRIGGER full_disk ON mail");
        Assert.True((await late.Settled).Delivered);
        await other.CommitAsync();
        Assert.True((await locked.Settled).Delivered);

        long Tries() => Cluster.Shared.Ask<long>(database, "SELECT last_value FROM tries");
    }

    [SkippableFact]
    public async Task A_mailbox_that_is_removed_while_mail_comes_leaves_no_message_without_a_mailbox()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        await node.StoreAsync(TestMail.Content(1, 10));
        Assert.True(Assert.Single(await node.DeliverAsync(await node.TakeAsync(), 0)).Delivered);

        // A delivery that has not been committed yet.
        await using var delivery = await Transaction.BeginAsync(database);
        await delivery.RunAsync(
            MailboxStatements.DeliverCopy,
            Database.Value(new byte[16]), Database.Value("bob"), Database.Value("key"), Database.Value(ReadOnlyMemory<byte>.Empty), Database.Value(4L),
            Database.Value(DateTime.UnixEpoch), Database.Value("text"u8.ToArray()), Database.Value(""), Database.Value(true),
            ClaimedMail.TokenOf(null, node.All.Database), Database.Value(Array.Empty<byte>()));
        var removing = node.Stores.Mailboxes.DeleteMailboxAsync("bob", default);
        await Eventually.True(
            () => Cluster.Shared.Ask<long>(database, $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'") > 0, "one waits for the other");
        await delivery.CommitAsync();
        Assert.True(await removing);
        Assert.Equal(0L, node.Count("mail m WHERE NOT EXISTS (SELECT 1 FROM mailboxes b WHERE b.account = m.account)"));
        Assert.Equal(node.Count("mail"), Cluster.Shared.Ask<decimal>(database, "SELECT coalesce(sum(messages), 0) FROM mailboxes"));
        Assert.Equal(node.Count("mail"), node.Count("bodies"));
    }

    [SkippableFact]
    public async Task A_large_mailbox_is_removed_page_by_page_and_whole()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        node.Execute("INSERT INTO bodies SELECT decode(md5(n::text), 'hex'), 1, 'x' FROM generate_series(1, 2500) n");
        node.Execute("INSERT INTO mail SELECT 'bob', 'k' || n, decode(md5(n::text), 'hex'), n % 2 = 0, 1, '', '', true, now() FROM generate_series(1, 2500) n");
        node.Execute("INSERT INTO mailboxes VALUES ('bob', 2500, 2500, 2500, 1, now())");
        Assert.True(await node.Stores.Mailboxes.DeleteMailboxAsync("bob", default));
        await Eventually.True(() => node.Count("bodies") + node.Count("released") == 0, "nothing is left");
        Assert.Equal((0, 0), (node.Count("mail"), node.Count("mailboxes")));
        Assert.False(await node.Stores.Mailboxes.DeleteMailboxAsync("bob", default));
    }

    private sealed class Delays : IMailboxObserver
    {
        private readonly TaskCompletionSource<string> _delayed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<DeliveryResult> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Delayed => _delayed.Task.WaitAsync(TimeSpan.FromSeconds(90));

        public Task<DeliveryResult> Settled => _settled.Task.WaitAsync(TimeSpan.FromSeconds(90));

        public void OnSettled(ReadOnlySpan<DeliveryResult> results) => _settled.TrySetResult(results[0]);

        public void OnDelayed(string account, string reason, TimeSpan delay) => _delayed.TrySetResult(reason);
    }
}
