using ActorSmtp.Hocon;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Misbehaviour on request: deterministic, for one lease, recipient, sender, client or listener, and over when its time is.</summary>
internal static class ScenarioRoutes
{
    public static IEnumerable<ApiRoute> Of(ConsoleServices services)
    {
        return new Routes("Scenarios")
            .Post<ScenarioSpec, ScenarioDocument>("/api/scenarios", "Asks for misbehaviour.", async (call, spec) =>
            {
                var scenario = new ScenarioForm(services, call).Read(spec);
                call.Check();
                return await services.Leases.TryAddAsync(scenario!, call.Cancellation).ConfigureAwait(false) ? Shown(scenario!, 0) : throw new ProblemException(TooMany);
            }, status: 201)
            .Get("/api/scenarios", "The scenarios, with how often each has acted.", async call =>
            {
                var lease = call.Text("lease");
                call.Check();
                var all = await services.Leases.ScenariosAsync(call.Cancellation).ConfigureAwait(false);
                return new Listed<ScenarioDocument>([.. all.Where(s => lease is null || s.Scenario.For.Lease == lease).Select(s => Shown(s.Scenario, s.Hits))]);
            }, new QueryParameter("lease", "Only those of this lease."))
            .Delete("/api/scenarios/{id}", "Takes one out.", async call =>
            {
                if (await services.Leases.RemoveScenariosAsync(null, call.Part("id"), call.Cancellation).ConfigureAwait(false) == 0)
                {
                    throw new ProblemException(Problem.NotFound("There is no such scenario (any more)"));
                }
            });
    }

    /// <summary>The table is full.</summary>
    public static Problem TooMany { get; } =
        Problem.Limit("There are as many scenarios as there may be (actorsmtp.test-inbox.scenarios); remove some, or wait until they expire");

    public static ScenarioDocument Shown(Scenario s, int hits) => new(
        s.Id,
        s.Name,
        new ScenarioFor { Lease = s.For.Lease, Recipient = s.For.Recipient, Sender = s.For.Sender, Helo = s.For.Helo, Client = s.For.Client?.ToString(), Listener = s.For.Listener },
        Enum.Parse<ScenarioAt>(s.At.ToString()),
        s.Nth,
        s.Times,
        new ScenarioThen
        {
            Reply = s.Then.Reply?.ToString(),
            Delay = s.Then.Delay > TimeSpan.Zero ? HoconUnits.FormatDuration(s.Then.Delay) : null,
            Drop = s.Then.Drop,
            FailHandshake = s.Then.FailHandshake,
        },
        hits,
        s.Expires);
}
