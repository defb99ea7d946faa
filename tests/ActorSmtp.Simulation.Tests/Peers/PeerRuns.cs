using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Threads;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Peers;
using ActorSmtp.Testing.Simulation;
using ActorSmtp.Transport;

namespace ActorSmtp.Simulation.Tests.Peers;

/// <summary>What came of one case.</summary>
/// <param name="Took">Virtual time until the last dialogue had ended.</param>
/// <param name="Allocated">Octets of memory made meanwhile, by the peers and the simulation too.</param>
/// <param name="Faults">What is wrong; empty: nothing.</param>
internal sealed record PeerOutcome(PeerCase Case, TimeSpan Took, long Allocated, ImmutableArray<string> Faults);

/// <summary>Runs cases, in virtual time where no handshake is in them.</summary>
internal static class PeerRuns
{
    /// <summary>Octets that one case may make; the world around it takes most of them.</summary>
    public const long MostAllocated = 24 << 20;

    private static readonly OutboundSettings Settings = TestMailServer.Settings([]).Outbound;

    /// <summary>One case in virtual time; the seed chooses the order of events and in which pieces octets arrive.</summary>
    public static PeerOutcome Virtually(PeerCase of, int seed, bool byRelay = false)
    {
        PeerOutcome? outcome = null;
        Simulated.Run(seed, async simulation => outcome = await Run(of, seed, simulation, byRelay));
        return outcome!;
    }

    /// <summary>One case in real time, with real handshakes; who hangs is given up after seconds.</summary>
    public static async Task<PeerOutcome> Really(PeerCase of, bool byRelay = false)
    {
        var network = new MemoryNetwork();
        await using var peers = new MemoryTransport(network);
        await using var client = new MemoryTransport(network, new TransportOptions { HandshakeTimeout = TimeSpan.FromSeconds(4) });
        await using var world = new PeerWorld(of, peers, TimeProvider.System, 1);
        var patience = of.Text.Contains("hang", StringComparison.Ordinal) ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(2);
        var system = ActorSystem.Create("peers", "akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [], log-dead-letters = off, log-dead-letters-during-shutdown = off }");
        try
        {
            var context = new ClientContext(client, new ClientTimeouts(patience, patience, patience, patience, patience, patience, patience), TimeProvider.System, null, () => "nonce", c => Task.Run(c));
            var told = await (byRelay ? RelayRun.Start(system, world, Settings, context, new PoolBackground()) : ClientRun.Start(system, world, context)).WaitAsync(TimeSpan.FromMinutes(5));
            var faults = world.Faults(told, byRelay ? of.ByRelay : of.Expected).ToArray();
            return new PeerOutcome(of, TimeSpan.Zero, 0, [.. faults, .. faults.Length > 0 ? (string[])[world.Transcript] : []]);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static async Task<PeerOutcome> Run(PeerCase of, int seed, Testing.Simulation.Simulation simulation, bool byRelay)
    {
        var host = new SimulatedHost(simulation, "client");
        var wires = new SimulatedHost(simulation, "network");
        var network = new MemoryNetwork(new MemoryNetworkOptions
        {
            Chunking = of.Content.Length > 10_000 && seed % 3 == (int)Chunking.Bytes ? Chunking.Whole : (Chunking)(seed % 3),
            Schedule = (what, run) => wires.Post("net", what.Kind.ToString(), run),
        });
        await using var peers = new MemoryTransport(network, new TransportOptions { Time = simulation.Outside.Time });
        var client = new MemoryTransport(network, new TransportOptions { Time = host.Time, OnError = (what, error) => simulation.Fail(new InvalidOperationException(what, error)) });
        await using var world = new PeerWorld(of, peers, simulation.Outside.Time, seed);
        var system = host.CreateSystem();
        var context = new ClientContext(
            new PeerTransport(client, of), ClientTimeouts.Rfc5321, host.Time, null, () => "nonce", c => Task.FromResult(c()));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var told = await (byRelay ? RelayRun.Start(system, world, Settings, context, host) : ClientRun.Start(system, world, context));
        var (took, allocated) = (simulation.Elapsed, GC.GetAllocatedBytesForCurrentThread() - before);
        await Task.Delay(TimeSpan.FromMinutes(5), simulation.Outside.Time);
        var faults = world.Faults(told, byRelay ? of.ByRelay : of.Expected).ToList();
        if (took > of.Within)
        {
            faults.Add($"it took {took}, more than {of.Within}");
        }

        if (allocated > MostAllocated + (20L * of.Content.Length))
        {
            faults.Add($"it took {allocated} octets of memory");
        }

        if (client.Counters.Open > 0)
        {
            faults.Add($"{client.Counters.Open} connections are still open five minutes later");
        }

        await system.Terminate();
        return new PeerOutcome(of, took, allocated, [.. faults, .. faults.Count > 0 ? (string[])[world.Transcript] : []]);
    }
}
