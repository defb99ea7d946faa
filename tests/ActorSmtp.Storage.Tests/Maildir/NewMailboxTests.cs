using System.Text;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Maildir;

/// <summary>A mailbox's own directories have to be stable before its first mail counts as delivered, whatever came between making and syncing.</summary>
public sealed class NewMailboxTests : IMailboxObserver
{
    private readonly SimulatedTime _time = new();
    private int _settled;

    [Fact]
    public void After_a_failed_sync_of_its_directories_they_are_synced_before_its_mail_is_delivered() => ForSeeds(disk =>
    {
        var failed = false;
        disk.Fault = (operation, path, _) => !failed && (failed = operation == "fsync" && path == "/data/mail/") ? DiskError.Io : null;
        Deliver(disk);
        Assert.True(failed);
    });

    [Fact]
    public void What_a_killed_process_had_made_is_synced_before_mail_is_delivered_into_it() => ForSeeds(disk =>
    {
        disk.Fault = (operation, path, _) =>
        {
            if (operation != "rename")
            {
                return null;
            }

            disk.Fault = null;
            disk.Kill();
            return DiskError.Io;
        };
        Deliver(disk, dies: true);
        Deliver(disk);
    });

    [Fact]
    public void A_data_directory_whose_sync_failed_is_synced_at_the_next_start() => ForSeeds(disk =>
    {
        disk.Fault = (operation, _, _) => operation == "fsync" ? DiskError.Io : null;
        Assert.Throws<DiskException>(() => Store(disk, out _));
        disk.Fault = null;
        Deliver(disk);
    });

    void IMailboxObserver.OnSettled(ReadOnlySpan<DeliveryResult> results) => _settled += results.Length;

    void IMailboxObserver.OnDelayed(string account, string reason, TimeSpan delay)
    {
    }

    private void ForSeeds(Action<SimulatedDisk> live)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var disk = new SimulatedDisk(seed);
            live(disk);
            disk.Fault = null;
            disk.PowerCut();
            using var reader = MaildirReader.Open(disk, "/data/mail", "bob");
            Assert.True(reader is not null && reader.Names().Length == 1, $"seed {seed}: delivered, and not there after a power cut");
        }
    }

    private void Deliver(SimulatedDisk disk, bool dies = false)
    {
        var store = Store(disk, out var threads);
        var id = TestMail.NextId();
        var life = disk.Life;
        _settled = 0;
        store.Deliver([new MailboxDelivery(new MemoryMail(id, TestMail.Envelope(id), Encoding.ASCII.GetBytes("x\r\n"), sequence: 1), 0, "bob", default)], this);
        for (var steps = 0; steps < 200 && _settled == 0 && disk.Life == life; steps++)
        {
            if (!threads.Step(new Random(1)))
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        Assert.Equal(dies ? 0 : 1, _settled);
    }

    private MaildirStore Store(SimulatedDisk disk, out SteppedThreads threads) =>
        new(disk, threads = new SteppedThreads(_time), TestMail.Settings("/data"), _time);
}
