namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>One server for many tests: the laptop profile, on which every address has a mailbox. Each test takes a recipient of its own.</summary>
public sealed class LaptopServer : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    internal RunningServer Server { get; private set; } = null!;

    internal int Port => Server.Port();

    public async Task InitializeAsync() => Server = await RunningServer.Laptop(_folder["data"]);

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class LaptopCollection : ICollectionFixture<LaptopServer>
{
    public const string Name = "one server, the laptop profile";
}
