namespace ActorSmtp.Storage.Tests.Memory;

public sealed class MemoryUserStoreTests : UserStoreContract
{
    private protected override IUserStore Open() => Stores.InMemory(TestMail.Settings("unused")).Users;
}
