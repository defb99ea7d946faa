using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>Looking into a journal while a server goes on with it: what it has let go meanwhile is no damage.</summary>
public sealed class JournalWatchedTests : JournalSteps
{
    [Fact]
    public void A_segment_that_was_used_again_since_is_no_damage()
    {
        var store = Open(TestMail.Settings("/data"));
        Fill(store, 40);
        var first = true;

        var summary = JournalReader.Read(Disk, "/data", _ =>
        {
            if (first)
            {
                first = false;
                for (var round = 0; round < 4; round++)
                {
                    DeliverAll(store);
                    Fill(store, 20);
                }
            }
        }, default);

        Assert.False(first);
        Assert.Equal(0, summary.Damage);
    }

    [Fact]
    public void A_segment_that_was_deleted_since_is_none_either()
    {
        var store = Open(TestMail.Settings("/data"));
        Fill(store, 40);
        var names = Disk.OpenDirectory("/data/journal").List().Where(SegmentUse.IsSegment).ToList();
        var last = names.MaxBy(name => SegmentUse.OfFirstPage(Disk.OpenDirectory("/data/journal").Open(name, DiskAccess.Read), name))!;

        var summary = JournalReader.Read(Disk, "/data", _ => Disk.OpenDirectory("/data/journal").Delete(last), default);

        Assert.Equal(0, summary.Damage);
    }

    private void Fill(IMailStore store, int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            Commit(store, 50_000 + i);
            Run();
        }
    }

    private void DeliverAll(IMailStore store)
    {
        var mails = new StoredMail[1000];
        foreach (var mail in mails[..store.Deliveries.Take(mails)])
        {
            store.Deliveries.Complete(mail);
        }

        Run();
        Time.Advance(TimeSpan.FromSeconds(1));
        Run();
    }
}
