using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Akka.Hosting;

/// <summary>
/// Starts the system with the host and ends it with the host. A system that ends first stops the host. A starter that throws fails
/// the host's start, after the system was shut down. Stands for Akka.Hosting.AkkaHostedService, complete.
/// </summary>
public class AkkaHostedService : IHostedService
{
    private static readonly TimeSpan s_patienceWithAFailedStart = TimeSpan.FromSeconds(3);

    /// <summary>The system, once started.</summary>
    protected ActorSystem ActorSystem;

    /// <summary>Its shutdown, once started.</summary>
    protected CoordinatedShutdown CoordinatedShutdown;

    /// <summary>The host's services.</summary>
    protected readonly IServiceProvider ServiceProvider;

    /// <summary>What the system is made of.</summary>
    protected readonly AkkaConfigurationBuilder ConfigurationBuilder;

    /// <summary>The host's life, or null.</summary>
    protected readonly IHostApplicationLifetime HostApplicationLifetime;

    /// <summary>Where a failed start is told.</summary>
    protected readonly ILogger<AkkaHostedService> Logger;

    /// <summary>Made by the host.</summary>
    public AkkaHostedService(
        AkkaConfigurationBuilder configurationBuilder, IServiceProvider serviceProvider, ILogger<AkkaHostedService> logger,
        IHostApplicationLifetime applicationLifetime)
    {
        ConfigurationBuilder = configurationBuilder;
        ServiceProvider = serviceProvider;
        Logger = logger;
        HostApplicationLifetime = applicationLifetime;
    }

    /// <summary>Makes the system and runs the starters and the start-up tasks.</summary>
    public virtual async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            ActorSystem = ServiceProvider.GetRequiredService<ActorSystem>();
            CoordinatedShutdown = CoordinatedShutdown.Get(ActorSystem);
            await ConfigurationBuilder.StartAsync(ActorSystem).ConfigureAwait(false);
            _ = StopHostAfterSystemAsync(ActorSystem);
        }
        catch (Exception error)
        {
            Logger.LogCritical(error, "Unable to start AkkaHostedService - shutting down application");
            Console.WriteLine($"Unable to start AkkaHostedService - shutting down application.\nCause: {error}");
            await CleanUpAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Runs the coordinated shutdown to its end. <paramref name="cancellationToken"/> is not looked at: the phases have timeouts.
    /// </summary>
    public virtual async Task StopAsync(CancellationToken cancellationToken)
    {
        if (CoordinatedShutdown is not null)
            await CoordinatedShutdown.Run(CoordinatedShutdown.ClrExitReason.Instance).ConfigureAwait(false);
    }

    private async Task CleanUpAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(s_patienceWithAFailedStart);
            await StopAsync(patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // What failed first is what the host is told.
            Logger.LogWarning(error, "The actor system did not shut down after its failed start");
        }
    }

    private async Task StopHostAfterSystemAsync(ActorSystem system)
    {
        await system.WhenTerminated.ConfigureAwait(false);
        if (CoordinatedShutdown.ShutdownReason is CoordinatedShutdown.ClusterDowningReason or CoordinatedShutdown.ClusterLeavingReason)
            Environment.ExitCode = -1;
        HostApplicationLifetime?.StopApplication();
    }
}
