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
    private readonly List<QueueJob> _asked = [];
    private readonly List<int> _owing = [];
    private readonly char[] _name = new char[1024];
    private IOutboundShell _shell = null!;
    private IActorRef _self = ActorRefs.Nobody;
    private readonly HashSet<MailId> _owed = [];
    private HashSet<MailId> _sentBefore = [];
    private HashSet<MailId> _givenBefore = [];
    private bool _isReady;

    public OutboundWork(OutboundContext at) => (_at, _store) = (at, at.Store);

    private DateTimeOffset Now => _at.Time.GetUtcNow();

    /// <summary>While the store is opened: a message that an earlier run left.</summary>
    public void Found(int slot, MailId id, long length, ReadOnlySpan<byte> state)
    {
        var brief = new RecordGlance(state);
        _index.Add(slot, QueueIndex.Seconds(brief.ReceivedAt), brief is { MayWarn: true, IsWarned: false } ? MessageMarks.MayWarn : MessageMarks.None);
        while (brief.NextDestination(_name, out var nameLength, out var due, out var failures, out var isHeld))
        {
            var leg = _index.AddLeg(slot, _name.AsSpan(0, nameLength), failures);
            if (isHeld)
            {
                _index.Hold(leg);
            }
            else
            {
                _index.Wait(leg, QueueIndex.SecondsUp(due));
            }
        }

        if (brief.OwesNotices)
        {
            foreach (var notice in MessageRecord.Read(state).Notices)
            {
                _owed.Add(notice.Id);
                _at.Notices.Close(notice.Id);
            }
        }

        if (brief.OwesNotices || !_index.LegsOf(slot).Any())
        {
            _owing.Add(slot);
        }
    }

    /// <summary>When the store is open, and before the journal hands out anything.</summary>
    public void Opened()
    {
        _index.SortByArrival();
        var feed = _at.Journal.Deliveries;
        _sentBefore = [.. feed.FindWaiting(_store.WasRemoved)];
        _givenBefore = [.. feed.FindWaiting(_owed.Contains)];
        _owed.Clear();
        _store.ForgetRemoved();
    }

    /// <summary>The actor begins, or begins anew.</summary>
    public void Start(IOutboundShell shell, IActorRef self)
    {
        (_shell, _self) = (shell, self);
        if (_isReady)
        {
            ForgetRelays();
            return;
        }

        _isReady = true;
        foreach (var slot in _owing)
        {
            Access(slot, open => PostOwed(open));
        }

        _owing.Clear();
    }

    void IQueueObserver.OnDone(ReadOnlySpan<QueueJob> jobs) => _self.Tell(new StoreDid(jobs.ToArray()), ActorRefs.NoSender);

    public void OnStoreDid(QueueJob[] jobs)
    {
        ExceptionDispatchInfo? failed = null;
        foreach (var job in jobs)
        {
            try
            {
                ((Action<QueueJob>)job.Token!)(job);
            }
            catch (Exception e)
            {
                failed ??= ExceptionDispatchInfo.Capture(e);            // the others are done all the same, and none is done twice
            }
        }

        AnswerTakers();
        failed?.Throw();
    }

    /// <summary>Asks the store for what came together in this turn.</summary>
    private void Ask()
    {
        if (_asked.Count > 0)
        {
            var jobs = _asked.ToArray();
            _asked.Clear();
            _store.Submit(jobs);
        }
    }

    /// <summary>Has a message loaded, unless it is open; null: it is gone, or cannot be read.</summary>
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
        if (job.Opened is { } mail)
        {
            try
            {
                open = Open(mail, MessageRecord.Read(mail.State.Span));
            }
            catch (FormatException unknown)
            {
                mail.Dispose();
                problem = unknown.Message;
            }
        }

        if (open is null)
        {
            CannotRead(job.Slot, problem);
        }

        foreach (var then in waiting!)
        {
            if (open is not null)
            {
                open.Uses++;
            }

            then(open);
        }

        if (open is not null)
        {
            Release(open);
        }
    }

    /// <summary>In one use already.</summary>
    private OpenMessage Open(QueuedMail mail, MessageRecord record)
    {
        var open = new OpenMessage(mail, record) { Uses = 1 };
        _open.Add(mail.Slot, open);
        _openById.Add(mail.Id, open);
        return open;
    }

    private void Release(OpenMessage open)
    {
        if (--open.Uses == 0)
        {
            _open.Remove(open.Slot);
            _openById.Remove(open.Id);
            open.Mail.Dispose();
        }
    }

    /// <summary>A disk that fails, or harmed records: the message is set aside until the next start, and the administrator told. It is not given up.</summary>
    private void CannotRead(int slot, string problem)
    {
        if (_index.Has(slot))
        {
            _at.Log.QueuedCannotBeRead(QueueNews.Path, _store.At(slot)?.Id.ToString() ?? "?", problem);
            foreach (var leg in _index.LegsOf(slot))
            {
                _index.Hold(leg);
            }
        }
    }

    /// <summary>Records how a message stands; what follows is done when that is stable. A message with nothing left to do is removed.</summary>
    private void Save(OpenMessage open, Action then)
    {
        open.Uses++;
        open.IsOver |= open.Record.IsOver;
        Action<QueueJob> done = job =>
        {
            _recording--;
            if (job.Failure is null)
            {
                if (job.Kind == QueueJobKind.Remove)
                {
                    Forget(open.Slot);
                    _at.News.Gone(open.Id);
                }

                then();
            }

            Release(open);                          // else the store has failed: the process ends, and the next one knows what is on the disk
        };
        _asked.Add(open.IsOver ? QueueJob.Remove(open.Slot, done) : QueueJob.Save(open.Slot, open.Record.ToOctets(), done));
        _recording++;
    }

    private void Forget(int slot)
    {
        _warned = _warned == slot ? _index.Before(slot) : _warned;
        _swept = _swept == slot ? _index.Before(slot) : _swept;
        _index.Remove(slot);
    }

    /// <summary>A message that is being dealt with.</summary>
    private sealed class OpenMessage(QueuedMail mail, MessageRecord record) : IQueuedContent
    {
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

        /// <summary>Its removal has been asked for.</summary>
        public bool IsOver { get; set; }

        public int Read(long offset, Span<byte> into) => Mail.Read(offset, into);
    }
}
