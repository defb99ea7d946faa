using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Npgsql;
using NpgsqlTypes;

namespace ActorSmtp.Storage.Postgres.Greylist;

/// <summary>
/// What greylisting remembers in a database that nodes share: who was told to wait by one node is let in by another. What is asked is answered from the database, by two statements
/// where something new is learned; of two that learn about the same triplet at once the second one asks again. A database that is away cannot say; mail is not taken then anyhow.
/// The bounds are those of every greylist (<see cref="GreylistRules"/>), kept by the sweeper; who learns of strangers faster than it comes round wakes it, and waits for it in the end.
/// </summary>
/// <param name="time">The clock that all nodes have.</param>
internal sealed class PostgresGreylist(Database database, TimeProvider time) : IGreylistStore
{
    private const int MostTries = 20;
    private const int MostSwept = 1000;

    /// <summary>That mail was let in again is written down once in so long: it only keeps an entry for days.</summary>
    private static readonly TimeSpan s_noteEvery = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromSeconds(15);

    /// <summary>To count and to sweep takes as long as it takes; nobody waits for it.</summary>
    private static readonly TimeSpan s_longWork = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_glance = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private GreylistRules _rules = null!;
    private GreylistNews _news = null!;
    private readonly SemaphoreSlim _trimming = new(1);
    private Task _sweeper = Task.CompletedTask;
    private GreylistFigures _figures;
    private long _evicted;
    private long _made;
    private bool _isOpen;

    private enum Kind
    {
        Triplet,
        Network,
    }

    /// <summary>For one who only looks: what is asked is not learned, no table is made, nothing is swept.</summary>
    public bool OnlyLooks { get; init; }

    public GreylistFigures Figures => _figures with { Evicted = Interlocked.Read(ref _evicted), Trouble = database.Trouble };

    public async Task<GreylistReport> OpenAsync(GreylistRules rules, IGreylistObserver observer, CancellationToken cancellation)
    {
        (_rules, _news) = (rules, new GreylistNews(rules));
        if (OnlyLooks)
        {
            _isOpen = true;
            return new GreylistReport(0, null);
        }

        await Said(() => database.ReadyAsync(cancellation)).ConfigureAwait(false);
        await Said(() => database.KnowTimeAsync(cancellation)).ConfigureAwait(false);
        _isOpen = true;
        _sweeper = Task.WhenAll(
            database.Chores.RepeatAsync("sweeping the greylist", s_sweepEvery, SweepAsync, _stop.Token),
            database.Chores.RepeatAsync("keeping the greylist within its size", TimeSpan.Zero, KeepUpAsync, _stop.Token));
        return new GreylistReport(null, null);          // the sweeper counts: of a large one a start would wait for long, or fail
    }

    public async ValueTask<GreylistAnswer> AskAsync(GreylistTriplet triplet, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(!_isOpen, this);
        if (OnlyLooks)
        {
            await Said(() => database.KnowTimeAsync(cancellation)).ConfigureAwait(false);
        }

        var (key, network) = (KeyOf(triplet), KeyOf(new GreylistTriplet(triplet.Network, "", "")));
        network[0] ^= 0xFF;                         // no triplet's, also where it has neither sender nor recipient
        for (var tries = 0; ; tries++)
        {
            var (trace, standing) = await Said(() => FindAsync(key, network, cancellation)).ConfigureAwait(false);
            var verdict = _rules.Judge(trace, standing, time.GetUtcNow());
            if (tries >= MostTries || OnlyLooks)
            {
                return verdict.Answer;              // others learn about it all the while
            }

            if (verdict.Triplet is { } learned && IsWorth(learned.Last, learned.Passes, trace?.Last, trace?.Passes)
                && !await Said(() => LearnAsync(key, Kind.Triplet, triplet, (learned.First, learned.Last, learned.Passes), _rules.EndOf(learned), trace?.Last, trace?.Passes, cancellation)).ConfigureAwait(false))
            {
                continue;
            }

            var isOneMore = verdict.Answer.Why == GreylistReason.CameBack;
            if (verdict.Network is { } stands && (isOneMore || IsWorth(stands.Last, stands.Passes, standing?.Last, standing?.Passes)))
            {
                await Said(() => StandAsync(network, triplet, stands, standing, isOneMore, cancellation)).ConfigureAwait(false);
            }

            if (trace is null && verdict.Answer.Why == GreylistReason.New)
            {
                await _news.LearnedAsync(triplet.Network.ToString(), cancellation).ConfigureAwait(false);
            }

            return verdict.Answer;
        }
    }

