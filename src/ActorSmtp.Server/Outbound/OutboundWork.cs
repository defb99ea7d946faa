using System.Runtime.ExceptionServices;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// The queue's work, in the actor's turns alone: which message is due where, which are open, what is being recorded. The rule of it: a change is asked of the store, and what
/// follows from it (a notice, the next attempt, an answer) is done when the store says that it is stable.
/// </summary>
internal sealed partial class OutboundWork : IQueueObserver
{
    private readonly OutboundContext _at;
    private readonly IQueueStore _store;
    private readonly QueueIndex _index = new();
    private readonly Dictionary<int, OpenMessage> _open = [];
    private readonly Dictionary<MailId, OpenMessage> _openById = [];
    private readonly Dictionary<int, List<Action<OpenMessage?>>> _loading = [];
    private readonly List<OpenMessage> _dirty = [];     // with changes that the store has not been asked to record
    private readonly List<QueueJob> _asked = [];
    private readonly char[] _name = new char[1024];
    private IOutboundShell _shell = null!;
    private IActorRef _self = ActorRefs.Nobody;
    private int _recording;                             // additions and changes asked of the store and not answered
    private int _unrecorded;                            // of these, messages whose news are not on record
    private bool _isReady;

    public OutboundWork(OutboundContext at)
    {
        (_at, _store, _shared) = (at, at.Store, at.Store.Shared);
        _routes = new RouteTable(at.Settings.Routes);
    }

    private DateTimeOffset Now => _at.Time.GetUtcNow();

    /// <summary>The actor begins, or begins anew.</summary>
    public void Start(IOutboundShell shell, IActorRef self)
    {
        (_shell, _self) = (shell, self);
        if (_isReady)
        {
            ForgetRelays();
        }
        else
        {
            _shared?.Begin();
        }

        _isReady = true;
    }

    void IQueueObserver.OnDone(ReadOnlySpan<QueueJob> jobs) => _self.Tell(new StoreDid(jobs.ToArray()), ActorRefs.NoSender);

    public void OnStoreDid(QueueJob[] jobs)
    {
        RunAll(jobs, static job => ((Action<QueueJob>)job.Token!)(job));            // one that fails leaves the others done, and none is done twice
        AnswerTakers();
    }

