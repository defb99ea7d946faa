using System.Collections.Immutable;

namespace ActorSmtp.Server.Settings;

/// <summary>Somebody who is told by HTTP what happens. Only a configuration names one: nobody who uses the API can make the server call anywhere.</summary>
/// <param name="Name">Its key in the map.</param>
/// <param name="Url">Where events are posted to.</param>
/// <param name="Events">Which, by the names of <c>/api/events</c>.</param>
/// <param name="Mailboxes">Only what happens in these, in lower case; empty: in any.</param>
/// <param name="Secret">What bodies are signed with; empty: they are not.</param>
/// <param name="Timeout">How long one attempt may take.</param>
/// <param name="Retry">The pauses between attempts; when they are used up, the event is given up.</param>
/// <param name="Queue">Events that may wait.</param>
public sealed record WebhookSettings(
    string Name, Uri Url, ImmutableArray<string> Events, ImmutableArray<string> Mailboxes, string Secret, TimeSpan Timeout, ImmutableArray<TimeSpan> Retry, int Queue)
{
    private const int ShortestSecret = 16;

    /// <summary>Events that can be told.</summary>
    public static ImmutableArray<string> AllEvents { get; } = ["message", "message-changed", "message-removed", "lease", "scenario"];

    /// <summary>The enabled ones of <c>webhooks</c>; r stands at <c>actorsmtp</c>.</summary>
    internal static ImmutableArray<WebhookSettings> FromAll(SettingsReader r)
    {
        var defaults = r.Section("webhook-defaults");
        ReadShared(defaults);
        return [.. r.Sections("webhooks", defaults).Select(s => From(s.Name, s.Section)).OfType<WebhookSettings>()];
    }

    private static WebhookSettings? From(string name, SettingsReader r)
    {
        var url = r.Parsed("url", "an address such as https://hooks.example.com/mail, without a user or a #", UrlOf);
        var (enabled, events, mailboxes, secret, timeout, retry, queue) = ReadShared(r);
        if (name.Length is 0 or > 32 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            r.Refuse("url", $"the webhook's name \"{name}\" is none: expected letters, digits and '-', at most 32");
        }

        return enabled && url is not null
            ? new WebhookSettings(name, url, events, [.. mailboxes.Select(m => m.ToLowerInvariant())], secret, timeout, retry, queue)
            : null;
    }

    // What a webhook takes from webhook-defaults where it says nothing.
    private static (bool Enabled, ImmutableArray<string> Events, ImmutableArray<string> Mailboxes, string Secret, TimeSpan Timeout, ImmutableArray<TimeSpan> Retry, int Queue)
        ReadShared(SettingsReader r)
    {
        var events = r.TextList("events");
        if (events.IsEmpty || events.Any(e => !AllEvents.Contains(e)))
        {
            r.Refuse("events", $"expected some of {string.Join(", ", AllEvents)}");
        }

        var secret = r.Text("secret");
        if (secret.Length is > 0 and < ShortestSecret)
        {
            r.Refuse("secret", $"expected at least {ShortestSecret} characters, or none for bodies without a signature");
        }

        return (
            r.Flag("enabled"),
            events,
            r.TextList("mailboxes"),
            secret,
            r.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)),
            r.DurationList("retry", TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)),
            r.Int("queue", min: 1, max: 100_000));
    }

    internal static Uri? UrlOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Fragment.Length == 0 ? url : null;
}
