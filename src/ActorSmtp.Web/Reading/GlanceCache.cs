namespace ActorSmtp.Web.Reading;

/// <summary>What lists have shown, within a bound of memory; what was not asked for longest goes first. For any number of callers at once.</summary>
internal sealed class GlanceCache(long mostWeight)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Account, string Key), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = [];
    private long _weight;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public Glance? Find(string account, string key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue((account, key), out var node))
            {
                return null;
            }

            _recent.Remove(node);
            _recent.AddLast(node);
            return node.Value.Glance;
        }
    }

    public void Keep(string account, string key, Glance glance)
    {
        lock (_gate)
        {
            if (_entries.ContainsKey((account, key)))
            {
                return;
            }

            _entries.Add((account, key), _recent.AddLast(new Entry(account, key, glance)));
            _weight += glance.Weight;
            while (_weight > mostWeight && _recent.First is { } oldest)
            {
                Remove(oldest);
            }
        }
    }

    public void Forget(string account, string key)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue((account, key), out var node))
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove((node.Value.Account, node.Value.Key));
        _recent.Remove(node);
        _weight -= node.Value.Glance.Weight;
    }

    private sealed record Entry(string Account, string Key, Glance Glance);
}