    /// <summary>Each of them, also behind one that fails; the first failure goes on.</summary>
    private static void RunAll<T>(IReadOnlyList<T> all, Action<T> run)
    {
        ExceptionDispatchInfo? failed = null;
        foreach (var one in all)
        {
            try
            {
                run(one);
            }
            catch (Exception e)
            {
                failed ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        failed?.Throw();
    }

    /// <summary>Asks the store for what came together in this turn.</summary>
    private void Ask()
    {
        foreach (var open in _dirty)
        {
            Record(open);
        }

        _dirty.Clear();
        GiveBackSome();
        if (_asked.Count > 0)
        {
            var jobs = _asked.ToArray();
            _asked.Clear();
            _store.Submit(jobs);
        }
    }

    /// <summary>Has a message loaded, unless it is open; null: it is gone, or cannot be read now.</summary>
    private void Access(int slot, Action<OpenMessage?> then)
    {
        if (_open.TryGetValue(slot, out var open))
        {
            if (open.IsOver)
            {
                then(null);
                return;
            }

            open.Uses++;
            then(open);
        }
        else if (_loading.TryGetValue(slot, out var waiting))
        {
            waiting.Add(then);
        }
        else if (IsUnreadable(slot))
        {
            then(null);
        }
        else
        {
            _loading[slot] = [then];
            _asked.Add(QueueJob.Load(slot, (Action<QueueJob>)OnLoaded));
        }
    }

    private void OnLoaded(QueueJob job)
    {
        _loading.Remove(job.Slot, out var waiting);
        OpenMessage? open = null;
        var problem = job.Problem ?? "it is gone";
        if (job.IsLost)
        {
            Lose(job.Slot);
        }

        if (job.Opened is { } mail)
        {
            try
            {
                open = Open(mail, MessageRecord.Read(mail.State.Span));
                open.IsGone = open.IsOver = _lost.Contains(job.Slot);
                CanRead(job.Slot);
            }
            catch (FormatException unknown)
            {
                mail.Dispose();
                problem = unknown.Message;
            }
        }

        if (open is null)
        {
            CannotRead(job, problem);
            Consider(job.Slot);
        }

        try
        {
            RunAll(waiting!, then =>
            {
                if (open is not null)
                {
                    open.Uses++;
                }

                then(open);
            });
        }
        finally
        {
            Unuse(open);
        }
    }

    /// <summary>In one use already.</summary>
    private OpenMessage Open(QueuedMail mail, MessageRecord record)
    {
        var open = new OpenMessage(mail, record) { Uses = 1 };
        _open[mail.Slot] = open;                        // one that has gone from there may still be in use
        _openById[mail.Id] = open;
        return open;
    }

    private void Release(OpenMessage open)
    {
        if (--open.Uses == 0)
        {
            if (_open.GetValueOrDefault(open.Slot) == open)
            {
                _open.Remove(open.Slot);
                Consider(open.Slot);
            }

            if (_openById.GetValueOrDefault(open.Id) == open)
            {
                _openById.Remove(open.Id);
            }

            open.Mail.Dispose();
        }
    }

    private void Unuse(OpenMessage? open)
    {
        if (open is not null)
        {
            Release(open);
        }
    }

    /// <summary>
    /// Records how a message stands; what follows is done when that is stable. A message with nothing left to do is removed. What comes while an earlier change of the same
    /// message is being recorded goes together into the next record: a message for a thousand domains is not written once for each of them.
    /// </summary>
    private void Save(OpenMessage open, Action then)
    {
        if (open.IsGone)
        {
            then();                                 // another node has it: nothing of ours counts any more
            return;
        }

        open.Uses++;
        open.Then.Add(then);
        open.IsOver |= open.Record.IsOver;
        if (open is { Then.Count: 1, IsRecording: false })
        {
            _dirty.Add(open);
        }
    }

    private void Record(OpenMessage open)
    {
        var then = open.Then;
        (open.Then, open.IsRecording) = ([], true);
        Action<QueueJob> done = job => OnRecorded(job, open, then);
        _asked.Add(open.IsOver ? QueueJob.Remove(open.Slot, done) : QueueJob.Save(open.Slot, open.Record.ToOctets(), done, StandOf(open.Record)));
        _recording++;
        _unrecorded++;
    }

    private void OnRecorded(QueueJob job, OpenMessage open, List<Action> then)
    {
        _recording--;
        _unrecorded--;
        open.IsRecording = false;
        if (job.IsLost)
        {
            Lose(open.Slot);
            then.AddRange(open.Then);
            open.Then.Clear();
        }
        else if (job is { Failure: null, Kind: QueueJobKind.Remove })
        {
            open.IsGone = true;
            if (!_lost.Remove(open.Slot))
            {
                Forget(open.Slot);
            }

            _at.News.Gone(open.Id);
            then.AddRange(open.Then);               // what else was wanted of it is covered by its end
            open.Then.Clear();
        }
        else if (open.Then.Count > 0)
        {
            _dirty.Add(open);
        }

        try
        {
            if (job.Failure is null || job.IsLost)  // else the store has failed: the process ends, and the next one knows what is on the disk
            {
                RunAll(then, static follows => follows());
            }
        }
        finally
        {
            for (var uses = then.Count; uses > 0; uses--)
            {
                Release(open);
            }
        }
    }

    private void Forget(int slot)
    {
        _warned = _warned == slot ? _index.Before(slot) : _warned;
        _swept = _swept == slot ? _index.Before(slot) : _swept;
        _owing -= _index.MarksOf(slot).HasFlag(MessageMarks.Owes) ? 1 : 0;
        _unreadable.Remove(slot);
        _troubled.Remove(slot);
        _pinned.Remove(slot);                       // the slot may be another's soon, of whom nobody wants anything
        _wanted.Remove(slot);
        _index.Remove(slot);
    }

    /// <summary>A message that is being dealt with.</summary>
    private sealed class OpenMessage(QueuedMail mail, MessageRecord record) : IQueuedContent
    {
        private volatile bool _isHarmed;

        public QueuedMail Mail { get; } = mail;

        public MessageRecord Record { get; } = record;

        public int Slot => Mail.Slot;

        public MailId Id => Mail.Id;

        public Envelope Envelope => Mail.Envelope;

        /// <summary>By how many it is in use: relays, changes under way, notices.</summary>
        public int Uses { get; set; }

        /// <summary>Destinations whose relay has it.</summary>
        public HashSet<string> Carried { get; } = new(StringComparer.Ordinal);

        /// <summary>Recipients that were put off in the attempt under way.</summary>
        public Dictionary<(string Destination, int Recipient), (AttemptReport Report, RecipientOutcome Outcome)> Later { get; } = [];

        /// <summary>What follows when the changes are stable that the store has not been asked to record yet.</summary>
        public List<Action> Then { get; set; } = [];

        /// <summary>The store is recording an earlier change.</summary>
        public bool IsRecording { get; set; }

        /// <summary>Notices that are owed and not recorded as such: they do not go yet.</summary>
        public HashSet<MailId> Unrecorded { get; } = [];

        /// <summary>A notice could not be made: none is tried before.</summary>
        public uint Troubled { get; set; }

        /// <summary>It is its turn to tell its sender something.</summary>
        public bool IsTelling { get; set; }

        /// <summary>Its notices that are on their way into the journal, or being recorded as given.</summary>
        public HashSet<MailId> Telling { get; } = [];

        /// <summary>Its removal has been, or is being, asked for.</summary>
        public bool IsOver { get; set; }

        /// <summary>It is removed; its slot may be another's.</summary>
        public bool IsGone { get; set; }

        /// <summary>What was stored of it is not what is there now: it can never be sent. Known when somebody has tried to read it.</summary>
        public bool IsHarmed => _isHarmed;

        public bool ReadsAsynchronously => Mail.ReadsAsynchronously;

        public int Read(long offset, Span<byte> into)
        {
            try
            {
                return Mail.Read(offset, into);
            }
            catch (StoreException harmed) when (harmed.InnerException is null)
            {
                _isHarmed = true;                   // a disk that fails has a cause, and may be well again
                throw;
            }
        }

        public async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation)
        {
            try
            {
                return await Mail.ReadAsync(offset, into, cancellation).ConfigureAwait(false);
            }
            catch (StoreException harmed) when (harmed.InnerException is null)
            {
                _isHarmed = true;
                throw;
            }
        }
    }
}
