using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Policy.Greylisting;

/// <summary>
/// Strangers are asked to come back (RFC 6647): mail servers do, much of what sends spam does not. Known is a network, a sender and a recipient; from some that came back on, the
/// network. Whom the scores speak for has not to, and mail for postmaster never waits (RFC 5321 §4.5.1).
/// </summary>
internal sealed class GreylistingCheck(GreylistSettings settings, IGreylistStore store) : ICheck
{
    /// <summary>Its name.</summary>
    public const string Word = "greylisting";

    public string Name => Word;

    public ICheckOfSession? Begin(SessionFacts session) =>
        session.Peer is { } peer && !IPAddress.IsLoopback(peer.Address.Unmapped()) && !settings.ExemptNetworks.Contain(peer)
            ? new OfSession(this, NetworkOf(peer.Address, settings.Ipv4Prefix, settings.Ipv6Prefix)) : null;

    /// <summary>The network by which an address is known.</summary>
    internal static IPNetwork NetworkOf(IPAddress address, int ipv4Prefix, int ipv6Prefix)
    {
        address = address.Unmapped();
        var octets = address.GetAddressBytes();
        var prefix = address.AddressFamily == AddressFamily.InterNetwork ? ipv4Prefix : ipv6Prefix;
        for (var bit = prefix; bit < octets.Length * 8; bit++)
        {
            octets[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(octets), prefix);
    }

    /// <summary>
    /// A sender as it is compared: lists and shops put numbers of their own into it at each attempt, so what stands behind <c>+</c> goes, and digits are alike.
    /// </summary>
    internal static string Compared(Mailbox? sender)
    {
        if (sender is null)
        {
            return "";
        }

        var local = sender.LocalPart.AsSpan();
        var plus = local.IndexOf('+');
        var text = new StringBuilder();
        foreach (var c in plus > 0 ? local[..plus] : local)
        {
            if (!char.IsAsciiDigit(c))
            {
                text.Append(char.ToLowerInvariant(c));
            }
            else if (text.Length == 0 || text[^1] != '#')
            {
                text.Append('#');
            }
        }

        return text.Append('@').Append(sender.Domain.Canonical).ToString();
    }

    private async Task<PolicyAnswer> AskAsync(IPNetwork network, Mailbox? sender, Mailbox recipient, CancellationToken deadline)
    {
        var triplet = new GreylistTriplet(network, Compared(sender), recipient.Canonical);
        var answer = await store.AskAsync(triplet, deadline);
        var who = $"{network}, <{triplet.Sender}>, <{triplet.Recipient}>";
        return answer.Why switch
        {
            GreylistReason.New => Wait("new", $"{who}: never seen", answer.Wait),
            GreylistReason.TooEarly => Wait("early", $"{who}: {answer.Wait.TotalSeconds:0} s too early", answer.Wait),
            GreylistReason.CameBack => PolicyAnswer.Found(new Finding(Word, "back", $"{who}: came back")),
            GreylistReason.Known => PolicyAnswer.Found(new Finding(Word, "known", $"{who}: came back before")),
            _ => PolicyAnswer.Found(new Finding(Word, "known", $"{network}: its mail came back often enough")),
        };
    }

    private static PolicyAnswer Wait(string result, string reason, TimeSpan wait) => new(PolicyAction.Defer, Replies.Greylisted(wait)) { Findings = [new Finding(Word, result, reason)] };

    private sealed class OfSession(GreylistingCheck check, IPNetwork network) : ICheckOfSession
    {
        public PolicySteps Steps => PolicySteps.Rcpt;

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline)
        {
            var recipient = facts.Recipient!.Address;
            return facts.Score < check.FromScore || facts.IsForPostmasterOnly(step) || check.Exempts(recipient)
                ? new(PolicyAnswer.Pass)
                : new(check.AskAsync(network, facts.Sender?.Mailbox, recipient, deadline));
        }

        public void Reset()
        {
        }

        public void Dispose()
        {
        }
    }

    private int FromScore => settings.FromScore;

    private bool Exempts(Mailbox recipient) => settings.Exempts(recipient.Canonical, recipient.Domain.Canonical);
}