    public async ValueTask<GreylistPage> ListAsync(GreylistFilter filter, string? cursor, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var after = cursor is null ? long.MinValue
            : long.TryParse(cursor, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var place) ? place : throw new FormatException("that page is from nowhere");
        if (cursor is null)
        {
            await TryCountAsync(cancellation).ConfigureAwait(false);
        }

        var (entries, last) = await Said(() => database.ReadAsync(
            GreylistStatements.List,
            [.. Which(filter), Database.Value(after), Database.Value(limit), Database.Value(time.GetUtcNow().UtcDateTime)],
            ReadEntries,
            cancellation)).ConfigureAwait(false);
        return new GreylistPage(entries, entries.Length < limit ? null : last.ToString(CultureInfo.InvariantCulture));
    }

    public async ValueTask<long> ClearAsync(GreylistFilter filter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var all = 0L;
        for (var some = MostSwept; some == MostSwept; all += some)
        {
            some = await Said(() => database.ChangeAsync(GreylistStatements.Clear, Which(filter), cancellation)).ConfigureAwait(false);
        }

        await TryCountAsync(cancellation).ConfigureAwait(false);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        _isOpen = false;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _sweeper.ConfigureAwait(false);
    }

    /// <summary>A change that only keeps an entry is written down now and again.</summary>
    private static bool IsWorth(DateTimeOffset last, int passes, DateTimeOffset? knownLast, int? knownPasses) =>
        knownLast is not { } before || knownPasses is not > 0 || passes > knownPasses + 1 || last - before >= s_noteEvery || last < before;

