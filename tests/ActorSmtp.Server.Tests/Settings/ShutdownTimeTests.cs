using Akka.Actor;
using Akka.Configuration;

namespace ActorSmtp.Server.Tests.Settings;

/// <summary>What <c>shutdown.grace</c> makes of the engine's phases.</summary>
public sealed class ShutdownTimeTests
{
    [Theory]
    [InlineData("1s", 1)]
    [InlineData("45s", 45)]
    [InlineData("5m", 300)]
    public async Task The_phases_that_wait_for_sessions_and_for_mail_last_as_long_as_the_grace(string grace, int seconds)
    {
        var settings = new Configuration().Set($"shutdown.grace={grace}").Load().Server;
        var system = ActorSystem.Create("grace", ConfigurationFactory.ParseString(MailServer.EngineSettings(settings)));

        var shutdown = CoordinatedShutdown.Get(system);

        Assert.True(shutdown.Timeout(CoordinatedShutdown.PhaseServiceUnbind) > TimeSpan.FromSeconds(seconds));
        Assert.True(shutdown.Timeout(CoordinatedShutdown.PhaseServiceRequestsDone) > TimeSpan.FromSeconds(seconds));
        await system.Terminate();
    }
}
