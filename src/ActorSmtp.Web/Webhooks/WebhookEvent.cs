namespace ActorSmtp.Web.Webhooks;

/// <summary>An event on its way to a webhook.</summary>
/// <param name="Id">The same at every attempt, so that a receiver knows one that it has had.</param>
/// <param name="Data">What is told; null: the message of this mailbox and key, read when its turn comes.</param>
internal sealed record WebhookEvent(string Id, string Type, DateTimeOffset At, string? Mailbox, string? Key, byte[]? Data);

/// <summary>What a webhook is sent.</summary>
/// <param name="Event">As in <c>/api/events</c>.</param>
/// <param name="Data">Likewise.</param>
internal sealed record WebhookBody(string Id, string Event, DateTimeOffset At, System.Text.Json.JsonElement Data);
