using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Srs;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Policy;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>RCPT (RFC 5321 §4.1.1.3): who is taken, who is refused, and as what.</summary>
internal sealed partial class SessionActor
{
    private int _overshoot;     // recipients beyond the limit: a client that pipelines cannot know, but does not send as many again

    private int _counted;       // recipients that are counted as kept in memory

    /// <summary>Under stress no more than the least that RFC 5321 §4.5.3.1.8 asks for: each is kept in memory until the message is there.</summary>
    private int MostRecipients => _at.Gate.IsStressed || _at.Gate.HasManyRecipients ? Math.Min(100, _at.Limits.Recipients) : _at.Limits.Recipients;

    private State OnRcpt(Rcpt c)
    {
        var transaction = StateData.Transaction!;
        if (transaction.Count >= MostRecipients || transaction.Kept >= EnvelopeCodec.MaxRecipients)     // §4.5.3.1.10: what was taken stays
        {
            return RefuseOneMore();
        }

        var residence = ResidenceOf(c.To.Mailbox);
        if (_at.Directory.Current.Rules.Senders is not null)
        {
            CountReturn(c.To.Mailbox, residence);
        }

        if (residence is Residence.Mailbox home)
        {
            return Take(transaction, new Recipient(c.To.In(_at.OurDomain), c.Parameters.Notify, c.Parameters.Original) { Account = home.Account });
        }

        return residence switch
        {
            Residence.Alias alias => OnAlias(c, transaction, alias),
            Residence.Foreign => OnForeign(c, transaction),
            Residence.Disabled => RefuseRecipient(c, Replies.MailboxDisabled),
            Residence.NoReturn { Why: SrsFault.Expired } => RefuseRecipient(c, Replies.ReturnTooOld),
            Residence.NoReturn => RefuseRecipient(c, Replies.ReturnNotOurs),
            _ => RefuseRecipient(c, Replies.UnknownRecipient),
        };
    }

    private State Take(Transaction transaction, Recipient recipient) => TakeRecipient(transaction.With(recipient));

    /// <summary>Nothing that we know ourselves stands in the way of the last of these.</summary>
    private State TakeRecipient(Transaction next)
    {
        if (AsksPolicy(PolicySteps.Rcpt))
        {
            return Judge(new JudgedRcpt(StateName, StateData, StateData with { Transaction = next }));
        }

        Say(Replies.RecipientOk);
        return Ask(S.Rcpt, StateData with { Transaction = next });
    }

    private State RefuseOneMore()
    {
        Say(Replies.TooManyRecipients);
        return ++_overshoot <= _at.Limits.Recipients ? Ask(StateName, StateData) : AskAfterError(StateName, StateData);
    }

    private Residence ResidenceOf(Mailbox? mailbox)
    {
        var directory = _at.Directory.Current;
        if (mailbox is null)
        {
            return directory.Find("postmaster", null);                                      // §4.5.1
        }

        return mailbox.Domain is AddressLiteral { Address: { } literal } && !directory.IsLocal(mailbox.Domain.Canonical) && _talk.IsReachedBy(literal)
            ? directory.FindHere(mailbox.LocalPart)                                         // §4.1.3, RFC 1123 §5.2.17
            : directory.Find(mailbox.LocalPart, mailbox.Domain.Canonical);
    }

    /// <summary>Those that begin as rewritten senders do, at domains of ours.</summary>
    private void CountReturn(Mailbox? to, Residence residence)
    {
        if (to is not null && residence is not Residence.Foreign && SenderRewriter.IsMade(to.LocalPart))
        {
            _at.Metrics.SenderReturns[residence is Residence.NoReturn { Why: var why } ? why : SrsFault.None].Add(1);
        }
    }

    private State RefuseRecipient(Rcpt c, in Reply reply)
    {
        _at.Metrics.RecipientsRefused.Add(1);
        _at.Log.RecipientRefused(_talk.Actor, _talk.Id, StateData.Transaction!.Id, c.To.ToString(), reply);
        return Refuse(reply);
    }

    /// <summary>Whatever became of the transaction, what is counted is what there is.</summary>
    private void CountRecipients(Transaction? transaction)
    {
        var count = transaction?.Kept ?? 0;
        if (count != _counted)
        {
            _at.Gate.CountRecipients(count - _counted);
            _counted = count;
        }
    }
}
