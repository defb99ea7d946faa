using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage;

/// <summary>The stores of one server: made together, closed in the order mail store, mailboxes, users.</summary>
public sealed record StoreSet(IMailStore Mail, IMailboxStore Mailboxes, IUserStore Users) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Mailboxes.DisposeAsync().ConfigureAwait(false);
        await Mail.DisposeAsync().ConfigureAwait(false);
        await Users.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>The only factory of stores.</summary>
public static class Stores
{
    /// <summary>The mail store on disk.</summary>
    internal static IMailStore Mail(StorageSettings settings, ICompletionRunner? runner, TimeProvider time) =>
        new JournalMailStore(settings, Disk(), new DedicatedThreads(), runner, time);

    private static IDisk Disk() => OperatingSystem.IsLinux() ? new LinuxDisk() : new PortableDisk();

    /// <summary>Stores that forget: for tests of what stands above them.</summary>
    public static StoreSet InMemory(StorageSettings settings) =>
        new(new MemoryMailStore(settings), new MemoryMailboxStore(), new MemoryUserStore());
}
