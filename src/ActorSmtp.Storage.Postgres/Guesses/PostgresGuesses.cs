using System.Buffers.Binary;
using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;

namespace ActorSmtp.Storage.Postgres.Guesses;

/// <summary>
/// Wrong passwords, counted by all nodes in one table. What a node counted is added by one statement for many; what others counted is read by what was changed since
/// the last look (and a little before, since a change can be seen later than it was made; it comes as a sum, so twice does no harm). What is forgotten is swept by
/// whichever node comes round, and so is what there is no room for.
/// </summary>
internal sealed class PostgresGuesses : IGuessStore
{
    private const int MostSwept = 1000;
    private const int MostNews = 2000;

    /// <summary>How much later than it was made a change may come to be seen.</summary>
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromMinutes(1);

    private readonly Database _database;
    private readonly GuessRules _rules;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Chores.Chore _chore;
    private readonly SemaphoreSlim _many = new(0);
    private readonly Task _sweeper;
    private long? _heardAt;
    private long _added;

    public PostgresGuesses(Database database, GuessRules rules, TimeProvider time)
    {
        (_database, _rules, _time) = (database, rules, time);
        _chore = database.Chores.Of("counting wrong passwords with the other nodes");
        _sweeper = database.Chores.RepeatAsync("sweeping the counters of wrong passwords", TimeSpan.Zero, SweepAsync, _stop.Token);
    }

    public async Task<ImmutableArray<GuessCount>> ShareAsync(ImmutableArray<GuessChange> changes, bool all, CancellationToken cancellation)
    {
        try
        {
            await _database.ReadyAsync(cancellation).ConfigureAwait(false);
            var counts = ImmutableArray.CreateBuilder<GuessCount>();
            GuessChange[] each = [.. changes.GroupBy(c => c.Key).Select(g => new GuessChange(g.Key, Math.Min(g.Sum(c => c.Failures), GuessRules.MostFailures), g.Any(c => c.IsGood))).OrderBy(c => c.Key)];
            await ForgiveAsync([.. each.Where(c => c.IsGood)], cancellation).ConfigureAwait(false);
            counts.AddRange(await AddAsync([.. each.Where(c => !c.IsGood)], cancellation).ConfigureAwait(false));
            var asked = _time.GetTimestamp();
            counts.AddRange(await HearAsync(all || _heardAt is null ? null : _heardAt, cancellation).ConfigureAwait(false));
            _heardAt = asked;
            _chore.Succeeded();
            if (Interlocked.Add(ref _added, changes.Length) > _rules.Kept / 10 && _many.CurrentCount == 0)
            {
                _many.Release();
            }

            return counts.ToImmutable();
        }
        catch (Exception failed) when (!(failed is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            if (failed is not DatabaseException { Kind: DatabaseTrouble.Away })
            {
                _ = _chore.FailedAsync(failed, new CancellationToken(canceled: true));      // told to whoever looks; tried again by who asked
            }

            throw new StoreException($"Wrong passwords cannot be counted together: {failed.Message.TrimEnd('.')}.", failed);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _sweeper.ConfigureAwait(false);
    }

    private async Task ForgiveAsync(GuessChange[] changes, CancellationToken cancellation)
    {
        if (changes.Length > 0)
        {
            await _database.ChangeAsync(
                GuessStatements.Forgive,
                [Database.Value(Array.ConvertAll(changes, c => Octets(c.Key))), Database.Value(Array.ConvertAll(changes, c => c.Failures)), Database.Value(GuessRules.Known)],
                cancellation).ConfigureAwait(false);
        }
    }

    private async Task<IEnumerable<GuessCount>> AddAsync(GuessChange[] changes, CancellationToken cancellation) => changes.Length == 0 ? [] : await _database.ReadAsync(
        GuessStatements.Add,
        [
            Database.Value(Array.ConvertAll(changes, c => (int)c.Key.Kind)), Database.Value(Array.ConvertAll(changes, c => Octets(c.Key))),
            Database.Value(Array.ConvertAll(changes, c => c.Failures)), Database.Value(_rules.HalfForgotten.TotalSeconds), Database.Value(GuessRules.Known),
            Database.Value(GuessRules.MostFailures),
        ],
        ReadAsync,
        cancellation).ConfigureAwait(false);

    /// <summary>Of each kind as much as a node remembers where all is wanted; else what is new, and of more than can be heard in a second the newest.</summary>
    private async Task<IEnumerable<GuessCount>> HearAsync(long? since, CancellationToken cancellation)
    {
        if (since is { } before)
        {
            return await HearAsync(_time.GetElapsedTime(before) + s_overlap, MostNews, null, cancellation).ConfigureAwait(false);
        }

        var all = new List<GuessCount>();
        foreach (var kind in Enum.GetValues<GuessKind>())
        {
            all.AddRange(await HearAsync(GuessRules.Known, _rules.Table, kind, cancellation).ConfigureAwait(false));
        }

        all.Reverse();                                      // the newest is to be the last that was heard of
        return all;
    }

    private Task<List<GuessCount>> HearAsync(TimeSpan back, long most, GuessKind? kind, CancellationToken cancellation) => _database.ReadAsync(
        GuessStatements.News,
        [
            Database.Value(back), Database.Value(_rules.Noteworthy), Database.Value(most), Database.Value(_rules.HalfForgotten.TotalSeconds),
            new NpgsqlParameter { Value = kind is { } one ? (int)one : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
        ],
        ReadAsync,
        cancellation);

    private static async Task<List<GuessCount>> ReadAsync(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = new List<GuessCount>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            if (rows.GetFieldValue<byte[]>(1) is { Length: 16 } key)
            {
                all.Add(new GuessCount(
                    new GuessKey((GuessKind)rows.GetInt32(0), BinaryPrimitives.ReadUInt128BigEndian(key)), rows.GetDouble(2), TimeSpan.FromSeconds(Math.Clamp(rows.GetDouble(3), 0, 1e9))));
            }
        }

        return all;
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        await _many.WaitAsync(Database.Jittered(s_sweepEvery), cancellation).ConfigureAwait(false);
        Interlocked.Exchange(ref _added, 0);
        foreach (var kind in Enum.GetValues<GuessKind>())
        {
            await WhileManyAsync(GuessStatements.Expire, () => [Database.Value((int)kind)], cancellation).ConfigureAwait(false);
            await WhileManyAsync(GuessStatements.Evict, () => [Database.Value((int)kind), Database.Value(_rules.Kept)], cancellation).ConfigureAwait(false);
        }
    }

    private async Task WhileManyAsync(string statement, Func<NpgsqlParameter[]> values, CancellationToken cancellation)
    {
        while (await _database.ChangeAsync(statement, values(), cancellation).ConfigureAwait(false) == MostSwept)
        {
        }
    }

    private static byte[] Octets(GuessKey key)
    {
        var octets = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, key.Of);
        return octets;
    }
}
