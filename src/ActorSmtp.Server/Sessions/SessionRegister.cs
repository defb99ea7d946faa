namespace ActorSmtp.Server.Sessions;

/// <summary>
/// The open sessions of all listeners, for onlookers: a table with a place for each, so that coming and going costs a few stores, and looking takes
/// no lock and stops nobody. It never hears of what a session does.
/// </summary>
internal sealed class SessionRegister
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private Conversation?[] _slots = new Conversation?[64];
    private int _used;
    private int _count;

    /// <summary>How many are open.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>All that are open, in no order; some that have just come or gone may be in it or not.</summary>
    public IEnumerable<Conversation> All
    {
        get
        {
            var slots = Volatile.Read(ref _slots);
            for (var i = 0; i < slots.Length; i++)
            {
                if (Volatile.Read(ref slots[i]) is { } talk)
                {
                    yield return talk;
                }
            }
        }
    }

    /// <summary>Those of these names that are open; one look at all sessions, however many names.</summary>
    public Dictionary<string, Conversation> Find(IReadOnlySet<string> ids)
    {
        var found = new Dictionary<string, Conversation>(ids.Count, StringComparer.Ordinal);
        foreach (var talk in All)
        {
            if (ids.Contains(talk.Id))
            {
                found[talk.Id] = talk;
            }
        }

        return found;
    }

    public void Add(Conversation talk)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot == _slots.Length)
                {
                    var wider = new Conversation?[_slots.Length * 2];
                    _slots.CopyTo(wider, 0);
                    Volatile.Write(ref _slots, wider);
                }
            }

            talk.Slot = slot;
            Volatile.Write(ref _slots[slot], talk);
            _count++;
        }
    }

    public void Remove(Conversation talk)
    {
        lock (_gate)
        {
            if (talk.Slot < 0)
            {
                return;
            }

            Volatile.Write(ref _slots[talk.Slot], null);
            _free.Push(talk.Slot);
            talk.Slot = -1;
            _count--;
        }
    }
}
