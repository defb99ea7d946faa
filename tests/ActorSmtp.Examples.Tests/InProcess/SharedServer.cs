using ActorSmtp.Harness;

namespace ActorSmtp.Examples.Tests.InProcess;

/// <summary>One server for all tests of a class (or of several, by a collection): it starts once, and each test leases an inbox.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public ActorSmtpServer Smtp { get; private set; } = null!;

    public async Task InitializeAsync() => Smtp = await ActorSmtpServer.StartAsync();

    public async Task DisposeAsync() => await Smtp.DisposeAsync();
}
