using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Routing;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web.Leases;

/// <summary>
/// The inboxes that nodes of one database lend together. Each knows all of them: it follows their changes (<c>.Following.cs</c>), and who lends one answers when all nodes have taken it in, so
/// that it works wherever the next connection goes. What came to a lease is in one order for all, so a cursor of one node is good at another. Whichever node sees that one has expired ends it, once.
/// </summary>
internal sealed partial class SharedLeases : ILeases
{
    /// <summary>How long who changed something waits for nodes that do not answer.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private const int MostAtOnce = 1000;

    private readonly TestInboxSettings _settings;
    private readonly string _domain;
    private readonly KnownLeases _known;
    private readonly IMailboxStore _mailboxes;
    private readonly MailboxIndex _index;
    private readonly ILeaseStore _store;
    private readonly ScenarioBook _scenarios;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Task> _loops = [];

    public SharedLeases(
        ServerSettings settings, LentAccounts lent, IMailboxStore mailboxes, MailboxIndex index, ILeaseStore store, ScenarioBook scenarios, TimeProvider time, ILogger log)
    {
        _settings = settings.TestInbox;
        _domain = LeaseMaking.DomainOf(settings);
        (_known, _mailboxes, _index, _store, _scenarios, _time, _log) = (new KnownLeases(lent), mailboxes, index, store, scenarios, time, log);
        _scenarios.CountShared = CountAsync;
    }

    public event Action<string, string, bool>? Changed;

    public bool IsInUse => !_known.IsEmpty;

    public Lease? Find(string id) => _known.Find(id);

    public Lease? OfMailbox(string account) => _known.OfMailbox(account);

    public Task<Lease?> FindAsync(string id, CancellationToken cancellation) => Said(async () => await _store.FindAsync(id, cancellation).ConfigureAwait(false) switch
    {
        null => null,
        { Ended: not null } => throw LeaseMaking.IsOver,
        var row => LeaseOf(row),
    });

    public Task<IReadOnlyList<Lease>> ListAsync(CancellationToken cancellation) => Said<IReadOnlyList<Lease>>(async () =>
        [.. (await _store.ListAsync(cancellation).ConfigureAwait(false)).Select(LeaseOf)]);

    public async Task LoadAsync(CancellationToken cancellation)
    {
        try
        {
            await RefreshAsync(cancellation).ConfigureAwait(false);
        }
        catch (StoreException away)
        {
            Hosting.ConsoleLog.LeasesNotFollowed(_log, away.Message);           // those who follow go on trying
        }

        _loops.Add(Task.Run(FollowAsync, CancellationToken.None));
        _loops.Add(Task.Run(SweepAsync, CancellationToken.None));
    }

    public Task<(Lease Lease, string Password, IReadOnlyList<Scenario> Scenarios)> LendAsync(
        TimeSpan time, string? prefix, string? domain, IReadOnlyList<Scenario> scenarios, CancellationToken cancellation) => Said(async () =>
    {
        var password = LeaseMaking.Password();
        var verifier = LeaseMaking.VerifierOf(password);
        while (true)
        {
            var id = LeaseMaking.Id();
            var now = _time.GetUtcNow();
            var asked = new Lease(id, LeaseMaking.AddressOf(id, prefix, domain ?? _domain), now, now + time);
            IReadOnlyList<Scenario> its = [.. scenarios.Select(s => LeaseMaking.For(s, asked))];
            var added = await _store.AddAsync(
                new LeaseRow(id, asked.Address, verifier, now, now + time, null, 0), time, [.. its.Select(KeptScenario.RowOf)], new LeaseRoom(_settings.Leases, _settings.Scenarios), cancellation).ConfigureAwait(false);
            if (added.Lease is { } row)
            {
                // From here on it is lent, whether or not anybody waits for the answer.
                Take(row, isOurs: true);
                foreach (var scenario in its)
                {
                    _scenarios.PutShared(scenario);
                }

                await SeenByAllAsync(added.Number, cancellation).ConfigureAwait(false);
                return (LeaseOf(row), password, its);
            }

            if (!added.IsTaken)
            {
                throw added.WantsScenarios ? new ProblemException(Api.ScenarioRoutes.TooMany) : LeaseMaking.AllTaken(_settings.Leases);
            }
        }
    });

    public Task<Lease> RenewAsync(Lease lease, TimeSpan time, CancellationToken cancellation) => Said(async () =>
        LeaseOf(await _store.RenewAsync(lease.Id, time, cancellation).ConfigureAwait(false) ?? throw LeaseMaking.IsOver));

    public Task EndAsync(Lease lease, string change) => Said(async () =>
    {
        if (await _store.EndAsync(lease.Id, change, CancellationToken.None).ConfigureAwait(false) is not { } number)
        {
            return false;
        }

        Retire(lease.Id, change, isOurs: true);
        await SeenByAllAsync(number, CancellationToken.None).ConfigureAwait(false);
        await RemoveMailboxAsync(lease.Address).ConfigureAwait(false);
        return true;
    });

