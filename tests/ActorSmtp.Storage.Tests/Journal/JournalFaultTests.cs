using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>What the journal says when the disk fails, step by step on the simulated one.</summary>
public sealed class JournalFaultTests : JournalSteps
{
    [Fact]
    public void A_failed_sync_fails_the_whole_batch_and_closes_the_journal_for_good()
    {
        var store = Open(TestMail.Settings("/data"));
        Commit(store, 100);
        Run();
        Disk.Fault = (operation, path, _) => operation == "fdatasync" && path.EndsWith(".seg", StringComparison.Ordinal) ? DiskError.Io : null;
        Commit(store, 100);
        Commit(store, 3000);
        Run();
        Disk.Fault = null;                          // the disk is well again, and it must not matter
        Commit(store, 100);
        Run();
        Assert.Equal(["stored", "Unavailable", "Unavailable", "Unavailable"], Told);
        Assert.True(store.Faulted.IsCompletedSuccessfully);
        Assert.Contains("fdatasync", store.Fault!.Operation, StringComparison.Ordinal);
        Assert.Equal(StorePressure.Full(PressureReason.Fault), store.Pressure);
        var syncs = Disk.Calls["fdatasync"];
        Commit(store, 100);
        Run();
        Assert.Equal(syncs, Disk.Calls["fdatasync"]);
    }

    [Fact]
    public void A_failed_write_closes_the_journal_too()
    {
        var store = Open(TestMail.Settings("/data"));
        Disk.Fault = (operation, path, _) => operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal) ? DiskError.ReadOnly : null;
        Commit(store, 100);
        Run();
        Assert.Equal(["Unavailable"], Told);
        Assert.NotNull(store.Fault);
    }

    [Fact]
    public void No_space_for_a_write_refuses_and_the_journal_goes_on_when_there_is_some()
    {
        var store = Open(TestMail.Settings("/data"));
        Disk.Fault = (operation, path, _) => operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal) ? DiskError.NoSpace : null;
        Commit(store, 100);
        Commit(store, 500_000);
        Run();
        Disk.Fault = null;
        Time.Advance(TimeSpan.FromSeconds(1));
        Run();
        Commit(store, 100);
        Run();
        Assert.Equal(["Full", "Full", "stored"], Told);
        Assert.Null(store.Fault);
        Disk.PowerCut();
        var again = Open(TestMail.Settings("/data"));
        Assert.Equal(1, again.Statistics.Waiting);
    }

    [Fact]
    public void No_space_for_a_new_segment_refuses_mail_and_what_waits_can_still_be_recorded_as_delivered()
    {
        var store = Open(TestMail.Settings("/data") with { Preallocate = 3 << 20 });
        Run();
        Disk.Capacity = Disk.Used + 1000;
        for (var i = 0; i < 20; i++)
        {
            Commit(store, 200_000);
            Run();
            Time.Advance(TimeSpan.FromSeconds(1));
            Run();
        }

        Assert.Contains("stored", Told);
        Assert.Equal("Full", Told[^1]);
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
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(store.Pressure.Level == PressureLevel.Normal, $"{store.Pressure} {store.Statistics}");
        Commit(store, 200_000);
        Run();
        Assert.Equal("stored", Told[^1]);
    }

    [Fact]
    public void Below_the_floor_of_free_space_mail_is_refused_before_it_comes()
    {
        var store = Open(TestMail.Settings("/data") with { FreeSpaceFloor = 10 << 20 });
        Run();
        Assert.Equal(PressureLevel.Normal, store.Pressure.Level);
        Disk.Capacity = Disk.Used + (5 << 20);
        Commit(store, 100);
        Time.Advance(TimeSpan.FromSeconds(1));
        Run();
        Assert.Equal(StorePressure.Full(PressureReason.DiskFull), store.Pressure);
        Disk.Capacity = long.MaxValue;
        Time.Advance(TimeSpan.FromSeconds(1));
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
            Assert.True(accepted < 40, "it takes more and more");
        }

        Assert.InRange(store.Statistics.BufferOctets, 1, 1_300_000);
        Run();
        Assert.Equal(["ready"], Told);
        writer.Write(content);
        writer.Commit(TestMail.Envelope(id));
        Run();
        Assert.Equal(["ready", "stored"], Told);
        Assert.Equal(0, store.Statistics.BufferOctets);
    }

    [Fact]
    public void The_open_that_cannot_make_its_directory_says_which()
    {
        Disk.Fault = (operation, _, _) => operation == "mkdir" ? DiskError.Denied : null;
        var refused = Assert.Throws<DiskException>(() => Open(TestMail.Settings("/data")));
        Assert.Contains("/data", refused.Message, StringComparison.Ordinal);
    }
}
