namespace ActorSmtp.Server.Outbound;

/// <summary>Where a message stands with a destination, in the index.</summary>
internal enum LegState : byte
{
    Free,

    /// <summary>Until it is due.</summary>
    Waiting,

    /// <summary>For its turn.</summary>
    Ready,

    /// <summary>A relay has it, or it is being loaded for one.</summary>
    Out,

    Held,

    /// <summary>Over, and still in its destination's line.</summary>
    Gone,
}

/// <summary>What is remembered of a message.</summary>
[Flags]
internal enum MessageMarks : byte
{
    None,

    /// <summary>Its sender may want to hear that it takes long.</summary>
    MayWarn = 1,

    /// <summary>A last look is under way: it is being given up or warned about.</summary>
    IsSwept = 2,

    /// <summary>Its sender is to be told something, and it stands in line for that.</summary>
    Owes = 4,

    /// <summary>It stands in line to be warned about later.</summary>
    WarnsLater = 8,
}

/// <summary>
/// The queue in memory: what is needed to know what is due next, and no more. 32 octets for a message, 24 for each of its destinations (a leg) and
/// 8 while it waits; everything else is on the disk. Messages are known by their slot in the store, times are seconds since 2020. Used in one actor's turns.
/// </summary>
internal sealed partial class QueueIndex
{
    private const int PieceBits = 12, PieceSize = 1 << PieceBits;

    private readonly List<Message[]> _messages = [];
    private readonly List<Leg[]> _legs = [];
    private readonly Dictionary<string, Destination> _byName = new(StringComparer.Ordinal);
    private readonly List<Destination?> _destinations = [];
    private readonly Stack<int> _freeDestinations = new();
    private PriorityQueue<int, uint> _waiting = new();
    private int _waits;
    private int _freeLeg = -1;
    private int _madeLegs;
    private int _last = -1;
    private readonly List<Destination> _touched = [];

    public int Messages { get; private set; }

    public int Legs { get; private set; }

    public int Destinations => _byName.Count;

    public int Out { get; private set; }

    public int Held { get; private set; }

    /// <summary>The message that came in first, or -1; see <see cref="After"/>.</summary>
    public int First { get; private set; } = -1;

    /// <summary>Slots are below this.</summary>
    public int Bound => _messages.Count << PieceBits;

    public IEnumerable<Destination> AllDestinations => _byName.Values;

    public static uint Seconds(DateTimeOffset time) => (uint)Math.Clamp((time - Epoch).TotalSeconds, 0, uint.MaxValue - 1);

    /// <summary>Not before it.</summary>
    public static uint SecondsUp(DateTimeOffset time) => (uint)Math.Clamp(Math.Ceiling((time - Epoch).TotalSeconds), 0, uint.MaxValue - 1);

    public static DateTimeOffset Time(uint seconds) => Epoch.AddSeconds(seconds);

    private static DateTimeOffset Epoch { get; } = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public ref Leg this[int leg] => ref _legs[leg >> PieceBits][leg & (PieceSize - 1)];

    public bool Has(int slot) => slot >= 0 && slot >> PieceBits < _messages.Count && At(slot).IsUsed;

    public uint ArrivalOf(int slot) => At(slot).Arrival;

    public ref MessageMarks MarksOf(int slot) => ref At(slot).Marks;

    /// <summary>The one that came in next, or -1.</summary>
    public int After(int slot) => At(slot).After;

    /// <summary>The one that came in before, or -1.</summary>
    public int Before(int slot) => At(slot).Before;

    public Destination DestinationOf(int leg) => _destinations[this[leg].Destination]!;

    public Destination? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Destinations with a relay of which something has changed since the last time.</summary>
    public List<Destination> TakeTouched(List<Destination> into)
    {
        into.Clear();
        into.AddRange(_touched);
        _touched.Clear();
        into.ForEach(destination => destination.IsTouched = false);
        return into;
    }

    /// <summary>It is looked at after this turn whether its relay has still something to do.</summary>
    public void Touch(Destination destination)
    {
        if (destination is { Relay: not null, IsTouched: false })
        {
            destination.IsTouched = true;
            _touched.Add(destination);
        }
    }

    /// <summary>Messages are added in about the order in which they came in.</summary>
    public void Add(int slot, uint arrival, MessageMarks marks)
    {
        while (slot >> PieceBits >= _messages.Count)
        {
            _messages.Add(new Message[PieceSize]);
        }

        At(slot) = new Message { Arrival = arrival, Marks = marks, IsUsed = true, FirstLeg = -1, Before = _last, After = -1 };
        if (_last >= 0)
        {
            At(_last).After = slot;
        }
        else
        {
            First = slot;
        }

        _last = slot;
        Number(slot);
        Messages++;
    }

