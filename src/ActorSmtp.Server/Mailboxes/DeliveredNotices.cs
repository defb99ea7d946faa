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
/// done with, and its id follows from the message's; so after a crash between the two the delivery is looked at again, and the notice that waits is found. Until the one is on
/// record the other is not delivered.
/// </summary>
/// <param name="own">This server's addresses, which senders may be at by a literal.</param>
/// <param name="leaves">Mail for senders elsewhere leaves: they can be told.</param>
/// <param name="returnSize">As for other notices.</param>
internal sealed class DeliveredNotices(
    IMailStore journal, NoticeGate gate, Func<AccountDirectory> accounts, ImmutableArray<IPAddress> own, bool leaves, string hostname, long returnSize,
    IBackground background, TimeProvider time, Random luck)
{
    private static readonly EnhancedCode s_delivered = new(2, 0, 0);

    /// <summary>Who signs them; null: nobody.</summary>
    public Signing.MailSigner? Signer { get; init; }

    /// <summary>Whether the sender is to hear that this recipient has it.</summary>
    public bool IsWanted(Envelope envelope, int recipient) =>
        envelope.Recipients[recipient].Notify != DsnNotify.Unspecified && Notices.IsWanted(envelope, envelope.Recipients[recipient], ReportAction.Delivered);

    /// <summary>Makes the notice, away from the actor. Answers with <see cref="Ended"/>, once; the message stays taken until then.</summary>
    public void Begin(MailboxDelivery delivery, IActorRef answerTo)
    {
        var (mail, recipient, _, _) = delivery;
        var about = mail.Envelope;
        var id = mail.Id.Derive(recipient);
        if (mail.MayBeDelivered && journal.Deliveries.FindWaiting(waiting => waiting == id).Count > 0)
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
