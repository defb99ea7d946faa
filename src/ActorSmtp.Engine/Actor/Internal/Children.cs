namespace Akka.Actor;

/// <summary>What an actor waits for while its last children stop.</summary>
internal enum WaitReason
{
    None,
    Creation,
    Recreation,
    Termination,
}

/// <summary>How often a child has failed and when its window of failures began.</summary>
internal sealed class RestartStats
{
    internal int Count { get; set; }

    /// <summary>Ticks of the system's clock at the first failure of the window; 0 for none.</summary>
    internal long WindowStart { get; set; }
}

/// <summary>
/// The children of one actor in a hash map. Stands for Akka.Actor.Internal's children containers (public there). The actor itself changes it; any
/// thread may look, and top-level actors are added from any, hence the lock, which is never held for long.
/// </summary>
internal sealed class Children : IReadOnlyCollection<IActorRef>
{
    private readonly Dictionary<string, LocalActorRef> _byName = new(StringComparer.Ordinal);
    private readonly HashSet<LocalActorRef> _dying = [];
    private WaitReason _reason;
    private long _nextName;
    private Exception _cause;

    internal enum Added
    {
        Yes,
        DuplicateName,
        Terminating,
    }

    internal Added TryAdd(LocalActorRef child)
    {
        lock (_byName)
        {
            return _reason == WaitReason.Termination ? Added.Terminating
                : _byName.TryAdd(child.Path.Name, child) ? Added.Yes : Added.DuplicateName;
        }
    }

    /// <summary>A name for a child that was given none.</summary>
    internal string NewName() => "$" + Base64Name.Of(Interlocked.Increment(ref _nextName) - 1);

    internal LocalActorRef Find(string name)
    {
        lock (_byName)
        {
            return _byName.GetValueOrDefault(name);
        }
    }

    internal bool Contains(LocalActorRef child) => ReferenceEquals(Find(child.Path.Name), child);

    internal LocalActorRef[] Snapshot()
    {
        lock (_byName)
        {
            return _byName.Count == 0 ? [] : [.. _byName.Values];
        }
    }

    /// <summary>How many there are, without a copy of them.</summary>
    int IReadOnlyCollection<IActorRef>.Count
    {
        get
        {
            lock (_byName)
            {
                return _byName.Count;
            }
        }
    }

    IEnumerator<IActorRef> IEnumerable<IActorRef>.GetEnumerator() => ((IEnumerable<IActorRef>)Snapshot()).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => Snapshot().GetEnumerator();

    /// <summary>The actor stops this child: a restart waits for it, and for no other.</summary>
    internal void ShallDie(LocalActorRef child)
    {
        lock (_byName)
        {
            if (_byName.GetValueOrDefault(child.Path.Name) == child)
            {
                _dying.Add(child);
            }
        }
    }

    /// <summary>The actor itself ends, and with it all children: no more are taken in.</summary>
    internal LocalActorRef[] AllShallDie()
    {
        lock (_byName)
        {
            _reason = WaitReason.Termination;
            _dying.UnionWith(_byName.Values);
            return [.. _byName.Values];
        }
    }

    /// <summary>Begins to wait until those that shall die are gone; false when there is none.</summary>
    internal bool Wait(WaitReason reason, Exception cause)
    {
        lock (_byName)
        {
            if (_dying.Count == 0)
            {
                _reason = reason == WaitReason.Termination ? reason : WaitReason.None;
                return false;
            }

            // Termination is final.
            if (_reason != WaitReason.Termination)
            {
                _reason = reason;
                _cause = cause;
            }

            return true;
        }
    }

    /// <summary>Removes a stopped child. Says what was waited for when it was the last, else None.</summary>
    internal WaitReason Remove(LocalActorRef child)
    {
        lock (_byName)
        {
            _byName.Remove(child.Path.Name);
            _dying.Remove(child);
            if (_dying.Count > 0 || _reason == WaitReason.None)
            {
                return WaitReason.None;
            }

            var reason = _reason;
            _reason = reason == WaitReason.Termination ? reason : WaitReason.None;
            return reason;
        }
    }

    internal bool IsTerminating => _reason == WaitReason.Termination;

    /// <summary>Whether the actor is being made or made anew and waits for old children.</summary>
    internal bool IsWaiting => _reason != WaitReason.None;

    internal Exception TakeCause()
    {
        var cause = _cause;
        _cause = null;
        return cause;
    }
}
