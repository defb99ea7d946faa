namespace ActorSmtp.Web.Leases;

/// <summary>An inbox for a while. What it has received is known in the order in which it came.</summary>
internal sealed class Lease(string id, string address, DateTimeOffset createdAt, DateTimeOffset expires)
{
    /// <summary>The newest messages, whose order is remembered.</summary>
    public const int MostArrivals = 10_000;

    private const int ForgottenAtOnce = MostArrivals / 10;

    private readonly Lock _gate = new();
    private readonly List<string> _arrivals = [];           // from the place _first on
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private int _first;
    private int _forgotten;                                 // of those before _first, still in the mailbox as far as we know
    private int _messages;
    private TaskCompletionSource _changed = New();

    public string Id { get; } = id;

    /// <summary>The address, which is also the account and the mailbox.</summary>
    public string Address { get; } = address;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset Expires { get; set; } = expires;

    /// <summary>Of its password.</summary>
    public string Verifier { get; init; } = "";

    /// <summary>It is over: who waits is told at once.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Messages in its mailbox, where somebody else counted them; null: they are counted here.</summary>
    public int? Counted { get; init; }

    /// <summary>Messages that have come and were not removed.</summary>
    public int Messages
    {
        get
        {
            if (Counted is { } counted)
            {
                return counted;
            }

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
            if (!_known.Add(key))
            {
                return;
            }

            if (_arrivals.Count == MostArrivals)
            {
                ForgetOldest();
            }

            _arrivals.Add(key);
            _messages++;
            changed = _changed;
            _changed = New();
        }

        changed.TrySetResult();
    }

    /// <summary>Messages were removed; none named: all of them.</summary>
    public void Gone(IReadOnlyCollection<string> keys)
    {
        lock (_gate)
        {
            var unknown = keys.Count == 0 ? _forgotten : Math.Min(_forgotten, keys.Count(k => !_known.Contains(k)));
            _forgotten -= unknown;
            _messages -= unknown;
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

    /// <summary>
    /// What came after a place, as far as it is remembered; the place of the first of these; and what ends with the next change. Keys of removed
    /// messages are empty.
    /// </summary>
    public (string[] Keys, int From, Task Changed) After(int place)
    {
        lock (_gate)
        {
            var from = Math.Clamp(place, _first, _first + _arrivals.Count);
            return ([.. _arrivals.Skip(from - _first)], from, _changed.Task);
        }
    }

    private void ForgetOldest()
    {
        foreach (var key in _arrivals.Take(ForgottenAtOnce))
        {
            _known.Remove(key);
            _forgotten += key.Length > 0 ? 1 : 0;
        }

        _arrivals.RemoveRange(0, ForgottenAtOnce);
        _first += ForgottenAtOnce;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
