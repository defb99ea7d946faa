using ActorSmtp.Storage.Memory;

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
    /// <summary>Stores that forget: for tests of what stands above them.</summary>
    public static StoreSet InMemory(StorageSettings settings) =>
        new(new MemoryMailStore(settings), new MemoryMailboxStore(), new MemoryUserStore());
}
