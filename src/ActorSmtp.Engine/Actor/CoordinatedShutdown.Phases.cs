using Akka.Configuration;

namespace Akka.Actor;

/// <summary>A task of a phase of <see cref="CoordinatedShutdown"/>.</summary>
internal sealed record ShutdownTask(string Name, Func<Task<Done>> Start);

/// <summary>A phase of <see cref="CoordinatedShutdown"/> as configured.</summary>
internal sealed record ShutdownPhase(IReadOnlyList<string> DependsOn, TimeSpan Timeout, bool Recover)
{
    /// <summary>Reads <c>phases</c> of the section; a phase without a timeout gets <c>default-phase-timeout</c>.</summary>
    public static Dictionary<string, ShutdownPhase> AllFrom(Config section)
    {
        var usual = section.GetTimeSpan("default-phase-timeout", TimeSpan.FromSeconds(5), allowInfinite: false);
        var phases = new Dictionary<string, ShutdownPhase>();
        foreach (var (name, _) in section.GetConfig("phases").AsEnumerable())
        {
            var phase = section.GetConfig($"phases.\"{name}\"");
            phases[name] = phase.IsNullOrEmpty()
                ? new ShutdownPhase([], usual, true)
                : new ShutdownPhase(
                    [.. phase.GetStringList("depends-on")],
                    phase.GetTimeSpan("timeout", usual, allowInfinite: false),
                    phase.GetBoolean("recover", true));
        }
        return phases;
    }

    /// <summary>Each phase after those it depends on; the one that ends the system last, if nothing depends on it.</summary>
    /// <exception cref="ArgumentException">A phase depends on itself, directly or through others.</exception>
    public static IReadOnlyList<string> InOrder(IReadOnlyDictionary<string, ShutdownPhase> phases)
    {
        var order = new List<string>();
        var onTheWay = new List<string>();
        foreach (var phase in phases.Keys.OrderBy(name => name == CoordinatedShutdown.PhaseActorSystemTerminate))
            Visit(phase);
        return order;

        void Visit(string phase)
        {
            if (order.Contains(phase))
                return;
            if (onTheWay.Contains(phase))
                throw new ArgumentException(
                    $"Cycle detected in graph of phases: {string.Join(" → ", onTheWay.SkipWhile(p => p != phase))} → {phase}.");
            onTheWay.Add(phase);
            foreach (var earlier in phases.TryGetValue(phase, out var known) ? known.DependsOn : [])
                Visit(earlier);
            onTheWay.RemoveAt(onTheWay.Count - 1);
            order.Add(phase);
        }
    }
}
