using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Notices to senders. Which one is owed is recorded first, with its id; then it is composed and given to the journal, like any mail; then it is recorded as given.
/// In between the gate keeps it from being delivered. So after a crash it is in the journal, waiting, or nowhere: in the one case it is
/// recorded as given, in the other it is given again, and its reader gets one.
/// </summary>
/// <remarks>
/// At most <see cref="MostTelling"/> are under way; messages whose sender is owed one stand in line by their slots, and are loaded when it is their turn. Where the journal
/// takes nothing, all wait, longer from time to time; a notice that cannot be made is tried some times, each later, and then given up with an error in the log.
/// </remarks>
internal sealed partial class OutboundWork
{
    /// <summary>Notices on their way into the journal, and messages being loaded for that, at the same time.</summary>
    private const int MostTelling = 32;

    /// <summary>Seconds that all notices wait when the journal could not take one, at first and at most.</summary>
    private const uint TellPause = 15, LongestTellPause = 300;

    /// <summary>So often it is tried to make a notice: for more than four hours.</summary>
    private const int MostTries = 10;

    private readonly Queue<int> _inLine = new();
    private readonly PriorityQueue<int, uint> _inLineLater = new();
    private readonly Dictionary<int, Dictionary<MailId, (int Tries, string Why)>> _troubled = [];        // notices that could not be made so far, by the slot of the message that owes them
    private Dictionary<MailId, int> _givenBefore = [];      // notices that an earlier run owed and the journal has waiting, with whose they are
    private uint _tellsAt;
    private uint _tellPause;
    private string? _tellsNotWhy;
    private int _telling;
    private int _owing;

    /// <summary>A message has notices owed, or nothing left to do: it gets its turn, once.</summary>
    private void StandInLine(int slot)
    {
        if (!_index.MarksOf(slot).HasFlag(MessageMarks.Owes))
        {
            _index.MarksOf(slot) |= MessageMarks.Owes;
            _owing++;
            _inLine.Enqueue(slot);
        }
    }

    /// <summary>They are owed from now on; recorded with whatever else changes, and then <see cref="Owe"/> follows.</summary>
    private static void Promise(OpenMessage open, IReadOnlyList<OwedNotice> notices)
    {
        open.Record.Notices.AddRange(notices);
        open.Unrecorded.UnionWith(notices.Select(notice => notice.Id));
    }

    /// <summary>Recorded: its notices may go, at once where there is room.</summary>
    private void Owe(OpenMessage open, IReadOnlyList<OwedNotice> notices)
    {
        open.Unrecorded.ExceptWith(notices.Select(notice => notice.Id));
        if (notices.Count == 0 || open.IsGone || _index.MarksOf(open.Slot).HasFlag(MessageMarks.Owes))
        {
            return;                                 // none; or who stands in line takes all there are when its turn comes
        }

        if (_telling < MostTelling && _inLine.Count == 0 && _tellsAt <= QueueIndex.Seconds(Now))
        {
            _index.MarksOf(open.Slot) |= MessageMarks.Owes;
            _owing++;
            open.Uses++;
            open.IsTelling = true;
            TellMore(open);
        }
        else
        {
            StandInLine(open.Slot);
        }
    }

    /// <summary>Whose turn it is.</summary>
    private void TellNext(uint now)
    {
        while (_inLineLater.TryPeek(out var slot, out var at) && at <= now)
        {
            _inLineLater.Dequeue();
            _inLine.Enqueue(slot);
        }

        while (_tellsAt <= now && _telling < MostTelling && _inLine.TryDequeue(out var next))
        {
            if (!_index.Has(next) || !_index.MarksOf(next).HasFlag(MessageMarks.Owes))
            {
                continue;                           // gone meanwhile
            }

            _telling++;
            Access(next, open =>
            {
                _telling--;
                if (open is { IsTelling: false })
                {
                    open.IsTelling = true;
                    TellMore(open);
                }
                else if (open is not null)
                {
                    Release(open);                  // the place in line was that of one that had the slot before
                }
                else if (_unreadable.TryGetValue(next, out var unreadable) && _index.Has(next))
                {
                    _inLineLater.Enqueue(next, Math.Max(unreadable.LooksAt, QueueIndex.Seconds(Now) + 1));
                }
            });
        }
    }

    /// <summary>In one use, given back when nothing of it is under way any more.</summary>
    private void TellMore(OpenMessage open)
    {
        if (open.IsGone)
        {
            if (open.Telling.Count == 0)
            {
                open.IsTelling = false;
                Release(open);                      // whoever has it now tells
            }

            return;
        }

        var now = QueueIndex.Seconds(Now);
        foreach (var notice in open.Record.Notices.Where(notice => !open.Telling.Contains(notice.Id) && !open.Unrecorded.Contains(notice.Id)).DistinctBy(notice => notice.Id).ToArray())
        {
            if (_telling >= MostTelling || _tellsAt > now || open.Troubled > now)
            {
                break;
            }

            open.Telling.Add(notice.Id);
            Tell(open, notice);
        }

        if (open.Telling.Count > 0)
        {
            return;
        }

        if (open.Record.Notices.Exists(notice => !open.Unrecorded.Contains(notice.Id)))
        {
            if (open.Troubled > now)
            {
                _inLineLater.Enqueue(open.Slot, open.Troubled);
            }
            else
            {
                _inLine.Enqueue(open.Slot);
            }
        }
        else
        {
            if (_index.Has(open.Slot))
            {
                _index.MarksOf(open.Slot) &= ~MessageMarks.Owes;
                _owing--;
            }

            if (open.Record.IsOver && !open.IsOver)
            {
                Save(open, () => { });              // it was cut off when nothing was left to do
            }
        }

        open.IsTelling = false;
        Release(open);
    }

