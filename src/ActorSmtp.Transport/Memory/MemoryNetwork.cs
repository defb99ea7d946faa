using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>In which pieces bytes reach the reader.</summary>
public enum Chunking
{
    /// <summary>All that has arrived at once.</summary>
    Whole,

    /// <summary>A line at a time, ending with LF.</summary>
    Lines,

    /// <summary>A byte at a time.</summary>
    Bytes,
}

/// <summary>What is about to happen in a <see cref="MemoryNetwork"/>.</summary>
public enum MemoryEventKind
{
    /// <summary>A transport's turn: call-backs run. Turns of one transport never overlap.</summary>
    Turn,

    /// <summary>Bytes arrive.</summary>
    Deliver,

    /// <summary>The sender learns that there is room again.</summary>
    Room,

    /// <summary>The end of one direction, or a reset, arrives.</summary>
    End,
}

/// <summary>One event. May be delayed and put in another order at will: bytes of one direction stay in order whatever happens.</summary>
/// <param name="Kind">What will happen.</param>
/// <param name="Link">Where; null for a turn.</param>
/// <param name="ToServer">Which direction.</param>
/// <param name="Host">Whose turn; null for the others.</param>
public readonly record struct MemoryEvent(MemoryEventKind Kind, MemoryLink? Link, bool ToServer, MemoryTransport? Host = null);

/// <summary>How a network in memory behaves.</summary>
public sealed record MemoryNetworkOptions
{
    /// <summary>
    /// Takes every event with what to run for it. A simulator keeps them and runs them one after the other as its seed says, all on one
    /// thread; null: each runs soon on the thread pool.
    /// </summary>
    public Action<MemoryEvent, Action>? Schedule { get; init; }

    /// <summary>In which pieces a reader sees what arrives.</summary>
    public Chunking Chunking { get; init; } = Chunking.Whole;

    /// <summary>Bytes of one direction that may be on their way or unread; the sender is refused beyond.</summary>
    public int WindowBytes { get; init; } = 64 << 10;
}

/// <summary>
/// Several <see cref="MemoryTransport"/>s reach one another here, within the process: no socket, no thread, no time of its own. For tests
/// and for a deterministic simulation of whole systems.
/// </summary>
public sealed class MemoryNetwork
{
    private readonly ConcurrentDictionary<EndPoint, MemoryListener> _listeners = new();
    private readonly ConcurrentDictionary<MemoryLink, bool> _links = new();
    private int _port = 40000;

    public MemoryNetwork(MemoryNetworkOptions? options = null) => Options = options ?? new MemoryNetworkOptions();

    public MemoryNetworkOptions Options { get; }

    /// <summary>The connections that are open now.</summary>
    public IReadOnlyCollection<MemoryLink> Links => [.. _links.Keys];

    /// <summary>Called with each new link before anything is sent over it.</summary>
    public Action<MemoryLink>? OnLink { get; set; }

    internal void Run(MemoryEvent what, Action run)
    {
        if (Options.Schedule is { } schedule)
        {
            schedule(what, run);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static r => r(), run, preferLocal: false);
        }
    }

    internal EndPoint Bind(MemoryListener listener, EndPoint wanted)
    {
        var bound = wanted is IPEndPoint { Port: 0 } ip ? new IPEndPoint(ip.Address, NextPort()) : wanted;
        return _listeners.TryAdd(bound, listener)
            ? bound
            : throw new TransportException($"Cannot listen on {bound}: {new SocketException((int)SocketError.AddressAlreadyInUse).Message}.");
    }

    internal void Unbind(EndPoint bound) => _listeners.TryRemove(bound, out _);

    internal MemoryListener? Find(EndPoint endPoint)
    {
        if (_listeners.TryGetValue(endPoint, out var listener))
        {
            return listener;
        }

        return endPoint is IPEndPoint ip && _listeners.TryGetValue(
            new IPEndPoint(ip.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, ip.Port), out listener)
            ? listener
            : null;
    }

    internal int NextPort() => Interlocked.Increment(ref _port);

    internal void Add(MemoryLink link)
    {
        _links[link] = true;
        OnLink?.Invoke(link);
    }

    internal void Remove(MemoryLink link) => _links.TryRemove(link, out _);
}
