using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Inspection;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;

namespace ActorSmtp.Server.Sessions;

/// <summary>RCPT that leads elsewhere: to other domains, for those who may send there, and by aliases.</summary>
internal sealed partial class SessionActor
{
    /// <summary>Mail for another domain (RFC 5321 §3.6.2): from those who logged in, and from neighbours that are named; never from others.</summary>
    private State OnForeign(Rcpt c, Transaction transaction)
    {
        var mailbox = c.To.Mailbox!;
        if (StateData.User is null && !_at.RelaysFor(_talk.Peer))
        {
            return RefuseRecipient(c, Replies.RelayDenied);
        }

        if (_at.Directory.Current.IsLent(_account))
        {
            return RefuseRecipient(c, Replies.LentAccountStaysHere);
        }

        if (_at.Routes.Find(mailbox.Domain) is null)
        {
            return RefuseRecipient(c, _at.Routes.IsEmpty ? Replies.NothingLeaves : Replies.NoRoute);
        }

        return _at.Outbound.IsFull
            ? RefuseRecipient(c, Replies.QueueFull)
            : Take(transaction, new Recipient(mailbox, c.Parameters.Notify, c.Parameters.Original));
    }

    /// <summary>
    /// An alias is taken once and leads to many: each gets the mail from the same sender (RFC 5321 §3.9.1), and is as good a recipient as if it had been named.
    /// </summary>
    private State OnAlias(Rcpt c, Transaction transaction, Residence.Alias alias)
    {
        var leads = Leads(c, alias);
        if (transaction.Count > 0 && transaction.Kept + leads.Length > _at.Directory.Current.Rules.MostRecipients)
        {
            return RefuseOneMore();                                                         // it is taken in another transaction
        }

        if (alias.Leads is [{ Foreign: { } only }] && _at.Routes.Find(only.Domain) is null)
        {
            return RefuseRecipient(c, Replies.NoRoute);                                     // a rewritten sender's domain is nobody's choice of ours
        }

        if (_at.Outbound.IsFull && leads.Any(l => l.Account is null))
        {
            return RefuseRecipient(c, Replies.QueueFull);
        }

        var recipient = new Recipient(c.To.In(_at.OurDomain), c.Parameters.Notify, c.Parameters.Original);
        var words = Words(alias, leads);
        _at.Log.AliasFollowed(_talk.Actor, _talk.Id, transaction.Id, recipient.Address.ToString(), words);
        _at.Metrics.SendersRewritten.Add(leads.Count(l => l.IsPassedOn));
        _talk.Note(ChronicleKind.Led, $"{recipient.Address}\0{words}", alias.Leads.Length);
        return TakeRecipient(transaction.With(recipient, leads));
    }

    /// <summary>
    /// RFC 3461 §5.2.7: what the sender wants to hear goes along. With several recipients nobody can say that "it" was delivered: each reports failure as it
    /// would, and for SUCCESS the sender is told that the alias was expanded (§5.2.7.3, way c).
    /// </summary>
    private ImmutableArray<Recipient> Leads(Rcpt c, Residence.Alias alias)
    {
        var address = c.To.In(_at.OurDomain);
        var (notify, original) = (c.Parameters.Notify, c.Parameters.Original);
        var tellsExpanded = alias.Leads.Length > 1 && notify.HasFlag(DsnNotify.Success);
        if (tellsExpanded)
        {
            notify &= ~DsnNotify.Success;
            notify = notify == DsnNotify.Unspecified ? DsnNotify.Never : notify;            // SUCCESS alone: of failures it wants to hear nothing
        }

        var from = StateData.Transaction!.Mail.From;
        var isRewritten = _at.Directory.Current.SenderPassedOn(from) != from;
        var leads = ImmutableArray.CreateBuilder<Recipient>(alias.Leads.Length + 1);
        foreach (var lead in alias.Leads)
        {
            leads.Add(lead.Foreign is { } foreign
                ? new Recipient(foreign, notify, original ?? OriginalOf(address)) { IsPassedOn = isRewritten }              // §5.2.1 (d): ours to add
                : new Recipient(address, notify, original) { Account = lead.Account });
        }

        if (tellsExpanded && !from.IsNull)
        {
            leads.Add(new Recipient(address, DsnNotify.Success, original) { IsExpanded = true });
        }

        return leads.ToImmutable();
    }

    private static OriginalRecipient OriginalOf(Mailbox address) => new(address.IsInternational ? "utf-8" : "rfc822", address.ToString());

    /// <summary>Where it leads, as far as it is of use to somebody who reads it.</summary>
    private string Words(Residence.Alias alias, ImmutableArray<Recipient> leads)
    {
        const int Most = 10;
        var more = alias.Leads.Length - Most;
        return string.Join(", ", alias.Leads.Take(Most)) + (more > 0 ? $" and {more} more" : "")
            + (alias.Lost.IsEmpty ? "" : $"; not to {string.Join(", ", alias.Lost.Take(Most))}: nobody, or disabled")
            + (leads.Any(l => l.IsPassedOn) ? $"; passed on from {_at.Directory.Current.SenderPassedOn(StateData.Transaction!.Mail.From)}" : "");
    }
}
