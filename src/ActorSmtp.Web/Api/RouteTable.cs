using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Everything that can be asked, by topic.</summary>
internal static class RouteTable
{
    public static IReadOnlyList<ApiRoute> Of(ConsoleServices services)
    {
        List<ApiRoute> all =
        [
            .. SessionRoutes.Of(services),
            .. TokenRoutes.Of(services),
            .. MailboxRoutes.Of(services),
            .. MessageRoutes.Of(services),
            .. LeaseRoutes.Of(services),
            .. ScenarioRoutes.Of(services),
            .. WebhookRoutes.Of(services),
            .. SendRoutes.Of(services),
            .. QueueRoutes.Of(services),
            .. GreylistRoutes.Of(services),
            .. DmarcRoutes.Of(services),
            .. EventRoutes.Of(services),
            .. ServerRoutes.Of(services),
            .. InspectionRoutes.Of(services),
        ];
        all.AddRange(OpenApiRoutes.Of(all));
        return all;
    }
}

/// <summary>A page of a list.</summary>
/// <param name="Next">The cursor of the next page; null: this is the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>A list that is whole.</summary>
internal sealed record Listed<T>(IReadOnlyList<T> Items);
