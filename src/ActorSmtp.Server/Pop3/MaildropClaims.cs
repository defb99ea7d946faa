namespace ActorSmtp.Server.Pop3;

/// <summary>How an attempt to open a mailbox went.</summary>
internal enum Claim
{
    /// <summary>It is the session's until <see cref="MaildropLock.Release"/>.</summary>
    Granted,

    /// <summary>Another session has it.</summary>
    InUse,

    /// <summary>It was opened less than <c>pop3.login-delay</c> ago.</summary>
    TooSoon,
}

/// <summary>
/// Who has which mailbox open by POP3: one session each (RFC 1939 §4), those of all listeners together. And how much memory the lists of all open
/// ones take. Sessions run side by side and share it; it knows as many mailboxes as are open, and with a login delay those of the last while.
/// </summary>
/// <param name="memory">Octets for all lists.</param>
/// <param name="delayMilliseconds">Between two logins; 0: any.</param>
internal sealed class MaildropClaims(long memory, long delayMilliseconds)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _openedAt = new(StringComparer.Ordinal);
    private readonly Queue<(string Account, long At)> _inOrder = new();
    private long _taken;

    /// <summary>Octets taken for lists now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Mailboxes that are open.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Asks for a mailbox, now by the session clock.</summary>
    /// <param name="held">What is to be released; null where it was not granted.</param>
    public Claim TryClaim(string account, long now, out MaildropLock? held)
    {
        held = null;
        lock (_gate)
        {
            ForgetBefore(now - delayMilliseconds);
            if (_open.Contains(account))
            {
                return Claim.InUse;
            }

            if (_openedAt.ContainsKey(account))
            {
                return Claim.TooSoon;
            }

            _open.Add(account);
            if (delayMilliseconds > 0)
            {
                _openedAt.Add(account, now);
                _inOrder.Enqueue((account, now));
            }

            held = new MaildropLock(this, account);
            return Claim.Granted;
        }
    }

    internal void Release(string account)
    {
        lock (_gate)
        {
            _open.Remove(account);
        }
    }

    internal bool TryTake(long octets)
    {
        if (Interlocked.Add(ref _taken, octets) <= memory)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -octets);
        return false;
    }

    internal void GiveBack(long octets) => Interlocked.Add(ref _taken, -octets);

    private void ForgetBefore(long time)
    {
        while (_inOrder.TryPeek(out var oldest) && oldest.At <= time)
        {
            _inOrder.Dequeue();
            _openedAt.Remove(oldest.Account);
        }
    }
}

/// <summary>One session's hold of a mailbox, and of the memory for its list. Any thread.</summary>
internal sealed class MaildropLock(MaildropClaims all, string account)
{
    private readonly Lock _gate = new();
    private long _taken;
    private bool _released;

    public string Account { get; } = account;

    /// <summary>Asks for memory; false: there is none left, or the lock was released meanwhile, and nothing was taken.</summary>
    public bool TryTake(long octets)
    {
        lock (_gate)
        {
            if (_released || !all.TryTake(octets))
            {
                return false;
            }

            _taken += octets;
            return true;
        }
    }

    /// <summary>The session is done with it; saying so again does nothing.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (_released)
            {
                return;
            }

            _released = true;
        }

        all.GiveBack(_taken);
        all.Release(Account);
    }
}
