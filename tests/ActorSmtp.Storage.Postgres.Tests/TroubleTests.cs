using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>The database is away, slow, or gone in the middle of something.</summary>
public sealed class TroubleTests
{
    [SkippableFact]
    public async Task Without_the_database_mail_is_refused_at_once_and_taken_again_when_it_is_back()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, port: proxy.Port);
        await node.StoreAsync(TestMail.Content(1, 10));
        proxy.Refuse();
        await Eventually.True(() => node.Mail.Pressure is { Level: PressureLevel.Full, Reason: PressureReason.Fault }, "the fault is seen");
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(StoreFailure.Unavailable, await node.TryStoreAsync(TestMail.Content(i, 200_000), out _));
        }

        Assert.Equal(0, node.Mail.Statistics.BufferOctets);
        proxy.Mend();
        await Eventually.True(() => node.Mail.Pressure.Level == PressureLevel.Normal, "it is back");
        await node.StoreAsync(TestMail.Content(2, 10));
        Assert.Equal(2, node.Count("accepted"));
    }

    [SkippableFact]
    public async Task A_body_under_way_when_the_database_goes_is_read_to_its_end_and_refused()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, port: proxy.Port);
        var waiting = new Waiting();
        var id = TestMail.NextId();
        var writer = node.Mail.Begin(id, waiting);
        for (var i = 0; i < 10; i++)
        {
            if (!writer.Write(TestMail.Content(i, 50_000)))
            {
                await waiting.Ready;
            }
        }

        proxy.Refuse();
        await Eventually.True(() => node.Mail.Pressure.Level == PressureLevel.Full, "the fault is seen");
        for (var i = 0; i < 10; i++)
        {
            if (!writer.Write(TestMail.Content(i, 50_000)))
            {
                await waiting.Ready;
            }
        }

        writer.Commit(Node.LocalEnvelope(id));
        Assert.Equal(StoreFailure.Unavailable, await waiting.End);
        Assert.Equal(0, node.Mail.Statistics.BufferOctets);
        proxy.Mend();
        await Eventually.True(() => node.Count("chunks") + node.Count("uploads") == 0, "its chunks are taken out");
        Assert.Equal(0, node.Count("accepted"));
    }

    [SkippableFact]
    public async Task A_database_that_says_nothing_counts_as_away()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, port: proxy.Port, patience: TimeSpan.FromSeconds(5));
        proxy.Freeze();
        Assert.Equal(StoreFailure.Unavailable, await node.TryStoreAsync(TestMail.Content(1, 10), out _));
        await Eventually.True(() => node.Mail.Pressure.Reason == PressureReason.Fault, "it counts as away");
        Assert.StartsWith("the database is away: ", node.Mail.Trouble, StringComparison.Ordinal);
        proxy.Mend();
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(2, 10), out _) is null, "it comes back");
    }

    [SkippableFact]
    public async Task A_commit_whose_answer_is_lost_is_refused_and_taken_out_again()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, port: proxy.Port);
        var kept = await node.StoreAsync(TestMail.Content(1, 10));
        proxy.CutAnswerAfter("LOST-ANSWER");
        Assert.Equal(StoreFailure.Unavailable, await node.TryStoreAsync("LOST-ANSWER\r\n"u8.ToArray(), out _));
        Assert.Equal(1, proxy.Cuts);                                        // it was done, and nobody was told
        proxy.Mend();
        await Eventually.True(() => node.Count("accepted") == 1 && node.Count("bodies") == 1, "only what was acknowledged is there");
        Assert.Equal(kept, (await node.TakeAsync()).Id);
        Assert.Equal(0, node.Mail.Deliveries.Take(new StoredMail[1]));
    }

    [SkippableFact]
    public async Task A_delivery_whose_answer_is_lost_is_made_once()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, port: proxy.Port);
        await node.StoreAsync(TestMail.Content(1, 10), "lost-answer@x.test", "b@x.test");
        var mail = await node.TakeAsync();
        proxy.CutAnswerAfter("lost-answer");
        var delivering = node.DeliverAsync(mail, 0, 1);
        await Eventually.True(() => proxy.Cuts > 0, "an answer is thrown away");
        proxy.Mend();
        Assert.All(await delivering, result => Assert.True(result.Delivered, result.Failure));
        node.Mail.Deliveries.Complete(mail);
        Assert.Equal((0, 2), (node.Count("accepted"), node.Count("mail")));
    }

    [SkippableFact]
    public async Task Content_whose_first_part_was_swept_while_the_rest_was_awaited_is_refused_whole()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        var waiting = new Waiting();
        var id = TestMail.NextId();
        var writer = node.Mail.Begin(id, waiting);
        await WriteAsync(writer, waiting, 10);
        await Eventually.True(() => node.Count("chunks") > 0, "some of it is in the database");
        node.Execute("UPDATE uploads SET until = now() - INTERVAL '1 second'");
        await Eventually.True(() => node.Count("uploads") == 0, "its time has ended");
        await WriteAsync(writer, waiting, 10);
        writer.Commit(Node.LocalEnvelope(id));
        Assert.Equal(StoreFailure.Unavailable, await waiting.End);
        await Eventually.True(() => node.Count("chunks") + node.Count("uploads") + node.Count("bodies") + node.Count("accepted") == 0, "nothing is left of it");

        await node.StoreAsync(TestMail.Content(2, 500_000));                // as it comes at once
        Assert.Equal(TestMail.Content(2, 500_000), (await node.TakeAsync()).ReadAll());

        static async Task WriteAsync(IMailWriter writer, Waiting waiting, int pieces)
        {
            for (var i = 0; i < pieces; i++)
            {
                if (!writer.Write(TestMail.Content(i, 50_000)))
                {
                    await waiting.Ready;
                }
            }
        }
    }

    [SkippableFact]
    public async Task A_changed_message_whose_content_cannot_be_read_for_now_is_delivered_when_it_can_be()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, port: proxy.Port);
        await node.StoreAsync("Subject: a\r\n\r\ntext\r\n"u8.ToArray(), Node.Edited("bob@example.com", isLocal: true));
        var mail = await node.TakeAsync();
        proxy.CutAnswerAfter("SELECT substring(b.content");
        var delivering = node.DeliverAsync(mail, 0);
        await Eventually.True(() => proxy.Cuts > 0, "its content is asked for, and does not come");
        proxy.Mend();
        var result = Assert.Single(await delivering);
        Assert.True(result.Delivered, result.Failure);
    }

    [SkippableFact]
    public async Task What_was_acknowledged_outlives_a_killed_postmaster()
    {
        Skip.If(!OperatingSystem.IsLinux(), "kill -9");
        _ = Cluster.Shared;                                                 // skips where there is none
        using var cluster = new Cluster();
        await using var stores = new PostgresStores(
            Node.Settings(cluster.ConnectionTo("postgres"), lease: TimeSpan.FromSeconds(30)), TestMail.Settings("unused"), TimeProvider.System);
        await using var mail = stores.Serving(Nodes.NodeAgreement.None).Mail;
        await mail.OpenAsync(default);
        var acknowledged = 0;
        using var stop = new CancellationTokenSource();
        var senders = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var waiting = new Waiting();
                var id = TestMail.NextId();
                var writer = mail.Begin(id, waiting);
                writer.Write("x\r\n"u8);
                writer.Commit(TestMail.Envelope(id));
                if (await waiting.End is null)
                {
                    Interlocked.Increment(ref acknowledged);
                }
                else
                {
                    await Task.Delay(20);
                }
            }
        })).ToArray();
        for (var round = 0; round < 2; round++)
        {
            var before = Volatile.Read(ref acknowledged);
            await Eventually.True(() => Volatile.Read(ref acknowledged) >= before + 50, "mail is taken");
            cluster.Kill();
            cluster.Start();
        }

        var after = Volatile.Read(ref acknowledged);
        await Eventually.True(() => Volatile.Read(ref acknowledged) >= after + 50, "mail is taken again");
        await stop.CancelAsync();
        await Task.WhenAll(senders);
        await Eventually.True(() => cluster.Ask<long>("postgres", "SELECT count(*) FROM accepted") == acknowledged, "what was acknowledged is there, and nothing else");
    }
}
