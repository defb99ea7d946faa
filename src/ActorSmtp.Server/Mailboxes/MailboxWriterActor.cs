using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Mailboxes.MailboxMessages;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>
/// Takes what the journal has accepted to the mailboxes, in order, and records what is delivered. A bounded number of messages is in
/// flight; the rest waits in the journal. A mailbox in trouble is tried again by the mailbox store itself, and holds back nobody else: what
/// waits for it is set aside, out of the bound, and so is what hangs. It keeps its place in the mailbox's order, and the backlog's limit bounds it.
/// If this actor fails and is restarted, what was in flight is settled all the same: results carry their message, and the count is kept.
/// </summary>
internal sealed class MailboxWriterActor : ReceiveActor, IMailboxObserver
{
    private static readonly TimeSpan RetryAfterFault = TimeSpan.FromSeconds(5);

    /// <summary>Until it is tried again to tell a sender that its message is delivered.</summary>
    private static readonly TimeSpan s_tellPause = TimeSpan.FromSeconds(15);

    private readonly MailboxContext _at;
    private readonly IActorRef _self;
    private readonly StoredMail[] _taken;
    private readonly List<MailboxDelivery> _batch = [];
    private readonly List<StoredMail> _leaving = [];
    private readonly HashSet<IActorRef> _drainers = [];
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private int _settled;
    private bool _watches;

    public MailboxWriterActor(MailboxContext at)
    {
        _at = at;
        _self = Self;
        _taken = new StoredMail[at.BatchSize];
        Receive<MailWaits>(_ => OnMailWaits());
        Receive<Settled>(OnSettled);
        Receive<Delayed>(OnDelayed);
        Receive<Watched>(OnWatched);
        Receive<OutboundMessages.TakenOver>(OnTakenOver);
        Receive<DeliveredNotices.Ended>(OnTold);
        Receive<Drain>(OnDrain);
        Receive<TimeIsUp>(_ => OnTimeIsUp());
    }

    protected override void PreStart()
    {
        var self = Self;
        _at.Feed.Subscribe(() => self.Tell(MailWaits.Instance, ActorRefs.NoSender));
    }

    /// <summary>
    /// What was taken and not yet given to the mailbox store goes back, else nobody would deliver it before the next start. The results at
    /// which it failed are gone on with behind the one that did it; who waits for the end goes on waiting.
    /// </summary>
    protected override void PreRestart(Exception reason, object message)
    {
        foreach (var mail in _taken)
        {
            if (mail is not null)
            {
                _at.InFlight.Forget(mail);
                _at.Feed.Release(mail, RetryAfterFault);
            }
        }

        foreach (var drainer in _drainers)
        {
            Self.Tell(Drain.Now, drainer);
        }

        if (message is Settled settled && _settled < settled.Results.Length)
        {
            GiveBackIfLast(settled.Results[_settled].Delivery, failed: true, RetryAfterFault);
            Self.Tell(new Settled(settled.Results[(_settled + 1)..]));
        }

        base.PreRestart(reason, message);
    }

    void IMailboxObserver.OnSettled(ReadOnlySpan<DeliveryResult> results) =>
        _self.Tell(new Settled(results.ToArray()), ActorRefs.NoSender);

    void IMailboxObserver.OnDelayed(string account, string reason, TimeSpan delay) =>
        _self.Tell(new Delayed(account, reason, delay), ActorRefs.NoSender);

    /// <summary>What waited may all be for nobody any more: then a stop need not wait either.</summary>
    private void OnMailWaits()
    {
        TakeMore();
        AnswerDrainers();
    }

    private void TakeMore()
    {
        if (_at.InFlight.IsClosing)
        {
            return;
        }

        while (_at.InFlight.Count < _at.MaxInFlight)
        {
            var room = Math.Min(_taken.Length, _at.MaxInFlight - _at.InFlight.Count);
            var n = _at.Feed.Take(_taken.AsSpan(0, room));
            if (n == 0)
            {
                return;
            }

            for (var i = 0; i < n; i++)
            {
                Plan(_taken[i]);
            }

            if (_batch.Count > 0)
            {
                _at.Store.Deliver(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_batch), this);
            }

            if (_leaving.Count > 0)
            {
                _at.Outbound!.Tell(new OutboundMessages.TakeOver([.. _leaving]), _self);
                _leaving.Clear();
            }

            Array.Clear(_taken, 0, n);
            _batch.Clear();
            if (n < room)
            {
                return;
            }
        }

