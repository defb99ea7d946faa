using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Srs;

namespace ActorSmtp.Server.Auth;

/// <content>Senders of mail that aliases pass on (SRS): what they become, and where a bounce to them goes.</content>
public sealed partial class AccountDirectory
{
    private const string Returning = "srs";

    /// <summary>
    /// Who mail from this sender comes from where an alias passes it on: a sender of ours, that SPF passes for us. The same where nothing is to be rewritten: nobody's mail, that of our
    /// own domains, and where the new address would be too long.
    /// </summary>
    public ReversePath SenderPassedOn(ReversePath from) =>
        Rules.Senders is { } senders && from.Mailbox is { } sender && !IsLocal(sender.Domain.Canonical) && senders.Forward(sender, Time.GetUtcNow()) is { } ours ? new ReversePath(ours) : from;

    /// <summary>As an alias of the sender that it stands for. One of our own domains is rewritten by nobody, but may have become ours since.</summary>
    private Residence ReturnOf(SenderRewriter senders, string localPart) => senders.Reverse(localPart, Time.GetUtcNow()) switch
    {
        { Sender: null, Fault: var why } => new Residence.NoReturn(why),
        { Sender: var sender } when !IsLocal(sender.Domain.Canonical) => new Residence.Alias(Returning, [new Destination(null, sender)], []),
        { Sender: var sender } when !SenderRewriter.IsMade(sender.LocalPart) => Find(sender.LocalPart, sender.Domain.Canonical),
        _ => new Residence.NoReturn(SrsFault.Malformed),
    };
}
