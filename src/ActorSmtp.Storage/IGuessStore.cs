using System.Collections.Immutable;

namespace ActorSmtp.Storage;

/// <summary>
/// Where the nodes that share a store count wrong passwords together. Each of them counts for itself, adds what it counted now and then, and hears what all of them
/// counted; so no login waits for this, and while it is away each goes on by itself.
/// </summary>
public interface IGuessStore : IAsyncDisposable
{
    /// <summary>Adds what was counted here. One call at a time.</summary>
    /// <param name="changes">Each key once; at most <see cref="MostChanges"/>.</param>
    /// <param name="all">Whether to answer all that is known, as far as there is room for it, and not only what is new.</param>
    /// <returns>What all nodes together counted: of these keys, and of those that others changed since the call before and that are worth hearing of. A key may come twice; the later counts.</returns>
    /// <exception cref="StoreException">Nobody can say whether it was added.</exception>
    Task<ImmutableArray<GuessCount>> ShareAsync(ImmutableArray<GuessChange> changes, bool all, CancellationToken cancellation);

    /// <summary>Changes in one call.</summary>
    const int MostChanges = 1000;
}

/// <summary>How nodes count together.</summary>
/// <param name="HalfForgotten">In this time half of what went wrong is forgotten.</param>
/// <param name="Noteworthy">From so many on others have to hear of it.</param>
/// <param name="Table">Entries of each kind that a node remembers; all of them together keep <see cref="Kept"/>.</param>
public sealed record GuessRules(TimeSpan HalfForgotten, double Noteworthy, int Table)
{
    /// <summary>More than this is never counted, so that an hour of attack is not held against anybody for days.</summary>
    public const double MostFailures = 1000;

    /// <summary>So long it is known from where an account logged in, without another login from there.</summary>
    public static readonly TimeSpan Known = TimeSpan.FromDays(30);

    /// <summary>Entries of each kind that are kept for all nodes; beyond that those go that would be forgotten first.</summary>
    public long Kept => 10L * Table;
}

/// <summary>What is counted.</summary>
public enum GuessKind
{
    /// <summary>An address that guesses.</summary>
    Network,

    /// <summary>A name that is guessed at.</summary>
    Name,

    /// <summary>A name at an address from which it logged in.</summary>
    Known,
}

/// <summary>A hash stands for the address, the name or both: of equal length, and no list of who is where.</summary>
public readonly record struct GuessKey(GuessKind Kind, UInt128 Of) : IComparable<GuessKey>
{
    public int CompareTo(GuessKey other) => Kind != other.Kind ? Kind.CompareTo(other.Kind) : Of.CompareTo(other.Of);
}

/// <param name="Failures">Went wrong since it was last shared.</param>
/// <param name="IsGood">It was right before that: whatever went wrong earlier is forgiven. Only of <see cref="GuessKind.Known"/>.</param>
public readonly record struct GuessChange(GuessKey Key, double Failures, bool IsGood);

/// <param name="Failures">As they count now.</param>
/// <param name="Age">Since it was last changed.</param>
public readonly record struct GuessCount(GuessKey Key, double Failures, TimeSpan Age);