    public async Task<LeaseArrivals> AfterAsync(Lease lease, int place, bool waits, CancellationToken cancellation)
    {
        var waiter = Wait(lease, place, waits);             // before it is looked: what comes meanwhile wakes it
        try
        {
            var messages = await Said(() => _store.ArrivedAsync(lease.Id, place, MostAtOnce, cancellation)).ConfigureAwait(false);
            await TellIndexAsync(lease.Address, messages.Select(m => m.Key), cancellation).ConfigureAwait(false);
            waiter.Place = messages.IsEmpty ? place : messages[^1].Place;
            var row = messages.IsEmpty ? await Said(() => _store.FindAsync(lease.Id, cancellation)).ConfigureAwait(false) : null;
            return new LeaseArrivals(messages, waiter.Place, waiter.Task, HasEnded: messages.IsEmpty && row is null or { Ended: not null }) { Forget = () => Forget(waiter) };
        }
        catch
        {
            Forget(waiter);
            throw;
        }
    }

    /// <summary>Mail of a lease that has ended is found where it lies, by whichever node comes round.</summary>
    public void Arrived(string account, string key)
    {
        if (OfMailbox(account) is { } lease)
        {
            Wake(waiter => waiter.Lease == lease.Id);
        }
    }

    public void Gone(string account, IReadOnlyCollection<string> keys)
    {
        // Their places stay empty; nobody counts them here.
    }

    public Task<bool> TryAddAsync(Scenario scenario, CancellationToken cancellation) => scenario.For.Lease is null
        ? Task.FromResult(_scenarios.TryAdd(scenario, _settings.Scenarios))
        : Said(async () =>
        {
            if (await _store.AddScenarioAsync(KeptScenario.RowOf(scenario), _settings.Scenarios, cancellation).ConfigureAwait(false) is not { } number)
            {
                return false;
            }

            _scenarios.PutShared(scenario);
            await SeenByAllAsync(number, cancellation).ConfigureAwait(false);
            return true;
        });

    public Task<int> RemoveScenariosAsync(string? lease, string? id, CancellationToken cancellation) => Said(async () =>
    {
        var own = _scenarios.Remove(s => s.For.Lease is null && s.Id == id);
        if (own > 0)
        {
            return own;
        }

        var (removed, number) = await _store.RemoveScenariosAsync(lease, id, cancellation).ConfigureAwait(false);
        _scenarios.Remove(s => s.For.Lease is not null && (s.Id == id || s.For.Lease == lease));
        if (removed > 0)
        {
            await SeenByAllAsync(number, cancellation).ConfigureAwait(false);
        }

        return removed;
    });

    public Task<IReadOnlyList<(Scenario Scenario, int Hits)>> ScenariosAsync(CancellationToken cancellation) => Said(async () =>
    {
        var hits = await _store.HitsAsync(cancellation).ConfigureAwait(false);
        return (IReadOnlyList<(Scenario, int)>)[.. _scenarios.All.Select(s => s.Scenario.For.Lease is null ? s : (s.Scenario, hits.GetValueOrDefault(s.Scenario.Id)))];
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Wake(_ => true);
        await Task.WhenAll([.. _loops, _watching]).WaitAsync(LeaseRemains.Patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Lease LeaseOf(LeaseRow row) => new(row.Id, row.Address, row.CreatedAt, row.Expires) { Counted = row.Messages, Verifier = row.Verifier };

    private async Task<(string Id, int Hits)?> CountAsync(IReadOnlyCollection<string> scenarios)
    {
        try
        {
            return await _store.CountAsync(scenarios, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception away) when (away is StoreException or OperationCanceledException)
        {
            return null;                                    // nothing is accepted then anyhow
        }
    }

    private void Take(LeaseRow row, bool isOurs)
    {
        if (_known.TryAdd(LeaseOf(row)))
        {
            Changed?.Invoke(row.Id, "made", isOurs);
        }
    }

    private void Retire(string id, string change, bool isOurs)
    {
        _ended = new Moment(_time.GetTimestamp());
        if (_known.Remove(id) is not null)
        {
            _scenarios.Remove(s => s.For.Lease == id);
            Wake(waiter => waiter.Lease == id);
            Changed?.Invoke(id, change, isOurs);
        }
        else if (isOurs)
        {
            Changed?.Invoke(id, change, true);              // another loop of ours heard of it first, and told nobody outside
        }
    }

    /// <summary>What another node delivered may not be in a list that was made before.</summary>
    private async Task TellIndexAsync(string address, IEnumerable<string> keys, CancellationToken cancellation)
    {
        var known = await _index.AfterAsync(address, null, Lease.MostArrivals, cancellation).ConfigureAwait(false) is { } names ? names.Select(n => n.Key).ToHashSet(StringComparer.Ordinal) : [];
        foreach (var key in keys.Where(key => !known.Contains(key)))
        {
            _index.Arrived(address, key);
        }
    }

    private async Task RemoveMailboxAsync(string address)
    {
        using var patience = new CancellationTokenSource(LeaseRemains.Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        try
        {
            await _mailboxes.DeleteMailboxAsync(address, either.Token).ConfigureAwait(false);
            _index.Forget(address);
        }
        catch (Exception broken) when (broken is StoreException or OperationCanceledException)
        {
            if (!_stop.IsCancellationRequested)
            {
                Hosting.ConsoleLog.LeaseStays(_log, address, broken.Message);
            }
        }
    }

    /// <summary>What the store cannot do is told to who asked.</summary>
    private static async Task<T> Said<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (StoreException away)
        {
            throw new ProblemException(Problem.Busy(away.Message));
        }
    }
}
