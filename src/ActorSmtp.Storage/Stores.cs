using ActorSmtp.Storage.Certificates;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Files;
using ActorSmtp.Storage.Greylist;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Storage.Queue;
using ActorSmtp.Storage.Signing;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage;

/// <summary>The stores of one server: made together, closed in the order mail store, mailboxes, users.</summary>
public sealed record StoreSet(IMailStore Mail, IMailboxStore Mailboxes, IUserStore Users) : IAsyncDisposable
{
    /// <summary>The mailboxes for those who read them.</summary>
    public IMailboxReader Reader => (IMailboxReader)Mailboxes;

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
    /// <summary>
    /// Stores in files: journal, Maildirs and the table of accounts under <see cref="StorageSettings.DataDirectory"/>. The mail store is
    /// still to be opened.
    /// </summary>
    /// <param name="runner">Where completions of larger batches run; null: the thread pool.</param>
    /// <exception cref="StoreException">The data directory cannot be made or used.</exception>
    public static StoreSet OnDisk(StorageSettings settings, ICompletionRunner? runner, TimeProvider time)
    {
        return OnDisk(settings, Disk(), new DedicatedThreads(), runner, time);
    }

    /// <summary>The same on another disk and other threads: for simulations (<c>Simulation/</c>).</summary>
    internal static StoreSet OnDisk(StorageSettings settings, IDisk disk, IWorkThreads threads, ICompletionRunner? runner, TimeProvider time) =>
        Usable(settings, () => new StoreSet(
            new JournalMailStore(settings, disk, threads, runner, time),
            new MaildirStore(disk, threads, settings, time),
            new FileUserStore(disk, threads, settings.DataDirectory, time)));

    /// <summary>Has the data directory to itself, as a server that keeps mail in files has: none is running on it, and none starts until this is disposed of.</summary>
    /// <exception cref="StoreException">A server is running on it, or it cannot be used.</exception>
    public static IDisposable Alone(StorageSettings settings) => Usable(settings, () =>
    {
        var path = $"{settings.DataDirectory}/journal";
        var disk = Disk();
        DataDirectory.Make(disk, path);
        using var directory = disk.OpenDirectory(path);
        return directory.TryLock("lock") ?? throw new StoreException($"A server is running on {settings.DataDirectory}: stop it first.");
    });

    /// <summary>The queue of mail for others, below the same directory; still to be opened, and made nothing of before.</summary>
    /// <param name="mostMessages">With so many it is full.</param>
    public static IQueueStore Queue(StorageSettings settings, long mostMessages, TimeProvider time) => new QueueStore(settings, mostMessages, Disk(), new DedicatedThreads(), time);

    /// <summary>What greylisting remembers, below the same directory; still to be opened, and made nothing of before.</summary>
    public static IGreylistStore Greylist(StorageSettings settings, TimeProvider time) => new GreylistStore(settings, Disk(), new DedicatedThreads(), time);

    /// <summary>What a server remembers for greylisting as it is now, for one who only looks: nothing of what is asked is kept.</summary>
    public static IGreylistStore GreylistAsItIs(StorageSettings settings, TimeProvider time) => new GreylistStore(settings, Disk(), time);

    /// <summary>The accounts alone, for programs that work while a server may be running.</summary>
    /// <exception cref="StoreException">The data directory cannot be made or used.</exception>
    public static IUserStore Users(StorageSettings settings, TimeProvider time) => Usable(settings, () => new FileUserStore(Disk(), new DedicatedThreads(), settings.DataDirectory, time));

    /// <summary>The mailboxes alone, likewise.</summary>
    /// <exception cref="StoreException">The data directory cannot be made or used.</exception>
    public static IMailboxStore Mailboxes(StorageSettings settings, TimeProvider time) =>
        Usable(settings, () => new MaildirStore(Disk(), new DedicatedThreads(), settings, time));

    /// <summary>Certificates in PEM files, and the one the server makes for itself below its folder.</summary>
    /// <param name="hostname">Whom that one is for.</param>
    public static ICertificateStore Certificates(string dataDirectory, string hostname, TimeProvider time) =>
        new FileCertificateStore(dataDirectory, hostname, time);

    /// <summary>The tokens of the API, likewise.</summary>
    public static ITokenStore Tokens(StorageSettings settings, TimeProvider time) => new FileTokenStore(Disk(), new DedicatedThreads(), settings.DataDirectory, time);

    /// <summary>Small documents of the data directory, likewise.</summary>
    public static IKeptDocuments Documents(StorageSettings settings) => new FileDocuments(Disk(), new DedicatedThreads(), settings.DataDirectory);

    /// <summary>The keys that sign mail, below the same directory; nothing is made of it before the first key.</summary>
    public static ISigningKeyStore SigningKeys(StorageSettings settings, TimeProvider time) => new FileSigningKeys(Disk(), new DedicatedThreads(), settings.DataDirectory, time);

    private static T Usable<T>(StorageSettings settings, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The data directory {settings.DataDirectory} cannot be used: {failed.Message}.", failed);
        }
    }

    private static IDisk Disk() => OperatingSystem.IsLinux() ? new LinuxDisk() : new PortableDisk();

    /// <summary>What greylisting remembers, until the end of the process.</summary>
    public static IGreylistStore GreylistInMemory(TimeProvider time) => new GreylistStore(time);

    /// <summary>Stores that forget: for tests of what stands above them.</summary>
    public static StoreSet InMemory(StorageSettings settings) =>
        new(new MemoryMailStore(settings), new MemoryMailboxStore(), new MemoryUserStore());
}
