using System.Net;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Spf;

/// <summary>Who is checked.</summary>
/// <param name="Client">The address of the client; an IPv4 address in an IPv6 one counts as IPv4.</param>
/// <param name="Helo">What the client called itself, as it came.</param>
/// <param name="LocalPart">Of the sender; empty: postmaster (RFC 7208 §4.3).</param>
/// <param name="Domain">Of the sender.</param>
/// <param name="IsHelo">The sender is made of the name of HELO (§2.3; §2.4 for the empty reverse-path).</param>
/// <param name="Receiver">This server's name, for explanations.</param>
/// <param name="Now">The time, for explanations.</param>
public sealed record SpfSubject(IPAddress Client, string Helo, string LocalPart, string Domain, bool IsHelo, string Receiver, DateTimeOffset Now)
{
    /// <summary>The sender of MAIL; from nobody: the name of HELO (§2.4).</summary>
    public static SpfSubject OfSender(IPAddress client, string helo, Mailbox? sender, string receiver, DateTimeOffset now) =>
        sender is null ? OfHelo(client, helo, receiver, now) : new(client, helo, sender.LocalPart, sender.Domain.Canonical, false, receiver, now);

    /// <summary>The name of HELO.</summary>
    public static SpfSubject OfHelo(IPAddress client, string helo, string receiver, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(helo);
        return new(client, helo, "postmaster", DomainName.ToCanonical(helo), true, receiver, now);
    }
}
