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
        var changed = changes.Quarantine is { } quarantine ? WithRecipients(transaction, quarantine) : WithRecipients(transaction, changes);
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

    private Transaction WithRecipients(Transaction transaction, MessageChanges changes)
    {
        foreach (var change in changes.Recipients)
        {
            var address = change.Of.To.In(_at.OurDomain);
            transaction = change.IsAdded ? With(transaction, change.Of, address) : transaction.Without(address);
        }

        return transaction;
    }

    /// <summary>Nobody gets it but the quarantine; where there is no such mailbox it stays with its recipients, which the log tells: nothing is lost.</summary>
    private Transaction WithRecipients(Transaction transaction, Mailbox quarantine)
    {
        var alone = With(transaction with { Recipients = null }, new SmtpCommand.Rcpt(new ForwardPath(quarantine), RcptParameters.None), quarantine);
        return alone.Kept > 0 ? alone : transaction;
    }

    /// <summary>An administrator's filter may send to whomever it likes; but it has to be possible.</summary>
    private Transaction With(Transaction transaction, SmtpCommand.Rcpt added, Mailbox address)
    {
        var recipient = new Recipient(address, added.Parameters.Notify, added.Parameters.Original);
        switch (ResidenceOf(added.To.Mailbox))
        {
            case var _ when transaction.Kept >= _at.Directory.Current.Rules.MostRecipients:
                return NotAdded(transaction, address, Replies.TooManyRecipients);

            case Residence.Mailbox home:
                return transaction.With(recipient with { Account = home.Account });

            case Residence.Alias alias:
                return transaction.With(recipient, Leads(added, alias));

            case Residence.Foreign:
                return _at.Routes.Find(address.Domain) is null ? NotAdded(transaction, address, Replies.NoRoute)
                    : _at.Outbound.IsFull ? NotAdded(transaction, address, Replies.QueueFull)
                    : transaction.With(recipient);

            case Residence.Disabled:
                return NotAdded(transaction, address, Replies.MailboxDisabled);

            default:
                return NotAdded(transaction, address, Replies.UnknownRecipient);
        }
    }

    private Transaction NotAdded(Transaction transaction, Mailbox address, in Reply because)
    {
        _at.Log.RecipientNotAdded(_talk.Actor, _talk.Id, transaction.Id, address.ToString(), because);
        return transaction;
    }
}
