using System.Collections.Immutable;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Checks;

/// <summary>
/// Tries a server against the clauses of <see cref="Clauses"/>, one after the other, each in dialogues of its own. Whatever the server does,
/// each clause ends with a verdict: the waits are bounded, and a server that goes away in the midst makes the rest skipped.
/// </summary>
public sealed class ConformanceCheck(CheckPlan plan, ITransport transport)
{
    private readonly Observations _seen = new();

    /// <summary>Runs the check.</summary>
    /// <param name="progress">Hears each result as it is found.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ServerUnreachableException">Nobody answers there.</exception>
    public async Task<CheckReport> RunAsync(Action<ClauseResult>? progress = null, CancellationToken cancellation = default)
    {
        var facts = await AskAsync().ConfigureAwait(false);
        var results = ImmutableArray.CreateBuilder<ClauseResult>();
        foreach (var clause in Clauses.All.Where(c => plan.Only.IsEmpty || plan.Only.Contains(c.Group) || plan.Only.Contains(c.Id)))
        {
            cancellation.ThrowIfCancellationRequested();
            var result = await TryAsync(clause, facts).ConfigureAwait(false);
            results.Add(result);
            progress?.Invoke(result);
        }

        return new CheckReport(facts.Name, facts.Offered, results.ToImmutable());
    }

    private async Task<ClauseResult> TryAsync(Clause clause, ServerFacts facts)
    {
        var trial = new Trial(plan, transport, _seen, facts, clause.Id);
        try
        {
            await clause.Run(trial).ConfigureAwait(false);
            return new ClauseResult(clause, Verdict.Pass, null, []);
        }
        catch (ClauseSkippedException cannot)
        {
            return new ClauseResult(clause, cannot.Verdict, cannot.Message, [.. trial.Transcript]);
        }
        catch (ServerUnreachableException gone)
        {
            return new ClauseResult(clause, Verdict.Skipped, $"the server cannot be reached any more: {gone.Message}", [.. trial.Transcript]);
        }
        catch (ClauseBrokenException broken)
        {
            var verdict = clause.Requirement == Requirement.Must ? Verdict.Fail : Verdict.Warn;
            return new ClauseResult(clause, verdict, broken.Message, [.. trial.Transcript]);
        }
        finally
        {
            trial.End();
        }
    }

    /// <summary>What the server says of itself.</summary>
    private async Task<ServerFacts> AskAsync()
    {
        var trial = new Trial(plan, transport, new Observations(), new ServerFacts(null, []), "facts");
        try
        {
            var (talk, _) = await trial.GreetingAsync().ConfigureAwait(false);
            var hello = await trial.HelloAsync(talk).ConfigureAwait(false);
            var name = hello.Texts[0].Split(' ')[0];
            return new ServerFacts(ReplyGrammar.IsHost(name) ? name : null, talk.Offered);
        }
        catch (Exception strange) when (strange is ClauseBrokenException or ClauseSkippedException)
        {
            return new ServerFacts(null, []);               // somebody is there; the clauses will say what is wrong with it
        }
        finally
        {
            trial.End();
        }
    }
}
