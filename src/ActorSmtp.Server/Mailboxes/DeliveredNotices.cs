using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Akka.Event;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>
/// Tells senders who asked for it (NOTIFY=SUCCESS, RFC 3461 §4.1) that their message is in a mailbox here. The notice is stored before the journal hears that the recipient is
/// done with, and its id follows from the message's; so after a crash between the two the delivery is looked at again, and the notice is known to be there. Until the one is on
/// record the other is not delivered: not in the run that stored it, and not after a start, which looks for such pairs before anything is handed out.
/// </summary>
/// <param name="own">This server's addresses, which senders may be at by a literal.</param>
/// <param name="leaves">Mail for senders elsewhere leaves: they can be told.</param>
/// <param name="returnSize">As for other notices.</param>
internal sealed class DeliveredNotices(
    IMailStore journal, NoticeGate gate, Func<AccountDirectory> accounts, ImmutableArray<IPAddress> own, bool leaves, string hostname, long returnSize,
    IBackground background, TimeProvider time, Random luck)
{
    /// <summary>Two nodes may give two ids at the same moment; no message has so many recipients that one would be taken for derived of the other.</summary>
    private const int MostRecipients = 100_000;

    private static readonly EnhancedCode s_delivered = new(2, 0, 0);

    /// <summary>Messages that an earlier run left, with the notices about them that it left as well: by recipient. Most starts find none.</summary>
    private readonly Dictionary<MailId, Dictionary<int, MailId>> _found = [];

    /// <summary>Who reads answers to them; null: nobody is named.</summary>
    public Mailbox? Postmaster { get; init; }

    /// <summary>Who signs them; null: nobody.</summary>
    public Signing.MailSigner? Signer { get; init; }

    /// <summary>Whether the sender is to hear that this recipient has it.</summary>
    public bool IsWanted(Envelope envelope, int recipient) =>
        envelope.Recipients[recipient].Notify != DsnNotify.Unspecified && Notices.IsWanted(envelope, envelope.Recipients[recipient], ReportAction.Delivered);

    /// <summary>To be called when the journal is open, before it hands out anything: which notices are there already, whose messages are still to be recorded as delivered.</summary>
    public void Opened()
    {
        var crowds = new Dictionary<ulong, List<MailId>>();
        var first = new Dictionary<ulong, MailId>();
        foreach (var id in journal.Deliveries.FindWaiting(static _ => true))
        {
            if (first.TryAdd(id.Ticks, id))
            {
                continue;
            }

            if (!crowds.TryGetValue(id.Ticks, out var crowd))
            {
                crowds[id.Ticks] = crowd = [first[id.Ticks]];
            }

            crowd.Add(id);
        }

        foreach (var crowd in crowds.Values)
        {
            foreach (var notice in crowd)
            {
                var (recipient, mail) = crowd.Select(mail => (mail.NumberOf(notice) ?? -1, mail)).Where(of => of.Item1 < MostRecipients).Max();      // of siblings the first is nearest
                if (recipient >= 0)
                {
                    (_found.TryGetValue(mail, out var notices) ? notices : _found[mail] = [])[recipient] = notice;
                    gate.Close(notice);
                }
            }
        }
    }

    /// <summary>A message is about to be delivered: of its notices that were found those wait for it no longer that are not about what is still to be recorded.</summary>
    public void Look(StoredMail mail)
    {
        if (_found.Count == 0 || !_found.TryGetValue(mail.Id, out var notices))
        {
            return;
        }

        var all = mail.Envelope.Recipients;
        foreach (var (recipient, notice) in notices.Where(n => n.Key >= all.Length || all[n.Key].Account is null || mail.IsComplete(n.Key) || !IsWanted(mail.Envelope, n.Key)).ToArray())
        {
            Forget(mail.Id, recipient);
            gate.Open(notice);
        }
    }

    /// <summary>Makes the notice, away from the actor. Answers with <see cref="Ended"/>, once; the message stays taken until then.</summary>
    public void Begin(MailboxDelivery delivery, IActorRef answerTo)
    {
        var (mail, recipient, _, _) = delivery;
        var about = mail.Envelope;
        var id = mail.Id.Derive(recipient);
        if (Forget(mail.Id, recipient) || (mail.MayBeDelivered && journal.Deliveries.FindWaiting(waiting => waiting == id).Count > 0))
        {
            answerTo.Tell(new Ended(delivery, id, PostEnd.Stored), ActorRefs.NoSender);
            return;
        }

        var to = NoticeReaders.Of(about.From.Mailbox!, accounts(), own);
        if (to.IsEmpty || (!leaves && to.Any(reader => reader.Account is null)))
        {
            var why = to.IsEmpty ? "the sender has no mailbox here" : "no mail leaves this server (outbound.routes)";
            answerTo.Tell(new Ended(delivery, null, new PostEnd(why, IsStores: false)), ActorRefs.NoSender);
            return;
        }

        gate.Close(id);
        var now = time.GetUtcNow();
        var report = new DeliveryReport
        {
            Id = id,
            At = now,
            Hostname = hostname,
            Postmaster = Postmaster,
            About = about,
            Recipients = [new RecipientReport(about.Recipients[recipient], ReportAction.Delivered, s_delivered)],
            Returned = ReturnedMessage.Nothing,     // NoticePost reads it
            Entropy = (ulong)luck.NextInt64(),
            MostReturned = returnSize,
        };
        new NoticePost(journal, background, about, new Content(mail), mail.HandedOnLength, report, to, end =>
        {
            if (end.Failure is not null)
            {
                gate.Open(id);
            }

            answerTo.Tell(new Ended(delivery, end.Failure is null ? id : null, end), ActorRefs.NoSender);
        })
        {
            Signer = Signer,
        }.Run();
    }

    private bool Forget(MailId mail, int recipient)
    {
        var was = _found.TryGetValue(mail, out var notices) && notices.Remove(recipient);
        if (was && notices!.Count == 0)
        {
            _found.Remove(mail);
        }

        return was;
    }

    /// <summary>How it ended, for the mailbox writer.</summary>
    /// <param name="Notice">The notice that is stored; null: none is.</param>
    internal sealed record Ended(MailboxDelivery Delivery, MailId? Notice, PostEnd End) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class Content(StoredMail mail) : IQueuedContent
    {
        public int Read(long offset, Span<byte> into)
        {
            if (!mail.TryGetHandedOn(out var whole))
            {
                return mail.ReadHandedOn(offset, into);
            }

            var piece = whole.Span[(int)Math.Min(offset, whole.Length)..];
            piece = piece[..Math.Min(piece.Length, into.Length)];
            piece.CopyTo(into);
            return piece.Length;
        }
    }
}
