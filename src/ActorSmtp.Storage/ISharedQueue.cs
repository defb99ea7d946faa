namespace ActorSmtp.Storage;

/// <summary>
/// The queue that several nodes share. A node claims what is due, a bounded number at a time, and gives back what is not due again soon; a claim ends by itself where nobody renews
/// it. Messages wait in lines, by the name of the destination that they still have to go to (<see cref="Several"/> where there is more than one): each line has its turn, however long
/// the others are, and one that rests is left alone by all nodes.
/// </summary>
/// <remarks>All of it may be called from any thread. Where the database is away, everything fails at once with a <see cref="StoreException"/>.</remarks>
public interface ISharedQueue
{
    /// <summary>The line of messages that have to go to more than one destination.</summary>
    const string Several = "*";

    /// <summary>The line of messages that go nowhere any more and whose sender is to be told something.</summary>
    const string Nowhere = "-";

    /// <summary>What this node calls itself.</summary>
    string Node { get; }

    /// <summary>
    /// What all nodes write is by one clock, the database's, whatever their own say: what is due when, since when it is held, when it was tried. Known when the queue is open; before
    /// that it is this node's own. Its timestamps and timers are this node's.
    /// </summary>
    TimeProvider Clock { get; }

    /// <summary>Begins to claim: its observer hears of it from now on. Called once, after the opening.</summary>
    void Begin();

    /// <summary>The end is near: nothing more is claimed, and what is taken over is stored for the other nodes. Messages can still be fetched for an order.</summary>
    void Hasten();

    /// <summary>
    /// How much is to be recorded of what became of messages, and is not; behind the end, of how many messages it never will be, as the database was away. Those are tried again by another node
    /// when this one's claims have ended.
    /// </summary>
    int Unrecorded { get; }

    /// <summary>The whole queue, as it was counted a few seconds ago at most, or longer where counting takes long.</summary>
    SharedQueueTotals Totals { get; }

    /// <summary>Counts now.</summary>
    Task CountAsync(CancellationToken cancellation);

    /// <summary>A page of the whole queue, by id, which is by age.</summary>
    /// <param name="from">The first one, if it is there; null: from the beginning.</param>
    Task<IReadOnlyList<SharedQueueMail>> ReadAsync(MailId? from, int most, CancellationToken cancellation);

    /// <summary>These messages, as far as they are there.</summary>
    Task<IReadOnlyList<SharedQueueMail>> FindAsync(IReadOnlyCollection<MailId> ids, CancellationToken cancellation);

    /// <summary>Destinations that messages wait for, those with the most first.</summary>
    /// <param name="containing">In their names, whatever the case; null: any.</param>
    Task<IReadOnlyList<QueueLine>> DestinationsAsync(string? containing, int most, CancellationToken cancellation);

    /// <summary>
    /// Claims these for this node whatever they wait for, to do something to them (<see cref="ClaimedQueueMail.IsFetched"/>). Those that another node has are asked for, and can be
    /// had when it has given them back, or died.
    /// </summary>
    /// <returns>Those that cannot be had yet.</returns>
    Task<IReadOnlyList<MailId>> FetchAsync(IReadOnlyCollection<MailId> ids, CancellationToken cancellation);

    /// <summary>A line is left alone for so long by all nodes, for the how-manieth time in a row; zero: it is not any more. Done soon; lost where the database is away.</summary>
    void Rest(string line, TimeSpan wait, int rests, string? why);
}

/// <summary>Where a message of the shared queue still has to go.</summary>
/// <param name="Destinations">By their names, which have no spaces.</param>
/// <param name="Held">Those of them that an administrator holds.</param>
public sealed record QueueStand(IReadOnlyList<string> Destinations, IReadOnlyList<string> Held)
{
    /// <summary>It goes nowhere any more.</summary>
    public static QueueStand Nowhere { get; } = new([], []);

    /// <summary>In which line it waits for its turn.</summary>
    public string Line => Destinations.Count switch
    {
        0 => ISharedQueue.Nowhere,
        1 => Destinations[0],
        _ => ISharedQueue.Several,
    };
}

/// <summary>A message that this node has claimed.</summary>
/// <param name="Line">Where it waited.</param>
/// <param name="State">As it was last stored.</param>
/// <param name="WasFree">It was given back for a wait which is over; else its claim was not renewed.</param>
/// <param name="IsFetched">By <see cref="ISharedQueue.FetchAsync"/>: due or not.</param>
/// <param name="Rest">How its line rests.</param>
/// <param name="TakenFrom">The node whose claim was not renewed; null: none.</param>
public readonly record struct ClaimedQueueMail(int Slot, MailId Id, string Line, long Length, ReadOnlyMemory<byte> State, bool WasFree, bool IsFetched, QueueRest Rest, string? TakenFrom = null);

/// <summary>How a line of the shared queue rests.</summary>
/// <param name="Times">So often in a row, as far as is known.</param>
/// <param name="For">So long still; zero or less: it does not any more.</param>
/// <param name="Why">What was heard there; null: nothing.</param>
public readonly record struct QueueRest(int Times, TimeSpan For, string? Why);

/// <summary>A message of the shared queue.</summary>
/// <param name="Mail">As it is stored.</param>
/// <param name="Node">Which node has claimed it; null: none, it waits.</param>
/// <param name="DueIn">How long it waits until a node may take it; null: it is claimed, or held.</param>
public sealed record SharedQueueMail(StoredQueueMail Mail, string? Node, TimeSpan? DueIn);

/// <summary>What waits for one destination.</summary>
/// <param name="Oldest">Its oldest message.</param>
/// <param name="RestsFor">How long it is left alone; zero: it is not.</param>
public sealed record QueueLine(string Name, long Messages, long Claimed, long Held, MailId Oldest, TimeSpan? DueIn, TimeSpan RestsFor, string? Why);

/// <summary>The whole shared queue in figures.</summary>
/// <param name="Octets">Of content.</param>
/// <param name="Places">Messages, each once for each of its destinations; those that some node has in hand are <paramref name="Claimed"/>, those that somebody holds <paramref name="Held"/>.</param>
/// <param name="Oldest">The oldest message; null: there is none.</param>
public sealed record SharedQueueTotals(long Messages, long Octets, long Places, long Claimed, long Held, int Destinations, MailId? Oldest)
{
    /// <summary>Nothing counted yet.</summary>
    public static SharedQueueTotals None { get; } = new(0, 0, 0, 0, 0, 0, null);
}
