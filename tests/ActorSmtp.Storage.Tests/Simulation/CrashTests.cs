using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Tests.Simulation;

/// <summary>
/// Hundreds of seeds of crashes on the simulated disk (<c>ACTORSMTP_SEEDS</c> for more, <c>ACTORSMTP_SEED</c> for one), and the proofs
/// that the simulation would notice: the same runs with a sync left out must lose mail.
/// </summary>
public sealed class CrashTests
{
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("ACTORSMTP_SEEDS"), out var seeds) ? seeds : 80;

    private static IEnumerable<int> All => int.TryParse(Environment.GetEnvironmentVariable("ACTORSMTP_SEED"), out var seed) ? [seed] : Enumerable.Range(1, Seeds);

    [Fact]
    public void After_power_cuts_and_kills_nothing_acknowledged_is_lost() => ForEachSeed((seed, random) =>
    {
        var world = new World(seed);
        Live(world, random, lives: random.Next(2, 5));
        return Check(world);
    });

    [Fact]
    public void With_a_mailbox_that_takes_nothing_old_messages_are_moved_and_nothing_is_lost()
    {
        var moved = 0;
        ForEachSeed((seed, random) =>
        {
            var world = new World(seed) { Stuck = "box1" };
            Live(world, random, lives: 3, most: 2000);
            moved += world.Moved;
            return Check(world);
        }, All.Where(seed => seed % 4 == 0).DefaultIfEmpty(All.First()));
        Assert.True(moved > 0, "no seed moved anything");
    }

    [Fact]
    public void After_failing_calls_and_power_cuts_nothing_acknowledged_is_lost() => ForEachSeed((seed, random) =>
    {
        var world = new World(seed);
        for (var life = random.Next(2, 4); life > 0; life--)
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

        return Check(world);
    });

    [Fact]
    public void On_a_disk_that_fills_up_nothing_is_lost_and_it_goes_on_when_there_is_space() => ForEachSeed((seed, random) =>
    {
        var world = new World(seed);
        world.Disk.Capacity = random.Next(4 << 20, 9 << 20);
        if (world.Start())
        {
            world.Run(1500, reader: false);
            Assert.Null(world.Fault);
            world.Disk.Capacity = long.MaxValue;
            var before = world.Acknowledged.Count;
            world.Drain();
            world.Run(600);
            Assert.True(world.Acknowledged.Count > before, "it did not go on");
            world.PowerCut();
        }

        world.Disk.Capacity = long.MaxValue;
        return Check(world);
    });

    [Theory]
    [InlineData("file")]
    [InlineData("directory")]
    [InlineData("all")]
    public void A_sync_that_is_left_out_is_found(string which)
    {
        MustBeFound($"leaving out the {which} sync", seed =>
        {
            var world = new World(seed);
            world.Disk.Forgotten.Add(which);
            return world;
        });
    }

    [Fact]
    public void An_acknowledgement_before_the_sync_is_found() =>
        MustBeFound("acknowledging before the sync", seed => new World(seed, TestMail.Settings("/data", SyncPolicy.Never)));

    [Fact]
    public void A_store_that_nobody_has_any_more_is_gone_with_all_that_it_held()
    {
        var (store, disk) = Forgotten();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Equal((false, false), (store.IsAlive, disk.IsAlive));

        // In a frame of its own, so that nothing of it is still on the stack.
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static (WeakReference World, WeakReference Disk) Forgotten()
        {
            var world = new World(1);
            Live(world, new Random(1), lives: 2);
            return (new WeakReference(world), new WeakReference(world.Disk));
        }
    }

    private static void MustBeFound(string bug, Func<int, World> make)
    {
        foreach (var seed in Enumerable.Range(1, 60))
        {
            try
            {
                var world = make(seed);
                world.ReaderDeletes = false;        // what comes back after its deletion would not prove the bug
                Live(world, new Random(seed), lives: 3);
                if (Check(world) is not null)
                {
                    return;
                }
            }
            catch (Exception failed) when (failed is Xunit.Sdk.XunitException or StoreException or DiskException)
            {
                return;
            }
        }

        Assert.Fail($"60 seeds with {bug} lost nothing: the simulation cannot see");
    }

    private static void Live(World world, Random random, int lives, int most = 700)
    {
        for (; lives > 0; lives--)
        {
            Assert.True(world.Start(), string.Join("; ", world.Faults));
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

    /// <summary>A last start, a full drain, and the count; null: all is well.</summary>
    private static string? Check(World world)
    {
        Assert.True(world.Start(), string.Join("; ", world.Faults));
        world.Drain();
        var (lost, twice) = world.Count();
        var damage = world.Reports.SelectMany(report => report.Damage).ToList();
        return lost > 0 ? $"{lost} of {world.Acknowledged.Count} acknowledged messages are lost"
            : twice > 0 ? $"{twice} deliveries are there again that were not in flight at a fault"
            : damage.Count > 0 ? $"damage is reported where there was none: {damage[0]}"
            : null;
    }

    private static void ForEachSeed(Func<int, Random, string?> run, IEnumerable<int>? seeds = null)
    {
        foreach (var seed in seeds ?? All)
        {
            string? wrong;
            try
            {
                wrong = run(seed, new Random(seed));
            }
            catch (Exception failed)
            {
                throw new InvalidOperationException($"seed {seed}: {failed.Message}", failed);
            }

            Assert.True(wrong is null, $"seed {seed}: {wrong}");
        }
    }
}
