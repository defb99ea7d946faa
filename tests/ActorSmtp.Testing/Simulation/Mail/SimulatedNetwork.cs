using System.Net;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>The network between clients and server: every event of it waits for its turn, and mostly takes a while.</summary>
internal sealed class SimulatedNetwork
{
    private readonly Simulation _simulation;
    private readonly SimulatedHost _wires;
    private readonly Dictionary<MemoryTransport, SimulatedHost> _hosts = [];
    private readonly Random _random;
    private readonly HashSet<MemoryLink> _dead = [];
    private readonly MemoryNetwork _network;
    private readonly MemoryTransport _clients;

    public SimulatedNetwork(Simulation simulation, Weather weather)
    {
        _simulation = simulation;
        _wires = new SimulatedHost(simulation, "network");
        _random = new Random(simulation.Random.Next());
        Weather = weather;
        _network = new MemoryNetwork(new MemoryNetworkOptions { Chunking = weather.Chunking, Schedule = Schedule });
        _clients = NewTransport(simulation.Outside);
    }

    public Weather Weather { get; set; }

    /// <summary>Connections that clients hold.</summary>
    public long OpenClients => _clients.Counters.Open;

    /// <summary>A host's way into the network.</summary>
    public MemoryTransport NewTransport(SimulatedHost host)
    {
        var transport = new MemoryTransport(_network, new TransportOptions
        {
            Time = host.Time,
            OnError = (what, error) => _simulation.Fail(new InvariantException($"{host}: {what} {error}")),
        });
        _hosts[transport] = host;
        return transport;
    }

    public void Connect(EndPoint server, IConnectionObserver client) => _clients.Connect(
        new ConnectOptions { EndPoint = server, OutputLimit = 16 << 20, WriteStallTimeout = TimeSpan.FromHours(2) }, client);

    /// <summary>Breaks a client's connection.</summary>
    public void Cut(EndPoint client)
    {
        foreach (var link in Links().Where(link => link.ClientEndPoint.Equals(client)))
        {
            link.Cut();
        }
    }

    /// <summary>Breaks one connection by chance; false where there is none.</summary>
    public bool CutOne(Random random)
    {
        var links = Links().ToList();
        if (links.Count == 0)
        {
            return false;
        }

        var link = links[random.Next(links.Count)];
        _simulation.Note($"the network cuts {link.ClientEndPoint}");
        link.Cut();
        return true;
    }

    /// <summary>A host has died: its addresses are free, and all its connections are reset.</summary>
    public void Drop(MemoryTransport transport)
    {
        _ = transport.DisposeAsync();
        foreach (var link in Links().ToList())
        {
            link.Cut();
            _dead.Add(link);                            // its other end will never be closed by anybody
        }
    }

    private IEnumerable<MemoryLink> Links() =>
        _network.Links.Where(link => !_dead.Contains(link)).OrderBy(link => ((IPEndPoint)link.ClientEndPoint).Port);

    private void Schedule(MemoryEvent what, Action run)
    {
        if (what.Kind == MemoryEventKind.Turn)
        {
            var host = _hosts[what.Host!];
            host.Post("io", host, run);
            return;
        }

        _wires.Post("net", NameOf(what), run, Weather.Delay(Weather.NetworkDelay, _random));
    }

    private static string NameOf(MemoryEvent what) =>
        $"{what.Kind} {((IPEndPoint)what.Link!.ClientEndPoint).Port}{(what.ToServer ? "→" : "←")}";
}
