namespace ActorSmtp.Storage.Tests.Maildir;

/// <summary>A mailbox that cannot even be listed is in trouble alone; the thread that meets it goes on.</summary>
public sealed class UnreadableMailboxTests
{
    [Fact]
    public void Whatever_the_system_says_of_one_mailbox_the_others_are_delivered_to()
    {
        var world = new DeliveryWorld();
        world.Disk.Fault = (operation, path, _) =>
            operation == "list" && path.Contains("/bob/", StringComparison.Ordinal) ? throw new IOException("Input/output error") : null;
        world.Give("bob", 1, mayBeDelivered: true);
        world.Give("ann", 1);

        world.Until(1);

        Assert.Contains("Input/output error", world.Store.Condition("bob").Trouble, StringComparison.Ordinal);
        world.Disk.Fault = null;
        world.Until(2);
        Assert.Single(world.Names("bob"));
    }
}
