namespace ActorSmtp.Storage.Tests.Memory;

public sealed class MemoryMailStoreTests : MailStoreContract
{
    private protected override async Task<IMailStore> OpenStore(StorageSettings settings)
    {
        var store = Stores.InMemory(settings).Mail;
        await store.OpenAsync(default);
        return store;
    }
}
