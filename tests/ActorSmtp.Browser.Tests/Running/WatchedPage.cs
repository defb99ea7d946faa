using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>A page, and all that it did beside what was asked of it: calls elsewhere, windows, dialogs, downloads, errors in the console.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private readonly ConcurrentDictionary<IRequest, string> _elsewhere = new();
    private readonly ConcurrentQueue<string> _surprises = new();
    private readonly ConcurrentQueue<string> _errors = new();

    public WatchedPage(IPage page, string origin)
    {
        Page = page;
        page.Request += (_, request) =>
        {
            // Other schemes reach nothing that listens: `x:`, `data:`, `file:` (which the browser refuses to pages by itself).
            if (!request.Url.StartsWith(origin + "/", StringComparison.Ordinal) && Uri.TryCreate(request.Url, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https" or "ws" or "wss" or "ftp"))
            {
                _elsewhere[request] = request.Url;
            }
        };
        page.RequestFailed += (_, request) =>
        {
            // Wished for by the page, stopped before it left. What did reach a port of this machine is known to the trap.
            if (request.Failure == "csp" || request.Url.StartsWith("http://127.0.0.1:", StringComparison.Ordinal))
            {
                _elsewhere.TryRemove(request, out string? _);
            }
        };
        page.Dialog += (_, dialog) =>
        {
            _surprises.Enqueue($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Download += (_, download) => _surprises.Enqueue($"download: {download.Url}");
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _errors.Enqueue($"{message.Text} ({message.Location})");
            }
        };
        page.PageError += (_, error) => _errors.Enqueue(error);
        page.Crash += (_, _) => _surprises.Enqueue("the page crashed");
        page.Popup += (_, opened) => _surprises.Enqueue($"window: {opened.Url}");
    }

    public IPage Page { get; }

    /// <summary>Requests to anything but the console, other than those that a policy stopped.</summary>
    public IReadOnlyList<string> Elsewhere => [.. _elsewhere.Values];

    /// <summary>Windows, dialogs, downloads nobody asked for.</summary>
    public IReadOnlyList<string> Surprises => [.. _surprises];

    /// <summary>What the browser complained of: exceptions, violations of the pages' policy.</summary>
    public IReadOnlyList<string> Errors => [.. _errors];

    /// <summary>Begins anew: what is asked for next is what happens from now on.</summary>
    public void Forget()
    {
        _elsewhere.Clear();
        _surprises.Clear();
        _errors.Clear();
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
