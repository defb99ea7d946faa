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
    public async Task A_message_that_waits_for_ever_does_not_hold_the_segments_behind_it()
    {
        var (small, large) = (TestMail.Content(1, 500), TestMail.Content(2, 200_000));
        await using (var store = await OpenStore(Settings))
        {
            await Store(store, small, "a@example.com");
            await Store(store, large, "b@example.com");
            await Take(store, 2);
            for (var i = 0; i < 60; i++)
            {
                await Store(store, TestMail.Content(i, 600_000));
                store.Deliveries.Complete(Assert.Single(await Take(store, 1)));
            }

            await Until(() => store.Statistics.Segments <= 7);
        }

        await using var again = await OpenStore(Settings);
        var left = await Take(again, 2);
        Assert.Equal(small, left[0].ReadAll());
        Assert.Equal(large, left[1].ReadAll());
    }

    [Fact]
    public async Task A_hundred_thousand_waiting_messages_are_recovered_in_seconds()
    {
        const int Count = 100_000;
        var settings = Settings with { SegmentSize = 64 << 20, Preallocate = 128 << 20, Sync = SyncPolicy.Never, BacklogMessages = 1_000_000 };
        var content = TestMail.Content(1, 700);
        await using (var store = await OpenStore(settings))
        {
            for (var i = 0; i < Count; i += 500)
            {
                var last = new Waiting();
                for (var j = 0; j < 500; j++)
                {
                    var id = TestMail.NextId();
                    var writer = store.Begin(id, j == 499 ? last : new Waiting());
                    writer.Write(content);
                    writer.Commit(TestMail.Envelope(id));
                }

                Assert.Null(await last.End);
            }
        }

        var before = System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime;     // which tests beside this one use too
        await using var again = await OpenStore(settings);
        var took = System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime - before;
        Assert.Equal(Count, again.Statistics.Waiting);
        Assert.True(took < TimeSpan.FromSeconds(30), $"{took.TotalSeconds:0.0} s of CPU");
        Assert.Equal(content, (await Take(again, 1))[0].ReadAll());
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
