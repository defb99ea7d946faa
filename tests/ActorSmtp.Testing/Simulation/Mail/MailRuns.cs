using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>Runs of the whole server.</summary>
internal static class MailRuns
{
    /// <summary>One run; what it came to.</summary>
    /// <exception cref="SimulationFailedException">An invariant did not hold; says the seed.</exception>
    public static MailRun Run(int seed, Bug bug = Bug.None)
    {
        MailWorld? world = null;
        var trace = Simulated.Run(seed, simulation => (world = new MailWorld(simulation, bug: bug)).RunAsync());
        return new MailRun(seed, trace.Count, trace.Hash, world!.Lives, world.Ledger.All.Count(m => m.Fate == Fate.Acknowledged), world.Copies) { Tally = world.Tally };
    }

    /// <summary>Many runs, as many at once as there are processors; all of them, whichever fail.</summary>
    public static MailCampaign RunAll(IEnumerable<int> seeds, Bug bug = Bug.None)
    {
        var began = Stopwatch.GetTimestamp();
        var failures = new ConcurrentBag<SimulationFailedException>();
        var runs = new ConcurrentBag<MailRun>();
        Parallel.ForEach(Partitioner.Create(seeds, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            try
            {
                runs.Add(Run(seed, bug));
            }
            catch (SimulationFailedException failed)
            {
                failures.Add(failed);
            }
        });
        return new MailCampaign([.. runs.OrderBy(r => r.Seed)], [.. failures.OrderBy(f => f.Seed)], Stopwatch.GetElapsedTime(began));
    }
}

/// <summary>What a run came to.</summary>
internal sealed record MailRun(int Seed, long Events, ulong Trace, int Lives, int Acknowledged, int Copies)
{
    /// <summary>What came to pass, and how often.</summary>
    public required IReadOnlyDictionary<string, int> Tally { get; init; }

    public bool Equals(MailRun? other) => other is not null && (Seed, Events, Trace, Copies) == (other.Seed, other.Events, other.Trace, other.Copies);

    public override int GetHashCode() => HashCode.Combine(Seed, Trace);
}

/// <summary>What many runs came to.</summary>
internal sealed record MailCampaign(IReadOnlyList<MailRun> Runs, IReadOnlyList<SimulationFailedException> Failures, TimeSpan Took)
{
    /// <summary>One line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"simulation: {Runs.Count + Failures.Count} seeds, {Failures.Count} failed, {Runs.Sum(r => r.Events)} events, {Runs.Sum(r => r.Lives)} starts of the server, {Runs.Sum(r => r.Acknowledged)} messages acknowledged, {Runs.Sum(r => r.Copies)} copies found, traces {Traces:x16}, {Took.TotalSeconds:0} s");

    /// <summary>What came to pass in all runs together.</summary>
    public IReadOnlyDictionary<string, int> Tally { get; } = new SortedDictionary<string, int>(
        Runs.SelectMany(r => r.Tally).GroupBy(t => t.Key).ToDictionary(g => g.Key, g => g.Sum(t => t.Value)), StringComparer.Ordinal);

    /// <summary>One number for all runs: equal in every process.</summary>
    private ulong Traces => Runs.Aggregate(14695981039346656037UL, (hash, run) => (hash ^ run.Trace) * 1099511628211);
}
