namespace ActorSmtp.Web.Routing;

/// <summary>The routes under one heading, as a part of the API adds them.</summary>
internal sealed class Routes(string group) : List<ApiRoute>
{
    /// <summary>The two parameters of every list.</summary>
    public static QueryParameter[] Paging { get; } =
        [new("limit", "Items on a page, 1 to 200; 50 where it is not given.", "integer"), new("cursor", "The page's beginning: next of the page before.")];

    public Routes Get<T>(string pattern, string summary, Func<ApiCall, Task<T>> handler, params QueryParameter[] query) =>
        With(new ApiRoute("GET", pattern, group, summary, async call => await call.AnswerAsync(await handler(call).ConfigureAwait(false)).ConfigureAwait(false))
        {
            Answer = typeof(T),
            Query = [.. query],
        });

    /// <summary>Something else than a document: the handler writes it.</summary>
    public Routes GetContent(string pattern, string summary, string produces, Func<ApiCall, Task> handler, params QueryParameter[] query) =>
        With(new ApiRoute("GET", pattern, group, summary, handler) { Produces = produces, Query = [.. query] });

    public Routes Post<TBody, T>(string pattern, string summary, Func<ApiCall, TBody, Task<T>> handler, int status = 200, bool bodyIsOptional = false)
        where TBody : class =>
        With(new ApiRoute("POST", pattern, group, summary, call => WithBody(call, handler)) { Body = typeof(TBody), BodyIsOptional = bodyIsOptional, Answer = typeof(T), Status = status });

    public Routes Patch<TBody, T>(string pattern, string summary, Func<ApiCall, TBody, Task<T>> handler)
        where TBody : class =>
        With(new ApiRoute("PATCH", pattern, group, summary, call => WithBody(call, handler)) { Body = typeof(TBody), Answer = typeof(T) });

    /// <summary>Takes something away; answers no content.</summary>
    public Routes Delete(string pattern, string summary, Func<ApiCall, Task> handler) =>
        With(new ApiRoute("DELETE", pattern, group, summary, async call =>
        {
            await handler(call).ConfigureAwait(false);
            await call.DoneAsync().ConfigureAwait(false);
        })
        { Status = 204 });

    public Routes With(ApiRoute route)
    {
        Add(route);
        return this;
    }

    private static async Task WithBody<TBody, T>(ApiCall call, Func<ApiCall, TBody, Task<T>> handler)
        where TBody : class
    {
        var body = await call.BodyAsync<TBody>().ConfigureAwait(false);
        await call.AnswerAsync(await handler(call, body).ConfigureAwait(false)).ConfigureAwait(false);
    }
}
