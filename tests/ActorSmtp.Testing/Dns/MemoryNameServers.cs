using System.Net;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Dns;

/// <summary>DNS servers in memory and in the clock's time: what a script sends arrives when it says. A server that was not added refuses connections.</summary>
public sealed class MemoryNameServers(TimeProvider time) : INameServers
{
    private readonly Dictionary<IPEndPoint, DnsScript> _servers = [];
    private int _open;

    /// <summary>Questions under way.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>The most there were at once.</summary>
    public int MostOpen { get; private set; }

    /// <summary>Puts a server on the network.</summary>
    public MemoryNameServers Add(string endPoint, DnsScript script)
    {
        _servers[IPEndPoint.Parse(endPoint)] = script;
        return this;
    }

    public async Task<ReadOnlyMemory<byte>> AskAsync(NameQuestion question, CancellationToken cancellation)
    {
        if (!_servers.TryGetValue(question.Server, out var script))
        {
            throw new IOException("nobody listens there");
        }

        MostOpen = Math.Max(MostOpen, Interlocked.Increment(ref _open));
        try
        {
            var waited = TimeSpan.Zero;
            foreach (var sending in script.Hear(question.Octets.Span, question.OverTcp).OrderBy(s => s.After))
            {
                if (sending.After > waited)
                {
                    await Task.Delay(sending.After - waited, time, cancellation);
                    waited = sending.After;
                }

                if (sending.Octets is not { } octets)
                {
                    throw new IOException("it closed the connection in the midst of its answer");
                }

                if (question.OverTcp || question.IsLast(octets))
                {
                    return octets;
                }
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
            return default;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
