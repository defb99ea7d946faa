using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Tests;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>Queues of several nodes on one real database, each with a journal and relays of its own.</summary>
internal sealed class SharedNodes(StandingTime time) : IAsyncDisposable
{
    private readonly string _database = Cluster.Shared.NewDatabase();
    private readonly List<PostgresStores> _stores = [];
    private readonly List<QueueHarness> _nodes = [];

    public QueueHarness this[int node] => _nodes[node];

    /// <summary>So many of the first nodes do not look for work that they did not accept.</summary>
    public int Sleepers { get; init; }

    /// <summary>The clocks of the first nodes, where they are not the one that all have.</summary>
    public StandingTime[] Clocks { get; init; } = [];

    public T Ask<T>(string statement) => Cluster.Shared.Ask<T>(_database, statement);

    public void Execute(string statement) => Cluster.Shared.Execute(_database, statement);

    public long Count(string where = "line <> ''") => Ask<long>($"SELECT count(*) FROM outbound WHERE {where}");

    public async Task StartAsync(int nodes = 2, params string[] sets)
    {
        while (_nodes.Count < nodes)
        {
            var number = _nodes.Count;
            var settings = new DatabaseSettings(
                Cluster.Shared.ConnectionTo(_database), $"n{number}", TimeSpan.FromMinutes(10), number < Sleepers ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(50), Connections: 20, TimeSpan.FromSeconds(60));
            var limits = TestMailServer.Settings(["data-dir=unused"]).Storage.Files;
            var stores = new PostgresStores(settings, limits, TimeProvider.System);
            _stores.Add(stores);
            _nodes.Add(await QueueHarness.StartSharedAsync(number < Clocks.Length ? Clocks[number] : time, () => stores.Queue(100_000, TimeSpan.FromDays(3650)), 100 + number, sets));
        }
    }

    /// <summary>As if killed: nothing is said or given back any more.</summary>
    public async Task KillAsync(int node)
    {
        await _nodes[node].DieAsync();
        await _stores[node].DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var stores in _stores)
        {
            await stores.DisposeAsync();
        }
    }
}