        Watch();
    }

    /// <summary>With no room left, somebody has to look whether anything moves.</summary>
    private void Watch()
    {
        if (!_watches)
        {
            _watches = true;
            Context.System.Scheduler.ScheduleTellOnce(_at.StallAfter, _self, new Watched(_at.InFlight.SettledEver), ActorRefs.NoSender);
        }
    }

    /// <summary>
    /// What hangs is set aside, and the other mailboxes do not wait for it: all there is, where nothing at all was settled and there is no room;
    /// else a mailbox that holds much of the room and does not move.
    /// </summary>
    private void OnWatched(Watched m)
    {
        _watches = false;
        var nothingMoves = m.SettledThen == _at.InFlight.SettledEver && _at.InFlight.Count >= _at.MaxInFlight;
        var (deliveries, mailboxes) = nothingMoves ? _at.InFlight.SetAllAside() : _at.InFlight.SetStillAside(Math.Max(1, _at.MaxInFlight / 8));
        if (mailboxes > 0)
        {
            _at.Log.DeliveriesHang(_path, deliveries, mailboxes, _at.StallAfter);
        }

        TakeMore();
        AnswerDrainers();
    }

    /// <summary>One delivery per recipient that has it not yet; Return-Path goes in front (RFC 5321 §4.4).</summary>
    private void Plan(StoredMail mail)
    {
        var recipients = mail.Envelope.Recipients;
        byte[]? prefix = null;
        var (leaves, stays) = (false, false);
        _at.TellWhence(mail);
        if (mail.Envelope.From.IsNull && _at.Notices?.IsClosed(mail.Id) == true)
        {
            _at.Feed.Release(mail, _at.Notices.PauseOf(mail.Id));
            return;
        }

        _at.Tells?.Look(mail);
        for (var i = 0; i < recipients.Length; i++)
        {
            if (mail.IsComplete(i))
            {
                continue;
            }

            if (recipients[i].Account is null && _at.Outbound is not null)
            {
                leaves = true;
                continue;
            }

            if (recipients[i].IsExpanded)
            {
                _at.Feed.Complete(mail, i);                             // nothing is delivered: the others have it
                continue;
            }

            if (recipients[i].Account is not { } account)
            {
                StayHere(mail, recipients[i], isFirst: !stays);
                stays = true;
                continue;
            }

            prefix ??= FirstFields.Of(mail.Envelope);
            _batch.Add(new MailboxDelivery(mail, i, account, prefix));
            _at.InFlight.Add(mail, account);
        }

        if (leaves)
        {
            _leaving.Add(mail);
            _at.InFlight.Add(mail, InFlight.Elsewhere);
        }

        if (stays && _at.InFlight.Settle(mail, InFlight.Elsewhere, failed: true))
        {
            _at.Feed.Release(mail, _at.RetryImpossible);
        }
    }

    /// <summary>For another host, and there are no routes (any more): it goes back and is looked at again, by a node that has some where there are several; it takes nobody's place.</summary>
    private void StayHere(StoredMail mail, Recipient recipient, bool isFirst)
    {
        if (isFirst)
        {
            _at.InFlight.Add(mail, InFlight.Elsewhere);
        }

        _at.Log.DeliveryFailed(_path, mail.Id, recipient.Address.ToString(), "it is for another host, and actorsmtp.outbound.routes has no way there", _at.RetryImpossible);
    }

    /// <summary>The queue has its recipients elsewhere, and the journal knows that by it; or could not take them for now.</summary>
    private void OnTakenOver(OutboundMessages.TakenOver m)
    {
        foreach (var mail in m.Mails)
        {
            if (_at.InFlight.Settle(mail, InFlight.Elsewhere, !m.IsDone))
            {
                _at.Feed.Release(mail, m.IsDone ? _at.RetryImpossible : m.Wait);
            }
        }

        TakeMore();
        AnswerDrainers();
    }

    private void OnSettled(Settled m)
    {
        for (_settled = 0; _settled < m.Results.Length; _settled++)
        {
            Take(m.Results[_settled]);
        }

        TakeMore();
        AnswerDrainers();
    }

    /// <summary>The store is asked, because what it tells may be overtaken: by now the mailbox may be well again.</summary>
    private void OnDelayed(Delayed m)
    {
        _at.Log.MailboxDelayed(_path, m.Account, m.Reason, m.Delay);
        if (IsInTrouble(m.Account))
        {
            _at.InFlight.SetAside(m.Account);
            TakeMore();
            AnswerDrainers();
        }
    }

    private bool IsInTrouble(string account) => _at.Store.Condition(account).Trouble is not null;

    private void Take(DeliveryResult result)
    {
        var (mail, recipient, account, _) = result.Delivery;
        var tells = result.Delivered && _at.Tells?.IsWanted(mail.Envelope, recipient) == true ? _at.Tells : null;
        if (result.Delivered)
        {
            _at.Metrics.Delivered.Add(1);
            _at.Metrics.DeliveryDelay.Record(_at.Metrics.Ticks(_at.Time.GetUtcNow() - mail.Envelope.ReceivedAt));
            _at.Chronicle?.Delivery(ChronicleKind.Delivered, mail.Id, account, result.Key ?? "", 0);
            if (_at.Announcements.MailDelivered.IsWanted)
            {
                _at.Announcements.MailDelivered.Publish(new MailDelivered(mail.Id, account, mail.HandedOnLength, result.Key ?? ""));
            }

            _at.Log.Delivered(_path, mail.Id, account, mail.HandedOnLength);
            if (tells is null)
            {
                _at.Feed.Complete(mail, recipient);
            }
        }
        else
        {
            _at.Metrics.DeliveryFailed.Add(1);
            _at.Chronicle?.Delivery(ChronicleKind.DeliveryFailed, mail.Id, account, result.Failure!, (int)_at.RetryImpossible.TotalSeconds);
            _at.Log.DeliveryFailed(_path, mail.Id, account, result.Failure!, _at.RetryImpossible);
        }

        if (_at.Metrics.Traces.AreWanted)
        {
            _at.Metrics.Traces.Delivered(mail.Id, account, result.Failure, mail.Envelope.ReceivedAt, _at.Time.GetUtcNow());
        }

        if (_at.InFlight.IsAside(account) && !IsInTrouble(account))
        {
            _at.InFlight.TakeBack(account);
        }

        if (tells is null)
        {
            GiveBackIfLast(result.Delivery, !result.Delivered, _at.RetryImpossible);
        }
        else
        {
            tells.Begin(result.Delivery, _self);                        // done with when the notice is stored
        }
    }

    /// <summary>The sender is told, or cannot be, or cannot be now: then the delivery is looked at once more, finds the message there, and tries again.</summary>
    private void OnTold(DeliveredNotices.Ended m)
    {
        var (mail, recipient, account, _) = m.Delivery;
        var again = m.End is { Failure: not null, IsStores: true };
        if (m.End.Failure is { } failure)
        {
            _at.Log.DeliveryNotTold(_path, mail.Id, account, mail.Envelope.From.ToString(), failure);
        }
        else if (m.Notice is { } notice)
        {
            _at.Metrics.OutboundNotices[ReportAction.Delivered].Add(1);
            _at.Log.Noticed(_path, mail.Id, notice, "delivered", mail.Envelope.From.ToString());
            _at.Chronicle?.Delivery(ChronicleKind.Noticed, mail.Id, mail.Envelope.From.ToString(), $"delivered, by {notice}", 0);
        }

        if (!again)
        {
            _at.Feed.Complete(mail, recipient);
            if (m.Notice is { } stored)
            {
                _at.Notices?.OpenWhenRecorded(stored);
            }
        }

        GiveBackIfLast(m.Delivery, failed: again, s_tellPause);
        TakeMore();
        AnswerDrainers();
    }

    /// <summary>Acknowledged mail is kept, whatever a mailbox says; it goes back once, when nothing of it is in flight any more.</summary>
    private void GiveBackIfLast(MailboxDelivery delivery, bool failed, TimeSpan delay)
    {
        if (_at.InFlight.Settle(delivery.Mail, delivery.Account, failed))
        {
            _at.Feed.Release(delivery.Mail, delay);
        }
    }

    private void OnDrain(Drain m)
    {
        _drainers.Add(Sender);
        if (m.TakeFor <= TimeSpan.Zero)
        {
            OnTimeIsUp();
            return;
        }

        Context.System.Scheduler.ScheduleTellOnce(m.TakeFor, _self, TimeIsUp.Instance, ActorRefs.NoSender);
        _at.Feed.Hasten();
        TakeMore();
        AnswerDrainers();
    }

    private void OnTimeIsUp()
    {
        _at.InFlight.IsClosing = true;
        AnswerDrainers();
    }

    /// <summary>Nobody waits for mailboxes in trouble: what is for them is in the journal, and delivered after the next start.</summary>
    private void AnswerDrainers()
    {
        if (_drainers.Count == 0 || _at.InFlight.Count > 0 || (!_at.InFlight.IsClosing && _at.Feed.HasMore))
        {
            return;
        }

        _at.InFlight.IsClosing = true;
        foreach (var drainer in _drainers)
        {
            drainer.Tell(Drained.Instance);
        }

        _drainers.Clear();
    }
}
