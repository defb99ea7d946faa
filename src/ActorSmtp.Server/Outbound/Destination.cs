using Akka.Actor;

namespace ActorSmtp.Server.Outbound;

/// <summary>A destination that mail waits for, and its relay while it has one. Used in one actor's turns.</summary>
internal sealed class Destination(string name, int number)
{
    public string Name { get; } = name;

    public int Number { get; } = number;

    /// <summary>Messages for it, in any state.</summary>
    public int Legs { get; set; }

    public int Ready { get; set; }

    public int Out { get; set; }

    public int Held { get; set; }

    public int LineFirst { get; set; } = -1;

    public int LineLast { get; set; } = -1;

    /// <summary>From when it is made until it has ended.</summary>
    public IActorRef? Relay { get; set; }

    /// <summary>Errands that the relay would take.</summary>
    public int Room { get; set; }

    /// <summary>Errands that the relay was given.</summary>
    public int Given { get; set; }

    /// <summary>When an errand of it last ended, or began while there was none.</summary>
    public uint MovedAt { get; set; }

    /// <summary>Seconds that an errand takes, about.</summary>
    public double Took { get; set; }

    /// <summary>Its place among those that are served, and since when it has it; null: it has none, or has given it up.</summary>
    public LinkedListNode<Destination>? Place { get; set; }

    public uint Since { get; set; }

    /// <summary>When it last had a place, it was long about little.</summary>
    public bool IsSlow { get; set; }

    /// <summary>Its place is one of those that slow ones may have.</summary>
    public bool HasSlowPlace { get; set; }

    /// <summary>It is given no more: it makes place for others, or the server stops.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>The relay has been told to end, now or when what it has under way has ended: that it does is no failure.</summary>
    public bool IsEnding { get; set; }

    /// <summary>It stands in the line of destinations that want a relay.</summary>
    public bool IsInTurn { get; set; }

    /// <summary>The messages that the relay has.</summary>
    public HashSet<IQueuedContent> Carried { get; } = [];

    /// <summary>Its place among relays that have nothing to do, and since when; null: it has.</summary>
    public LinkedListNode<(Destination Destination, uint Since)>? Idle { get; set; }

    /// <summary>It is among those that are looked at after this turn.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Whether a route leads there; null: nobody has looked. Without one it has no relay.</summary>
    public bool? HasRoute { get; set; }

    /// <summary>Nothing is tried before; 0: it does not rest; <see cref="uint.MaxValue"/>: not before something is changed.</summary>
    public uint RestsUntil { get; set; }

    /// <summary>How often in a row its relay failed, which it never should.</summary>
    public int Breakdowns { get; set; }

    /// <summary>Rests since something was delivered there.</summary>
    public int Rests { get; set; }

    public string? Why { get; set; }

    public AttemptReport? LastAttempt { get; set; }

    public bool IsForgotten { get; set; }
}
