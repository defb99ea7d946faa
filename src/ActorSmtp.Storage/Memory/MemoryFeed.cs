namespace ActorSmtp.Storage.Memory;

/// <summary>What a <see cref="MemoryMailStore"/> holds until it is delivered.</summary>
internal sealed class MemoryFeed : IDeliveryFeed
{
    private readonly Lock _gate = new();
    private readonly Queue<MemoryMail> _ready = new();
    private Action _wake = () => { };
    private bool _owesWake;
    private long _waiting;
    private long _completed;
    private long _octets;

    public (long Messages, long Octets) Waiting
    {
        get
        {
            lock (_gate)
            {
                return (_waiting, _octets);
            }
        }
    }

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
        // Nothing gathers here.
    }

    public void Add(MemoryMail mail)
    {
        lock (_gate)
        {
            _waiting++;
            _octets += mail.Length;
        }

        Ready(mail);
    }

    public void Subscribe(Action wake)
    {
        bool now;
        lock (_gate)
        {
            _wake = wake;
            now = _ready.Count > 0;
            _owesWake = !now;
        }

        if (now)
        {
            wake();
        }
    }

    public int Take(Span<StoredMail> into)
    {
        lock (_gate)
        {
            var count = 0;
            while (count < into.Length && _ready.TryDequeue(out var mail))
            {
                into[count++] = mail;
            }

            _owesWake |= count < into.Length;
            return count;
        }
    }

    public (long Asked, long Stable) Completions => Volatile.Read(ref _completed) is var all ? (all, all) : default;

    public IReadOnlyList<MailId> FindWaiting(Func<MailId, bool> which)
    {
        lock (_gate)
        {
            return [.. _ready.Select(mail => mail.Id).Where(which)];
        }
    }

    public void Complete(StoredMail mail, int recipient)
    {
        Interlocked.Increment(ref _completed);
        if (((MemoryMail)mail).Finish(recipient))
        {
            Leave(mail);
        }
    }

    public void Complete(StoredMail mail)
    {
        for (var i = 0; i < mail.Envelope.Recipients.Length; i++)
        {
            Complete(mail, i);
        }
    }

    public void Release(StoredMail mail, TimeSpan delay)
    {
        var given = (MemoryMail)mail;
        given.GivenBack();
        if (delay <= TimeSpan.Zero)
        {
            Ready(given);
            return;
        }

        _ = Later();

        async Task Later()
        {
            await Task.Delay(delay).ConfigureAwait(false);
            Ready(given);
        }
    }

    private void Ready(MemoryMail mail)
    {
        Action? wake = null;
        lock (_gate)
        {
            _ready.Enqueue(mail);
            if (_owesWake)
            {
                _owesWake = false;
                wake = _wake;
            }
        }

        wake?.Invoke();
    }

    private void Leave(StoredMail mail)
    {
        lock (_gate)
        {
            _waiting--;
            _octets -= mail.Length;
        }
    }
}

/// <summary>A message held in memory.</summary>
internal sealed class MemoryMail(MailId id, Envelope envelope, byte[] content, long sequence) : StoredMail
{
    private readonly bool[] _complete = new bool[envelope.Recipients.Length];
    private bool _mayBeDelivered;

    public override MailId Id => id;

    public override Envelope Envelope => envelope;

    public override long Length => content.Length;

    public override long Sequence => sequence;

    public override bool MayBeDelivered => _mayBeDelivered;

    public override bool IsComplete(int recipient)
    {
        lock (_complete)
        {
            return _complete[recipient];
        }
    }

    /// <summary>True when this was the last recipient.</summary>
    public bool Finish(int recipient)
    {
        lock (_complete)
        {
            if (_complete[recipient])
            {
                return false;
            }

            _complete[recipient] = true;
            return Array.TrueForAll(_complete, done => done);
        }
    }

    public void GivenBack() => _mayBeDelivered = true;

    public override bool TryGetContent(out ReadOnlyMemory<byte> into)
    {
        into = content;
        return true;
    }

    public override int Read(long offset, Span<byte> into)
    {
        var count = (int)Math.Clamp(content.Length - offset, 0, into.Length);
        content.AsSpan((int)Math.Min(offset, content.Length), count).CopyTo(into);
        return count;
    }
}
