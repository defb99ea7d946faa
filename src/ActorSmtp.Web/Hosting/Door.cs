using ActorSmtp.Web.Access;
using ActorSmtp.Web.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web.Hosting;

/// <summary>
/// One way into the console: a Kestrel of its own with the same table of routes behind it. Takes nothing from the environment or from files;
/// leaves signals to the program; says only what is wrong.
/// </summary>
internal sealed class Door : IAsyncDisposable
{
    /// <summary>An ordinary request's body.</summary>
    private const long MostOctets = 1 << 20;

    private readonly WebApplication _app;
    private readonly AccessGate _gate;
    private readonly IReadOnlyList<ApiRoute> _routes;
    private readonly StaticPages? _pages;
    private readonly ILogger _log;

    private Door(WebApplication app, AccessGate gate, IReadOnlyList<ApiRoute> routes, StaticPages? pages, ILogger log) =>
        (_app, _gate, _routes, _pages, _log) = (app, gate, routes, pages, log);

    /// <summary>The address bound; null for a Unix socket.</summary>
    public Uri? Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses
        .Select(a => Uri.TryCreate(a, UriKind.Absolute, out var uri) && !a.Contains("unix:", StringComparison.Ordinal) ? uri : null).FirstOrDefault();

    /// <param name="listen">Says where to listen.</param>
    /// <param name="pages">The pages; null: the API alone.</param>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<Door> OpenAsync(
        Action<KestrelServerOptions> listen, AccessGate gate, IReadOnlyList<ApiRoute> routes, StaticPages? pages, ILoggerFactory logs, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<ILoggerFactory>(new WarningsOnly(logs));
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(3));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = MostOctets;
            o.Limits.MaxConcurrentConnections = 1000;
            o.Limits.MaxConcurrentUpgradedConnections = 0;
            o.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            listen(o);
        });
        var app = builder.Build();
        var door = new Door(app, gate, routes, pages, logs.CreateLogger("actorsmtp.console"));
        app.Use(door.GuardAsync);
        app.UseRouting();
        foreach (var route in routes)
        {
            app.MapMethods(route.Pattern, [route.Method], context => door.RunAsync(context, route)).WithMetadata(route);
        }

        app.MapFallback("{**path}", door.ElseAsync);
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return door;
    }

    /// <summary>Accepts no more, ends what goes on, closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Around everything: safe headers, and what goes wrong becomes a problem.</summary>
    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        SecurityHeaders.Put(context.Response);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (ProblemException known)
        {
            await known.Problem.WriteAsync(context).ConfigureAwait(false);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException bad)
        {
            await (bad.StatusCode == 413
                ? Problem.TooLarge("The request is larger than this takes")
                : Problem.Invalid("The request breaks HTTP's rules") with { Status = bad.StatusCode }).WriteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more to be answered.
        }
        catch (Storage.StoreException disk)
        {
            ConsoleLog.Failed(_log, context.Request.Method, context.Request.Path, disk);
            await Problem.Failed(disk.Message).WriteAsync(context).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            ConsoleLog.Failed(_log, context.Request.Method, context.Request.Path, broken);
            await Problem.Failed("Something broke here; the server's log says more").WriteAsync(context).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(HttpContext context, ApiRoute route)
    {
        if (_gate.Look(context, route.IsStream) is { } refusal)
        {
            await refusal.WriteAsync(context).ConfigureAwait(false);
            return;
        }

        var call = new ApiCall(context, route);
        if (!route.IsOpen && !call.Visitor.IsLetIn)
        {
            await Problem.LoginRequired.WriteAsync(context).ConfigureAwait(false);
            return;
        }

        if (route.MostOctets is { } most && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most;
        }

        using var stop = route.IsStream || route.Method == "GET" ? StopWith(context) : null;
        await route.Handler(call).ConfigureAwait(false);
    }

    /// <summary>An answer that waits or goes on ends when the server stops.</summary>
    private CancellationTokenSource StopWith(HttpContext context)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, _app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        context.RequestAborted = source.Token;
        return source;
    }

    /// <summary>What no route is: a page, or nothing.</summary>
    private Task ElseAsync(HttpContext context)
    {
        if (_gate.Look(context, isStream: false) is { } refusal)
        {
            return refusal.WriteAsync(context);
        }

        var path = context.Request.Path;
        var segments = (path.Value ?? "").Trim('/').Split('/');
        var allowed = _routes.Where(r => r.IsAt(segments)).Select(r => r.Method).Distinct().ToArray();
        if (allowed.Length > 0)
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.Allow = string.Join(", ", allowed);
                return Task.CompletedTask;
            });
            return new Problem(405, "method", "Not this way", $"{context.Request.Method} is not possible here, but {string.Join(", ", allowed)}").WriteAsync(context);
        }

        return _pages is null || path.StartsWithSegments("/api", StringComparison.Ordinal) || path.StartsWithSegments("/health", StringComparison.Ordinal)
            ? Problem.NotFound("There is nothing at this path; GET /api/openapi.json lists what is").WriteAsync(context)
            : _pages.ServeAsync(context);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
