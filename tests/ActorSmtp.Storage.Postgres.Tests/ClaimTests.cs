using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Several nodes on one database: who delivers what.</summary>
public sealed class ClaimTests
{
    /// <summary>Of those who die: no other waits long for their work. Who lives on has a longer one, so that a slow machine does not take from him what he is at.</summary>
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10), s_never = TimeSpan.FromHours(1);

    [SkippableFact]
    public async Task The_node_that_accepts_delivers_and_nothing_is_left_but_the_mailbox()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        await node.StoreAsync(TestMail.Content(1, 100));
        var mail = await node.TakeAsync();
        var result = Assert.Single(await node.DeliverAsync(mail, 0));
        Assert.True(result.Delivered, result.Failure);
        node.Mail.Deliveries.Complete(mail, 0);
        Assert.Equal((0, 1, 1), (node.Count("accepted"), node.Count("mail"), node.Count("bodies")));
        Assert.Equal((1, 1, 0L), (node.Mail.Statistics.Stored, node.Mail.Statistics.Delivered, node.Mail.Statistics.Waiting));
    }

    [SkippableFact]
    public async Task What_a_dead_node_held_is_taken_over_when_its_lease_has_ended()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var dead = await Node.OpenAsync(database, "dead", s_short);
        await using var other = await Node.OpenAsync(database, "other");
        var id = await dead.StoreAsync(TestMail.Content(1, 1000));
        await dead.DieAsync();
        var mail = await other.TakeAsync();
        Assert.Equal(id, mail.Id);
        Assert.True(mail.MayBeDelivered);
        Assert.Equal(TestMail.Content(1, 1000), mail.ReadAll());
        Assert.True(Assert.Single(await other.DeliverAsync(mail, 0)).Delivered);
        Assert.Equal((0, 1), (other.Count("accepted"), other.Count("mail")));
    }

    /// <summary>A look for work goes back only to the last one; what shows up behind that, since its transaction was slow to commit, is seen once in a lease.</summary>
    [SkippableFact]
    public async Task What_shows_up_long_after_it_was_due_is_found_all_the_same()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var sleeper = await Node.OpenAsync(database, "sleeper", TimeSpan.FromMinutes(10), poll: TimeSpan.FromHours(1));
        await using var other = await Node.OpenAsync(database, "other", TimeSpan.FromSeconds(10));
        await sleeper.StoreAsync(TestMail.Content(1, 10));
        sleeper.Execute("UPDATE accepted SET due = now()");
        var first = await other.TakeAsync();                                // so it has looked at all, once
        Assert.True(Assert.Single(await other.DeliverAsync(first, 0)).Delivered);

        var id = await sleeper.StoreAsync(TestMail.Content(2, 10));
        sleeper.Execute("UPDATE accepted SET due = now() - INTERVAL '1 hour'");
        Assert.Equal(id, (await other.TakeAsync()).Id);
    }

    [SkippableFact]
    public async Task A_claim_that_its_node_renews_is_nobody_elses_when_a_lease_has_gone()
    {
        var database = Cluster.Shared.NewDatabase();
        var lease = TimeSpan.FromSeconds(30);
        await using var holder = await Node.OpenAsync(database, "holder", lease);
        await using var other = await Node.OpenAsync(database, "other", lease);
        await holder.StoreAsync(TestMail.Content(1, 10));
        var mail = await holder.TakeAsync();
        var ends = Cluster.Shared.Ask<DateTime>(database, "SELECT due FROM accepted");
        await Eventually.True(() => Cluster.Shared.Ask<DateTime>(database, "SELECT due FROM accepted") > ends, "it is renewed before it ends");
        Assert.Equal("holder", Cluster.Shared.Ask<string>(database, "SELECT holder FROM accepted"));
        Assert.Equal(1, Cluster.Shared.Ask<int>(database, "SELECT claims FROM accepted"));
        Assert.True(Assert.Single(await holder.DeliverAsync(mail, 0)).Delivered);
    }

    [SkippableFact]
    public async Task A_node_that_slept_past_its_lease_delivers_nothing_a_second_time()
    {
        var database = Cluster.Shared.NewDatabase();
        var lease = TimeSpan.FromMinutes(10);
        await using var sleeper = await Node.OpenAsync(database, "sleeper", lease, poll: TimeSpan.FromHours(1));
        await using var other = await Node.OpenAsync(database, "other", lease);
        await sleeper.StoreAsync(TestMail.Content(1, 10), "a@x.test", "b@x.test");
        var slept = await sleeper.TakeAsync();

        sleeper.Execute("UPDATE accepted SET due = now()");                 // its lease ends before its time
        var taken = await other.TakeAsync();
        Assert.Equal(slept.Id, taken.Id);

        Assert.All(await sleeper.DeliverAsync(slept, 0, 1), result => Assert.Contains("another node", result.Failure, StringComparison.Ordinal));
        sleeper.Mail.Deliveries.Complete(slept);
        Assert.Equal((1, 0), (sleeper.Count("accepted"), sleeper.Count("mail")));

        Assert.All(await other.DeliverAsync(taken, 0, 1), result => Assert.True(result.Delivered));
        Assert.Equal((0, 2), (other.Count("accepted"), other.Count("mail")));
        Assert.All(await sleeper.DeliverAsync(slept, 0, 1), result => Assert.True(result.Delivered, "it is there, whoever brought it"));
        Assert.Equal(2, other.Count("mail"));
    }

    [SkippableFact]
    public async Task A_node_that_slept_past_its_lease_delivers_a_changed_message_no_second_time()
    {
        foreach (var length in new[] { 100, 300_000 })
        {
            var database = Cluster.Shared.NewDatabase();
            await using var sleeper = await Node.OpenAsync(database, "sleeper", s_long, poll: s_never);
            await using var other = await Node.OpenAsync(database, "other", s_long);
            await sleeper.StoreAsync(TestMail.Content(1, length), Node.Edited("ann@x.test", isLocal: true));
            var slept = await sleeper.TakeAsync();
            sleeper.Execute("UPDATE accepted SET due = now()");             // its lease ends before its time
            var taken = await other.TakeAsync();

            var early = Assert.Single(await sleeper.DeliverAsync(slept, 0));
            Assert.Contains("another node", early.Failure, StringComparison.Ordinal);
            Assert.Equal((1, 0, 0), (other.Count("accepted"), other.Count("mail"), other.Count("uploads")));

            Assert.True(Assert.Single(await other.DeliverAsync(taken, 0)).Delivered);
            other.Mail.Deliveries.Complete(taken, 0);
            await Eventually.True(() => other.Count("accepted") == 0, "it leaves what is accepted");
            Assert.True(await other.Stores.Mailboxes.DeleteMailboxAsync("ann", default));       // read, and thrown away
            Assert.False(Assert.Single(await sleeper.DeliverAsync(slept, 0)).Delivered);
            await Eventually.True(() => other.Count("mail") + other.Count("bodies") + other.Count("chunks") + other.Count("uploads") == 0, "nothing is left");
        }
    }

    [SkippableFact]
    public async Task A_message_half_delivered_comes_to_the_next_node_with_what_is_done()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var first = await Node.OpenAsync(database, "first");
        await using var second = await Node.OpenAsync(database, "second");
        await first.StoreAsync(TestMail.Content(1, 10), "a@x.test", "b@x.test", "c@x.test");
        var mail = await first.TakeAsync();
        Assert.True(Assert.Single(await first.DeliverAsync(mail, 1)).Delivered);
        first.Mail.Deliveries.Complete(mail, 1);
        first.Mail.Deliveries.Complete(mail, 2);                            // by other means than a mailbox of ours
        first.Mail.Deliveries.Release(mail, TimeSpan.FromHours(1));
        await Eventually.True(() => Cluster.Shared.Ask<long>(database, "SELECT token FROM accepted") == 0, "it is given back");
        first.Execute("UPDATE accepted SET due = now()");
        var rest = await Task.WhenAny(first.TakeAsync(), second.TakeAsync()).Unwrap();
        Assert.Equal((false, true, true), (rest.IsComplete(0), rest.IsComplete(1), rest.IsComplete(2)));
    }

    [SkippableFact]
    public async Task A_node_that_ends_in_order_hands_its_work_over_at_once()
    {
        var database = Cluster.Shared.NewDatabase();
        var ending = await Node.OpenAsync(database, "ending", TimeSpan.FromMinutes(10));
        await using var other = await Node.OpenAsync(database, "other");
        var id = await ending.StoreAsync(TestMail.Content(1, 10));
        await ending.DisposeAsync();
        Assert.Equal(id, (await other.TakeAsync()).Id);
        Assert.Equal(["other"], (await other.All.NodesAsync(default)).Select(n => n.Name));
    }

    [SkippableFact]
    public async Task Three_nodes_share_a_crowd_and_each_message_is_delivered_once()
    {
        const int Each = 300;
        var database = Cluster.Shared.NewDatabase();
        await using var a = await Node.OpenAsync(database, "a");
        await using var b = await Node.OpenAsync(database, "b");
        await using var c = await Node.OpenAsync(database, "c", s_short);
        await Task.WhenAll(new[] { a, b, c }.Select((node, n) => Task.Run(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, Each).Select(i => node.StoreAsync(TestMail.Content(i, 500), $"box{i % 7}@x.test")));
        })));
        await c.DieAsync();                                                 // with all it had taken
        using var stop = new CancellationTokenSource();
        var working = new[] { a, b }.Select(node => Task.Run(() => WorkAsync(node, stop.Token))).ToArray();
        await Eventually.True(() => a.Count("accepted") == 0, "all is delivered");
        await stop.CancelAsync();
        await Task.WhenAll(working);
        Assert.Equal(3 * Each, a.Count("mail"));
        Assert.Equal(3 * Each, Cluster.Shared.Ask<decimal>(database, "SELECT sum(messages) FROM mailboxes"));
        Assert.Equal(3 * Each, a.Count("(SELECT DISTINCT body FROM mail) AS bodies"));
    }

    [SkippableFact]
    public async Task A_message_that_a_filter_changed_enters_the_mailbox_as_it_is_handed_on_and_leaves_nothing_else()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        await node.StoreAsync(
            "Subject: a\r\nX-Bad: 1\r\n\r\ntext\r\n"u8.ToArray(),
            id => Node.LocalEnvelope(id) with { Edits = ContentEdits.Of(new ContentEdit(0, 0, Node.NewField), new ContentEdit(12, 10, default)) });
        var mail = await node.TakeAsync();
        Assert.True(Assert.Single(await node.DeliverAsync(mail, 0)).Delivered);
        node.Mail.Deliveries.Complete(mail, 0);
        await Eventually.True(() => node.Count("accepted") == 0, "it leaves what is accepted");
        Assert.Equal((1, 1), (node.Count("bodies"), node.Count("mail")));
        var message = Assert.Single(await node.Stores.Mailboxes.ListAsync("bob", default).ToListAsync());
        using var text = new StreamReader((await node.Stores.Mailboxes.OpenAsync("bob", message.Key, default))!);
        Assert.Equal("Return-Path: <>\r\nX-New: 2\r\nSubject: a\r\n\r\ntext\r\n", await text.ReadToEndAsync());
        Assert.Equal(text.BaseStream.Length, message.Octets);
    }

    [SkippableFact]
    public async Task A_delivery_that_somebody_is_told_of_stays_accepted_until_he_is_and_its_notice_is_stored_once()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var first = await Node.OpenAsync(database, "first", TimeSpan.FromMinutes(10));
        await using var second = await Node.OpenAsync(database, "second", TimeSpan.FromMinutes(10));
        var id = TestMail.NextId();
        Assert.Null(await StoreAsync(first, id, e => e with { Recipients = [e.Recipients[0] with { Notify = DsnNotify.Success }] }));
        var mail = await first.TakeAsync();
        Assert.True(Assert.Single(await first.DeliverAsync(mail, 0)).Delivered);
        Assert.Equal((1, 1), (first.Count("accepted"), first.Count("mail")));
        Assert.Null(await StoreAsync(first, id.Derive(0), e => e with { Protocol = TransferProtocol.Local }));
        await first.DieAsync();                                             // between the notice and the end
        second.Execute("UPDATE accepted SET due = now()");                  // its leases end before their time

        var again = await second.TakeAsync();
        if (again.Id != id)
        {
            again = await second.TakeAsync();
        }

        Assert.Equal(id, again.Id);
        Assert.True(Assert.Single(await second.DeliverAsync(again, 0)).Delivered);
        Assert.Null(await StoreAsync(second, id.Derive(0), e => e with { Protocol = TransferProtocol.Local }));
        second.Mail.Deliveries.Complete(again, 0);
        await Eventually.True(() => second.Count("accepted") == 1, "the message is done with, its notice waits");
        await Eventually.True(() => second.Count("released") == 0, "the sweeper has looked");
        Assert.Equal((1, 2), (second.Count("mail"), second.Count("bodies")));
        Assert.Equal(StoreFailure.Unavailable, await StoreAsync(second, id.Derive(0), e => e));       // anybody else's id is told apart
    }

    [SkippableFact]
    public async Task A_shared_body_goes_with_the_last_mailbox_that_has_it()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        await node.StoreAsync(TestMail.Content(1, 300_000), "a@x.test", "b@x.test");
        var mail = await node.TakeAsync();
        Assert.All(await node.DeliverAsync(mail, 0, 1), result => Assert.True(result.Delivered));
        var key = Cluster.Shared.Ask<string>(database, "SELECT key FROM mail WHERE account = 'a'");
        await Eventually.True(() => node.Count("released") == 0, "the sweeper has looked");
        Assert.True(await node.Stores.Mailboxes.DeleteAsync("a", key, default));
        await Eventually.True(() => node.Count("released") == 0, "the sweeper has looked again");
        Assert.Equal(1, node.Count("bodies"));
        await using (var left = (await node.Stores.Mailboxes.OpenAsync("b", key, default))!)
        {
            var all = new MemoryStream();
            await left.CopyToAsync(all);
            Assert.Equal([.. "Return-Path: <>\r\n"u8, .. TestMail.Content(1, 300_000)], all.ToArray());
        }

        Assert.True(await node.Stores.Mailboxes.DeleteMailboxAsync("b", default));
        await Eventually.True(() => node.Count("bodies") + node.Count("chunks") + node.Count("released") == 0, "nothing is left");
    }

    [SkippableFact]
    public async Task Mailboxes_count_what_is_in_them()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        for (var i = 0; i < 5; i++)
        {
            await node.StoreAsync(TestMail.Content(i, 100 + i), "a@x.test", "b@x.test");
            var mail = await node.TakeAsync();
            await node.DeliverAsync(mail, 0, 1);
            node.Mail.Deliveries.Complete(mail);
        }

        var reader = node.Stores.Reader;
        var names = new List<MailboxName>();
        await reader.VisitAsync("a", (key, flags, isNew) => names.Add(new MailboxName(key.ToString(), flags.ToString(), isNew)), default);
        Assert.Equal(5, names.Count);
        var stamp = await reader.StampAsync("a", default);
        Assert.Equal("FS", (await reader.FlagAsync("a", names[0], "SF", "", default))!.Flags);
        Assert.Equal("S", (await reader.FlagAsync("a", names[0], "", "F", default))!.Flags);
        Assert.NotEqual(stamp, await reader.StampAsync("a", default));
        Assert.Equal(new[] { names[1].Key, names[2].Key }, (await reader.RemoveAsync("a", names[1..3], default)).Order(StringComparer.Ordinal));
        Assert.Equal(3, Cluster.Shared.Ask<long>(database, "SELECT messages FROM mailboxes WHERE account = 'a'"));
        Assert.Equal(0L, Cluster.Shared.Ask<long>(database,
            """
            SELECT count(*) FROM mailboxes b JOIN (
              SELECT account, count(*) AS messages, count(*) FILTER (WHERE is_new OR position('S' in flags) = 0) AS unseen, sum(octets)::bigint AS octets FROM mail GROUP BY account) m
              ON m.account = b.account
            WHERE (b.messages, b.unseen, b.octets) <> (m.messages, m.unseen, m.octets)
            """));
        Assert.Equal((3, 2), ((await node.Stores.Mailboxes.ShowAsync("a", default))!.Messages, (await node.Stores.Mailboxes.ShowAsync("a", default))!.Unseen));
    }

    private static Task<StoreFailure?> StoreAsync(Node node, MailId id, Func<Envelope, Envelope> change)
    {
        var waiting = new Waiting();
        var writer = node.Mail.Begin(id, waiting);
        writer.Write("text\r\n"u8);
        writer.Commit(change(Node.LocalEnvelope(id)));
        return waiting.End;
    }

    private static async Task WorkAsync(Node node, CancellationToken stop)
    {
        var woken = new SemaphoreSlim(0);
        node.Mail.Deliveries.Subscribe(() => woken.Release());
        var room = new StoredMail[50];
        while (!stop.IsCancellationRequested)
        {
            var count = node.Mail.Deliveries.Take(room);
            for (var i = 0; i < count; i++)
            {
                if (Assert.Single(await node.DeliverAsync(room[i], 0)).Delivered)
                {
                    node.Mail.Deliveries.Complete(room[i], 0);
                }
                else
                {
                    node.Mail.Deliveries.Release(room[i], TimeSpan.Zero);       // too slow: another node has it
                }
            }

            if (count == 0)
            {
                await Task.WhenAny(woken.WaitAsync(stop), Task.Delay(Timeout.Infinite, stop));
            }
        }
    }
}
