using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Storage.Tests;

/// <summary>What every mail store promises, whatever it is made of.</summary>
public abstract class MailStoreContract
{
    private protected abstract Task<IMailStore> OpenStore(StorageSettings settings);

    private protected virtual StorageSettings Settings => TestMail.Settings("unused");

    [SkippableFact]
    public async Task What_was_stored_is_taken_in_order_with_its_content_and_envelope()
    {
        await using var store = await OpenStore(Settings);
        var stored = new List<(MailId Id, byte[] Content)>();
        for (var i = 0; i < 20; i++)
        {
            var content = TestMail.Content(i, i * 97);
            stored.Add((await Store(store, content), content));
        }

        var mails = await Take(store, 20);
        Assert.Equal(stored.Select(mail => mail.Id), mails.Select(mail => mail.Id));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(stored[i].Content, mails[i].ReadAll());
            Assert.Equal(stored[i].Id, mails[i].Envelope.Id);
            Assert.Equal("bob@example.com", mails[i].Envelope.Recipients[0].Address.ToString());
        }
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4007)]
    [InlineData(4008)]
    [InlineData(4009)]
    [InlineData(65536)]
    [InlineData(69544)]
    [InlineData(69545)]
    [InlineData(300_000)]
    [InlineData(3_000_000)]
    public async Task A_message_of_any_size_comes_back_octet_for_octet(int size)
    {
        await using var store = await OpenStore(Settings);
        var content = TestMail.Content(size, size);
        await Store(store, content);
        var mail = Assert.Single(await Take(store, 1));
        Assert.Equal(size, mail.Length);
        Assert.Equal(content, mail.ReadAll());
        if (mail.TryGetContent(out var whole))
        {
            Assert.Equal(content, whole.ToArray());
        }
    }

    [SkippableFact]
    public async Task Many_writers_at_once_lose_nothing_and_mix_nothing()
    {
        await using var store = await OpenStore(Settings);
        var stored = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var all = new List<(MailId Id, byte[] Content)>();
            for (var i = 0; i < 25; i++)
            {
                var content = TestMail.Content((writer * 1000) + i, i % 5 == 0 ? 200_000 : i * 31);
                all.Add((await Store(store, content), content));
            }

            return all;
        })));
        var found = (await Take(store, 200)).ToDictionary(mail => mail.Id, mail => mail.ReadAll());
        foreach (var (id, content) in stored.SelectMany(all => all))
        {
            Assert.Equal(content, found[id]);
        }
    }

    [SkippableFact]
    public async Task An_aborted_message_is_never_seen()
    {
        await using var store = await OpenStore(Settings);
        foreach (var size in new[] { 0, 100, 500_000 })
        {
            var waiting = new Waiting();
            var writer = store.Begin(TestMail.NextId(), waiting);
            await Write(writer, waiting, TestMail.Content(1, size));
            writer.Abort();
            Assert.Equal(0, waiting.Ends);
        }

        var id = await Store(store, TestMail.Content(2, 10));
        Assert.Equal(id, Assert.Single(await Take(store, 1)).Id);
        Assert.Equal(0, store.Deliveries.Take(new StoredMail[1]));
    }

    [SkippableFact]
    public async Task A_message_leaves_when_its_last_recipient_is_complete()
    {
        await using var store = await OpenStore(Settings);
        await Store(store, TestMail.Content(1, 10), "a@example.com", "b@example.com", "c@example.com");
        var mail = Assert.Single(await Take(store, 1));
        store.Deliveries.Complete(mail, 1);
        Assert.True(mail.IsComplete(1));
        Assert.False(mail.IsComplete(0));
        store.Deliveries.Complete(mail, 1);
        store.Deliveries.Complete(mail, 0);
        Assert.Equal(1, store.Statistics.Waiting);
        store.Deliveries.Complete(mail, 2);
        Assert.Equal(0, store.Statistics.Waiting);
        Assert.Equal(1, store.Statistics.Delivered);
    }

    [SkippableFact]
    public async Task A_released_message_comes_again_and_says_so()
    {
        await using var store = await OpenStore(Settings);
        var id = await Store(store, TestMail.Content(1, 10), "a@example.com", "b@example.com");
        var mail = Assert.Single(await Take(store, 1));
        Assert.False(mail.MayBeDelivered);
        store.Deliveries.Complete(mail, 0);
        store.Deliveries.Release(mail, TimeSpan.FromMilliseconds(20));
        var again = Assert.Single(await Take(store, 1));
        Assert.Equal(id, again.Id);
        Assert.True(again.MayBeDelivered);
        Assert.True(again.IsComplete(0));
        Assert.False(again.IsComplete(1));
    }

    [SkippableFact]
    public async Task A_full_backlog_slows_then_refuses_and_goes_on_when_it_is_delivered()
    {
        await using var store = await OpenStore(Settings with { BacklogMessages = 10 });
        Assert.Equal(PressureLevel.Normal, store.Pressure.Level);
        for (var i = 0; i < 10; i++)
        {
            await Store(store, TestMail.Content(i, 10));
        }

        await Until(() => store.Pressure is { Level: PressureLevel.Full, Reason: PressureReason.Backlog });
        foreach (var mail in await Take(store, 10))
        {
            store.Deliveries.Complete(mail);
        }

        await Until(() => store.Pressure.Level == PressureLevel.Normal);
        await Store(store, TestMail.Content(11, 10));
    }

    [SkippableFact]
    public async Task A_closed_store_fails_each_message_once()
    {
        var store = await OpenStore(Settings);
        var waiting = new Waiting();
        var writer = store.Begin(TestMail.NextId(), waiting);
        await store.DisposeAsync();
        writer.Write("late"u8);
        writer.Commit(TestMail.Envelope(writer.Id));
        Assert.Equal(StoreFailure.Unavailable, await waiting.End);
        Assert.Equal(PressureLevel.Full, store.Pressure.Level);
        Assert.Equal(1, waiting.Ends);
    }

    private protected static async Task<MailId> Store(IMailStore store, byte[] content, params string[] recipients)
    {
        var waiting = new Waiting();
        var id = TestMail.NextId();
        var writer = store.Begin(id, waiting);
        await Write(writer, waiting, content);
        writer.Commit(TestMail.Envelope(id, recipients));
        Assert.Null(await waiting.End);
        return id;
    }

    private protected static async Task<List<StoredMail>> Take(IMailStore store, int count)
    {
        var taken = new List<StoredMail>();
        var woken = new SemaphoreSlim(0);
        store.Deliveries.Subscribe(() => woken.Release());
        var room = new StoredMail[7];
        while (taken.Count < count)
        {
            var got = store.Deliveries.Take(room);
            taken.AddRange(room.AsSpan(0, got));
            if (got == 0)
            {
                Assert.True(await woken.WaitAsync(TimeSpan.FromSeconds(60)), "nothing came");
            }
        }

        return taken;
    }

    private protected static async Task Until(Func<bool> condition)
    {
        var until = DateTime.UtcNow.AddSeconds(30);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, "it did not come to be");
            await Task.Delay(1);
        }
    }

    private static async Task Write(IMailWriter writer, Waiting waiting, byte[] content)
    {
        for (var at = 0; at < content.Length;)
        {
            var piece = content.AsSpan(at, Math.Min(50_000, content.Length - at));
            at += piece.Length;
            if (!writer.Write(piece))
            {
                await waiting.Ready;
            }
        }
    }
}
