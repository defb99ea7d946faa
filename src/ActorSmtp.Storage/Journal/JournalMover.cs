namespace ActorSmtp.Storage.Journal;

/// <summary>
/// Writes waiting messages anew at the journal's end, so that an old segment becomes free: by the way any
/// message takes. Until the copy is stable the old one counts, and a delivery meanwhile makes the copy void.
/// </summary>
internal sealed class JournalMover(JournalMailStore store) : IMailWriterObserver
{
    private const int Piece = 64 * 1024;
    private const int MostOutstanding = 64;

    private readonly Lock _gate = new();
    private readonly Queue<JournalMail> _mails = new();
    private readonly byte[] _piece = new byte[Piece];
    private JournalMail? _mail;
    private JournalWriter? _writer;
    private long _at;
    private int _outstanding;
    private int _unfinished;
    private volatile bool _blocked;

    /// <summary>Whether all that was asked for has been tried.</summary>
    public bool IsIdle => Volatile.Read(ref _unfinished) == 0;

    public void Add(IReadOnlyList<JournalMail> mails)
    {
        Interlocked.Add(ref _unfinished, mails.Count);
        lock (_gate)
        {
            foreach (var mail in mails)
            {
                _mails.Enqueue(mail);
            }
        }
    }

    /// <summary>From the housekeeper: a piece of the present one. False: nothing to do now.</summary>
    public bool Step()
    {
        if (_blocked || (_mail is null && (Volatile.Read(ref _outstanding) >= MostOutstanding || !Next())))
        {
            return false;
        }

        try
        {
            if (_at < _mail!.Length && !_mail.IsComplete() && _mail.Read(_at, _piece) is > 0 and var read)
            {
                _at += read;
                _blocked = true;                    // before the writer can call back
                if (_writer!.Write(_piece.AsSpan(0, read)))
                {
                    _blocked = false;
                }

                return true;
            }

            if (_at == _mail.Length && _mail.EnvelopeFor(store) is { } envelope)
            {
                Interlocked.Increment(ref _outstanding);
                _writer!.Commit(envelope);
            }
            else
            {
                GiveUp();                           // delivered meanwhile, or it cannot be read: it stays where it is
            }
        }
        catch (StoreException)
        {
            GiveUp();
        }

        (_mail, _writer) = (null, null);
        return true;
    }

    public void OnReady(MailId id)
    {
        _blocked = false;
        store.WakeKeeper();
    }

    public void OnStored(MailId id) => Ended();

    public void OnStoreFailed(MailId id, StoreFailure failure) => Ended();

    private void GiveUp()
    {
        Interlocked.Decrement(ref _unfinished);
        _writer!.Abort();
    }

    private void Ended()
    {
        Interlocked.Decrement(ref _unfinished);
        Interlocked.Decrement(ref _outstanding);
        store.WakeKeeper();
    }

    private bool Next()
    {
        lock (_gate)
        {
            if (!_mails.TryDequeue(out _mail))
            {
                return false;
            }
        }

        _at = 0;
        _writer = store.BeginMove(_mail, this);
        return true;
    }
}
