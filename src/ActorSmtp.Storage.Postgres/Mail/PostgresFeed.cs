using System.Security.Cryptography;

namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// What this node has claimed and not yet delivered, in order. A node claims what it accepts itself as it stores it; beyond a bound, and when
/// another node has gone, mail lies unclaimed in the database until one that has room takes it.
/// </summary>
internal sealed class PostgresFeed(Database database, Errands errands, TimeProvider time) : IDeliveryFeed
{
    /// <summary>Claims that a node holds at most.</summary>
    public const int Most = 8192;

    private const int MostFound = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<MailId, ClaimedMail> _held = [];
    private readonly Queue<ClaimedMail> _ready = new();
    private IReadOnlyList<MailId> _foundAtStart = [];
    private Action _wake = static () => { };
    private bool _owesWake;
    private bool _closed;
    private volatile bool _ends;
    private long _octets;
    private long _waitingOctets;
    private long _sequence;
    private long _delivered;

    /// <summary>Claims held.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>How many more may be claimed.</summary>
    public int Room => _ends ? 0 : Math.Max(0, Most - Held);

    /// <summary>Nothing more is claimed.</summary>
    public bool Ends => _ends;

    public bool HasMore
    {
        get
        {
            lock (_gate)
            {
                return _ready.Any(mail => !mail.IsGone && mail.GoodUntil >= time.GetTimestamp());
            }
        }
    }

    /// <summary>Messages claimed and not complete.</summary>
    public long Waiting => Held;

    public long WaitingOctets => Interlocked.Read(ref _waitingOctets);

    /// <summary>Octets of content held in memory.</summary>
    public long Octets => Interlocked.Read(ref _octets);

    /// <summary>How many completions were told, and how many of them are in the database, in this order.</summary>
    public (long Asked, long Stable) Completions => errands.Progress;

    public long Delivered => Interlocked.Read(ref _delivered);

