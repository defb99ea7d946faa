using System.Text.Json;
using Akka.Actor;
using Akka.Hosting;
using ActorSmtp.Cli.Logging;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// The composition root: puts sockets, disks, logs and actors together, runs them, and takes them apart again. The only place that knows all.
/// </summary>
internal static class ServerHost
{
    /// <summary>Runs until a signal or a fault of the store ends it; answers the exit code.</summary>
    public static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancellation)
    {
        Directory.CreateDirectory(settings.DataDirectory);
        using var logs = Logs.Create(settings);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(logs);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = settings.ShutdownGrace * 3);
        var transport = Transports.Create(new TransportOptions
        {
            Kind = settings.Transport.Kind,
            Loops = settings.Transport.Loops,
            Spin = settings.Transport.Spin,
            MaxHandshakes = settings.Transport.Handshakes,
            HandshakeTimeout = settings.Limits.HandshakeTimeout,
            PooledBytes = settings.Transport.PooledBytes,
        });
        var stores = Stores.OnDisk(settings.Storage.Files, new StoredInCrowds(), TimeProvider.System);
        await using var server = new MailServer(settings, new MailServerPorts
        {
            Transport = transport,
            Mail = stores.Mail,
            Mailboxes = stores.Mailboxes,
            Users = stores.Users,
            Logs = logs,
        });
        builder.Services.AddAkka("actorsmtp", (akka, _) => akka
            .AddHocon(MailServer.EngineSettings(settings), HoconAddMode.Prepend)
            .ConfigureLoggers(l =>
            {
                l.ClearLoggers();
                l.AddLoggerFactory(logs);
            })
            .WithActors((system, registry) => { }));
        using var host = builder.Build();
        var system = host.Services.GetRequiredService<ActorSystem>();
        await server.StartAsync(system, cancellation).ConfigureAwait(false);
        await WriteListeners(settings, server, cancellation).ConfigureAwait(false);
        await host.StartAsync(cancellation).ConfigureAwait(false);
        var ended = host.WaitForShutdownAsync(cancellation);
        var first = await Task.WhenAny(ended, server.Faulted).ConfigureAwait(false);
        if (first == server.Faulted)
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
            return ExitCodes.InputOutput;
        }

        await ended.ConfigureAwait(false);
        return ExitCodes.Ok;
    }

    /// <summary><c>listeners.json</c>: the addresses bound, for whoever gave port 0.</summary>
    private static async Task WriteListeners(ServerSettings settings, MailServer server, CancellationToken cancellation)
    {
        var path = Path.Combine(settings.DataDirectory, "listeners.json");
        var addresses = server.Listeners.ToDictionary(l => l.Name, l => l.Address.ToString());
        await File.WriteAllTextAsync(path + ".new", JsonSerializer.Serialize(addresses), cancellation).ConfigureAwait(false);
        File.Move(path + ".new", path, overwrite: true);
    }
}
