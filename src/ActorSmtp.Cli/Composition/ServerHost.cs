using System.Reflection;
using Akka.Actor;
using Akka.Hosting;
using ActorSmtp.Cli.Logging;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using ActorSmtp.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// The composition root: puts sockets, disks, logs and actors together, runs them, and takes them apart again. The only place that knows all.
/// </summary>
internal static class ServerHost
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(ServerHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "?";

    /// <summary>Runs until a signal, the token or a fault of the store ends it; answers the exit code.</summary>
    /// <param name="loaded">The settings.</param>
    /// <param name="read">Reads them again, on SIGHUP.</param>
    public static async Task<int> RunAsync(LoadedSettings loaded, Func<LoadedSettings> read, Terminal terminal, CancellationToken cancellation)
    {
        var settings = loaded.Server;
        await using var parts = StoreParts.Of(settings);
        DataDirectory.Prepare(settings.DataDirectory);
        using var logs = new Logs(settings, terminal, TimeProvider.System);
        var log = logs.Factory.CreateLogger("actorsmtp");
        await using var transport = Transports.Create(TransportOf(settings, log));
        var stores = await parts.ServingAsync(settings, Version, cancellation).ConfigureAwait(false);
        await using var server = new MailServer(settings, new MailServerPorts
        {
            Transport = transport,
            Mail = stores.Mail,
            Mailboxes = stores.Mailboxes,
            Reader = stores.Reader,
            Users = stores.Users,
            Guesses = parts.Guesses(settings.Auth.Guesses),
            Queue = parts.Queue(settings),
            Greylist = settings.NeedsGreylist ? parts.Greylist() : null,
            Resolver = settings.NeedsResolver ? Resolvers.Of(settings.Dns) : null,
            Documents = settings.Outbound.IsOn ? Stores.Documents(settings.Storage.Files) : null,
            Certificates = Stores.Certificates(settings.DataDirectory, settings.Hostname, TimeProvider.System),
            SigningKeys = Stores.SigningKeys(settings.Storage.Files, TimeProvider.System),
            IssuerKeys = IssuerKeySources.Of(settings.Auth.OAuth),
            Logs = logs.Factory,
        });
        using var host = Build(settings, logs);
        var system = host.Services.GetRequiredService<ActorSystem>();
        var reload = new Reload(loaded, read, logs, server, now => parts.Agree(now, Version), log);
        using var signals = new Signals(reload.Run, name => HostLog.Stopping(log, name), code =>
        {
            logs.Dispose();
            Environment.Exit(code);
        });
        using var export = settings.Telemetry.Otlp is null ? null : new OtlpExport(settings.Telemetry, settings.Hostname, Version, logs.Tail);
        using var status = new ServiceStatus(terminal.Variables, TimeProvider.System);
        WebConsole? console = null;
        try
        {
            await server.StartAsync(system, cancellation).ConfigureAwait(false);
            logs.OpenFiles();
            foreach (var difference in parts.Shared?.Differences ?? [])
            {
                HostLog.NodesDiffer(log, difference);
            }

            var inspection = Inspected(server, parts, settings, logs);

            console = await WebConsole.StartAsync(
                new ConsoleParts
                {
                    Server = server,
                    Settings = loaded,
                    Mailboxes = stores.Mailboxes,
                    Reader = stores.Reader,
                    Tokens = await parts.TokensAsync(cancellation).ConfigureAwait(false),
                    Documents = parts.Documents(),
                    Leases = settings.TestInbox.Leases > 0 ? parts.Leases() : null,
                    Transport = transport,
                    Queue = server.Outbound,
                    Greylist = server.Greylist,
                    Dmarc = server.Dmarc,
                    Logs = logs.Factory,
                    Version = Version,
                    IsLaptop = loaded.IsLaptop,
                    Inspection = inspection,
                },
                cancellation).ConfigureAwait(false);
            await DataDirectory.WriteListeners(settings.DataDirectory, server, console, cancellation).ConfigureAwait(false);
            await host.StartAsync(cancellation).ConfigureAwait(false);
            status.Ready(inspection.Health);
        }
        catch
        {
            await CloseAsync(console, log).ConfigureAwait(false);
            await system.Terminate().ConfigureAwait(false);
            throw;
        }

        Announce(settings, log);
        await Task.WhenAny(signals.StopAsked, server.Faulted, Cancelled(cancellation)).ConfigureAwait(false);
        status.Stopping();
        DataDirectory.RemoveListeners(settings.DataDirectory);
        await CloseAsync(console, log).ConfigureAwait(false);
        await StopAsync(host, log).ConfigureAwait(false);

        // Ending at once ends the slow stop as well: which of the two the runtime hears first must not decide the code.
        return signals.ForcedCode ?? (server.Faulted.IsCompleted ? ExitCodes.InputOutput : ExitCodes.Ok);
    }

    /// <summary>Stories come from memory, then from the log's files, then from the other nodes; the queue adds what it alone has.</summary>
    private static Inspection Inspected(MailServer server, StoreParts parts, ServerSettings settings, Logs logs)
    {
        var inspection = server.Inspect(Version) with { Log = logs.Tail };
        ISessionStories stories = new LogStories(settings.DataDirectory, settings.Hostname, inspection.Stories, LogStories.MostReadByServer);
        var node = settings.Hostname;
        if (parts.Shared is { Questions: { } questions } shared)
        {
            node = settings.Storage.Database.Node;
            var nodes = new NodeStories(stories, questions.AskAsync, shared.AcceptedAsync, node, shared.Clock);
            questions.Begin(server.Run, nodes.AnswerAsync);
            stories = nodes;
            inspection = inspection with { Nodes = new SharedNodes(shared) };
        }

        return inspection with { Stories = server.Outbound is { } queue ? new QueuedStories(stories, queue, node, parts.Shared?.Clock ?? TimeProvider.System) : stories };
    }

    private static TransportOptions TransportOf(ServerSettings settings, ILogger log) => new()
    {
        Kind = settings.Transport.Kind,
        Loops = settings.Transport.Loops,
        Spin = settings.Transport.Spin,
        MaxHandshakes = settings.Transport.Handshakes + settings.Transport.WaitingHandshakes,
        HandshakeThreads = settings.Transport.Handshakes,
        HandshakeTimeout = settings.Limits.HandshakeTimeout,
        PooledBytes = settings.Transport.PooledBytes,
        OnError = (what, fault) => HostLog.TransportTrouble(log, what, fault),
    };

    private static IHost Build(ServerSettings settings, Logs logs)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(logs.Factory);
        builder.Services.AddSingleton<IHostLifetime, OurOwnSignals>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = (settings.ShutdownGrace * 3) + TimeSpan.FromSeconds(10));
        builder.Services.AddAkka("actorsmtp", (akka, _) => akka
            .AddHocon(MailServer.EngineSettings(settings), HoconAddMode.Prepend)
            .ConfigureLoggers(l =>
            {
                l.ClearLoggers();
                l.AddLoggerFactory(logs.Factory);
            }));
        return builder.Build();
    }

    private static void Announce(ServerSettings settings, ILogger log)
    {
        HostLog.Started(
            log,
            Version,
            Path.GetFullPath(settings.DataDirectory),
            settings.Storage.Files.Sync == SyncPolicy.Always ? "every message is synced before its 250" : "messages are not synced");
        if (settings is { AllDomains: true, UnknownRecipients: UnknownRecipients.Accept })
        {
            HostLog.TakesAll(log);
        }
    }

    /// <summary>The console goes first: nobody should look into a server that is being taken apart.</summary>
    private static async Task CloseAsync(WebConsole? console, ILogger log)
    {
        try
        {
            if (console is not null)
            {
                await console.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception wrong) when (wrong is not OutOfMemoryException)
        {
            HostLog.StopFailed(log, wrong.Message);
        }
    }

    private static async Task StopAsync(IHost host, ILogger log)
    {
        try
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
            HostLog.Stopped(log);
        }
        catch (Exception wrong) when (wrong is not OutOfMemoryException)
        {
            HostLog.StopFailed(log, wrong.Message);
        }
    }

    private static Task Cancelled(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);

    /// <summary>Signals are ours: the host waits for none and says nothing.</summary>
    private sealed class OurOwnSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
