using ActorSmtp.Storage.Disks;
using ActorSmtp.Testing.Simulation;
using ActorSmtp.Testing.Simulation.Mail;
using ActorSmtp.Transport;

namespace ActorSmtp.Simulation.Tests.Mail;

/// <summary>
/// A disk in trouble for a while, under the whole server and its clients: what they are told, and that nothing acknowledged is lost once the trouble is over.
/// The same troubles on real file systems: <c>tests/crash/campaign.py full|inodes|readonly|denied</c>.
/// </summary>
public sealed class DiskTroubleTests
{
    private static readonly string[] s_changes = ["write", "create", "mkdir", "rename", "unlink", "rmdir", "fdatasync", "fsync", "syncfs"];

    private static readonly Weather s_fair = new()
    {
        Chunking = Chunking.Whole,
        NetworkDelay = TimeSpan.FromMilliseconds(2),
        DiskDelay = TimeSpan.FromMilliseconds(10),
        CutOneIn = 0,
        DiskErrorOneIn = 0,
        SyncErrorOneIn = 0,
        Crashes = 0,
        DiskFills = false,
        Restarts = false,
        SessionsHop = false,
        SmallBacklog = false,
        Clients = 6,
    };

    [Fact]
    public void Without_inodes_mail_waits_or_is_put_off_and_the_same_process_goes_on()
    {
        var met = Run((operation, _) => operation is "create" or "mkdir" ? DiskError.NoSpace : null);
        Assert.True(met.Failed > 0, "no call failed");
        Assert.Equal(0, met.Stores);
    }

    [Fact]
    public void A_disk_that_has_become_read_only_ends_the_server_and_after_a_start_nothing_is_lost()
    {
        var met = Run((operation, _) => s_changes.Contains(operation) ? DiskError.ReadOnly : null);
        Assert.True(met.Stores > 0, "no store failed");
        Assert.True(met.Replies451 > 0, "nobody was told 451");
    }

    [Fact]
    public void A_mailbox_that_must_not_be_written_to_gets_its_mail_when_it_may_and_nobody_is_put_off()
    {
        var met = Run((operation, path) => operation is "create" or "mkdir" or "rename" && path.Contains("/mail/box1", StringComparison.Ordinal) ? DiskError.Denied : null);
        Assert.True(met.Failed > 0, "no call failed");
        Assert.Equal((0, 0), (met.Stores, met.Replies451));
    }

    [Fact]
    public void A_journal_that_must_not_get_new_files_puts_mail_off_and_goes_on()
    {
        var met = Run((operation, path) => operation is "create" or "mkdir" && path.Contains("/journal", StringComparison.Ordinal) ? DiskError.Denied : null);
        Assert.True(met.Failed > 0, "no call failed");
        Assert.Equal(0, met.Stores);
    }

    /// <summary>Some seeds; in each the trouble comes early and lasts up to a minute. The runs themselves check that nothing is lost, doubled or left over.</summary>
    private static (int Failed, int Stores, int Replies451) Run(Func<string, string, DiskError?> trouble)
    {
        var (failed, stores, replies) = (0, 0, 0);
        foreach (var seed in Simulated.Seeds(25))
        {
            MailWorld? world = null;
            Simulated.Run(seed, simulation => (world = new MailWorld(simulation, s_fair) { Trouble = (trouble, After: simulation.Random.NextDouble() * 4, Lasts: simulation.Random.Next(1, 60)) }).RunAsync());
            failed += world!.Tally.GetValueOrDefault("failed call");
            stores += world.Tally.GetValueOrDefault("store that failed");
            replies += world.Tally.GetValueOrDefault("reply 451");
        }

        return (failed, stores, replies);
    }
}
