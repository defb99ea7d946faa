using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>Messages that wait long are written anew so that their segments become free: with all that is known of them.</summary>
public sealed class JournalMoveTests : JournalSteps
{
    private static StorageSettings Settings => TestMail.Settings("/data") with { Preallocate = 3 << 20, MemoryBudget = 0 };

    [Theory]
    [InlineData(500)]
    [InlineData(200_000)]
    public void A_moved_message_remembers_which_recipients_have_it(int size)
    {
        var store = Open(Settings);
        var id = Commit(store, size, "a@example.com", "b@example.com", "c@example.com");
        Run();
        var waits = Assert.Single(Take(store));
        store.Deliveries.Complete(waits, 0);
        store.Deliveries.Complete(waits, 2);
        Pass(1);
        Churn(store, 30);
        Assert.NotEqual(0, store.Moved);
        for (var lives = 0; lives < 3; lives++)
        {
            Disk.PowerCut();
            store = Open(Settings);
            var again = Assert.Single(Take(store));
            Assert.Equal(id, again.Id);
            Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(again.IsComplete));
            Churn(store, 30);
        }
    }

    /// <summary>As earlier versions wrote it: nothing behind the copy says who has it, and a record before it does.</summary>
    [Fact]
    public void A_delivery_on_record_before_the_copy_counts_for_the_copy()
    {
        var id = TestMail.NextId();
        new JournalBytes(use: 3)
            .Add(new RecordHeader { Kind = RecordKind.Done, Order = 8 }, DoneList.Write([(5, 1)]))
            .Add(new RecordHeader { Kind = RecordKind.Message, Order = 5, Id = id }, TestMail.Content(1, 100), JournalBytes.Envelope(id, "a@example.com", "b@example.com"))
            .Put(Disk, "000001.seg");
        var again = Assert.Single(Take(Open(Settings)));
        Assert.Equal([false, true], Enumerable.Range(0, 2).Select(again.IsComplete));
    }

    [Fact]
    public void A_move_that_failed_is_tried_again()
    {
        var store = Open(Settings);
        var id = Commit(store, 200_000);
        Run();
        Assert.Single(Take(store));
        Disk.Fault = (operation, path, _) => operation == "read" && path.EndsWith(".seg", StringComparison.Ordinal) ? DiskError.Io : null;
        Churn(store, 20);
        Assert.Equal(0, store.Moved);
        Disk.Fault = null;
        Churn(store, 30);
        Assert.NotEqual(0, store.Moved);
        Pass(1);
        Assert.InRange(store.Statistics.Segments, 3, 6);
        Disk.PowerCut();
        Assert.Equal(id, Assert.Single(Take(Open(Settings))).Id);
    }

    /// <summary>Mail that comes and is delivered at once.</summary>
    private void Churn(JournalMailStore store, int messages)
    {
        for (; messages > 0; messages--)
        {
            Commit(store, 300_000);
            Run();
            store.Deliveries.Complete(Assert.Single(Take(store)));
            Pass(1);
        }
    }
}
