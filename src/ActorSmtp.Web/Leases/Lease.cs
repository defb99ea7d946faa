namespace ActorSmtp.Web.Leases;

/// <summary>An inbox for a while. What it has received is known in the order in which it came.</summary>
internal sealed class Lease(string id, string address, DateTimeOffset createdAt, DateTimeOffset expires)
{
    /// <summary>Messages whose order is remembered.</summary>
    public const int MostArrivals = 10_000;

    private readonly Lock _gate = new();
    private readonly List<string> _arrivals = [];
    private int _messages;
    private TaskCompletionSource _changed = New();

    public string Id { get; } = id;

    /// <summary>The address, which is also the account and the mailbox.</summary>
    public string Address { get; } = address;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset Expires { get; set; } = expires;

    /// <summary>It is over: who waits is told at once.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Messages that have come and were not removed.</summary>
    public int Messages
    {
        get
        {
            lock (_gate)
            {
                return _messages;
            }
        }
    }

    /// <summary>A message is in the mailbox.</summary>
    public void Arrived(string key)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_arrivals.Count >= MostArrivals || _arrivals.Contains(key))
            {
                return;
            }

            _arrivals.Add(key);
            _messages++;
            changed = _changed;
            _changed = New();
        }

        changed.TrySetResult();
    }

    public void Gone(IReadOnlyCollection<string> keys)
    {
        lock (_gate)
        {
            for (var i = 0; i < _arrivals.Count; i++)
            {
                if (_arrivals[i].Length > 0 && (keys.Count == 0 || keys.Contains(_arrivals[i])))
                {
                    _arrivals[i] = "";                      // cursors count places
                    _messages--;
                }
            }
        }
    }

    public void End()
    {
        lock (_gate)
        {
            HasEnded = true;
            _changed.TrySetResult();
        }
    }

    /// <summary>What came after a place, the place as it is counted here, and what ends with the next change. Keys of removed messages are empty.</summary>
    public (string[] Keys, int From, Task Changed) After(int place)
    {
        lock (_gate)
        {
            var from = Math.Clamp(place, 0, _arrivals.Count);
            return ([.. _arrivals.Skip(from)], from, _changed.Task);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
