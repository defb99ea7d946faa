namespace ActorSmtp.Storage.Tests.Memory;

public sealed class MemoryMailboxStoreTests : MailboxStoreContract
{
    private protected override IMailboxStore Open() => Stores.InMemory(TestMail.Settings("unused")).Mailboxes;
}
