using System.Collections.Immutable;
using ActorSmtp.Storage.Postgres.Accounts;
using ActorSmtp.Storage.Postgres.Greylist;
using ActorSmtp.Storage.Postgres.Guesses;
using ActorSmtp.Storage.Postgres.Leases;
using ActorSmtp.Storage.Postgres.Mail;
using ActorSmtp.Storage.Postgres.Mailboxes;
using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Storage.Postgres.Queue;

namespace ActorSmtp.Storage.Postgres;

/// <summary>
/// The stores of one node in a database that it shares with others; the only factory of them. The connections are closed with this, which is to be
/// disposed of after the stores. Tables are made, and brought to what this program knows, by the first use.
/// </summary>
public sealed class PostgresStores : IAsyncDisposable
{
    private readonly Database _database;
    private readonly StorageSettings _limits;
    private readonly TimeProvider _time;
    private PostgresMailStore? _mail;

    /// <exception cref="StoreException">The connection text cannot be understood.</exception>
    public PostgresStores(DatabaseSettings settings, StorageSettings limits, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(limits);
        (_limits, _time) = (limits, time);
        _database = new Database(settings, limits.Sync, time);
    }

    internal Database Database => _database;

    /// <summary>The database's clock, as far as this node has heard of it; else its own.</summary>
    public TimeProvider Clock => _database.Clock;

    /// <summary>What nodes ask each other; null until <see cref="Serving"/>.</summary>
    public NodeQuestions? Questions { get; private set; }

    /// <summary>This node was told otherwise since it joined: the others are to know. It goes on whatever they were told.</summary>
    public void Agree(NodeAgreement agreement) => _mail?.Keeper.Agree(agreement);

    /// <summary>In what this node differs from those that ran when it joined, each a sentence.</summary>
    public ImmutableArray<string> Differences => _mail?.Keeper.Differences ?? [];

    /// <summary>What a server needs; the mail store is still to be opened, and this node joins the others with that.</summary>
    /// <param name="agreement">What all nodes have to be told alike.</param>
    public StoreSet Serving(NodeAgreement agreement)
    {
        _mail = new PostgresMailStore(_database, _limits, agreement, _time);
        Questions = new NodeQuestions(_database, _mail.Keeper, _time);
        return new StoreSet(_mail, new PostgresMailboxStore(_database), new PostgresUserStore(_database, _mail.Keeper));
    }

    /// <summary>Where mail for others waits, of all nodes; still to be opened, after the mail store.</summary>
    /// <param name="mostMessages">With so many, of all nodes together, it is full.</param>
    /// <param name="expire">How long messages wait at most.</param>
    public IQueueStore Queue(long mostMessages, TimeSpan expire) => new PostgresQueueStore(_database, mostMessages, expire, _time);

    /// <summary>What greylisting remembers, of all nodes; still to be opened.</summary>
    public IGreylistStore Greylist() => new PostgresGreylist(_database, _database.Clock);

    /// <summary>Where nodes count wrong passwords together.</summary>
    /// <param name="rules">The same for all nodes.</param>
    public IGuessStore Guesses(GuessRules rules) => new PostgresGuesses(_database, rules, _time);

    /// <summary>What nodes lend to test suites. Waits for this node too, where the mail store was opened before.</summary>
    public ILeaseStore Leases() => new PostgresLeases(_database, _mail?.Keeper.Id);

    /// <summary>What greylisting remembers as it is now, for one who only looks: nothing of what is asked is kept, and nothing is asked before.</summary>
    public IGreylistStore GreylistAsItIs() => new PostgresGreylist(_database, _database.Clock) { OnlyLooks = true };

    /// <summary>The accounts alone, for programs that work while servers run.</summary>
    public IUserStore Users() => new PostgresUserStore(_database, null);

    /// <summary>The mailboxes alone, likewise.</summary>
    public IMailboxStore Mailboxes() => new PostgresMailboxStore(_database);

