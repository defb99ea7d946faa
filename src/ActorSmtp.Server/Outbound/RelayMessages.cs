using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// What <c>/user/outbound</c> and its relays say to each other. A relay pulls: it says how much room it has, and is given no more than that. For
/// one destination there is one relay at a time.
/// </summary>
public static class RelayMessages
{
    // from outbound to a relay

    /// <summary>One message to be carried; takes one place of the room that the relay said. Answered with <see cref="Attempted"/>, or given back by <see cref="Resting"/>.</summary>
    public sealed record Carry(Errand Errand) : INoSerializationVerificationNeeded;

    /// <summary>
    /// The message is held or removed: it is not to be begun. If it is not under way, it is answered with <see cref="Attempted"/> whose report has no outcomes and
    /// <see cref="Attempted.IsLast"/> set; if it is, its attempt ends as it would have.
    /// </summary>
    public sealed record Forget(MailId Id);

    /// <summary>An administrator wants an attempt now: whatever the relay waits for by itself is waited for no longer. No answer.</summary>
    public sealed class Hurry
    {
        public static readonly Hurry Instance = new();
    }

    /// <summary>
    /// The server stops, or others are to have its place: nothing more is begun; what is under way ends as it would have, and is reported. What is not begun is given back by
    /// <see cref="Attempted"/> without outcomes. The relay stops itself when nothing is left.
    /// </summary>
    public sealed class Finish
    {
        public static readonly Finish Instance = new();
    }

    // from a relay to outbound, its parent

    /// <summary>So many more errands can be taken than was said before. Said first when the relay starts, and then whenever an errand has left it and it wants another.</summary>
    public sealed record Room(string Destination, int More);

    /// <summary>What an attempt came to. One errand may have several, a host after the other; the last one ends it.</summary>
    /// <param name="Report">
    /// Its outcomes are final for this attempt, each recipient once. Recipients of the errand without an outcome when the last report has come
    /// were not tried: they go back as they were, and nothing is counted.
    /// </param>
    /// <param name="IsLast">The relay has done with this errand and touches its content no more.</param>
    public sealed record Attempted(MailId Id, AttemptReport Report, bool IsLast) : INoSerializationVerificationNeeded
    {
        /// <summary>Which destination it was for: a message may be under way to several.</summary>
        public string Destination => Report.Destination;

        /// <summary>The content of the errand that it is about: where nodes share the queue, a message that was lost to another one and came back is another errand with the same id. Null: whichever there is.</summary>
        public IQueuedContent? Of { get; init; }
    }

    /// <summary>
    /// Nothing can go there now. All errands of the relay whose last report has not come go back as they were, and it touches their content no
    /// more: so it waits with this until what is under way has ended. Then it is stopped by its parent, and made anew when the time has come;
    /// how often that was so in a row is told when it is made.
    /// </summary>
    /// <param name="Last">What was tried and failed, for people; null: nothing was.</param>
    public sealed record Resting(string Destination, DateTimeOffset Until, string Why, AttemptReport? Last) : INoSerializationVerificationNeeded;
}

/// <summary>One message with its recipients of one destination, in the hands of a relay.</summary>
/// <param name="Destination">The domain in its canonical form (<see cref="Protocol.Smtp.MailDomain.Canonical"/>).</param>
/// <param name="Recipients">Which of the envelope's; at least one.</param>
/// <param name="Envelope">As it was accepted.</param>
/// <param name="Length">Octets of content.</param>
/// <param name="Content">Readable until the errand's last report, or <see cref="RelayMessages.Resting"/>.</param>
/// <param name="Failures">Attempts to this destination that failed for now, so far.</param>
public sealed record Errand(
    MailId Id, string Destination, ImmutableArray<int> Recipients, Envelope Envelope, long Length, IQueuedContent Content, int Failures);

/// <summary>A queued message's content.</summary>
public interface IQueuedContent
{
    /// <summary>Reads at an offset; waits for the disk, so it is called off actors only. From one thread at a time.</summary>
    /// <returns>Octets read, as many as fit; 0 at the end.</returns>
    /// <exception cref="IOException">The disk failed, or what it gave is harmed.</exception>
    int Read(long offset, Span<byte> into);

    /// <summary>Whether <see cref="ReadAsync"/> keeps no thread waiting, so that it may be called from anywhere.</summary>
    bool ReadsAsynchronously => false;

    /// <summary>As <see cref="Read"/>.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation) => new(Read(offset, into.Span));
}
