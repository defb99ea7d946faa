using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using ActorSmtp.Web.Routing;
using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Web.Hosting;

/// <summary>
/// The console's pages, as they are built into the assembly. A path without an ending is one of the page's own and gets <c>index.html</c>, so that
/// a reload stays where it was. Files are checked by the browser each time and sent only when they have changed.
/// </summary>
internal sealed class StaticPages
{
    private const string Index = "/index.html";

    private readonly FrozenDictionary<string, Page> _pages;

    private StaticPages(IEnumerable<KeyValuePair<string, Page>> pages) => _pages = pages.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads them once.</summary>
    public static StaticPages OfAssembly(Assembly assembly)
    {
        const string root = "wwwroot/";
        return new StaticPages(assembly.GetManifestResourceNames().Where(n => n.StartsWith(root, StringComparison.Ordinal)).Select(name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return KeyValuePair.Create("/" + name[root.Length..].Replace('\\', '/'), new Page(content, $"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..12])}\"", TypeOf(name)));
        }));
    }

    public Task ServeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            return new Problem(405, "method", "Not this way", "Pages are read with GET").WriteAsync(context);
        }

        var path = request.Path.Value is { Length: > 1 } given ? given : Index;
        if (!_pages.TryGetValue(path, out var page) && (path[path.LastIndexOf('/')..].Contains('.', StringComparison.Ordinal) || !_pages.TryGetValue(Index, out page)))
        {
            return Problem.NotFound("There is no such page").WriteAsync(context);
        }

        response.Headers.ContentSecurityPolicy = SecurityHeaders.PagePolicy;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = page.Tag;
        if (request.Headers.IfNoneMatch.ToString().Contains(page.Tag, StringComparison.Ordinal))
        {
            response.StatusCode = 304;
            return Task.CompletedTask;
        }

        response.ContentType = page.Type;
        response.ContentLength = page.Content.Length;
        return HttpMethods.IsHead(request.Method) ? Task.CompletedTask : response.Body.WriteAsync(page.Content, context.RequestAborted).AsTask();
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" or ".mjs" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".ico" => "image/x-icon",
        ".woff2" => "font/woff2",
        ".json" or ".webmanifest" => "application/json; charset=utf-8",
        ".txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };

    private sealed record Page(byte[] Content, string Tag, string Type);
}
