using System.Collections.Immutable;

namespace ActorSmtp.Storage;

/// <summary>
/// Where nodes that share a store keep the inboxes that they lend to test suites. Times are the store's clock's. Every change has a number, greater than that of the change before it,
/// by which each node hears of what it has not seen; who changes something can wait until all nodes have.
/// </summary>
/// <remarks>Everything here throws <see cref="StoreException"/> where the store cannot be asked, or does not say whether it was done.</remarks>
public interface ILeaseStore
{
    /// <summary>What was changed behind a number, by whichever node.</summary>
    /// <param name="since">0: all that there is.</param>
    Task<LeaseNews> ReadAsync(long since, CancellationToken cancellation);

    /// <summary>This node has seen all changes up to a number.</summary>
    Task SeenAsync(long number, CancellationToken cancellation);

    /// <summary>Whether all other nodes that are alive have.</summary>
    Task<bool> IsSeenAsync(long number, CancellationToken cancellation);

    /// <summary>One lease, with how many messages it has; also one that ended a short while ago. Null: none.</summary>
    Task<LeaseRow?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>All that have not ended, with how many messages they have, by when they were made.</summary>
    Task<ImmutableArray<LeaseRow>> ListAsync(CancellationToken cancellation);

    /// <summary>Lends. All of it is done, or nothing.</summary>
    /// <param name="time">How long.</param>
    Task<LeaseAdded> AddAsync(LeaseRow lease, TimeSpan time, ImmutableArray<LeaseScenarioRow> scenarios, LeaseRoom room, CancellationToken cancellation);

    /// <summary>It lasts so long from now on; null: it has ended.</summary>
    Task<LeaseRow?> RenewAsync(string id, TimeSpan time, CancellationToken cancellation);

    /// <summary>Ends it.</summary>
    /// <param name="how">How it ended, for the others.</param>
    /// <returns>The number of the change; null: it had ended. Of all that try, one is told that it did.</returns>
    Task<long?> EndAsync(string id, string how, CancellationToken cancellation);

    /// <summary>Ends what has expired, each once whoever calls; answers those that this call ended.</summary>
    Task<ImmutableArray<string>> ExpireAsync(CancellationToken cancellation);

    /// <summary>Ended ones that have mail and that nobody else clears now, by address; those that ended long ago and have none are forgotten.</summary>
    /// <param name="most">So many at most.</param>
    Task<ImmutableArray<string>> TakeEndedAsync(int most, CancellationToken cancellation);

    /// <summary>Adds misbehaviour to a lease; null: it has ended, or there is no room.</summary>
    Task<long?> AddScenarioAsync(LeaseScenarioRow scenario, int most, CancellationToken cancellation);

    /// <summary>Takes misbehaviour out: all of a lease, or one.</summary>
    /// <returns>How many, and the number of the change.</returns>
    Task<(int Removed, long Number)> RemoveScenariosAsync(string? lease, string? id, CancellationToken cancellation);

    /// <summary>Something happened that these are for: each counts it, and the oldest that is due acts.</summary>
    /// <returns>Which one acts, and how often it has by then; null: none.</returns>
    Task<(string Id, int Hits)?> CountAsync(IReadOnlyCollection<string> scenarios, CancellationToken cancellation);

    /// <summary>How often each has acted.</summary>
    Task<ImmutableDictionary<string, int>> HitsAsync(CancellationToken cancellation);

    /// <summary>What came to a lease, in an order that is the same for all nodes, behind a place of it.</summary>
    /// <param name="most">So many at most.</param>
    Task<ImmutableArray<(int Place, string Key)>> ArrivedAsync(string id, int after, int most, CancellationToken cancellation);

    /// <summary>Which of these have ended, or have mail behind the place.</summary>
    Task<ImmutableArray<string>> ChangedAsync(IReadOnlyCollection<(string Id, int Place)> leases, CancellationToken cancellation);
}

/// <summary>An inbox that is lent.</summary>
/// <param name="Verifier">Of its password.</param>
/// <param name="Ended">How it ended; null: it has not.</param>
/// <param name="Messages">In its mailbox, where that was asked.</param>
public sealed record LeaseRow(string Id, string Address, string Verifier, DateTimeOffset CreatedAt, DateTimeOffset Expires, string? Ended, int Messages);

/// <summary>Misbehaviour that was asked for with a lease.</summary>
/// <param name="Spec">What it is, in the words of who made it.</param>
/// <param name="Nth">The first occurrence on which it acts.</param>
/// <param name="Times">How often; null: always.</param>
/// <param name="IsGone">It was taken out.</param>
public sealed record LeaseScenarioRow(string Id, string Lease, string Spec, int Nth, int? Times, bool IsGone);

/// <param name="Number">Of the newest change in it.</param>
public sealed record LeaseNews(long Number, ImmutableArray<LeaseRow> Leases, ImmutableArray<LeaseScenarioRow> Scenarios);

/// <param name="Leases">At once.</param>
/// <param name="Scenarios">At once.</param>
public readonly record struct LeaseRoom(int Leases, int Scenarios);

/// <summary>What became of lending.</summary>
/// <param name="Lease">As it is kept; null: there was no room.</param>
/// <param name="Number">Of the change.</param>
/// <param name="IsTaken">The name is lent already.</param>
/// <param name="WantsScenarios">It was for the misbehaviour that there was no room.</param>
public sealed record LeaseAdded(LeaseRow? Lease, long Number, bool IsTaken = false, bool WantsScenarios = false);
