using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>The journal on the real disk.</summary>
public sealed class JournalMailStoreTests : MailStoreContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private protected override StorageSettings Settings => TestMail.Settings(_directory.Path);

    public void Dispose() => _directory.Dispose();

    private protected override async Task<IMailStore> OpenStore(StorageSettings settings)
    {
        IDisk disk = OperatingSystem.IsLinux() ? new LinuxDisk() : new PortableDisk();
        var store = new JournalMailStore(settings, disk, new DedicatedThreads(), null, TimeProvider.System);
        await store.OpenAsync(default);
        return store;
    }

    [Fact]
    public async Task What_waits_is_there_after_a_restart_and_what_was_delivered_is_not()
    {
        var contents = Enumerable.Range(0, 60).Select(i => TestMail.Content(i, i % 7 == 0 ? 150_000 : i * 11)).ToList();
        await using (var store = await OpenStore(Settings))
        {
            foreach (var content in contents)
            {
                await Store(store, content, "a@example.com", "b@example.com");
            }

            var mails = await Take(store, 60);
            for (var i = 0; i < 60; i += 2)
            {
                store.Deliveries.Complete(mails[i]);
                store.Deliveries.Complete(mails[i + 1], 1);
            }
        }

        await using var again = await OpenStore(Settings);
        Assert.Equal(30, again.Statistics.Waiting);
        var left = await Take(again, 30);
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(contents[(i * 2) + 1], left[i].ReadAll());
            Assert.True(left[i].MayBeDelivered);
            Assert.True(left[i].IsComplete(1));
            Assert.False(left[i].IsComplete(0));
        }
    }

    [Fact]
    public async Task Segments_are_used_again_and_do_not_grow_in_number()
    {
        await using var store = await OpenStore(Settings);
        for (var i = 0; i < 40; i++)
        {
            await Store(store, TestMail.Content(i, 600_000));
            foreach (var mail in await Take(store, 1))
            {
                store.Deliveries.Complete(mail);
            }
        }

        Assert.InRange(store.Statistics.Segments, 4, 7);
        Assert.Equal(0, store.Statistics.Waiting);
    }

    [Fact]
    public async Task More_than_fits_in_memory_is_delivered_from_the_journal_in_order()
    {
        var settings = Settings with { MemoryBudget = 100_000 };
        await using var store = await OpenStore(settings);
        var ids = new List<ActorSmtp.Protocol.Delivery.MailId>();
        foreach (var chunk in Enumerable.Range(0, JournalFeed.KeepLoaded + 500).Chunk(200))
        {
            var waiting = chunk.Select(i => (Waiting: new Waiting(), Id: TestMail.NextId(), Number: i)).ToList();
            foreach (var (observer, id, number) in waiting)
            {
                var writer = store.Begin(id, observer);
                writer.Write(TestMail.Content(number, 300));
                writer.Commit(TestMail.Envelope(id));
                ids.Add(id);
            }

            foreach (var (observer, _, _) in waiting)
            {
                Assert.Null(await observer.End);
            }
        }

        Assert.True(store.Statistics.BufferOctets < 1_000_000, $"{store.Statistics.BufferOctets} octets of memory are lent");
        var mails = await Take(store, ids.Count);
        Assert.Equal(ids, mails.Select(mail => mail.Id));
        Assert.Equal(TestMail.Content(ids.Count - 1, 300), mails[^1].ReadAll());
    }

    [Fact]
    public async Task A_second_server_on_the_same_journal_is_refused()
    {
        await using var store = await OpenStore(Settings);
        var refused = await Assert.ThrowsAsync<StoreException>(() => OpenStore(Settings));
        Assert.Contains("in use by another server", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metadata_say_what_the_last_start_found()
    {
        await using (var store = await OpenStore(Settings))
        {
            await Store(store, TestMail.Content(1, 100));
        }

        await using var again = await OpenStore(Settings);
        var meta = await File.ReadAllTextAsync(Path.Combine(_directory.Path, "journal", "meta"));
        Assert.Contains("\"waiting\": 1", meta, StringComparison.Ordinal);
        Assert.Contains("\"cleanShutdown\": true", meta, StringComparison.Ordinal);
    }
}
