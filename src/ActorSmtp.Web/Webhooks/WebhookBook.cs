using System.Collections.Immutable;
using System.Text.Json;
using ActorSmtp.Server.Settings;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Webhooks;

/// <summary>All webhooks of the configuration. Where there are none, an event costs the look at an empty list.</summary>
internal sealed class WebhookBook : IAsyncDisposable
{
    private readonly WebhookSender? _sender;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="make">Makes one of its settings.</param>
    /// <param name="handler">The way out; made where there is a webhook.</param>
    public WebhookBook(ImmutableArray<WebhookSettings> settings, Func<WebhookSettings, WebhookSender, Webhook> make, Func<HttpMessageHandler> handler, TimeProvider time)
    {
        _sender = settings.IsEmpty ? null : new WebhookSender(handler(), time);
        All = [.. settings.Select(s => make(s, _sender!))];
        _running = Task.WhenAll(All.Select(hook => Task.Run(() => hook.RunAsync(_stop.Token))));
    }

    public ImmutableArray<Webhook> All { get; }

    /// <summary>Whether deliveries have to be heard of.</summary>
    public bool WantMessages => All.Any(hook => hook.Settings.Events.Contains("message"));

    /// <summary>A message is in a mailbox; it is read when a webhook's turn comes. On the thread of the one who delivers.</summary>
    public void Arrived(string mailbox, string key)
    {
        foreach (var hook in All)
        {
            if (hook.Wants("message", mailbox))
            {
                hook.Offer("message", mailbox, key, null);
            }
        }
    }

    /// <summary>Whether any would be told: asked before an event is made.</summary>
    public bool IsWanted(string type, string? mailbox) => All.Any(hook => hook.Wants(type, mailbox));

    /// <summary>Something happened.</summary>
    public void Publish<T>(string type, string? mailbox, T data)
    {
        byte[]? json = null;
        foreach (var hook in All)
        {
            if (hook.Wants(type, mailbox))
            {
                hook.Offer(type, mailbox, null, json ??= JsonSerializer.SerializeToUtf8Bytes(data, Json.Options));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sender?.Dispose();
        _stop.Dispose();
    }
}
