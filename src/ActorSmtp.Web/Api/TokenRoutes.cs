using ActorSmtp.Storage;
using ActorSmtp.Web.Access;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Tokens of programs.</summary>
internal static class TokenRoutes
{
    private const int MostTokens = 200;

    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("Tokens")
        .Get("/api/tokens", "Lists the tokens; what they are made of is not kept.", _ => Task.FromResult(new Listed<TokenDocument>([.. services.Parts.Tokens.Current.Select(t => services.Shown(t))])))
        .Post<TokenRequest, NewToken>("/api/tokens", "Makes a token; it is shown here once.", async (call, asked) =>
        {
            if (asked.Name is not { Length: > 0 and <= 100 } name || name.Any(char.IsControl))
            {
                call.Mistake("name", "expected what you call it, up to 100 characters");
            }

            var lifetime = call.DurationOf("expires", asked.Expires, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650));
            call.Check();
            var (token, kept) = Tokens.Make(asked.Name!, services.Parts.Time.GetUtcNow(), lifetime);
            await services.Parts.Tokens.UpdateAsync(
                all => all.Length < MostTokens ? all.Add(kept) : throw new ProblemException(Problem.Limit($"There are {MostTokens} tokens already; remove one first")),
                call.Cancellation).ConfigureAwait(false);
            return new NewToken(kept.Id, kept.Name, kept.CreatedAt, kept.ExpiresAt, null, token);
        }, status: 201)
        .Delete("/api/tokens/{id}", "Takes a token away; it is worth nothing from then on.", async call =>
        {
            var id = call.Part("id");
            await services.Parts.Tokens.UpdateAsync(
                all => all.Any(t => t.Id == id) ? all.RemoveAll(t => t.Id == id) : throw new ProblemException(Problem.NotFound("There is no such token")),
                call.Cancellation).ConfigureAwait(false);
            services.Events.LookAgain();
        });

    private static TokenDocument Shown(this ConsoleServices services, KeptToken token) =>
        new(token.Id, token.Name, token.CreatedAt, token.ExpiresAt, services.Tokens.LastUsed(token.Id));
}

internal sealed record TokenRequest
{
    public string? Name { get; init; }

    /// <summary>A duration, such as <c>30d</c>; absent: it does not expire.</summary>
    public string? Expires { get; init; }
}

internal sealed record TokenDocument(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);

/// <param name="Token">What the program sends; shown once.</param>
internal sealed record NewToken(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, string Token);
