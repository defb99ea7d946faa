using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Tests.Maildir;

/// <summary>Mail of one mailbox is delivered in the order it was given, also what has to be delivered again.</summary>
public sealed class DeliveryOrderTests
{
    [Fact]
    public void After_a_failed_sync_of_the_file_system_the_order_is_the_same()
    {
        var world = new DeliveryWorld();
        world.Give("bob", 1);
        world.Until(1);                                             // the first sync of all is behind it
        var first = world.Give("bob", 10);
        Assert.True(world.Step());                                  // under their names, which are not stable yet
        var failed = false;
        world.Disk.Fault = (operation, _, _) => operation == "syncfs" && !failed && (failed = true) ? DiskError.Io : null;
        var second = world.Give("bob", 10);
        Assert.True(world.Step());
        Assert.True(failed);
        var moved = world.Watch("rename", "/bob/");

        world.Until(21);

        Assert.Equal([.. first, .. second], moved);
        Assert.Equal(21, world.Names("bob").Length);
        world.Disk.PowerCut();
        Assert.Equal(21, world.Names("bob").Length);
    }
}