    private void Tell(OpenMessage open, OwedNotice notice)
    {
        if (_givenBefore.Remove(notice.Id))
        {
            Given(open, notice, isStored: true);
            return;
        }

        var to = NoticeReaders.Of(open.Envelope.From.Mailbox!, _at.Accounts(), _at.Own);
        if (to.IsEmpty)
        {
            _at.Log.NoticeHasNoReader(QueueNews.Path, open.Id, open.Envelope.From.ToString());
            Given(open, notice, isStored: false);
            return;
        }

        _telling++;
        _at.Notices.Close(notice.Id);
        var (self, slot) = (_self, open.Slot);
        new NoticePost(
            _at.Journal, _at.Background, open.Envelope, open, open.Mail.Length, Report(open, notice), to,
            end => self.Tell(new NoticePosted(slot, notice.Id, end.Failure, end.IsStores), ActorRefs.NoSender))
        {
            Signer = _at.Signer,
        }.Run();
    }

    private DeliveryReport Report(OpenMessage open, OwedNotice notice) => new()
    {
        Id = notice.Id,
        At = Now,
        Hostname = _at.Hostname,
        Postmaster = _at.Postmaster,
        About = open.Envelope,
        Recipients = [.. open.Record.Notices.Where(part => part.Id == notice.Id).SelectMany(part => part.Recipients.Select(recipient =>
            new RecipientReport(open.Envelope.Recipients[recipient], part.Action, part.Status)
            {
                Why = part.Why,
                RemoteHost = part.Host,
                Reply = part.Reply,
                LastAttempt = part.At,
                RetriesUntil = part.Action == ReportAction.Delayed ? _at.Settings.Retry.ExpiresAt(open.Record.ReceivedAt) : null,
            }))],
        Returned = ReturnedMessage.Nothing,         // NoticePost reads it
        Entropy = (ulong)_at.Luck.NextInt64(),
        MostReturned = _at.Settings.ReturnSize,
    };

    public void OnNoticePosted(NoticePosted m)
    {
        _telling--;
        if (!_open.TryGetValue(m.Slot, out var open))
        {
            return;
        }

        var now = QueueIndex.Seconds(Now);
        var notice = open.Record.Notices.Find(owed => owed.Id == m.Notice)!;
        if (m.Failure is not { } failure)
        {
            (_tellsAt, _tellPause, _tellsNotWhy) = (0, 0, null);
            Given(open, notice, isStored: true);
            return;
        }

        _at.Notices.OpenLater(m.Notice);            // it is not there, as far as the journal can say; and closed again when it is tried again

        _at.Log.NoticeNotTaken(QueueNews.Path, open.Id, m.Notice, failure);
        if (m.IsStores)
        {
            _tellPause = _tellsAt > now ? _tellPause : Math.Min(LongestTellPause, Math.Max(TellPause, 2 * _tellPause));
            (_tellsAt, _tellsNotWhy) = (now + _tellPause, failure);
        }
        else
        {
            var tries = (TroubleOf(open.Slot, notice.Id)?.Tries ?? 0) + 1;
            if (tries >= MostTries)
            {
                _at.Log.NoticeGivenUp(QueueNews.Path, open.Id, m.Notice, open.Envelope.From.ToString(), tries, failure);
                Given(open, notice, isStored: false);
                return;
            }

            if (!open.IsGone)
            {
                (_troubled.TryGetValue(open.Slot, out var others) ? others : _troubled[open.Slot] = [])[notice.Id] = (tries, failure);
            }

            open.Troubled = now + (TellPause << Math.Min(tries - 1, 8));
        }

        open.Telling.Remove(notice.Id);
        TellMore(open);
    }

    private (int Tries, string Why)? TroubleOf(int slot, MailId notice) => _troubled.GetValueOrDefault(slot) is { } all && all.TryGetValue(notice, out var trouble) ? trouble : null;

    private void IsNoTrouble(int slot, MailId notice)
    {
        if (_troubled.TryGetValue(slot, out var all) && all.Remove(notice) && all.Count == 0)
        {
            _troubled.Remove(slot);
        }
    }

    /// <summary>The journal has it, or nobody is to have it: recorded, and then it may be delivered.</summary>
    private void Given(OpenMessage open, OwedNotice notice, bool isStored)
    {
        open.Record.Notices.RemoveAll(part => part.Id == notice.Id);
        IsNoTrouble(open.Slot, notice.Id);
        Save(open, () =>
        {
            if (_lost.Contains(open.Slot))
            {
                // Another node owes it now, and stores it again under its id: that comes to the same as long as it has not been delivered here.
                _at.Notices.OpenLater(notice.Id);
            }
            else
            {
                _at.Notices.Open(notice.Id);
            }

            if (isStored)
            {
                _at.News.Noticed(open.Id, notice.Id, notice.Action, open.Envelope.From.ToString());
            }

            open.Telling.Remove(notice.Id);
            TellMore(open);
        });
    }
}
