using System.Net;
using System.Net.Security;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using ActorSmtp.Web.Access;
using ActorSmtp.Web.Api;
using ActorSmtp.Web.Hosting;
using ActorSmtp.Web.Routing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web;

/// <summary>
/// The web console and the API: on <c>console.bind</c> for browsers and programs, and on <c>admin.sock</c> in the data directory for the commands of
/// this machine. Both serve the same routes.
/// </summary>
/// <remarks>
/// Mail comes first: if the console's address cannot be bound, the log says so, the server runs on, and it is tried again until it can be (but in the
/// laptop profile, where somebody is about to open it, that ends the start). The
/// console reads and asks; nothing in it can hold up a session.
/// </remarks>
public sealed class WebConsole : IAsyncDisposable
{
    private static readonly TimeSpan[] Retries = [.. new[] { 2, 5, 15, 30, 60 }.Select(s => TimeSpan.FromSeconds(s))];

    private readonly ConsoleParts _parts;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConsoleServices _services;
    private readonly IReadOnlyList<ApiRoute> _routes;
    private readonly AdminSocket _socketFile;
    private Door? _socket;
    private volatile Door? _console;
    private Task _opening = Task.CompletedTask;

    private WebConsole(ConsoleParts parts)
    {
        _parts = parts;
        _log = parts.Logs.CreateLogger("actorsmtp.console");
        _services = new ConsoleServices(parts);
        _routes = RouteTable.Of(_services);
        _socketFile = new AdminSocket(parts.Settings.Server.DataDirectory);
    }

    /// <summary>The console's address, such as <c>http://127.0.0.1:8025/</c>; null while it is not open, and on a Unix socket.</summary>
    public Uri? Address => _console?.Address;

    /// <summary>What <c>listeners.json</c> says of it; null where it is not open.</summary>
    public string? BoundTo => _console is null ? null : Address is { } address ? $"{address.Host}:{address.Port}" : Settings.Bind?.ToString();

    private ConsoleSettings Settings => _parts.Settings.Server.Console;

    /// <summary>Opens both doors. The server is to be started before.</summary>
    /// <exception cref="ServerStartException">In the laptop profile: the console's address cannot be had. Whoever opens it would see another program.</exception>
    public static async Task<WebConsole> StartAsync(ConsoleParts parts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var console = new WebConsole(parts);
        await console._services.LoadAsync(cancellation).ConfigureAwait(false);
        await console.OpenSocketAsync(cancellation).ConfigureAwait(false);
        if (console.Settings.Bind is not { } bind || await console.TryOpenAsync(cancellation).ConfigureAwait(false) is not { } reason)
        {
            return console;
        }

        if (parts.IsLaptop)
        {
            await console.DisposeAsync().ConfigureAwait(false);
            throw new ServerStartException(
                $"actorsmtp.console.bind = {bind}: {reason}; end the program that has it, or choose another address (--set console.bind=127.0.0.1:0 takes any free port, console.bind= none)");
        }

        ConsoleLog.CannotOpen(console._log, bind.ToString(), reason, Retries[0].TotalSeconds);
        console._opening = console.OpenLaterAsync();
        return console;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socketFile.Remove();
        foreach (var door in new[] { _console, _socket })
        {
            if (door is not null)
            {
                await door.DisposeAsync().ConfigureAwait(false);
            }
        }

        await _services.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task OpenSocketAsync(CancellationToken cancellation)
    {
        try
        {
            var path = _socketFile.Prepare();
            _socket = await Door.OpenAsync(
                o => o.ListenUnixSocket(path), Gate(AccessRules.OfSocket), _routes, pages: null, _parts.Logs, cancellation).ConfigureAwait(false);
            _socketFile.Publish();
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException or ArgumentException)
        {
            ConsoleLog.NoSocket(_log, _socketFile.Path, cannot.Message);
        }
    }

    /// <returns>Why it cannot be opened; null: it is.</returns>
    private async Task<string?> TryOpenAsync(CancellationToken cancellation)
    {
        var bind = Settings.Bind!;
        try
        {
            if (bind.UnixPath is { } path)
            {
                File.Delete(path);
            }

            _console = await Door.OpenAsync(
                o => Listen(o, bind),
                Gate(AccessRules.Of(Settings, _parts.Settings.Server.Hostname)),
                _routes,
                StaticPages.OfAssembly(typeof(WebConsole).Assembly),
                _parts.Logs,
                cancellation).ConfigureAwait(false);
            ConsoleLog.Opened(_log, Address?.ToString() ?? bind.ToString(), Settings.LoginIsNeeded ? ", with login" : "");
            return null;
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            return cannot.GetBaseException().Message.TrimEnd('.');
        }
    }

    private async Task OpenLaterAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            await Task.Delay(Retries[Math.Min(attempt, Retries.Length - 1)], _parts.Time, _stop.Token).ConfigureAwait(false);
            if (await TryOpenAsync(_stop.Token).ConfigureAwait(false) is not { } reason)
            {
                return;
            }

            ConsoleLog.CannotOpen(_log, Settings.Bind!.ToString(), reason, Retries[Math.Min(attempt + 1, Retries.Length - 1)].TotalSeconds);
        }
    }

    private AccessGate Gate(AccessRules rules) => new(rules, _services.Logins, _services.Tokens);

    private void Listen(KestrelServerOptions options, BindAddress bind)
    {
        switch (bind.ToEndPoint())
        {
            case IPEndPoint { Address: var address } when bind.DualMode || address.Equals(IPAddress.IPv6Any):
                options.ListenAnyIP(bind.Port, Secure);
                break;
            case IPEndPoint address:
                options.Listen(address, Secure);
                break;
            default:
                options.ListenUnixSocket(bind.UnixPath!);
                break;
        }
    }

    private void Secure(ListenOptions listen)
    {
        if (!Settings.HasTls)
        {
            return;
        }

        var tls = _parts.Server.ConsoleTls ?? throw new IOException("there is no certificate for HTTPS; set actorsmtp.console.tls = off, or give one in actorsmtp.tls");
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = hello => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = tls.Certificate(hello.ClientHelloInfo.ServerName)?.Context,
                EnabledSslProtocols = tls.Protocols,
            }),
        });
    }
}
