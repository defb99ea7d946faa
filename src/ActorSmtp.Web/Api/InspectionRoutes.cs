using ActorSmtp.Server.Inspection;
using ActorSmtp.Storage;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>What runs inside: sessions, actors, the log, figures, health.</summary>
internal static class InspectionRoutes
{
    private static readonly TimeSpan LongestWindow = TimeSpan.FromHours(24);

    public static IEnumerable<ApiRoute> Of(ConsoleServices services)
    {
        var inside = services.Parts.Inspection;
        return
        [
            .. new Routes("Inside")
                .Get("/api/sessions", "The sessions that run, or those that have ended, newest first.", call =>
                {
                    var filter = new SessionFilter(call.Text("state"), call.Text("listener"), call.Text("peer"), call.Flag("ended"));
                    var (limit, cursor) = (call.Limit(), call.Text("cursor"));
                    call.Check();
                    return Task.FromResult(Have(inside.Sessions, "Sessions").List(filter, limit, cursor));
                }, [new("state", "Only in this state."), new("listener", "Only of this listener."), new("peer", "Only from this address."), new("ended", "1: those that have ended, as far as they are kept (inspection.memory).", "boolean"), .. Routes.Paging])
                .Get("/api/sessions/{id}", "A session and what was said in it.", call => SessionAsync(inside, call))
                .Get("/api/sessions/{id}/story", "What happened in a session, in order.", call => StoryAsync(inside, call))
                .Get("/api/stories/{id}", "The story of a session, a message or a delivery.", call => StoryAsync(inside, call))
                .Get("/api/actors", "The tree of actors.", async call =>
                {
                    var (path, depth) = (call.Text("path"), call.Number("depth", 3, 0, 10));
                    call.Check();
                    return await Have(inside.Actors, "The tree of actors").ReadAsync(path, depth, call.Cancellation).ConfigureAwait(false)
                        ?? throw new ProblemException(Problem.NotFound("There is no actor with this path"));
                }, new QueryParameter("path", "Where to begin; /user where it is not given."), new QueryParameter("depth", "Levels below it, 0 to 10; 3 where it is not given.", "integer"))
                .Get("/api/log", "Lines of the log, newest first.", async call =>
                {
                    var filter = LogFilterOf(call);
                    var (limit, before) = (call.Number("limit", 200, 1, 1000), call.Text("before"));
                    call.Check();
                    return await Have(inside.Log, "The log").ReadAsync(filter, limit, before, call.Cancellation).ConfigureAwait(false);
                }, [.. LogQuery, new("q", "In the message."), new("before", "next of the page before."), new("limit", "Lines, 1 to 1000; 200 where it is not given.", "integer")])
                .Get("/api/metrics/series", "The server's figures over time.", call =>
                {
                    var window = call.Duration("window", TimeSpan.FromMinutes(15), LongestWindow);
                    call.Check();
                    return Task.FromResult(Have(inside.Metrics, "Figures").Read(window));
                }, new QueryParameter("window", "How far back, such as 15m.")),
            .. new Routes("Inside")
                .Get("/api/nodes", "The nodes that share the database, and in what they differ; a server that keeps mail in files is one node.", call => NodesAsync(services, call))
                .GetContent("/metrics", "The figures for Prometheus.", "text/plain", async call =>
                {
                    var metrics = Have(inside.Metrics, "Figures");
                    call.Http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
                    await metrics.WritePrometheusAsync(call.Http.Response.Body, call.Cancellation).ConfigureAwait(false);
                }),
            .. new Routes("Health")
                .With(new ApiRoute("GET", "/health/live", "Health", "Whether the process runs.", call => call.AnswerAsync(new HealthReport("ok", []))) { Answer = typeof(HealthReport), IsOpen = true })
                .With(new ApiRoute("GET", "/health", "Health", "How the server does: its status, whether mail is synced, and every check.", call => OverviewAsync(services, call)) { Answer = typeof(HealthOverview), IsOpen = true })
                .With(new ApiRoute("GET", "/health/ready", "Health", "Whether the server takes mail.", call => ReadyAsync(inside, call)) { Answer = typeof(HealthReport), IsOpen = true }),
        ];
    }

    public static QueryParameter[] LogQuery { get; } =
        [new("level", "The least: debug, info, warning or error; usual: as the log's files are given."), new("session", "Only of this session."), new("actor", "Only of this actor and those below it.")];

