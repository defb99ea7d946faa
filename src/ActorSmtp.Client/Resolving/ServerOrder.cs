using System.Collections.Immutable;
using System.Net;

namespace ActorSmtp.Client.Resolving;

/// <summary>
/// Who is asked first: as configured or in turn, but whoever did not answer a moment ago comes last, so that a dead first server does not cost every question its
/// time-out.
/// </summary>
internal sealed class ServerOrder(TimeProvider time)
{
    private static readonly TimeSpan Avoided = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPEndPoint, long> _silentSince = [];
    private int _turn;

    /// <summary>All of them, the best first.</summary>
    public ImmutableArray<IPEndPoint> Of(NameSource source)
    {
        lock (_lock)
        {
            var first = source.Rotate ? (int)((uint)_turn++ % (uint)source.Servers.Length) : 0;
            var inTurn = Enumerable.Range(0, source.Servers.Length).Select(i => source.Servers[(first + i) % source.Servers.Length]);
            return _silentSince.Count == 0 ? [.. inTurn] : [.. inTurn.OrderBy(IsAvoided)];
        }
    }

    public void Answered(IPEndPoint server)
    {
        lock (_lock)
        {
            _silentSince.Remove(server);
        }
    }

    public void WasSilent(IPEndPoint server)
    {
        lock (_lock)
        {
            if (_silentSince.Count >= 64)
            {
                _silentSince.Clear();                               // servers of networks long left
            }

            _silentSince[server] = time.GetTimestamp();
        }
    }

    private bool IsAvoided(IPEndPoint server) => _silentSince.TryGetValue(server, out var since) && time.GetElapsedTime(since) < Avoided;
}
