using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Tests.Maildir;

/// <summary>Mailboxes on another file system than the others (a mount, a link): synced there, and in nobody's way.</summary>
public sealed class OtherFileSystemTests
{
    private const string Bob = "/data/mail/bob", Eve = "/data/mail/eve";

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void What_was_told_to_be_delivered_is_there_after_a_power_cut(int messages) => ForSeeds(world =>
    {
        world.Disk.Mount(Bob);
        world.Give("bob", messages);
        world.Until(messages);
    });

    [Fact]
    public void So_it_is_where_others_are_delivered_to_in_the_same_batch() => ForSeeds(world =>
    {
        world.Disk.Mount(Bob);
        world.Disk.Mount(Eve);
        foreach (var account in (string[])["eve", "ann", "bob", "carl", "bob", "ann"])
        {
            world.Give(account, 10);
        }

        world.Until(60);
    });

    [Fact]
    public void What_a_killed_process_had_made_there_is_synced_before_mail_is_delivered_into_it() => ForSeeds(world =>
    {
        world.Disk.Mount(Bob);
        world.Disk.Fault = (operation, path, _) =>
        {
            if (operation != "rename")
            {
                return null;
            }

            world.Disk.Fault = null;
            world.Disk.Kill();
            return DiskError.Io;
        };
        world.Give("bob", 1);
        while (world.Disk.Life == 0)
        {
            Assert.True(world.Step());
        }

        world.Start();
        world.Give("bob", 1);
        world.Until(1);
    });

    [Fact]
    public void Mail_that_waits_for_the_next_sync_is_told_before_such_a_mailbox_is_touched()
    {
        var world = new DeliveryWorld();
        world.Disk.Mount(Bob);
        world.Give("bob", 1);
        world.Until(1);
        world.Give("ann", 10);
        Assert.True(world.Step());
        Assert.Single(world.Settled);
        var touched = false;
        world.Disk.Fault = (_, path, _) =>
        {
            if (path.StartsWith(Bob, StringComparison.Ordinal) && !touched)
            {
                touched = true;
                Assert.Equal(11, world.Settled.Count);
            }

            return null;
        };

        world.Give("bob", 1);
        world.Until(12);

        Assert.True(touched);
    }

    [Fact]
    public void A_crowd_there_is_synced_file_by_file_and_not_by_a_sync_of_the_others()
    {
        var world = new DeliveryWorld();
        world.Disk.Mount(Bob);
        world.Give("bob", 1);
        world.Until(1);
        var single = world.Watch("fdatasync", Bob);
        var all = world.Watch("syncfs", "");

        world.Give("bob", 10);
        world.Until(11);

        Assert.Equal(10, single.Count);
        Assert.Empty(all);
    }

    private static void ForSeeds(Action<DeliveryWorld> live)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new DeliveryWorld(seed);
            live(world);
            world.Disk.Fault = null;
            world.Disk.PowerCut();
            var there = ((string[])["ann", "bob", "carl", "eve"]).SelectMany(world.Names).ToHashSet();
            Assert.True(world.Settled.TrueForAll(there.Contains), $"seed {seed}: {world.Settled.Count} told to be delivered, {there.Count} there after a power cut");
        }
    }
}