    public static LogFilter LogFilterOf(ApiCall call)
    {
        var level = call.Text("level");
        if (level is not (null or "debug" or "info" or "warning" or "error" or LogFilter.Usual))
        {
            call.Mistake("level", "expected debug, info, warning, error or usual");
        }

        return new LogFilter(level, call.Text("session"), call.Text("actor"), call.Text("q"));
    }

    private static T Have<T>(T? port, string what)
        where T : class => port ?? throw new ProblemException(Problem.NotAvailable($"{what} cannot be looked into on this server"));

    private static async Task<SessionDetail> SessionAsync(Inspection inside, ApiCall call)
    {
        var id = call.Part("id");
        var session = Have(inside.Sessions, "Sessions").Find(id);
        var transcript = inside.Stories is { } stories ? await stories.TranscriptAsync(id, call.Cancellation).ConfigureAwait(false) : null;
        return session is null && transcript is null
            ? throw new ProblemException(Problem.NotFound("There is no such session (any more)"))
            : SessionDetail.Of(id, session, transcript);
    }

    private static async Task<Story> StoryAsync(Inspection inside, ApiCall call) =>
        await Have(inside.Stories, "Stories").ExplainAsync(call.Part("id"), call.Cancellation).ConfigureAwait(false)
            ?? throw new ProblemException(Problem.NotFound("Nothing is known of this id (any more)"));

    private static async Task<NodeList> NodesAsync(ConsoleServices services, ApiCall call)
    {
        var parts = services.Parts;
        if (parts.Inspection.Nodes is { } nodes)
        {
            try
            {
                return await nodes.ListAsync(call.Cancellation).ConfigureAwait(false);
            }
            catch (StoreException away)
            {
                throw new ProblemException(Problem.Busy(away.Message));
            }
        }

        var name = parts.Settings.Server.Hostname;
        var figures = parts.Server.Store.Statistics;
        return new NodeList("maildir", [new NodeView(name, name, parts.Version, "up", services.StartedAt, 0, figures.Waiting, figures.Stored, This: true)], []);
    }

    private static async Task ReadyAsync(Inspection inside, ApiCall call)
    {
        var report = await ReportAsync(inside, call).ConfigureAwait(false);
        await call.AnswerAsync(report, StatusOf(report)).ConfigureAwait(false);
    }

    private static async Task OverviewAsync(ConsoleServices services, ApiCall call)
    {
        var report = await ReportAsync(services.Parts.Inspection, call).ConfigureAwait(false);
        var sync = services.Parts.Settings.Server.Storage.Files.Sync == SyncPolicy.Always ? "always" : "never";
        var up = services.Parts.Time.GetUtcNow() - services.StartedAt;
        await call.AnswerAsync(new HealthOverview(report.Status, report.Status != "failed", sync, (long)up.TotalSeconds, report.Checks), StatusOf(report)).ConfigureAwait(false);
    }

    private static Task<HealthReport> ReportAsync(Inspection inside, ApiCall call) => inside.Health?.ReadAsync(call.Cancellation) ?? Task.FromResult(new HealthReport("ok", []));

    private static int StatusOf(HealthReport report) => report.Status == "failed" ? 503 : 200;
}

/// <summary>How the server does, at a glance.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> (works, but look) or <c>failed</c> (takes no mail).</param>
/// <param name="Ready">Takes mail.</param>
/// <param name="Sync"><c>always</c>: every message is on the disk before its 250. <c>never</c>: a power cut can take acknowledged mail.</param>
internal sealed record HealthOverview(string Status, bool Ready, string Sync, long UptimeSeconds, IReadOnlyList<HealthCheck> Checks);

/// <summary>A session and what was said in it. Of one that ended long ago only the words may be left.</summary>
internal sealed record SessionDetail(
    string Id,
    string? Actor,
    string? Listener,
    string? Role,
    string? Peer,
    string? State,
    string? User,
    string? Helo,
    string? Tls,
    DateTimeOffset? StartedAt,
    DateTimeOffset? LastAt,
    string? LastVerb,
    long Commands,
    long Messages,
    long Octets,
    int Errors,
    bool Ended,
    IReadOnlyList<TranscriptEntry> Transcript,
    bool Truncated)
{
    public static SessionDetail Of(string id, SessionView? s, TranscriptView? said) => new(
        id, s?.Actor, s?.Listener, s?.Role, s?.Peer, s?.State, s?.User, s?.Helo, s?.Tls, s?.StartedAt, s?.LastAt, s?.LastVerb,
        s?.Commands ?? 0, s?.Messages ?? 0, s?.Octets ?? 0, s?.Errors ?? 0, s?.Ended ?? true, said?.Lines ?? [], said?.Truncated ?? false);
}
