using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>What the journal says when the disk fails, step by step on the simulated one.</summary>
public sealed class JournalFaultTests : IMailWriterObserver, ICompletionRunner
{
    private readonly SimulatedDisk _disk = new(1);
    private readonly SimulatedTime _time = new();
    private readonly List<string> _told = [];
    private SteppedThreads _threads = null!;

    [Fact]
    public void A_failed_sync_fails_the_whole_batch_and_closes_the_journal_for_good()
    {
        var store = Open(TestMail.Settings("/data"));
        Commit(store, 100);
        Run();
        _disk.Fault = (operation, path, _) => operation == "fdatasync" && path.EndsWith(".seg", StringComparison.Ordinal) ? DiskError.Io : null;
        Commit(store, 100);
        Commit(store, 3000);
        Run();
        _disk.Fault = null;                          // the disk is well again, and it must not matter
        Commit(store, 100);
        Run();
        Assert.Equal(["stored", "Unavailable", "Unavailable", "Unavailable"], _told);
        Assert.True(store.Faulted.IsCompletedSuccessfully);
        Assert.Contains("fdatasync", store.Fault!.Operation, StringComparison.Ordinal);
        Assert.Equal(StorePressure.Full(PressureReason.Fault), store.Pressure);
        var syncs = _disk.Calls["fdatasync"];
        Commit(store, 100);
        Run();
        Assert.Equal(syncs, _disk.Calls["fdatasync"]);
    }

    [Fact]
    public void A_failed_write_closes_the_journal_too()
    {
        var store = Open(TestMail.Settings("/data"));
        _disk.Fault = (operation, path, _) => operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal) ? DiskError.ReadOnly : null;
        Commit(store, 100);
        Run();
        Assert.Equal(["Unavailable"], _told);
        Assert.NotNull(store.Fault);
    }

    [Fact]
    public void No_space_for_a_write_refuses_and_the_journal_goes_on_when_there_is_some()
    {
        var store = Open(TestMail.Settings("/data"));
        _disk.Fault = (operation, path, _) => operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal) ? DiskError.NoSpace : null;
        Commit(store, 100);
        Commit(store, 500_000);
        Run();
        _disk.Fault = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        Run();
        Commit(store, 100);
        Run();
        Assert.Equal(["Full", "Full", "stored"], _told);
        Assert.Null(store.Fault);
        _disk.PowerCut();
        var again = Open(TestMail.Settings("/data"));
        Assert.Equal(1, again.Statistics.Waiting);
    }

    [Fact]
    public void No_space_for_a_new_segment_refuses_mail_and_what_waits_can_still_be_recorded_as_delivered()
    {
        var store = Open(TestMail.Settings("/data") with { Preallocate = 3 << 20 });
        Run();
        _disk.Capacity = _disk.Used + 1000;
        for (var i = 0; i < 20; i++)
        {
            Commit(store, 200_000);
            Run();
            _time.Advance(TimeSpan.FromSeconds(1));
            Run();
        }

        Assert.Contains("stored", _told);
        Assert.Equal("Full", _told[^1]);
        Assert.Equal(StorePressure.Full(PressureReason.DiskFull), store.Pressure);
        Assert.Null(store.Fault);
        var mails = new StoredMail[30];
        for (var count = store.Deliveries.Take(mails); count > 0; count--)
        {
            store.Deliveries.Complete(mails[count - 1]);
        }

        for (var i = 0; i < 10; i++)
        {
            Run();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(store.Pressure.Level == PressureLevel.Normal, $"{store.Pressure} {store.Statistics}");
        Commit(store, 200_000);
        Run();
        Assert.Equal("stored", _told[^1]);
    }

    [Fact]
    public void Below_the_floor_of_free_space_mail_is_refused_before_it_comes()
    {
        var store = Open(TestMail.Settings("/data") with { FreeSpaceFloor = 10 << 20 });
        Run();
        Assert.Equal(PressureLevel.Normal, store.Pressure.Level);
        _disk.Capacity = _disk.Used + (5 << 20);
        Commit(store, 100);
        _time.Advance(TimeSpan.FromSeconds(1));
        Run();
        Assert.Equal(StorePressure.Full(PressureReason.DiskFull), store.Pressure);
        _disk.Capacity = long.MaxValue;
        _time.Advance(TimeSpan.FromSeconds(1));
        Run();
        Assert.Equal(PressureLevel.Normal, store.Pressure.Level);
    }

    [Fact]
    public void A_large_message_waits_for_the_disk_and_not_in_memory()
    {
        var store = Open(TestMail.Settings("/data"));
        var id = TestMail.NextId();
        var writer = store.Begin(id, this);
        var content = TestMail.Content(1, 60_000);
        var accepted = 0;
        while (writer.Write(content))
        {
            accepted++;
            Assert.True(accepted < 20, "it takes more and more");
        }

        Assert.InRange(store.Statistics.BufferOctets, 1, 600_000);
        Run();
        Assert.Equal(["ready"], _told);
        writer.Write(content);
        writer.Commit(TestMail.Envelope(id));
        Run();
        Assert.Equal(["ready", "stored"], _told);
        Assert.Equal(0, store.Statistics.BufferOctets);
    }

    [Fact]
    public void The_open_that_cannot_make_its_directory_says_which()
    {
        _disk.Fault = (operation, _, _) => operation == "mkdir" ? DiskError.Denied : null;
        var refused = Assert.Throws<DiskException>(() => Open(TestMail.Settings("/data")));
        Assert.Contains("/data", refused.Message, StringComparison.Ordinal);
    }

    void IMailWriterObserver.OnReady(MailId id) => _told.Add("ready");

    void IMailWriterObserver.OnStored(MailId id) => _told.Add("stored");

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure) => _told.Add(failure.ToString());

    void ICompletionRunner.Post(ICompletions completions) => completions.Run();

    private JournalMailStore Open(StorageSettings settings)
    {
        _threads = new SteppedThreads(_time);
        var store = new JournalMailStore(settings, _disk, _threads, this, _time);
        store.Open(default);
        return store;
    }

    private void Commit(IMailStore store, int size)
    {
        var id = TestMail.NextId();
        var writer = store.Begin(id, this);
        var content = TestMail.Content(size, size);
        for (var at = 0; at < size; at += 60_000)
        {
            if (!writer.Write(content.AsSpan(at, Math.Min(60_000, size - at))))
            {
                Run();
                _told.Remove("ready");
            }
        }

        writer.Commit(TestMail.Envelope(id));
    }

    private void Run()
    {
        var random = new Random(1);
        for (var steps = 0; _threads.Step(random); steps++)
        {
            Assert.True(steps < 100_000, "the threads never rest");
        }
    }
}
