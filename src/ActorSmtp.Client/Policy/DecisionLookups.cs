using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Client.Policy;

/// <summary>Takes the questions of a decision to the resolver. Nothing is kept here; the resolver has its cache.</summary>
public static class DecisionLookups
{
    /// <summary>
    /// The decision, made by look-ups one after another. It never hangs and never throws: from the moment of the deadline on, every question is answered by "no DNS
    /// server answers", which each decision takes for the temporary failure that it is.
    /// </summary>
    /// <param name="resolver">Knows.</param>
    /// <param name="decision">Not begun yet.</param>
    /// <param name="deadline">Cancelled when the time for the decision is over.</param>
    public static async Task<T> DecideAsync<T>(this IResolver resolver, DnsDecision<T> decision, CancellationToken deadline = default)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentNullException.ThrowIfNull(decision);
        for (var question = decision.Begin(); question is not null;)
        {
            question = decision.Continue(await AskAsync(resolver, question, deadline));
        }

        return decision.Result;
    }

    private static async Task<DnsOutcome> AskAsync(IResolver resolver, DnsQuestion question, CancellationToken deadline)
    {
        if (!deadline.IsCancellationRequested)
        {
            try
            {
                return await resolver.ResolveAsync(question, deadline);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
            }
        }

        return new DnsFailed(DnsFailure.NoAnswer, $"the time for {question} is over", TimeSpan.Zero) { Name = question.Name };
    }
}
