using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Policy;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// What a filter wants changed in a message that it lets in: applied to the envelope, so that it is stable together with the message. The peer is answered for
/// what it said, whatever becomes of it.
/// </summary>
internal sealed partial class SessionActor
{
    private State Keep(JudgedContent judged, MessageChanges? changes)
    {
        if (changes is null)
        {
            return Commit(judged.Envelope);
        }

        var transaction = judged.Data.Transaction!;
        var changed = changes.Quarantine is { } quarantine ? WithRecipients(transaction, quarantine, out var no) : WithRecipients(transaction, changes, out no);
        if (no is { } notNow)
        {
            return RefuseContent(notNow);
        }

        if (changed.Kept == 0)
        {
            _at.Log.NoRecipientLeft(_talk.Actor, _talk.Id, transaction.Id);
            return Discard(transaction);
        }

        var envelope = judged.Envelope with { Edits = changes.Edits };
        if (!ReferenceEquals(changed, transaction))
        {
            envelope = envelope with { Recipients = changed.Distinct() };
        }

        if (changes.Sender is { } sender)
        {
            envelope = envelope with
            {
                From = sender.From,
                Return = sender.Parameters.Return == DsnReturn.Unspecified ? envelope.Return : sender.Parameters.Return,
                EnvelopeId = sender.Parameters.EnvelopeId ?? envelope.EnvelopeId,
            };
        }

        return Commit(envelope);
    }

    /// <summary>
    /// The recipients that a filter wants. Where one is taken away and another cannot be added, that other was maybe to get the mail in its place; and what cannot be done for now
    /// can be done later: so then it is put off, and nobody loses it.
    /// </summary>
    /// <param name="no">The reply to the content; null: it goes on.</param>
    private Transaction WithRecipients(Transaction transaction, MessageChanges changes, out Reply? no)
    {
        var (isOneGone, isOneMissing) = (false, false);
        no = null;
        foreach (var change in changes.Recipients)
        {
            var address = change.Of.To.In(_at.OurDomain);
            var before = transaction;
            transaction = change.IsAdded ? With(transaction, change.Of, address, out no) : transaction.Without(address);
            if (no == Replies.QueueFull)
            {
                return before;
            }

            isOneGone |= !change.IsAdded && !ReferenceEquals(transaction, before);
            isOneMissing |= no is not null;
        }

        no = isOneGone && isOneMissing ? Replies.LocalFault : null;
        return transaction;
    }

    /// <summary>Nobody gets it but the quarantine; where it cannot be put there it is put off.</summary>
    private Transaction WithRecipients(Transaction transaction, Mailbox quarantine, out Reply? no)
    {
        var alone = With(transaction with { Recipients = null }, new SmtpCommand.Rcpt(new ForwardPath(quarantine), RcptParameters.None), quarantine, out no);
        no = no is { IsPermanent: true } ? Replies.LocalFault : no;
        return alone;
    }

    /// <summary>An administrator's filter may send to whomever it likes; but it has to be possible.</summary>
    /// <param name="no">Why it is not possible; null: it is added.</param>
    private Transaction With(Transaction transaction, SmtpCommand.Rcpt added, Mailbox address, out Reply? no)
    {
        no = null;
        var recipient = new Recipient(address, added.Parameters.Notify, added.Parameters.Original);
        switch (ResidenceOf(added.To.Mailbox))
        {
            case var _ when transaction.Kept >= _at.Directory.Current.Rules.MostRecipients:
                return NotAdded(transaction, address, out no, Replies.TooManyRecipients);

            case Residence.Mailbox home:
                return transaction.With(recipient with { Account = home.Account });

            case Residence.Alias alias:
                var leads = Leads(added, alias);
                return transaction.Kept + leads.Length > EnvelopeCodec.MaxRecipients ? NotAdded(transaction, address, out no, Replies.TooManyRecipients)
                    : _at.Outbound.IsFull && leads.Any(l => l.Account is null) ? NotAdded(transaction, address, out no, Replies.QueueFull)
                    : transaction.With(recipient, leads);

            case Residence.Foreign:
                return _at.Routes.Find(address.Domain) is null ? NotAdded(transaction, address, out no, Replies.NoRoute)
                    : _at.Outbound.IsFull ? NotAdded(transaction, address, out no, Replies.QueueFull)
                    : transaction.With(recipient);

            case Residence.Disabled:
                return NotAdded(transaction, address, out no, Replies.MailboxDisabled);

            default:
                return NotAdded(transaction, address, out no, Replies.UnknownRecipient);
        }
    }

    private Transaction NotAdded(Transaction transaction, Mailbox address, out Reply? no, in Reply because)
    {
        no = because;
        _at.Log.RecipientNotAdded(_talk.Actor, _talk.Id, transaction.Id, address.ToString(), because);
        return transaction;
    }
}
