using System.Globalization;

namespace ActorSmtp.Testing.Simulation;

/// <summary>
/// Runs scenarios: each on a thread of its own, a failing one told with its seed and its last events. <c>ACTORSMTP_SEED=n</c> replays one seed
/// wherever many are run, with <c>ACTORSMTP_TRACE=file</c> every event of it goes into that file;
/// <c>ACTORSMTP_SEEDS=n</c> says how many, from <c>ACTORSMTP_FIRST_SEED</c> on.
/// </summary>
internal static class Simulated
{
    private static int _traces;
    private static readonly int? _only = Number("ACTORSMTP_SEED");

    /// <summary>One seed is replayed: worth every line of log.</summary>
    public static bool IsReplay => _only is not null;

    /// <summary>How many seeds a test runs: its own number, or what the environment says.</summary>
    public static IEnumerable<int> Seeds(int usual) => _only is { } one ? [one] : Enumerable.Range(Number("ACTORSMTP_FIRST_SEED") ?? 1, Number("ACTORSMTP_SEEDS") ?? usual);

    /// <summary>One run; gives its trace.</summary>
    /// <exception cref="SimulationFailedException">It failed; says the seed and what happened last.</exception>
    public static EventTrace Run(int seed, Func<Simulation, Task> scenario)
    {
        EventTrace? trace = null;
        Exception? failed = null;

        // Not a thread of the pool: the framework runs some continuations inline there and not here.
        var thread = new Thread(
            () =>
            {
                using var whole = TraceFile();
                var simulation = new Simulation(seed, whole);
                trace = simulation.Trace;
                try
                {
                    simulation.Run(() => scenario(simulation));
                }
                catch (Exception e)
                {
                    failed = e;
                }
            },
            maxStackSize: 4 << 20)
        { Name = $"simulation {seed}", IsBackground = true };
        thread.Start();
        thread.Join();
        return failed is null ? trace! : throw new SimulationFailedException(seed, trace!, failed);
    }

    /// <summary>One run per seed, on as many threads as there are processors; the first that fails is told.</summary>
    public static IReadOnlyList<EventTrace> RunAll(IEnumerable<int> seeds, Func<Simulation, Task> scenario)
    {
        try
        {
            return [.. seeds.AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Clamp(Environment.ProcessorCount, 1, 8)).Select(seed => Run(seed, scenario))];
        }
        catch (AggregateException several)
        {
            throw several.Flatten().InnerExceptions.OfType<SimulationFailedException>().MinBy(f => f.Seed) ?? (Exception)several;
        }
    }

    /// <summary>Where a replayed run writes all its events; a second run of the process into a second file, to be compared.</summary>
    private static StreamWriter? TraceFile() =>
        IsReplay && Environment.GetEnvironmentVariable("ACTORSMTP_TRACE") is { Length: > 0 } file
            ? new StreamWriter(Interlocked.Increment(ref _traces) is > 1 and var n ? $"{file}.{n}" : file)
            : null;

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out var n) ? n : null;
}

/// <summary>A run went wrong. The same seed goes wrong in the same way.</summary>
internal sealed class SimulationFailedException(int seed, EventTrace trace, Exception inner) : Exception(
    $"Seed {seed} failed (replay it with ACTORSMTP_SEED={seed}): {inner.Message}\nafter {trace.Count} events, trace {trace.Hash:x16}; what was noted last:\n{trace.Tail()}",
    inner)
{
    public int Seed => seed;
}