    public static long NewToken() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) is var token and not 0 ? token : 1;

    public long NextSequence() => Interlocked.Increment(ref _sequence);

    /// <summary>Until when a claim lasts that was asked for at this timestamp: a little less than the database has it, whatever the clocks say.</summary>
    public long GoodUntil(long since) => since + (long)(database.Settings.Lease.TotalSeconds * 0.9 * time.TimestampFrequency);

    /// <summary>Remembers what waits already: before it is handed out, others may ask for it.</summary>
    public async Task OpenAsync(CancellationToken cancellation) => _foundAtStart = await database.QueryAsync(
        "SELECT id FROM accepted ORDER BY due, id LIMIT $1",
        [Database.Value(MostFound)],
        async (rows, stop) =>
        {
            var ids = new List<MailId>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                if (rows.GetFieldValue<byte[]>(0) is { Length: MailId.Size } key)
                {
                    ids.Add(MailId.Read(key));
                }
            }

            return ids;
        },
        cancellation).ConfigureAwait(false);

    /// <summary>One more is ours.</summary>
    public void Add(ClaimedMail mail)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(mail.Id, out var before))
            {
                Lose(before);                       // its claim ended, and it came to us again
            }

            _held[mail.Id] = mail;
            Interlocked.Add(ref _octets, mail.Held);
            Interlocked.Add(ref _waitingOctets, mail.Length);
        }

        Ready(mail);
    }

    /// <summary>One that lay in the database is ours now.</summary>
    /// <param name="done">Its recipients that have it.</param>
    /// <param name="wasClaimed">Somebody had it before.</param>
    public void Found(ClaimedMail mail, int[] done, bool wasClaimed)
    {
        var all = false;
        foreach (var recipient in done.Where(r => r >= 0 && r < mail.Envelope.Recipients.Length))
        {
            mail.Record(recipient);
            all |= mail.Finish(recipient, out var last) && last;
        }

        if (all)
        {
            errands.End(mail);                      // its last holder died between the last recipient and the end
            return;
        }

        if (wasClaimed)
        {
            mail.MarkFound();
        }

        Add(mail);
    }

    public void Subscribe(Action wake)
    {
        bool now;
        lock (_gate)
        {
            _wake = wake;
            _foundAtStart = [];
            now = _ready.Count > 0;
            _owesWake = !now;
        }

        if (now)
        {
            wake();
        }
    }

    /// <summary>The end is near: nothing more is claimed, and what is accepted still goes to the other nodes.</summary>
    public void Hasten() => _ends = true;

    public int Take(Span<StoredMail> into)
    {
        lock (_gate)
        {
            var count = 0;
            var now = time.GetTimestamp();
            while (count < into.Length && _ready.TryDequeue(out var mail))
            {
                if (mail.IsGone)
                {
                    continue;
                }

                if (mail.GoodUntil < now)
                {
                    Lose(mail);                     // we slept, or the database was away, for longer than the claim
                    continue;
                }

                mail.IsTaken = true;
                into[count++] = mail;
            }

            _owesWake |= count < into.Length;
            return count;
        }
    }

    public IReadOnlyList<MailId> FindWaiting(Func<MailId, bool> which)
    {
        lock (_gate)
        {
            return [.. _ready.Where(mail => !mail.IsGone).Select(mail => mail.Id).Concat(_foundAtStart).Distinct().Where(which)];
        }
    }

    public void Complete(StoredMail mail, int recipient)
    {
        var claimed = (ClaimedMail)mail;
        if (!claimed.Finish(recipient, out var last))
        {
            return;
        }

        if (last)
        {
            Leave(claimed);
        }
        else if (!claimed.IsGone && !claimed.IsRecorded(recipient))
        {
            errands.Note(claimed, recipient);
        }
    }

    public void Complete(StoredMail mail)
    {
        if (((ClaimedMail)mail).FinishAll())
        {
            Leave((ClaimedMail)mail);
        }
    }

    /// <summary>A short wait is ours to wait; for a longer one any node may take it afterwards.</summary>
    public void Release(StoredMail mail, TimeSpan delay)
    {
        var claimed = (ClaimedMail)mail;
        claimed.IsTaken = false;
        claimed.MarkFound();
        lock (_gate)
        {
            if (claimed.IsGone)
            {
                Drop(claimed);
                return;
            }

            if (_closed || delay > database.Settings.Lease / 2)
            {
                Drop(claimed);
                claimed.MarkGone();
                errands.GiveBack(claimed, delay);
                return;
            }
        }

        if (delay <= TimeSpan.Zero)
        {
            Ready(claimed);
            return;
        }

        _ = Later();

        async Task Later()
        {
            await Task.Delay(delay, time).ConfigureAwait(false);
            Ready(claimed);
        }
    }

    /// <summary>Those whose claims have to be renewed to last on.</summary>
    public List<ClaimedMail> Aging()
    {
        var soon = time.GetTimestamp() + (long)(database.Settings.Lease.TotalSeconds * 0.6 * time.TimestampFrequency);
        lock (_gate)
        {
            return [.. _held.Values.Where(mail => !mail.IsGone && mail.GoodUntil < soon)];
        }
    }

    /// <summary>Another node has it.</summary>
    public void Lost(ClaimedMail mail)
    {
        lock (_gate)
        {
            Lose(mail);
        }
    }

    /// <summary>The end: nothing is handed out any more; these claims are to be given back.</summary>
    public List<ClaimedMail> GiveBackAll()
    {
        lock (_gate)
        {
            _closed = true;
            _ready.Clear();
            var all = _held.Values.Where(mail => !mail.IsGone).ToList();
            _held.Clear();
            return all;
        }
    }

    private void Ready(ClaimedMail mail)
    {
        Action? wake = null;
        lock (_gate)
        {
            if (_closed || mail.IsGone)
            {
                return;
            }

            _ready.Enqueue(mail);
            if (_owesWake)
            {
                _owesWake = false;
                wake = _wake;
            }
        }

        wake?.Invoke();
    }

    /// <summary>Everybody has it.</summary>
    private void Leave(ClaimedMail mail)
    {
        Interlocked.Increment(ref _delivered);
        lock (_gate)
        {
            Drop(mail);
            if (mail.IsGone)
            {
                return;                             // its row went with the delivery
            }

            mail.MarkGone();
            errands.End(mail);
        }
    }

    private void Lose(ClaimedMail mail)
    {
        Drop(mail);
        mail.MarkGone();
    }

    private void Drop(ClaimedMail mail)
    {
        if (_held.TryGetValue(mail.Id, out var there) && ReferenceEquals(there, mail))
        {
            _held.Remove(mail.Id);
            Interlocked.Add(ref _octets, -mail.Held);
            Interlocked.Add(ref _waitingOctets, -mail.Length);
            mail.LetGo();
        }
    }
}
