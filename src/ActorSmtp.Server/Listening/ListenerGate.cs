using System.Net;

namespace ActorSmtp.Server.Listening;

/// <summary>
/// One listener's part of the <see cref="ConnectionGate"/>: its own count, and what of the whole it may use. Called on listener actors and I/O
/// threads.
/// </summary>
/// <param name="all">What all listeners share.</param>
/// <param name="limit">Connections of this one; 0: no limit of its own.</param>
/// <param name="mayUseReserve">It is for our own users.</param>
internal sealed class ListenerGate(ConnectionGate all, int limit, bool mayUseReserve)
{
    private int _count;

    /// <summary>Connections this listener holds now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Connections of all listeners.</summary>
    public int Total => all.Total;

    /// <inheritdoc cref="ConnectionGate.IsStressed"/>
    public bool IsStressed => all.IsStressed;

    /// <inheritdoc cref="ConnectionGate.HasManyRecipients"/>
    public bool HasManyRecipients => all.HasManyRecipients;

    /// <inheritdoc cref="ConnectionGate.CountRecipients"/>
    public void CountRecipients(int more) => all.CountRecipients(more);

    /// <inheritdoc cref="ConnectionGate.TryEnter"/>
    public Admission TryEnter(EndPoint? peer, long now)
    {
        if (Interlocked.Increment(ref _count) > limit && limit > 0)
        {
            Interlocked.Decrement(ref _count);
            return Admission.ListenerFull;
        }

        var admission = all.TryEnter(peer, mayUseReserve, now);
        if (admission != Admission.In)
        {
            Interlocked.Decrement(ref _count);
        }

        return admission;
    }

    /// <summary>Gives back what <see cref="TryEnter"/> counted, under the address it counts as by now.</summary>
    public void Leave(EndPoint? peer)
    {
        Interlocked.Decrement(ref _count);
        all.Leave(peer);
    }

    /// <summary>A connection turns out to be another peer's: counts it as that, or says no and changes nothing.</summary>
    public Admission TryRename(EndPoint? from, EndPoint? to, long now)
    {
        var admission = all.TryCount(to, now);
        if (admission == Admission.In)
        {
            all.Uncount(from);
        }

        return admission;
    }

    /// <inheritdoc cref="ConnectionGate.TurningAway"/>
    public Places TurningAway => all.TurningAway;

    /// <inheritdoc cref="ConnectionGate.HoldingMuch"/>
    public Places HoldingMuch => all.HoldingMuch;
}
