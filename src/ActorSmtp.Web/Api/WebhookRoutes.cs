using ActorSmtp.Web.Routing;
using ActorSmtp.Web.Webhooks;

namespace ActorSmtp.Web.Api;

/// <summary>
/// How the webhooks do. They are named in the configuration alone: whoever may use this API cannot make the server call an address of their
/// choice.
/// </summary>
internal static class WebhookRoutes
{
    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("Webhooks")
        .Get("/api/webhooks", "The webhooks of the configuration, and how they do.", _ => Task.FromResult(new Listed<WebhookDocument>([.. services.Webhooks.All.Select(Shown)])))
        .Get("/api/webhooks/{name}", "One webhook.", call => Task.FromResult(Shown(Find(services, call))))
        .With(new ApiRoute("POST", "/api/webhooks/{name}/test", "Webhooks", "Sends it an event of the type test, as any other.", call =>
        {
            var hook = Find(services, call);
            return hook.Offer("test", null, null, "{}"u8.ToArray())
                ? call.AnswerAsync(Shown(hook))
                : throw new ProblemException(Problem.Busy("Its queue is full"));
        })
        { Answer = typeof(WebhookDocument), Status = 202 });

    private static Webhook Find(ConsoleServices services, ApiCall call)
    {
        var name = call.Part("name");
        return services.Webhooks.All.FirstOrDefault(hook => hook.Settings.Name == name)
            ?? throw new ProblemException(Problem.NotFound("There is no such webhook; they are named in actorsmtp.webhooks of the configuration"));
    }

    private static WebhookDocument Shown(Webhook hook) => new(
        hook.Settings.Name,
        hook.Settings.Url.GetLeftPart(UriPartial.Path),
        hook.Settings.Events,
        hook.Settings.Mailboxes,
        hook.Settings.Secret.Length > 0,
        hook.Delivered,
        hook.Failed,
        hook.Dropped,
        hook.Waiting,
        hook.LastAttempt?.At,
        hook.LastAttempt?.Status,
        hook.LastAttempt?.Wrong);
}

/// <summary>A webhook and how it does.</summary>
/// <param name="Url">Without its query, which may hold a key.</param>
/// <param name="Events">Which are told.</param>
/// <param name="Mailboxes">Only of these; empty: of any.</param>
/// <param name="Signed">Bodies carry a signature.</param>
/// <param name="Failed">Given up after all attempts.</param>
/// <param name="Dropped">There was no room for them to wait.</param>
/// <param name="LastStatus">Of the last attempt's answer; null: there was none.</param>
/// <param name="LastError">What went wrong at the last attempt; null: nothing.</param>
internal sealed record WebhookDocument(
    string Name,
    string Url,
    IReadOnlyList<string> Events,
    IReadOnlyList<string> Mailboxes,
    bool Signed,
    long Delivered,
    long Failed,
    long Dropped,
    int Waiting,
    DateTimeOffset? LastAt,
    int? LastStatus,
    string? LastError);