    private Task<(GreylistTrace?, GreylistStanding?)> FindAsync(byte[] key, byte[] network, CancellationToken cancellation) => database.ReadAsync(
        GreylistStatements.Find,
        [Database.Value(key), Database.Value(network)],
        async (rows, stop) =>
        {
            var (trace, standing) = ((GreylistTrace?)null, (GreylistStanding?)null);
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                var (first, last, passes) = (rows.GetFieldValue<DateTimeOffset>(1), rows.GetFieldValue<DateTimeOffset>(2), rows.GetInt32(3));
                if (rows.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(key))
                {
                    trace = new GreylistTrace(first, last, passes);
                }
                else
                {
                    standing = new GreylistStanding(first, last, passes);
                }
            }

            return (trace, standing);
        },
        cancellation);

    private Task<bool> LearnAsync(
        byte[] key, Kind kind, GreylistTriplet about, (DateTimeOffset First, DateTimeOffset Last, int Passes) what, DateTimeOffset until, DateTimeOffset? knownLast, int? knownPasses,
        CancellationToken cancellation) => database.ReadAsync(
        GreylistStatements.Learn,
        [
            Database.Value(key), Database.Value((int)kind), Database.Value(about.Network.ToString()), Database.Value(kind == Kind.Network ? "" : Shown(about.Sender)),
            Database.Value(kind == Kind.Network ? "" : Shown(about.Recipient)), Database.Value(what.First.UtcDateTime), Database.Value(what.Last.UtcDateTime), Database.Value(what.Passes),
            Database.Value(until.UtcDateTime), Database.Value(NextPlace()), Optional(knownLast?.UtcDateTime, NpgsqlDbType.TimestampTz), Optional(knownPasses, NpgsqlDbType.Integer),
        ],
        (rows, stop) => rows.ReadAsync(stop),
        cancellation);

    /// <summary>One more of a network came back: counted also where others are counted at the same time.</summary>
    private async Task<bool> StandAsync(byte[] key, GreylistTriplet about, GreylistStanding stands, GreylistStanding? known, bool isOneMore, CancellationToken cancellation)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await LearnAsync(key, Kind.Network, about, (stands.First, stands.Last, stands.Passes), _rules.EndOf(stands), known?.Last, known?.Passes, cancellation).ConfigureAwait(false))
            {
                return true;
            }

            (_, known) = await FindAsync([], key, cancellation).ConfigureAwait(false);
            stands = known is { } now ? new GreylistStanding(now.First, stands.Last > now.Last ? stands.Last : now.Last, now.Passes + (isOneMore ? 1 : 0)) : stands;
        }

        return false;
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        while (await database.ChangeAsync(GreylistStatements.Expire, [Database.Value(time.GetUtcNow().UtcDateTime)], cancellation).ConfigureAwait(false) == MostSwept)
        {
        }

        await TrimAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Between two sweeps, where many strangers come.</summary>
    private async Task KeepUpAsync(CancellationToken cancellation)
    {
        await _news.Many.WaitAsync(cancellation).ConfigureAwait(false);
        await TrimAsync(cancellation).ConfigureAwait(false);
    }

    private async Task TrimAsync(CancellationToken cancellation)
    {
        await _trimming.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var networks in _news.Take().Chunk(MostSwept))
            {
                foreach (var network in await database.ReadAsync(
                    GreylistStatements.Crowded, [Database.Value(networks), Database.Value((long)_rules.MostOfNetwork)], ReadTexts, cancellation, s_longWork).ConfigureAwait(false))
                {
                    await EvictAsync(GreylistStatements.EvictOfNetwork, () => [Database.Value(network), Database.Value((long)_rules.MostOfNetwork)], cancellation).ConfigureAwait(false);
                }
            }

            // Strangers give way to each other down to their half, then those who passed to those who passed later.
            await CountAsync(cancellation).ConfigureAwait(false);
            var strangers = Math.Max(_rules.Strangers, _rules.Size - _figures.Passed);
            if (await EvictAsync(Kind.Triplet, hasPassed: false, _figures.Waiting, strangers, cancellation).ConfigureAwait(false)
                | await EvictAsync(Kind.Triplet, hasPassed: true, _figures.Passed, _rules.Size - Math.Min(_figures.Waiting, strangers), cancellation).ConfigureAwait(false)
                | await EvictAsync(Kind.Network, hasPassed: true, _figures.Networks, _rules.Size, cancellation).ConfigureAwait(false))
            {
                await CountAsync(cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _trimming.Release();
            _news.Done();
        }
    }

    private async Task<bool> EvictAsync(Kind kind, bool hasPassed, int there, int room, CancellationToken cancellation)
    {
        if (there > room)
        {
            await EvictAsync(GreylistStatements.Evict, () => [Database.Value((int)kind), Database.Value(hasPassed), Database.Value((long)room)], cancellation).ConfigureAwait(false);
        }

        return there > room;
    }

    private async Task EvictAsync(string statement, Func<NpgsqlParameter[]> values, CancellationToken cancellation)
    {
        for (var some = MostSwept; some == MostSwept;)
        {
            some = await database.ReadAsync(
                statement, values(), async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (int)rows.GetInt64(0) : 0, cancellation, s_longWork).ConfigureAwait(false);
            Interlocked.Add(ref _evicted, some);
        }
    }

    /// <summary>For people who look: of a large one they see the figures of the last sweep.</summary>
    private async Task TryCountAsync(CancellationToken cancellation)
    {
        try
        {
            await CountAsync(cancellation, s_glance).ConfigureAwait(false);
        }
        catch (DatabaseException)
        {
            // The page says what is wrong, if anything is.
        }
    }

    private async Task CountAsync(CancellationToken cancellation, TimeSpan? patience = null)
    {
        _figures = await database.ReadAsync(
            GreylistStatements.Count,
            [Database.Value(_rules.NetworkPasses > 0 ? _rules.NetworkPasses : int.MaxValue)],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false)
                ? new GreylistFigures((int)rows.GetInt64(0), (int)rows.GetInt64(1), (int)rows.GetInt64(2), (int)rows.GetInt64(3), 0, null)
                : default,
            cancellation,
            patience ?? s_longWork).ConfigureAwait(false);
    }

    private static async Task<string[]> ReadTexts(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = new List<string>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            all.Add(rows.GetString(0));
        }

        return [.. all];
    }

    private static async Task<(ImmutableArray<GreylistEntry> Entries, long Last)> ReadEntries(NpgsqlDataReader rows, CancellationToken stop)
    {
        var (all, last) = (ImmutableArray.CreateBuilder<GreylistEntry>(), 0L);
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            var passes = rows.GetInt32(6);
            last = rows.GetInt64(8);
            all.Add(new GreylistEntry(
                (Kind)rows.GetInt32(0) == Kind.Network ? GreylistState.Network : passes > 0 ? GreylistState.Passed : GreylistState.Waiting,
                IPNetwork.Parse(rows.GetString(1)), rows.GetString(2), rows.GetString(3), rows.GetFieldValue<DateTimeOffset>(4), rows.GetFieldValue<DateTimeOffset>(5), passes,
                rows.GetFieldValue<DateTimeOffset>(7)));
        }

        return (all.ToImmutable(), last);
    }

    private static NpgsqlParameter[] Which(GreylistFilter filter) =>
    [
        Optional(filter.State is { } state ? (int)(state == GreylistState.Network ? Kind.Network : Kind.Triplet) : null, NpgsqlDbType.Integer),
        Optional(filter.State is GreylistState.Waiting ? false : filter.State is GreylistState.Passed ? true : null, NpgsqlDbType.Boolean),
        Optional(filter.Address is { } address ? NetworksOf(address) : null, NpgsqlDbType.Array | NpgsqlDbType.Text),
        Optional(filter.Sender?.ToLowerInvariant(), NpgsqlDbType.Text),
        Optional(filter.Recipient?.ToLowerInvariant(), NpgsqlDbType.Text),
    ];

    /// <summary>All networks that an address is in.</summary>
    private static string[] NetworksOf(IPAddress address)
    {
        var octets = address.GetAddressBytes();
        var all = new string[(octets.Length * 8) + 1];
        for (var bits = octets.Length * 8; bits >= 0; bits--)
        {
            if (bits < octets.Length * 8)
            {
                octets[bits / 8] &= (byte)(0xFF00 >> (bits % 8));
            }

            all[bits] = new IPNetwork(new IPAddress(octets), bits).ToString();
        }

        return all;
    }

    private static byte[] KeyOf(GreylistTriplet triplet)
    {
        var key = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(key, triplet.Key);
        return key;
    }

    private static string Shown(string address) => (address.Length > GreylistTriplet.MostShown ? address[..GreylistTriplet.MostShown] : address).Replace("\0", "", StringComparison.Ordinal);

    /// <summary>By the clock, and growing: the order in which entries are listed.</summary>
    private long NextPlace()
    {
        while (true)
        {
            var (last, now) = (Volatile.Read(ref _made), time.GetUtcNow().UtcTicks);
            var next = Math.Max(last + 1, now);
            if (Interlocked.CompareExchange(ref _made, next, last) == last)
            {
                return next;
            }
        }
    }

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static async Task<T> Said<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The greylist cannot be asked: {failed.Message}.", failed);
        }
    }

    private static Task<bool> Said(Func<Task> work) => Said(async () =>
    {
        await work().ConfigureAwait(false);
        return true;
    });
}
