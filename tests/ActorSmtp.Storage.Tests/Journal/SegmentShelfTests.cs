using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>Which pages of memory the journal fills: the same ones again, as far as it can.</summary>
public sealed class SegmentShelfTests
{
    private const int Size = 16 << 20;                                  // so four full segments stay warm
    private readonly SimulatedDisk _disk = new(1);

    [Fact]
    public void What_was_freed_last_is_used_first()
    {
        var shelf = Shelf(target: 4);
        var (first, second) = (shelf.Take(last: false)!, shelf.Take(last: false)!);
        shelf.Free(first);
        shelf.Free(second);
        Assert.Same(second, shelf.Take(last: false));
        Assert.Same(first, shelf.Take(last: false));
    }

    [Fact]
    public void Segments_that_were_only_made_wait_behind_those_that_were_used_and_do_not_fill_the_cache()
    {
        var shelf = Shelf(target: 3);
        Assert.Equal(3, _disk.Cooled.Count);
        var used = shelf.Take(last: false)!;
        shelf.Free(used);
        Assert.Same(used, shelf.Take(last: false));
    }

    [Fact]
    public void Full_segments_leave_the_cache_when_more_wait_than_stay_warm()
    {
        var shelf = Shelf(target: 8);
        _disk.Cooled.Clear();
        var full = Enumerable.Range(0, 6).Select(_ => shelf.Take(last: true)!).ToArray();
        foreach (var segment in full[..4])
        {
            shelf.Full(segment);
        }

        Assert.False(shelf.Wants);
        shelf.Full(full[4]);
        shelf.Full(full[5]);
        Assert.True(shelf.Wants);
        Tend(shelf);
        Assert.Equal(["/data/" + full[0].Name, "/data/" + full[1].Name], _disk.Cooled.Order());
    }

    [Fact]
    public void A_segment_that_was_freed_stays_warm_for_its_next_use()
    {
        var shelf = Shelf(target: 8);
        _disk.Cooled.Clear();
        var full = Enumerable.Range(0, 6).Select(_ => shelf.Take(last: true)!).ToArray();
        foreach (var segment in full)
        {
            shelf.Full(segment);
        }

        shelf.Free(full[0]);
        shelf.Free(full[1]);
        Tend(shelf);
        Assert.Empty(_disk.Cooled);
    }

    [Fact]
    public void Without_syncs_nothing_leaves_the_cache_since_it_is_not_on_the_disk()
    {
        var shelf = Shelf(target: 8, sync: false);
        foreach (var segment in Enumerable.Range(0, 7).Select(_ => shelf.Take(last: true)!).ToArray())
        {
            shelf.Full(segment);
        }

        Tend(shelf);
        Assert.Empty(_disk.Cooled);
    }

    private SegmentShelf Shelf(int target, bool sync = true)
    {
        _disk.CreateDirectory("/data");
        var shelf = new SegmentShelf(_disk.OpenDirectory("/data"), Size, target, sync);
        Tend(shelf);
        return shelf;
    }

    private static void Tend(SegmentShelf shelf)
    {
        while (shelf.Make())
        {
        }
    }
}