    /// <summary>The tokens of the API.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    public async Task<ITokenStore> TokensAsync(CancellationToken cancellation) =>
        await PostgresTokenStore.OpenAsync(_database, _mail?.Keeper, cancellation).ConfigureAwait(false);

    /// <summary>Small documents.</summary>
    public IKeptDocuments Documents() => new PostgresDocuments(_database);

    /// <summary>Has the database to itself for a while: no node may run, and none joins until this is disposed of, or has given no sign of life for a lease.</summary>
    /// <exception cref="StoreException">A node is running, or the database cannot be asked.</exception>
    public async Task<IAsyncDisposable> AloneAsync(CancellationToken cancellation)
    {
        var keeper = new NodeKeeper(_database, NodeAgreement.None, _time) { State = static () => NodeKeeper.Migrating };
        try
        {
            await _database.ReadyAsync(cancellation).ConfigureAwait(false);
            await keeper.JoinAsync(alone: true, cancellation).ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The database cannot be used: {failed.Message}. See actorsmtp.storage.connection.", failed);
        }

        keeper.Start();
        return new Leaving(keeper);
    }

    private sealed class Leaving(NodeKeeper keeper) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await keeper.LeaveAsync().ConfigureAwait(false);
    }

    /// <summary>Whether a failure comes from the database: it is not there, or says no.</summary>
    public static bool IsOfDatabase(Exception? failure) => failure is not null && (failure is DatabaseException || IsOfDatabase(failure.InnerException));

    /// <summary>The nodes that gave a sign of life within a day, without those that ended in order.</summary>
    /// <exception cref="StoreException">The database cannot be asked.</exception>
    public async Task<IReadOnlyList<NodeRow>> NodesAsync(CancellationToken cancellation)
    {
        try
        {
            await _database.ReadyAsync(cancellation).ConfigureAwait(false);
            return (await NodeKeeper.ListAsync(_database, cancellation).ConfigureAwait(false)).FindAll(n => !n.HasLeft);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The nodes cannot be listed: {failed.Message}.", failed);
        }
    }

    /// <summary>Who has a message that is accepted and not delivered to everybody; null: nobody accepted it, or it is done with.</summary>
    /// <exception cref="StoreException">The database cannot be asked.</exception>
    public async Task<AcceptedRow?> AcceptedAsync(MailId id, CancellationToken cancellation)
    {
        var key = new byte[MailId.Size];
        id.Write(key);
        try
        {
            return await _database.ReadAsync(
                "SELECT CASE WHEN token <> 0 AND due > now() THEN holder END, claims, coalesce(array_length(done, 1), 0), due - now() FROM accepted WHERE id = $1",
                [Database.Value(key)],
                async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false)
                    ? new AcceptedRow(rows.IsDBNull(0) ? null : rows.GetString(0), rows.GetInt32(1), rows.GetInt32(2), rows.GetTimeSpan(3))
                    : null,
                cancellation).ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The message cannot be looked for: {failed.Message}.", failed);
        }
    }

    /// <summary>Messages that are accepted and not delivered.</summary>
    /// <exception cref="StoreException">The database cannot be asked.</exception>
    public async Task<long> WaitingAsync(CancellationToken cancellation)
    {
        try
        {
            await _database.ReadyAsync(cancellation).ConfigureAwait(false);
            return await _database.ReadAsync(
                "SELECT count(*) FROM accepted", [], async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetInt64(0) : 0, cancellation).ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"What waits cannot be counted: {failed.Message}.", failed);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Questions is { } questions)
        {
            await questions.DisposeAsync().ConfigureAwait(false);
        }

        await _database.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>A message that waits for its mailboxes, or for the queue.</summary>
/// <param name="Node">Which node has claimed it; null: none has.</param>
/// <param name="Claims">How often it was claimed so far.</param>
/// <param name="Done">Recipients that have it.</param>
/// <param name="DueIn">Until its claim ends by itself, or it is to be taken.</param>
public sealed record AcceptedRow(string? Node, int Claims, int Done, TimeSpan DueIn);
