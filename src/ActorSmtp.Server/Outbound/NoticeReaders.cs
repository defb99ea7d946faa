using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;

namespace ActorSmtp.Server.Outbound;

/// <summary>Who reads a notice to a sender.</summary>
internal static class NoticeReaders
{
    /// <summary>The sender as a recipient, or as many as its alias leads to; none: it is of ours, and has no mailbox.</summary>
    /// <param name="own">This server's addresses: <c>ann@[192.0.2.1]</c> may be of ours (RFC 5321 §4.1.3).</param>
    public static ImmutableArray<Recipient> Of(Mailbox sender, AccountDirectory accounts, ImmutableArray<IPAddress> own)
    {
        var isHere = sender.Domain is AddressLiteral { Address: { } literal } && !accounts.IsLocal(sender.Domain.Canonical) && own.Contains(literal);
        return (isHere ? accounts.FindHere(sender.LocalPart) : accounts.Find(sender.LocalPart, sender.Domain.Canonical)) switch
        {
            Residence.Mailbox mailbox => [new Recipient(sender, DsnNotify.Never) { Account = mailbox.Account }],
            Residence.Alias alias => [.. alias.Leads.Select(lead => new Recipient(lead.Foreign ?? sender, DsnNotify.Never) { Account = lead.Account })],
            Residence.Foreign => [new Recipient(sender, DsnNotify.Never)],
            _ => [],
        };
    }
}
