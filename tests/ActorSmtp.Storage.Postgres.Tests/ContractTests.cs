using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

public sealed class PostgresMailStoreContractTests : MailStoreContract, IAsyncLifetime
{
    private readonly List<PostgresStores> _all = [];

    private protected override async Task<IMailStore> OpenStore(StorageSettings settings)
    {
        var stores = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(Cluster.Shared.NewDatabase())), settings, TimeProvider.System);
        _all.Add(stores);
        var mail = stores.Serving(Nodes.NodeAgreement.None).Mail;
        await mail.OpenAsync(default);
        return mail;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var stores in _all)
        {
            await stores.DisposeAsync();
        }
    }
}

public sealed class PostgresMailboxStoreContractTests : MailboxStoreContract, IAsyncLifetime
{
    private PostgresStores? _stores;

    private protected override IMailboxStore Open()
    {
        _stores = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(Cluster.Shared.NewDatabase())), TestMail.Settings("unused"), TimeProvider.System);
        return _stores.Mailboxes();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await (_stores?.DisposeAsync() ?? ValueTask.CompletedTask);
}

public sealed class PostgresUserStoreContractTests : UserStoreContract, IAsyncLifetime
{
    private PostgresStores? _stores;

    private protected override IUserStore Open()
    {
        _stores = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(Cluster.Shared.NewDatabase())), TestMail.Settings("unused"), TimeProvider.System);
        return _stores.Users();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await (_stores?.DisposeAsync() ?? ValueTask.CompletedTask);
}

public sealed class PostgresGreylistContractTests : GreylistStoreContract, IAsyncLifetime
{
    private PostgresStores? _stores;

    protected override IGreylistStore Make(TimeProvider time)
    {
        _stores = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(Cluster.Shared.NewDatabase())), TestMail.Settings("unused"), TimeProvider.System);
        return new Greylist.PostgresGreylist(_stores.Database, time);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await (_stores?.DisposeAsync() ?? ValueTask.CompletedTask);
}
