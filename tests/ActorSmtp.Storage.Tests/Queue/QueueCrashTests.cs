using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Tests.Queue;

/// <summary>
/// Hundreds of seeds of crashes on the simulated disk (<c>ACTORSMTP_SEEDS</c> for more, <c>ACTORSMTP_SEED</c> for one), and the proofs that the world would
/// notice: the same runs with a sync left out must lose mail.
/// </summary>
public sealed class QueueCrashTests
{
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("ACTORSMTP_SEEDS"), out var seeds) ? seeds : 60;

    private static IEnumerable<int> All => int.TryParse(Environment.GetEnvironmentVariable("ACTORSMTP_SEED"), out var seed) ? [seed] : Enumerable.Range(1, Seeds);

    [Fact]
    public void After_power_cuts_and_kills_each_message_is_there_as_it_was_last_acknowledged() => ForEachSeed((world, random) =>
    {
        Live(world, random, lives: random.Next(2, 6), most: 800);
        Finish(world);
    });

    [Fact]
    public void After_failing_calls_nothing_acknowledged_is_lost() => ForEachSeed((world, random) =>
    {
        for (var life = random.Next(2, 5); life > 0; life--)
        {
            var rate = random.Next(20, 3000);
            DiskError[] errors = [DiskError.Io, DiskError.NoSpace, DiskError.ReadOnly];
            world.Disk.Fault = (operation, _, _) => operation is not ("statvfs" or "stat") && random.Next(rate) == 0 ? errors[random.Next(3)] : null;
            if (world.Start())
            {
                world.Run(random.Next(100, 600));
            }

            world.Disk.Fault = null;
            world.PowerCut();
        }

        Finish(world);
    });

    [Fact]
    public void On_a_disk_that_fills_up_changes_wait_and_nothing_is_lost() => ForEachSeed((world, random) =>
    {
        world.MostContent = 20_000;
        world.Disk.WrittenWithoutSpace = random.Next(2) * random.Next(20_000);
        Assert.True(world.Start());
        world.Run(100);
        world.Disk.Capacity = world.Disk.Used + random.Next(2 << 20);
        world.Run(random.Next(200, 900));
        if (random.Next(2) == 0)
        {
            world.PowerCut();
            world.Disk.Capacity = long.MaxValue;
            Assert.True(world.Start());
        }

        world.Disk.Capacity = long.MaxValue;
        world.Run(200);
        world.Settle();
        Assert.Null(world.Store.Fault);
        world.PowerCut();
        Finish(world);
    });

    [Fact]
    public void What_takes_room_for_nothing_is_written_anew_and_nothing_is_lost()
    {
        var moved = 0L;
        ForEachSeed((world, random) =>
        {
            world.MostContent = 12_000;
            Live(world, random, lives: 3, most: 6000);
            Finish(world);
            moved += world.Moved;
        }, All.Where(seed => seed % 6 == 0).DefaultIfEmpty(All.First()));
        Assert.True(moved > 0, "no seed moved anything");
    }

    [Fact]
    public async Task After_an_orderly_stop_the_next_start_says_so_and_finds_everything()
    {
        foreach (var seed in All.Take(10))
        {
            var world = new QueueWorld(seed);
            Assert.True(world.Start());
            world.Run(400);
            await world.StopAsync();
            Assert.True(world.Start());
            Assert.True(world.Reports[^1].CleanShutdown);
            Assert.Equal((0, 0), (world.Reports[^1].TornTail, world.Reports[^1].Damage.Length));
            world.ReadAll();
        }
    }

    [Theory]
    [InlineData("file")]
    [InlineData("directory")]
    public void Without_its_syncs_the_same_runs_lose_mail(string what)
    {
        var caught = 0;
        foreach (var seed in Enumerable.Range(1, 40))
        {
            var random = new Random(seed);
            var world = new QueueWorld(seed);
            world.Disk.Forgotten.Add(what);
            try
            {
                Live(world, random, lives: 4, most: 500);
                Finish(world);
            }
            catch (Exception)
            {
                caught++;
            }
        }

        Assert.True(caught > 0, $"nothing was noticed without syncs of {what}");
    }

    [Fact]
    public void What_is_removed_leaves_the_disk()
    {
        var world = new QueueWorld(1);
        Assert.True(world.Start());
        for (var i = 0; i < 400; i++)
        {
            world.Add(60_000);
        }

        world.Settle();
        var full = world.Disk.Used;
        Assert.True(full > 20 << 20, $"{full} octets");
        world.Remove(380);
        world.Settle();
        world.Settle();
        Assert.True(world.Disk.Used < 12 << 20, $"{world.Disk.Used} octets for {world.Owed} messages");
        world.ReadAll();
    }

    private static void Live(QueueWorld world, Random random, int lives, int most)
    {
        for (; lives > 0; lives--)
        {
            Assert.True(world.Start(), string.Join('\n', world.Faults));
            world.Run(random.Next(50, most));
            if (random.Next(3) == 0)
            {
                world.Kill();
            }
            else
            {
                world.PowerCut();
            }
        }
    }

    /// <summary>Once more in fine weather: everything owed is there, and can be read.</summary>
    private static void Finish(QueueWorld world)
    {
        Assert.True(world.Start(), string.Join('\n', world.Faults));
        Assert.Empty(world.Reports.SelectMany(report => report.Damage));
        world.ReadAll();
        world.Run(50);
        world.Settle();
        world.Kill();
        Assert.True(world.Start());
        Assert.Null(world.Store.Fault);
    }

    private static void ForEachSeed(Action<QueueWorld, Random> run, IEnumerable<int>? seeds = null)
    {
        foreach (var seed in seeds ?? All)
        {
            try
            {
                run(new QueueWorld(seed), new Random(seed));
            }
            catch (Exception failed)
            {
                throw new InvalidOperationException($"seed {seed}: {failed.Message}", failed);
            }
        }
    }
}
