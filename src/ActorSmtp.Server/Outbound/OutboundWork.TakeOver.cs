using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>From the journal into the queue.</summary>
internal sealed partial class OutboundWork
{
    private static readonly TimeSpan s_whenFull = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_whenImpossible = TimeSpan.FromHours(1);

    /// <summary>Fresh messages that are kept open to be handed on at once, for as many destinations as could take them.</summary>
    private const int MostFresh = 2048;

    /// <summary>Seconds after the start until it is not waited for any more that the journal brings again what the queue had already.</summary>
    private const uint LongestHandover = 3600;

    private HashSet<MailId> _hadBefore = [];        // here or sent already at the opening, and waiting in the journal all the same
    private uint _openedAt;
    private long _bringsNoMore = long.MaxValue;     // with so many completions of the journal stable it brings none of those again

    private readonly Dictionary<IActorRef, (List<StoredMail> Done, List<StoredMail> Full, List<StoredMail> Impossible)> _takers = [];

    /// <summary>Any thread: as long as the journal might bring again what was removed here, that is remembered.</summary>
    (long Asked, long Stable) IQueueObserver.Handover
    {
        get
        {
            var (asked, stable) = _at.Journal.Deliveries.Completions;
            return (asked, stable >= Volatile.Read(ref _bringsNoMore) ? stable : -1);
        }
    }

    /// <summary>What was here at the opening, or was sent before a crash, is said to be taken over as well.</summary>
    public void TakeOver(StoredMail[] mails, IActorRef taker)
    {
        foreach (var mail in mails)
        {
            if (_hadBefore.Remove(mail.Id))
            {
                Done(mail, taker);
                BringsNoMore();
                continue;
            }

            var record = RecordOf(mail.Envelope);
            Action<QueueJob> done = job => OnTakenOver(job, record, taker);
            _asked.Add(QueueJob.Add(mail, record.ToOctets(), keepOpen: _open.Count < MostFresh && WantsNow(record), done, StandOf(record)));
            _recording++;
        }

        AnswerTakers();
    }

    /// <summary>An alias that led to several is done with, and its sender told so (RFC 3461 §5.2.7.3 c).</summary>
    private MessageRecord RecordOf(Envelope envelope)
    {
        var now = Now;
        var record = MessageRecord.Of(envelope, now);
        for (var i = 0; i < envelope.Recipients.Length; i++)
        {
            if (envelope.Recipients[i] is { IsExpanded: true, Account: null } && Protocol.Delivery.Notices.IsWanted(envelope, envelope.Recipients[i], ReportAction.Expanded))
            {
                record.Notices.Add(new OwedNotice(_at.Ids.Next(now), ReportAction.Expanded, [i], new EnhancedCode(2, 0, 0), null, null, null, null));
            }
        }

        return record;
    }

    private void OnTakenOver(QueueJob job, MessageRecord record, IActorRef taker)
    {
        _recording--;
        var mail = job.Mail!;
        if (job.Failure is { } failure)
        {
            var (_, full, impossible) = TakerOf(taker);
            (failure == StoreFailure.Full ? full : impossible).Add(mail);
            _at.Log.NotTakenOver(QueueNews.Path, mail.Id, job.Problem ?? failure.ToString());
            return;
        }

        Done(mail, taker);
        if (job.WasThere)
        {
            return;
        }

        if (job.Slot < 0)
        {
            record.Destinations.ForEach(there => _at.News.Queued(mail.Envelope, there.Name, there.Recipients, mail.HandedOnLength));
            return;                                 // in the shared queue, for whoever has room
        }

        _index.Add(job.Slot, QueueIndex.Seconds(record.ReceivedAt), record.MayWarn ? MessageMarks.MayWarn : MessageMarks.None);
        foreach (var destination in record.Destinations)
        {
            var leg = _index.AddLeg(job.Slot, destination.Name, 0);
            _index.Queue(leg, QueueIndex.Seconds(Now));
            _at.News.Queued(mail.Envelope, destination.Name, destination.Recipients, mail.HandedOnLength);
        }

        if (job.Opened is { } opened)
        {
            var open = Open(opened, record);
            Owe(open, [.. record.Notices]);
            foreach (var leg in _index.LegsOf(job.Slot).ToArray())
            {
                HandOn(_index.DestinationOf(leg));
            }

            Release(open);
        }
        else
        {
            foreach (var leg in _index.LegsOf(job.Slot).ToArray())
            {
                Want(_index.DestinationOf(leg));
            }

            if (record.Notices.Count > 0)
            {
                StandInLine(job.Slot);
            }
        }
    }

    /// <summary>The journal need not bring it again: asked of it at once, so that nothing that follows here is recorded before that was asked.</summary>
    private void Done(StoredMail mail, IActorRef taker)
    {
        for (var i = 0; i < mail.Envelope.Recipients.Length; i++)
        {
            if (mail.Envelope.Recipients[i].Account is null)
            {
                _at.Journal.Deliveries.Complete(mail, i);
            }
        }

        TakerOf(taker).Done.Add(mail);
    }

    private void BringsNoMore()
    {
        if (_hadBefore.Count == 0 && _bringsNoMore == long.MaxValue)
        {
            Volatile.Write(ref _bringsNoMore, _at.Journal.Deliveries.Completions.Asked);
        }
    }

    /// <summary>Where the journal cannot read them, removals are not remembered for ever: the log would only grow.</summary>
    private void WaitNoLonger(uint now)
    {
        if (_bringsNoMore == long.MaxValue && now - _openedAt >= LongestHandover)
        {
            _at.Log.HandoverIsLate(QueueNews.Path, _hadBefore.Count);
            Volatile.Write(ref _bringsNoMore, 0);
        }
    }

    /// <summary>Whether a relay would take it at once.</summary>
    private bool WantsNow(MessageRecord record) =>
        record.Destinations.Exists(destination => _index.Find(destination.Name) is { Relay: not null, IsLeaving: false, Room: > 0 } there && there.Ready < there.Room);

    private (List<StoredMail> Done, List<StoredMail> Full, List<StoredMail> Impossible) TakerOf(IActorRef taker)
    {
        if (!_takers.TryGetValue(taker, out var lists))
        {
            _takers[taker] = lists = ([], [], []);
        }

        return lists;
    }

    private void AnswerTakers()
    {
        foreach (var (taker, (done, full, impossible)) in _takers)
        {
            Answer(taker, done, isDone: true, TimeSpan.Zero);
            Answer(taker, full, isDone: false, s_whenFull);
            Answer(taker, impossible, isDone: false, s_whenImpossible);
        }
    }

    private void Answer(IActorRef taker, List<StoredMail> mails, bool isDone, TimeSpan wait)
    {
        if (mails.Count > 0)
        {
            taker.Tell(new TakenOver([.. mails], isDone, wait), _self);
            mails.Clear();
        }
    }
}
