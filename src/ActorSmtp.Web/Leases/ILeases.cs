using ActorSmtp.Server.Scenarios;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Leases;

/// <summary>Lends inboxes to test suites: an address, an account and a mailbox that nobody else has, for a while. This server's own, or those of all nodes that share a database.</summary>
internal interface ILeases : IAsyncDisposable
{
    /// <summary>Told when a lease is made, expires or is given back: id, what happened, and whether it happened here: of nodes one tells the world.</summary>
    event Action<string, string, bool>? Changed;

    /// <summary>Whether anything has to be heard of deliveries.</summary>
    bool IsInUse { get; }

    /// <summary>The lease of this id, as far as it is known here.</summary>
    Lease? Find(string id);

    /// <summary>The lease whose mailbox this is, likewise.</summary>
    Lease? OfMailbox(string account);

    /// <summary>The lease of this id; null: there is none.</summary>
    /// <exception cref="ProblemException">It is over since a short while, or nobody can say.</exception>
    Task<Lease?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>All that there are, by when they were made.</summary>
    Task<IReadOnlyList<Lease>> ListAsync(CancellationToken cancellation);

    /// <summary>Takes up what there is; from then on what expires goes.</summary>
    Task LoadAsync(CancellationToken cancellation);

    /// <summary>Lends an inbox.</summary>
    /// <param name="scenarios">What goes wrong for it; whom they are for is put in.</param>
    /// <returns>The lease, its password, which is not kept, and its scenarios.</returns>
    /// <exception cref="ProblemException">All are lent, or there are too many scenarios.</exception>
    Task<(Lease Lease, string Password, IReadOnlyList<Scenario> Scenarios)> LendAsync(
        TimeSpan time, string? prefix, string? domain, IReadOnlyList<Scenario> scenarios, CancellationToken cancellation);

    /// <summary>From now on so long.</summary>
    Task<Lease> RenewAsync(Lease lease, TimeSpan time, CancellationToken cancellation);

    /// <summary>Ends it: nobody can log in or send to it any more, and its mail goes.</summary>
    /// <param name="change">What is told of it.</param>
    Task EndAsync(Lease lease, string change);

    /// <summary>What came to a lease behind a place. To be disposed of when nobody waits for more.</summary>
    /// <param name="waits">Whether anybody is going to wait for the next change.</param>
    Task<LeaseArrivals> AfterAsync(Lease lease, int place, bool waits, CancellationToken cancellation);

    /// <summary>A message is in a mailbox. Never blocks.</summary>
    void Arrived(string account, string key);

    /// <summary>Messages were removed; none named: all of them.</summary>
    void Gone(string account, IReadOnlyCollection<string> keys);

    /// <summary>Asks for misbehaviour. False: there are as many as there may be.</summary>
    Task<bool> TryAddAsync(Scenario scenario, CancellationToken cancellation);

    /// <summary>Takes misbehaviour out: all of a lease, or one. Answers how many.</summary>
    Task<int> RemoveScenariosAsync(string? lease, string? id, CancellationToken cancellation);

    /// <summary>The scenarios, with how often each has acted.</summary>
    Task<IReadOnlyList<(Scenario Scenario, int Hits)>> ScenariosAsync(CancellationToken cancellation);
}

/// <summary>What came to a lease, in its order.</summary>
/// <param name="Messages">By place; the key of one that was removed is empty, or it is not there.</param>
/// <param name="End">Nothing before this place is left to be looked at.</param>
/// <param name="Changed">Ends with the next change.</param>
/// <param name="HasEnded">The lease is over: nothing more comes.</param>
internal sealed record LeaseArrivals(IReadOnlyList<(int Place, string Key)> Messages, int End, Task Changed, bool HasEnded) : IDisposable
{
    /// <summary>What is to be done when nobody waits for the change any more.</summary>
    public Action? Forget { get; init; }

    public void Dispose() => Forget?.Invoke();
}
