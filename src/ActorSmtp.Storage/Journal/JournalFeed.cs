namespace ActorSmtp.Storage.Journal;

/// <summary>The waiting messages, in order. Those beyond a number keep only their place in memory and are loaded again ahead of time.</summary>
internal sealed class JournalFeed(JournalMailStore store, DeliveryPace pace, TimeProvider time) : IDeliveryFeed
{
    /// <summary>So many waiting messages keep their envelopes; loading begins when fewer than a quarter of it are ready.</summary>
    public const int KeepLoaded = 8192;

    private readonly Lock _gate = new();
    private readonly Queue<JournalMail> _ready = new();
    private readonly PriorityQueue<JournalMail, long> _later = new();
    private Action _wake = () => { };
    private bool _owesWake;
    private int _loaded;                            // of those in _ready, counted from its head
    private long _octets;                           // of those in _ready

    public bool HasMore
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count > 0;
            }
        }
    }

    public void Hasten()
    {
        Action? wake;
        lock (_gate)
        {
            pace.Hasten();
            wake = TakeWake();
        }

        wake?.Invoke();
    }

    /// <summary>Messages handed over by the journal's thread, in order.</summary>
    public void Add(List<JournalMail> mails)
    {
        Action? wake;
        bool waits;
        lock (_gate)
        {
            foreach (var mail in mails)
            {
                Enqueue(mail);
                if (_loaded == _ready.Count - 1 && _loaded < KeepLoaded && mail.IsLoaded)
                {
                    _loaded++;
                }
                else
                {
                    mail.Spill();
                    store.ReleaseHeld(mail.LetGo());
                }
            }

            var wasOpen = pace.IsOpen;
            pace.Arrived(mails.Count, _ready.Count, _octets);
            waits = !pace.IsOpen && (wasOpen || _ready.Count == mails.Count);
            wake = TakeWake();
        }

        wake?.Invoke();
        if (waits)
        {
            store.WakeKeeper();                     // it looks at the clock for them
        }
    }

    public void Subscribe(Action wake)
    {
        lock (_gate)
        {
            _wake = wake;
            _owesWake = _loaded == 0 || !pace.IsOpen;
        }

        if (!_owesWake)
        {
            wake();
        }
    }

    public int Take(Span<StoredMail> into)
    {
        var count = 0;
        bool load;
        lock (_gate)
        {
            while (count < into.Length && _loaded > 0 && pace.IsOpen)
            {
                _loaded--;
                var mail = _ready.Dequeue();
                _octets -= mail.Length;
                into[count++] = mail;
            }

            if (_ready.Count == 0)
            {
                pace.Drained();
            }

            _owesWake |= count < into.Length;
            load = _loaded < KeepLoaded / 4 && _ready.Count > _loaded;
        }

        if (load)
        {
            store.WakeKeeper();
        }

        return count;
    }

    public void Complete(StoredMail mail, int recipient)
    {
        var own = (JournalMail)mail;
        if (own.Finish(recipient, out var last))
        {
            store.Done(own, last ? -1 : recipient);
        }
    }

    public void Complete(StoredMail mail)
    {
        var own = (JournalMail)mail;
        if (own.FinishAll())
        {
            store.Done(own, -1);
        }
    }

    public (long Asked, long Stable) Completions => store.Completions;

    public IReadOnlyList<MailId> FindWaiting(Func<MailId, bool> which)
    {
        lock (_gate)
        {
            return [.. _ready.Concat(_later.UnorderedItems.Select(item => item.Element)).Select(mail => mail.Id).Where(which)];
        }
    }

    public void Release(StoredMail mail, TimeSpan delay)
    {
        var own = (JournalMail)mail;
        own.MarkFound();
        lock (_gate)
        {
            _later.Enqueue(own, time.GetTimestamp() + (long)(Math.Max(0, delay.TotalSeconds) * time.TimestampFrequency));
        }

        store.WakeKeeper();
    }

    /// <summary>The keeper's share: what was given back and is due, and the next messages to load.</summary>
    /// <returns>Milliseconds to the next one due, or -1.</returns>
    public int Tend(Func<JournalMail, Envelope?> load)
    {
        for (JournalMail[] next; (next = ToLoad()).Length > 0;)
        {
            foreach (var mail in next)
            {
                if (!mail.IsLoaded && load(mail) is { } envelope)
                {
                    mail.Load(envelope);
                }
            }

            Action? wake;
            lock (_gate)
            {
                if (Array.TrueForAll(next, mail => mail.IsLoaded))
                {
                    _loaded += next.Length;
                }
                else
                {
                    SetUnreadableAside();
                }

                wake = TakeWake();
            }

            wake?.Invoke();
        }

        return Return();
    }

    /// <summary>What cannot be read now is tried again in a minute; those behind it go on.</summary>
    private void SetUnreadableAside()
    {
        var all = _ready.ToArray();
        _ready.Clear();
        for (var i = 0; i < all.Length; i++)
        {
            if (i < _loaded + 256 && !all[i].IsLoaded)
            {
                _later.Enqueue(all[i], time.GetTimestamp() + (60 * time.TimestampFrequency));
                _octets -= all[i].Length;
            }
            else
            {
                _ready.Enqueue(all[i]);
            }
        }
    }

    private int Return()
    {
        Action? wake = null;
        var wait = -1;
        lock (_gate)
        {
            while (_later.TryPeek(out var mail, out var at))
            {
                var left = time.GetElapsedTime(time.GetTimestamp(), at);
                if (left > TimeSpan.Zero)
                {
                    wait = (int)Math.Min(60_000, Math.Ceiling(left.TotalMilliseconds));
                    break;
                }

                _later.Dequeue();
                Enqueue(mail);
                _loaded += _loaded == _ready.Count - 1 && mail.IsLoaded ? 1 : 0;
            }

            if (_ready.Count > 0 && pace.Look() is >= 0 and var look)
            {
                wait = wait < 0 ? look : Math.Min(wait, look);
            }

            wake = TakeWake();
        }

        wake?.Invoke();
        return wait;
    }

    private JournalMail[] ToLoad()
    {
        lock (_gate)
        {
            // The head of the queue may be loaded again already (given back late): counted, not read twice.
            return _loaded >= KeepLoaded / 4 || _ready.Count <= _loaded
                ? []
                : [.. _ready.Skip(_loaded).Take(256)];
        }
    }

    private void Enqueue(JournalMail mail)
    {
        _ready.Enqueue(mail);
        _octets += mail.Length;
    }

    private Action? TakeWake()
    {
        if (!_owesWake || _loaded == 0 || !pace.IsOpen)
        {
            return null;
        }

        _owesWake = false;
        return _wake;
    }
}
