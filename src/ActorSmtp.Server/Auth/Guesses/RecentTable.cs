namespace ActorSmtp.Server.Auth.Guesses;

/// <summary>A table of so many entries at most: a new one beyond takes the place of the one that was asked for longest ago.</summary>
internal sealed class RecentTable<TKey, TValue>(int capacity)
    where TKey : notnull
    where TValue : class
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _entries = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _oldestFirst = new();

    public int Count => _entries.Count;

    /// <summary>The entry, now the newest; null where there is none.</summary>
    public TValue? Find(TKey key)
    {
        if (!_entries.TryGetValue(key, out var node))
        {
            return null;
        }

        _oldestFirst.Remove(node);
        _oldestFirst.AddLast(node);
        return node.Value.Value;
    }

    /// <summary>The entry, made where there is none.</summary>
    public TValue FindOrAdd(TKey key, Func<TValue> make)
    {
        if (Find(key) is { } found)
        {
            return found;
        }

        if (_entries.Count >= capacity)
        {
            _entries.Remove(_oldestFirst.First!.Value.Key);
            _oldestFirst.RemoveFirst();
        }

        var value = make();
        _entries[key] = _oldestFirst.AddLast((key, value));
        return value;
    }
}
