using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Client.Policy;

/// <summary>Takes the questions of a decision to the resolver. Nothing is kept here; the resolver has its cache.</summary>
/// <remarks>
/// Where the cache knows all, a decision is made on the caller's thread, which may be one that moves mail: as long as it is a matter of microseconds. Behind some answers, or one that
/// takes long to read, it goes on elsewhere.
/// </remarks>
public static class DecisionLookups
{
    private const int MostAtOnce = 8;
    private const int LargeText = 2048;

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
        var atOnce = 0;
        for (var question = decision.Begin(); question is not null;)
        {
            var asking = AskAsync(resolver, question, deadline);
            atOnce = asking.IsCompletedSuccessfully ? atOnce + 1 : 0;
            var outcome = await asking;
            if (atOnce >= MostAtOnce || IsLarge(outcome))
            {
                await Task.Yield();
                atOnce = 0;
            }

            question = decision.Continue(outcome);
        }

        return decision.Result;
    }

    private static bool IsLarge(DnsOutcome outcome)
    {
        var octets = 0;
        if (outcome is DnsFound found)
        {
            foreach (var record in found.Records)
            {
                octets += record is TxtRecord text ? text.Strings.Sum(s => s.Length) : 50;
            }
        }

        return octets > LargeText;
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
