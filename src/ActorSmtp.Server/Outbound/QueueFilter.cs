using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Which of the queue is meant. What is not said does not count; all that is said has to hold. Without anything said it is the whole queue,
/// which whoever changes things has to want in so many words.
/// </summary>
public sealed record QueueFilter
{
    /// <summary>Ids in one filter.</summary>
    public const int MostIds = 10_000;

    /// <summary>Everything.</summary>
    public static QueueFilter All { get; } = new();

    /// <summary>One of these messages; none: any.</summary>
    public ImmutableHashSet<MailId> Ids { get; init; } = [];

    /// <summary>This domain; with a dot before it every domain below it.</summary>
    public string? Destination { get; init; }

    /// <summary>In the sender's address, whatever the case; empty, or &lt;&gt;: bounces.</summary>
    public string? Sender { get; init; }

    /// <summary>In the address of a recipient that is not settled, whatever the case.</summary>
    public string? Recipient { get; init; }

    public QueueState? State { get; init; }

    /// <summary>Came in at least so long ago.</summary>
    public TimeSpan? OlderThan { get; init; }

    /// <summary>In what the last attempt ended with, whatever the case.</summary>
    public string? Error { get; init; }

    /// <summary>Nothing is said: it is everything.</summary>
    public bool IsAll => Ids.IsEmpty && Destination is null && Sender is null && Recipient is null && State is null && OlderThan is null && Error is null;

    /// <summary>Whether it takes more to judge by than an index in memory has: <see cref="MatchesRest"/> is to be asked as well.</summary>
    public bool NeedsRest => Sender is not null || Recipient is not null || Error is not null;

    /// <summary>Whether a message at a destination may be meant, as far as can be told without looking at it.</summary>
    /// <param name="destination">In its canonical form.</param>
    /// <param name="receivedAt">When the message came in.</param>
    /// <param name="now">The clock.</param>
    public bool Matches(in MailId id, string destination, QueueState state, DateTimeOffset receivedAt, DateTimeOffset now) =>
        (Ids.IsEmpty || Ids.Contains(id))
        && (State is null || State == state)
        && (OlderThan is not { } age || now - receivedAt >= age)
        && MatchesDestination(destination);

    /// <summary>Whether a destination is meant.</summary>
    public bool MatchesDestination(string destination) => Destination is not { } wanted
        || (wanted.StartsWith('.') ? destination.EndsWith(wanted, StringComparison.OrdinalIgnoreCase) : destination.Equals(wanted, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the rest holds: what an index does not know.</summary>
    /// <param name="from">The sender; empty for bounces.</param>
    /// <param name="to">All recipients at this destination that are not settled.</param>
    /// <param name="why">What the last attempt ended with.</param>
    /// <param name="host">The server that said so.</param>
    public bool MatchesRest(string from, IEnumerable<string> to, string? why, string? host)
    {
        ArgumentNullException.ThrowIfNull(from);
        return (Sender is not { } sender || (sender is "" or "<>" ? from.Length == 0 : Has(from, sender)))
            && (Recipient is not { } recipient || to.Any(t => Has(t, recipient)))
            && (Error is not { } error || Has(why, error) || Has(host, error));
    }

    /// <summary>A domain as people write it in the form that destinations have; with a dot before it where it has one.</summary>
    public static string CanonicalOf(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return domain.StartsWith('.') ? "." + DomainName.ToCanonical(domain[1..])
            : domain.StartsWith('[') ? MailDomain.TryParse(domain)?.Canonical ?? domain
            : DomainName.ToCanonical(domain.TrimEnd('.'));
    }

    private static bool Has(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;
}
