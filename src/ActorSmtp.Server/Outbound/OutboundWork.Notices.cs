using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Notices to senders. Which one is owed is recorded first, with its id; then it is composed and given to the journal, like any mail; then it is recorded as given.
/// In between the gate keeps it from being delivered. So after a crash it is in the journal, waiting, or nowhere: in the one case it is
/// recorded as given, in the other it is given again, and its reader gets one.
/// </summary>
internal sealed partial class OutboundWork
{
    /// <summary>Seconds until a notice is given again that the journal could not take.</summary>
    private const uint PostPause = 15;

    private readonly List<(int Slot, MailId Notice)> _postAgain = [];
    private uint? _postAgainAt;

    /// <summary>Recorded: they may go.</summary>
    private void Owe(OpenMessage open, IReadOnlyList<OwedNotice> notices)
    {
        foreach (var notice in notices)
        {
            Post(open, notice);
        }
    }

    /// <summary>What an earlier run owed: it may have been given to the journal already.</summary>
    private void PostOwed(OpenMessage? open)
    {
        if (open is null)
        {
            return;
        }

        foreach (var notice in open.Record.Notices.ToArray())
        {
            if (_givenBefore.Contains(notice.Id))
            {
                Given(open, notice);
            }
            else
            {
                Post(open, notice);
            }
        }

        if (open.Record.IsOver && !open.IsOver)
        {
            Save(open, () => { });                  // it was cut off when nothing was left to do
        }

        Release(open);
    }

    private void Post(OpenMessage open, OwedNotice notice)
    {
        var to = Addressees(open.Envelope);
        if (to.IsEmpty)
        {
            _at.Log.NoticeHasNoReader(QueueNews.Path, open.Id, open.Envelope.From.ToString());
            Given(open, notice);
            return;
        }

        open.Uses++;
        _at.Notices.Close(notice.Id);
        new NoticePost(_at, open.Envelope, open, open.Mail.Length, Report(open, notice), to, open.Slot, notice.Id, _self).Run();
    }

    private DeliveryReport Report(OpenMessage open, OwedNotice notice) => new()
    {
        Id = notice.Id,
        At = Now,
        Hostname = _at.Hostname,
        About = open.Envelope,
        Recipients = [.. notice.Recipients.Select(recipient => new RecipientReport(open.Envelope.Recipients[recipient], notice.Action, notice.Status)
        {
            Why = notice.Why,
            RemoteHost = notice.Host,
            Reply = notice.Reply,
            LastAttempt = notice.At,
            RetriesUntil = notice.Action == ReportAction.Delayed ? _at.Settings.Retry.ExpiresAt(open.Record.ReceivedAt) : null,
        })],
        Returned = new ReturnedMessage(new Protocol.Mime.PartContent(ReadOnlyMemory<byte>.Empty), default, open.Envelope.Body != BodyType.SevenBit),      // NoticePost reads it
        Entropy = (ulong)_at.Luck.NextInt64(),
        MostReturned = _at.Settings.ReturnSize,
    };

    /// <summary>The sender as a recipient, or as many as its alias leads to; none: it is of ours, and has no mailbox.</summary>
    private ImmutableArray<Recipient> Addressees(Envelope about)
    {
        var sender = about.From.Mailbox!;
        return _at.Accounts().Find(sender.LocalPart, sender.Domain.Canonical) switch
        {
            Residence.Mailbox mailbox => [new Recipient(sender, DsnNotify.Never) { Account = mailbox.Account }],
            Residence.Alias alias => [.. alias.Leads.Select(lead => new Recipient(lead.Foreign ?? sender, DsnNotify.Never) { Account = lead.Account })],
            Residence.Foreign => [new Recipient(sender, DsnNotify.Never)],
            _ => [],
        };
    }

    public void OnNoticePosted(NoticePosted m)
    {
        if (!_open.TryGetValue(m.Slot, out var open))
        {
            return;
        }

        var notice = open.Record.Notices.Find(owed => owed.Id == m.Notice);
        if (m.Failure is { } failure)
        {
            _at.Log.NoticeNotTaken(QueueNews.Path, open.Id, m.Notice, failure);
            _postAgain.Add((m.Slot, m.Notice));
            _postAgainAt ??= QueueIndex.Seconds(Now) + PostPause;
        }
        else if (notice is not null)
        {
            Given(open, notice);
        }

        Release(open);
    }

    /// <summary>The journal has it: recorded, and then it may be delivered.</summary>
    private void Given(OpenMessage open, OwedNotice notice)
    {
        _at.Notices.Close(notice.Id);
        open.Record.Notices.Remove(notice);
        Save(open, () =>
        {
            _at.Notices.Open(notice.Id);
            _at.News.Noticed(open.Id, notice.Id, notice.Action, open.Envelope.From.ToString());
        });
    }

    private void PostAgain(uint now)
    {
        if (_postAgainAt is not { } at || at > now)
        {
            return;
        }

        _postAgainAt = null;
        var again = _postAgain.ToArray();
        _postAgain.Clear();
        foreach (var (slot, id) in again)
        {
            Access(slot, open =>
            {
                if (open is null)
                {
                    return;
                }

                if (open.Record.Notices.Find(owed => owed.Id == id) is { } notice)
                {
                    Post(open, notice);
                }

                Release(open);
            });
        }
    }
}