    /// <summary>With whatever legs it still has.</summary>
    public void Remove(int slot)
    {
        for (var leg = At(slot).FirstLeg; leg >= 0; leg = At(slot).FirstLeg)
        {
            RemoveLeg(leg);
        }

        var (before, after) = (At(slot).Before, At(slot).After);
        var bucket = (int)(At(slot).Number >> PieceBits);
        if (_milestones[bucket] == slot)
        {
            _milestones[bucket] = after >= 0 && At(after).Number >> PieceBits == bucket ? after : -1;
        }

        if (before >= 0)
        {
            At(before).After = after;
        }
        else
        {
            First = after;
        }

        if (after >= 0)
        {
            At(after).Before = before;
        }
        else
        {
            _last = before;
        }

        At(slot) = default;
        Messages--;
    }

    /// <summary>A destination of a message; it neither waits nor is ready yet.</summary>
    public int AddLeg(int slot, ReadOnlySpan<char> destination, int failures)
    {
        if (!_byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(destination, out var there))
        {
            var name = destination.ToString();
            there = new Destination(name, _freeDestinations.TryPop(out var free) ? free : _destinations.Count);
            if (there.Number == _destinations.Count)
            {
                _destinations.Add(there);
            }
            else
            {
                _destinations[there.Number] = there;
            }

            _byName.Add(name, there);
        }

        var leg = _freeLeg;
        if (leg >= 0)
        {
            _freeLeg = this[leg].OfMessage;
        }
        else
        {
            leg = _madeLegs++;
            if (leg >> PieceBits == _legs.Count)
            {
                _legs.Add(new Leg[PieceSize]);
            }
        }

        this[leg] = new Leg { Slot = slot, OfMessage = At(slot).FirstLeg, Destination = there.Number, Next = -1, State = LegState.Out, Failures = (ushort)Math.Min(failures, ushort.MaxValue) };
        At(slot).FirstLeg = leg;
        there.Legs++;
        there.Out++;
        Legs++;
        Out++;
        return leg;
    }

    /// <summary>The legs of a message.</summary>
    public IEnumerable<int> LegsOf(int slot)
    {
        for (var leg = Has(slot) ? At(slot).FirstLeg : -1; leg >= 0;)
        {
            var next = this[leg].OfMessage;
            yield return leg;
            leg = next;
        }
    }

    /// <summary>The leg of a message to a destination, or -1.</summary>
    public int LegOf(int slot, string destination)
    {
        for (var leg = Has(slot) ? At(slot).FirstLeg : -1; leg >= 0; leg = this[leg].OfMessage)
        {
            if (DestinationOf(leg).Name == destination)
            {
                return leg;
            }
        }

        return -1;
    }

    public void RemoveLeg(int leg)
    {
        ref var at = ref At(this[leg].Slot).FirstLeg;
        while (at != leg)
        {
            at = ref this[at].OfMessage;
        }

        at = this[leg].OfMessage;
        var destination = DestinationOf(leg);
        Become(leg, LegState.Free);
        destination.Legs--;
        Legs--;
        if (this[leg].IsInLine)
        {
            this[leg].State = LegState.Gone;        // freed when its turn comes
        }
        else
        {
            Free(leg);
        }

        Forget(destination);
    }

    /// <summary>A destination without mail, relay and rest is forgotten.</summary>
    public void Forget(Destination destination)
    {
        if (destination is { Legs: 0, Relay: null } && _byName.Remove(destination.Name))
        {
            for (var leg = destination.LineFirst; leg >= 0;)
            {
                var next = this[leg].Next;
                Free(leg);
                leg = next;
            }

            (destination.LineFirst, destination.LineLast) = (-1, -1);
            _destinations[destination.Number] = null;
            _freeDestinations.Push(destination.Number);
            destination.IsForgotten = true;
        }
    }

    private void Become(int leg, LegState state)
    {
        var destination = DestinationOf(leg);
        Count(destination, this[leg].State, -1);
        Count(destination, state, 1);
        this[leg].State = state;
        Touch(destination);
    }

    private void Count(Destination destination, LegState state, int by)
    {
        switch (state)
        {
            case LegState.Waiting:
                _waits += by;
                break;
            case LegState.Ready:
                destination.Ready += by;
                break;
            case LegState.Out:
                destination.Out += by;
                Out += by;
                break;
            case LegState.Held:
                destination.Held += by;
                Held += by;
                break;
        }
    }

    private void Free(int leg)
    {
        this[leg] = new Leg { OfMessage = _freeLeg };
        _freeLeg = leg;
    }

    private ref Message At(int slot) => ref _messages[slot >> PieceBits][slot & (PieceSize - 1)];

    private struct Message
    {
        public long Number;
        public uint Arrival;
        public int FirstLeg;
        public int Before;
        public int After;
        public MessageMarks Marks;
        public bool IsUsed;
    }

    /// <summary>A message on its way to a destination.</summary>
    internal struct Leg
    {
        public int Slot;

        /// <summary>The message's next leg; or the next free one.</summary>
        public int OfMessage;

        public int Destination;

        /// <summary>Behind it in its destination's line.</summary>
        public int Next;

        public uint Due;
        public ushort Failures;
        public LegState State;
        public bool IsInLine;
    }
}
