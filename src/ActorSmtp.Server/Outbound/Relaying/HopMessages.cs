using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>What relays and hosts say to each other. All of it stays in the process: it holds content.</summary>
internal static class HopMessages
{
    // a relay to /user/hosts, who passes it on to the host

    /// <summary>One transaction for a server. Answered exactly once, by <see cref="Settled"/> or <see cref="Unreached"/>.</summary>
    /// <param name="Ticket">The relay's own number for it.</param>
    public sealed record Take(long Ticket, NextHop Hop, MailToSend Mail) : INoSerializationVerificationNeeded;

    /// <summary>Whatever these hosts wait for after failures is waited for no longer.</summary>
    public sealed record TryNow(NextHop Hop) : INoSerializationVerificationNeeded;

    // a host to a relay

    /// <summary>A dialogue came to it, and this is what became of each recipient.</summary>
    /// <param name="Failure">How the dialogue broke in the midst of it; null: it did not.</param>
    public sealed record Settled(long Ticket, HopSession Session, ImmutableArray<RecipientResult> Results, ClientMessages.Failed? Failure) : INoSerializationVerificationNeeded;

    /// <summary>No dialogue came to it.</summary>
    /// <param name="Failure">Why.</param>
    /// <param name="WasTried">It was tried for this one; false: the host had failed shortly before.</param>
    /// <param name="RestsUntil">The host is left alone until then; null: it is not.</param>
    public sealed record Unreached(long Ticket, ClientMessages.Failed Failure, bool WasTried, DateTimeOffset? RestsUntil) : INoSerializationVerificationNeeded;

    // between /user/hosts and a host

    /// <summary>A host has got so many <see cref="Take"/>s, and answers them whatever happens to it; said now and then.</summary>
    public sealed record Took(long Taken);

    /// <summary>A host has ended. Of the <see cref="Take"/>s that were sent to it, it has answered so many; it never saw the others.</summary>
    public sealed record Ended(long Taken);

    /// <summary>A host has nothing to do.</summary>
    /// <param name="Taken">How many <see cref="Take"/>s it has got; another number was sent: one is on its way.</param>
    public sealed record Unused(long Taken);

    /// <summary>There are too many hosts: who has nothing to do but rest, or to keep connections, leaves that and says <see cref="Unused"/>.</summary>
    public sealed class MakeRoom
    {
        public static readonly MakeRoom Instance = new();
    }
}

/// <summary>What is known of the connection that a transaction went over.</summary>
/// <param name="IsNew">Nothing went over it before.</param>
internal sealed record HopSession(TlsFacts? Tls, Extensions Offered, bool IsNew);
