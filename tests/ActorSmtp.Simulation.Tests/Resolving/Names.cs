using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Testing.Simulation;

namespace ActorSmtp.Simulation.Tests.Resolving;

/// <summary>A resolver in virtual time, servers in memory, and files that a test writes.</summary>
internal sealed class Names : INameFiles
{
    public const string First = "192.0.2.53:53";
    public const string Second = "198.51.100.53:53";

    public static readonly ResolverOptions Usual = UsualResolving.Of(First);

    private readonly Testing.Simulation.Simulation _simulation;

    public Names(Testing.Simulation.Simulation simulation, ResolverOptions? options = null)
    {
        _simulation = simulation;
        Network = new MemoryNameServers(simulation.Outside.Time);
        var chance = new Random(simulation.Seed);
        Resolver = new Resolver(options ?? Usual, new ResolverPorts(Network, this, simulation.Outside.Time, () => (ulong)chance.NextInt64(long.MinValue, long.MaxValue)));
    }

    public static ResolverOptions TwoServers { get; } = UsualResolving.Of(First, Second);

    public MemoryNameServers Network { get; }

    public Resolver Resolver { get; }

    public NameFileTexts Files { get; set; } = NameFileTexts.None;

    public bool FilesAreBroken { get; set; }

    /// <summary>How often the files were looked at.</summary>
    public int Looks { get; private set; }

    /// <summary>Puts a server on the network.</summary>
    public DnsScript Serve(string endPoint, string zone)
    {
        var script = new DnsScript(TestZone.Parse(zone));
        Network.Add(endPoint, script);
        return script;
    }

    public Task<DnsOutcome> Ask(string name, DnsType type = DnsType.A, CancellationToken cancellation = default) =>
        Resolver.ResolveAsync(new DnsQuestion(DnsName.Parse(name), type), cancellation);

    public async Task<string[]> Addresses(string name) => [.. (await Ask(name)).Addresses.Select(a => a.ToString())];

    /// <summary>The failure of a question, and how long it took.</summary>
    public async Task<(DnsFailed Failed, TimeSpan Took)> Fails(string name, DnsType type = DnsType.A)
    {
        var began = _simulation.Elapsed;
        var failed = Assert.IsType<DnsFailed>(await Ask(name, type));
        return (failed, _simulation.Elapsed - began);
    }

    public Task Wait(TimeSpan time) => Task.Delay(time, _simulation.Outside.Time);

    async Task<NameFileTexts> INameFiles.ReadAsync(CancellationToken cancellation)
    {
        Looks++;
        await Task.Yield();
        return FilesAreBroken ? throw new IOException("the disk is on fire") : Files;
    }

    /// <summary>Runs a scenario with one server that has this zone.</summary>
    public static void Run(string zone, Func<Names, DnsScript, Task> scenario, ResolverOptions? options = null) => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, options);
        await scenario(names, names.Serve(First, zone));
    });
}
