using System.Collections.Concurrent;
using System.Text.Json;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Routing;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web.Leases;

/// <summary>
/// Lends inboxes to test suites: an address, an account and a mailbox that nobody else has, for a while. When the time is over, the mail and the
/// account go; a message that was still on its way then goes too (<see cref="LeaseRemains"/>). What is lent, and what is over since a short
/// while, is kept in the file <c>leases</c>, so that a restart neither ends a lease nor leaves its mail behind.
/// </summary>
internal sealed class LeaseBook : ILeases
{
    private const string Document = "leases";

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly TestInboxSettings _settings;
    private readonly string _domain;
    private readonly KnownLeases _known;
    private readonly LeaseRemains _remains;
    private readonly MailboxIndex _index;
    private readonly IKeptDocuments _documents;
    private readonly ScenarioBook _scenarios;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<Task, byte> _underWay = [];
    private bool _mustNotSave;
    private int _sweeping;

    public LeaseBook(ServerSettings settings, LentAccounts lent, IMailboxStore mailboxes, MailboxIndex index, IKeptDocuments documents, ScenarioBook scenarios, TimeProvider time, ILogger log)
    {
        _settings = settings.TestInbox;
        _domain = LeaseMaking.DomainOf(settings);
        (_known, _index, _documents, _scenarios, _time, _log) = (new KnownLeases(lent), index, documents, scenarios, time, log);
        _remains = new LeaseRemains(mailboxes, index, time, log);
        _timer = time.CreateTimer(_ => Track(SweepAsync()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public event Action<string, string, bool>? Changed;

    public bool IsInUse => !_known.IsEmpty || !_remains.IsEmpty;

    public Task<IReadOnlyList<Lease>> ListAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Lease>>([.. _known.All.OrderBy(l => l.CreatedAt).ThenBy(l => l.Id, StringComparer.Ordinal)]);

    public Lease? Find(string id) => _known.Find(id);

    public Lease? OfMailbox(string account) => _known.OfMailbox(account);

    public Task<Lease?> FindAsync(string id, CancellationToken cancellation) =>
        Find(id) is { } lease ? Task.FromResult<Lease?>(lease)
        : _remains.Any(address => LeaseMaking.IdOf(address) == id) ? throw LeaseMaking.IsOver
        : Task.FromResult<Lease?>(null);

    public async Task LoadAsync(CancellationToken cancellation)
    {
        foreach (var kept in await ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (kept.EndedAt is not null)
            {
                _remains.Add(kept.Address, _time.GetUtcNow());          // mail that the restart held up begins its way now
                continue;
            }

            var lease = new Lease(kept.Id, kept.Address, kept.CreatedAt, kept.Expires) { Verifier = kept.Verifier };
            await ListAsync(lease, cancellation).ConfigureAwait(false);
            _known.TryAdd(lease);
        }

        _timer.Change(SweepEvery, SweepEvery);
    }

    public async Task<(Lease Lease, string Password, IReadOnlyList<Scenario> Scenarios)> LendAsync(
        TimeSpan time, string? prefix, string? domain, IReadOnlyList<Scenario> scenarios, CancellationToken cancellation)
    {
        if (_known.Count >= _settings.Leases)
        {
            throw LeaseMaking.AllTaken(_settings.Leases);
        }

        var password = LeaseMaking.Password();
        var verifier = LeaseMaking.VerifierOf(password);
        while (true)
        {
            var id = LeaseMaking.Id();
            var now = _time.GetUtcNow();
            var lease = new Lease(id, LeaseMaking.AddressOf(id, prefix, domain ?? _domain), now, now + time) { Verifier = verifier };
            if (_known.TryAdd(lease))
            {
                await SaveAsync(cancellation).ConfigureAwait(false);
                Changed?.Invoke(id, "made", true);
                Scenario[] its = [.. scenarios.Select(s => LeaseMaking.For(s, lease))];
                if (!_scenarios.TryAdd(its, _settings.Scenarios))
                {
                    await EndAsync(lease, "removed").ConfigureAwait(false);
                    throw new ProblemException(Api.ScenarioRoutes.TooMany);
                }

                return (lease, password, its);
            }
        }
    }

    public async Task<Lease> RenewAsync(Lease lease, TimeSpan time, CancellationToken cancellation)
    {
        lease.Expires = _time.GetUtcNow() + time;
        await SaveAsync(cancellation).ConfigureAwait(false);
        return lease;
    }

    public Task<LeaseArrivals> AfterAsync(Lease lease, int place, bool waits, CancellationToken cancellation)
    {
        var (keys, from, changed) = lease.After(place);
        return Task.FromResult(new LeaseArrivals([.. keys.Select((key, i) => (from + i + 1, key))], from + keys.Length, changed, lease.HasEnded));
    }

    public void Gone(string account, IReadOnlyCollection<string> keys) => OfMailbox(account)?.Gone(keys);

    public Task<bool> TryAddAsync(Scenario scenario, CancellationToken cancellation) => Task.FromResult(_scenarios.TryAdd(scenario, _settings.Scenarios));

    public Task<int> RemoveScenariosAsync(string? lease, string? id, CancellationToken cancellation) =>
        Task.FromResult(_scenarios.Remove(s => id is null ? s.For.Lease == lease : s.Id == id));

    public Task<IReadOnlyList<(Scenario Scenario, int Hits)>> ScenariosAsync(CancellationToken cancellation) => Task.FromResult(_scenarios.All);

    /// <summary>
    /// Ends it: nobody can log in or send to it any more, and its mail goes. Once begun, it is done whether anybody waits for it or not; a mailbox
    /// that cannot be removed now is waited for no longer than <see cref="LeaseRemains.Patience"/>.
    /// </summary>
    public async Task EndAsync(Lease lease, string change)
    {
        if (Retire(lease))
        {
            await SaveOrTellAsync().ConfigureAwait(false);
            await ClearAsync(lease, change).ConfigureAwait(false);
        }
    }

    public void Arrived(string account, string key)
    {
        if (OfMailbox(account) is { } lease)
        {
            lease.Arrived(key);
        }
        else
        {
            _remains.Arrived(account);                      // it was on its way when the lease ended
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        foreach (var lease in _known.All)
        {
            lease.End();
        }

        await _remains.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_underWay.Keys).WaitAsync(LeaseRemains.Patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);      // the disk is left as it is from here on
    }

    /// <summary>What is begun here ends before the book does.</summary>
    private void Track(Task work)
    {
        if (!work.IsCompleted && _underWay.TryAdd(work, 0))
        {
            work.ContinueWith((done, all) => ((ConcurrentDictionary<Task, byte>)all!).TryRemove(done, out _), _underWay, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>False: it is over already.</summary>
    private bool Retire(Lease lease)
    {
        if (_known.Remove(lease.Id) is null)
        {
            return false;
        }

        _remains.Add(lease.Address, _time.GetUtcNow());
        lease.End();
        return true;
    }

    private async Task ClearAsync(Lease lease, string change)
    {
        try
        {
            await _remains.RemoveAsync(lease.Address).ConfigureAwait(false);
        }
        finally
        {
            Changed?.Invoke(lease.Id, change, true);             // its scenarios go by this, whatever the disk says
        }
    }

    /// <summary>Ends what has expired, all at once; their mailboxes go side by side, and no sweep waits for them.</summary>
    private async Task SweepAsync()
    {
        if (!IsInUse || Interlocked.Exchange(ref _sweeping, 1) == 1)
        {
            return;
        }

        try
        {
            var now = _time.GetUtcNow();
            var forgot = _remains.Sweep();
            var expired = _known.All.Where(l => l.Expires <= now).Where(Retire).ToArray();
            if (forgot || expired.Length > 0)
            {
                await SaveOrTellAsync().ConfigureAwait(false);
            }

            foreach (var lease in expired)
            {
                Track(ClearAsync(lease, "expired"));
            }
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    /// <summary>What the file says. One that cannot be understood is put aside, so that nothing is written over it.</summary>
    private async Task<KeptLease[]> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            var content = await _documents.ReadAsync(Document, cancellation).ConfigureAwait(false);
            var all = content is null ? [] : JsonSerializer.Deserialize<KeptLease?[]>(content, Json.Options) ?? [];
            return all.All(k => k is { Id: not null, Verifier: not null } && k.Address?.Contains('@', StringComparison.Ordinal) == true)
                ? [.. all.OfType<KeptLease>()]
                : throw new JsonException("it holds something that is no lease");
        }
        catch (Exception broken) when (broken is StoreException or JsonException)
        {
            try
            {
                var aside = await _documents.SetAsideAsync(Document, cancellation).ConfigureAwait(false);
                Hosting.ConsoleLog.LeasesUnreadable(_log, aside, broken.Message);
            }
            catch (StoreException stuck)
            {
                _mustNotSave = true;
                Hosting.ConsoleLog.LeasesUnreadable(_log, Document, $"{broken.Message} {stuck.Message}");
            }

            return [];
        }
    }

    private async Task ListAsync(Lease lease, CancellationToken cancellation)
    {
        try
        {
            string? after = null;
            while (await _index.AfterAsync(lease.Address, after, Lease.MostArrivals, cancellation).ConfigureAwait(false) is { IsEmpty: false } names)
            {
                foreach (var name in names)
                {
                    lease.Arrived(name.Key);
                }

                after = names[^1].Key;
            }
        }
        catch (StoreException broken)
        {
            Hosting.ConsoleLog.LeaseUnlisted(_log, lease.Address, broken.Message);
        }
    }

    /// <summary>For what has happened already, whether it can be saved or not.</summary>
    private async Task SaveOrTellAsync()
    {
        try
        {
            await SaveAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreException broken)
        {
            Hosting.ConsoleLog.LeasesUnsaved(_log, broken.Message);
        }
    }

    private async Task SaveAsync(CancellationToken cancellation)
    {
        await _saving.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_mustNotSave)
            {
                return;
            }

            KeptLease[] all =
            [
                .. _known.All.Select(l => new KeptLease(l.Id, l.Address, l.CreatedAt, l.Expires, l.Verifier)),
                .. _remains.Newest.Select(e => new KeptLease(LeaseMaking.IdOf(e.Address), e.Address, e.At, e.At, "", e.At)),
            ];
            await _documents.SaveAsync(Document, all.Length == 0 ? null : JsonSerializer.SerializeToUtf8Bytes(all, Json.Options), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <param name="EndedAt">It is over, and only its mail is still looked for.</param>
    private sealed record KeptLease(string Id, string Address, DateTimeOffset CreatedAt, DateTimeOffset Expires, string Verifier, DateTimeOffset? EndedAt = null);
}
