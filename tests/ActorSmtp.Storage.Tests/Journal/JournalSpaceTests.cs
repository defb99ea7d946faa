using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>Writes that find no space, as on file systems that copy on write: refused is refused, and what is said to be stored is where it is said to be.</summary>
public sealed class JournalSpaceTests : JournalSteps
{
    /// <summary>The first batch is larger than a segment, so the write that fails is the one that ends in the seal.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_space_for_a_batch_over_two_segments_leaves_the_rest_where_it_belongs(int failing)
    {
        var store = Open(TestMail.Settings("/data"));
        Fail(failing);
        for (var i = 0; i < 40; i++)
        {
            Commit(store, 50_000 + i);
        }

        Run();
        Disk.Fault = null;
        Pass(1);
        Commit(store, 777);
        Run();
        Assert.Contains("Full", Told);
        Assert.Equal("stored", Told[^1]);
        Assert.Null(store.Fault);
        Disk.PowerCut();
        var again = Open(TestMail.Settings("/data"), out var report);
        Assert.Empty(report.Damage);
        AssertWaits(again);
    }

    [Fact]
    public void A_seal_without_space_does_not_lead_to_the_next_segment()
    {
        var store = Open(TestMail.Settings("/data"));
        for (var i = 0; i < 18; i++)
        {
            Commit(store, 50_000 + i);
        }

        Run();
        Fail(1);
        for (var i = 0; i < 10; i++)
        {
            Commit(store, 51_000 + i);
        }

        Run();
        Assert.Contains("Full", Told);
        Disk.Kill();
        Disk.Fault = null;
        var again = Open(TestMail.Settings("/data"), out var report);
        Assert.Empty(report.Damage);
        AssertWaits(again);
    }

    /// <summary>A write without space may have written a part all the same.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 100_000)]
    [InlineData(1, 100)]
    [InlineData(1, 3000)]
    [InlineData(1, 9000)]
    public void What_was_refused_for_lack_of_space_does_not_come_back(int before, int after)
    {
        var store = Open(TestMail.Settings("/data"));
        for (var i = 0; i < before; i++)
        {
            Commit(store, 100);
            Run();
        }

        Fail(1);
        Disk.WrittenWithoutSpace = int.MaxValue;
        for (var i = 0; i < 12; i++)
        {
            Commit(store, 2000 + i);
        }

        Run();
        Assert.Equal(12, Told.Count(what => what == "Full"));
        Disk.Fault = null;
        Pass(1);
        if (after > 1)
        {
            Commit(store, after);
            Run();
        }

        Assert.Equal(before + (after > 1 ? 1 : 0), Contents.Count);
        Disk.Kill();
        var again = Open(TestMail.Settings("/data"), out var report);
        Assert.Empty(report.Damage);
        Assert.Equal(Contents.Count, JournalReader.Read(Disk, "/data", null, default).Waiting);
        AssertWaits(again);
    }

    [Fact]
    public void What_was_refused_is_made_void_although_no_other_mail_comes()
    {
        var store = Open(TestMail.Settings("/data"));
        Commit(store, 100);
        Run();
        Fail(1);
        Disk.WrittenWithoutSpace = int.MaxValue;
        Commit(store, 2000);
        Run();
        Assert.Equal("Full", Told[^1]);
        Disk.Fault = null;
        Pass(1);
        Disk.Kill();
        AssertWaits(Open(TestMail.Settings("/data")));
    }

    [Fact]
    public void What_may_be_held_in_memory_is_counted_beyond_two_gibibytes()
    {
        var store = Open(TestMail.Settings("/data") with { MemoryBudget = 3L << 30 });
        Assert.True(store.MayHold(Pretend(3)));
        Assert.False(store.MayHold(Pretend(1)));
        Assert.False(store.MayHold(Pretend(2)));
    }

    /// <summary>Blocks that say they have a gibibyte each.</summary>
    private static Block Pretend(int blocks)
    {
        Block? chain = null;
        for (; blocks > 0; blocks--)
        {
            chain = new Block(new byte[8], 0, 1 << 30) { Next = chain };
        }

        return chain!;
    }

    /// <summary>The n-th write to a segment from now on finds no space.</summary>
    private void Fail(int number)
    {
        var writes = 0;
        Disk.Fault = (operation, path, _) => operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal) && ++writes == number ? DiskError.NoSpace : null;
    }
}
