using System.Buffers.Binary;
using System.Threading.Channels;
using ActorSmtp.Storage.Postgres.Mail;

namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>
/// What a node does again and again for the queue: it claims what is due, line by line, renews what it has, asks what others want of it, counts, and sweeps what is left over.
/// </summary>
internal sealed class QueueUpkeep(Database database, HeldTable held, long mostMessages, TimeSpan expire, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Lines looked through by one statement, such statements in one round, and messages of one line by one of them.</summary>
    private const int LinesAtOnce = 500, LooksInRound = 10, MostOfLine = 64;

    private const int MostRenewedAtOnce = 1000;

    private static readonly TimeSpan s_countEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_askEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>Renewals are looked for so often at least, as after an absence of the database all of them are due at once.</summary>
    private static readonly TimeSpan s_renewEvery = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<(string Line, TimeSpan Wait, int Rests, string? Why)> _rests =
        Channel.CreateBounded<(string, TimeSpan, int, string?)>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest });

    private Task _loops = Task.CompletedTask;
    private string _lineBefore = "";

    public required Action<ClaimedQueueMail[]> Claimed { get; init; }

    public required Action<int[]> Lost { get; init; }

    public required Action<int[]> Wanted { get; init; }

    public SharedQueueTotals Totals { get; private set; } = SharedQueueTotals.None;

    public void Start() => _loops = Task.WhenAll(
        Every(database.Settings.Poll, "taking up mail that is to leave", LookAsync),
        Every(database.Settings.Lease / 5 < s_renewEvery ? database.Settings.Lease / 5 : s_renewEvery, "renewing what is held of mail that leaves", RenewAsync),
        Every(s_askEvery, "looking for orders about mail that leaves", AskAsync),
        Every(s_countEvery, "counting mail that is to leave", CountSometimesAsync),
        Every(s_sweepEvery, "sweeping the queue", SweepAsync),
        Every(TimeSpan.FromMilliseconds(10), "noting what destination rests", RestAllAsync));

    public void Rest(string line, TimeSpan wait, int rests, string? why) => _rests.Writer.TryWrite((line, wait, rests, why));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loops.ConfigureAwait(false);
    }

    /// <summary>Counts what waits.</summary>
    public async Task CountAsync(CancellationToken cancellation)
    {
        Totals = await database.ReadAsync(
            QueueStatements.Count,
            [Database.Value(mostMessages + 1)],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false)
                ? new SharedQueueTotals(
                    rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), (int)rows.GetInt64(5),
                    rows.IsDBNull(6) ? null : MailId.Read(rows.GetFieldValue<byte[]>(6)))
                : SharedQueueTotals.None,
            cancellation,
            Chores.CountPatience).ConfigureAwait(false);
    }

    /// <summary>Where it takes long it is done the more seldom.</summary>
    private async Task CountSometimesAsync(CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        await CountAsync(cancellation).ConfigureAwait(false);
        if (time.GetElapsedTime(began) is var took && took > s_countEvery / 20)
        {
            await Task.Delay(took * 20, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Claims some of these: those that nobody has by now.</summary>
    /// <param name="isFetched">Whatever they wait for.</param>
    public async Task ClaimAsync(byte[][] keys, bool isFetched, CancellationToken cancellation)
    {
        keys = [.. keys.Where(key => key.Length == MailId.Size && !held.TryFind(MailId.Read(key), out _))];     // what is ours is renewed, and what became of it recorded
        if (keys.Length == 0)
        {
            return;
        }

        var (token, since) = (PostgresFeed.NewToken(), time.GetTimestamp());
        var claimed = await database.QueryAsync(
            QueueStatements.Claim,
            [Database.Value(keys), Database.Value(database.Settings.Lease), Database.Value(token), Database.Value(database.Settings.Node), Database.Value(isFetched)],
            async (rows, stop) =>
            {
                var all = new List<(byte[] Key, bool WasFree, string Line, long Length, byte[] Body, byte[] State, byte[] Envelope, QueueRest Resting, string Before)>();
                while (await rows.ReadAsync(stop).ConfigureAwait(false))
                {
                    all.Add((
                        rows.GetFieldValue<byte[]>(0), rows.GetBoolean(1), rows.GetString(2), rows.GetInt64(3), rows.GetFieldValue<byte[]>(4), rows.GetFieldValue<byte[]>(5),
                        rows.GetFieldValue<byte[]>(6), new QueueRest(rows.GetInt32(7), rows.GetTimeSpan(8), rows.IsDBNull(9) ? null : rows.GetString(9)), rows.GetString(10)));
                }

                return all;
            },
            CancellationToken.None).ConfigureAwait(false);      // what is cancelled may be done all the same: it would be nobody's for a lease
        var mails = new List<ClaimedQueueMail>(claimed.Count);
        foreach (var row in claimed)
        {
            var id = MailId.Read(row.Key);
            if (held.TryFind(id, out var before))
            {
                held.Say([before], areLost: true, Lost);            // its claim had ended, and it comes to us again
            }

            var mail = held.Add(id, row.Key, token, row.Line, row.Length, row.Body, row.State, row.Envelope, since);
            mails.Add(new ClaimedQueueMail(mail.Slot, id, row.Line, mail.Length, row.State, row.WasFree, isFetched, row.Resting, row.WasFree ? null : row.Before));
        }

        if (mails.Count > 0)
        {
            Claimed([.. mails]);
        }
    }

    /// <summary>
    /// Goes on through the lines where it stopped, as far as there is room. When the database was away for longer than a lease all claims have ended by its clock, and their holders are there:
    /// before they can have found out that it is back nobody else takes what is theirs.
    /// </summary>
    private async Task LookAsync(CancellationToken cancellation)
    {
        var grace = database.Settings.Patience < database.Settings.Lease ? database.Settings.Patience : database.Settings.Lease;
        var alsoEnded = database.SinceLongAbsence is not { } since || since > grace;
        for (var looks = 0; looks < LooksInRound && held.Room > 0; looks++)
        {
            var tooOld = new byte[MailId.Size];     // the least id of that time: 42 bits of milliseconds since 2024
            var milliseconds = (database.Clock.GetUtcNow() - expire).ToUnixTimeMilliseconds() - s_epoch;
            BinaryPrimitives.WriteUInt64BigEndian(tooOld, (ulong)Math.Max(0, milliseconds) << 22);
            var (found, lines, last) = await database.ReadAsync(
                QueueStatements.Look,
                [Database.Value(_lineBefore), Database.Value(LinesAtOnce), Database.Value(held.FullLines), Database.Value(MostOfLine), Database.Value(tooOld), Database.Value(alsoEnded)],
                async (rows, stop) =>
                {
                    var (all, names, name) = (new List<byte[]>(), 0, "");
                    while (await rows.ReadAsync(stop).ConfigureAwait(false))
                    {
                        var line = rows.GetString(0);
                        (names, name) = line == name ? (names, name) : (names + 1, line);
                        if (!rows.IsDBNull(1))
                        {
                            all.Add(rows.GetFieldValue<byte[]>(1));
                        }
                    }

                    return (all, names, name);
                },
                cancellation).ConfigureAwait(false);
            _lineBefore = lines < LinesAtOnce ? "" : last;
            foreach (var part in found.Take(held.Room).Chunk(MostRenewedAtOnce))
            {
                await ClaimAsync(part, isFetched: false, cancellation).ConfigureAwait(false);
            }

            if (lines < LinesAtOnce)
            {
                return;
            }
        }
    }

    private static readonly long s_epoch = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private async Task RenewAsync(CancellationToken cancellation)
    {
        foreach (var part in held.Aging().Chunk(MostRenewedAtOnce))
        {
            var since = time.GetTimestamp();
            var (kept, locked) = await database.MarkedIdsAsync(
                QueueStatements.Renew, [QueueErrands.Keys([.. part]), QueueErrands.Tokens([.. part]), Database.Value(database.Settings.Lease)], cancellation).ConfigureAwait(false);
            foreach (var mail in part.Where(mail => kept.Contains(mail.Id)))
            {
                Volatile.Write(ref mail.GoodUntil, held.GoodUntil(since));
            }

            held.Say(part.Where(mail => !kept.Contains(mail.Id) && !locked.Contains(mail.Id)), areLost: true, Lost);
        }
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        if (held.Count == 0)
        {
            return;
        }

        var wanted = await database.IdsAsync(QueueStatements.Wanted, [Database.Value(database.Settings.Node)], cancellation).ConfigureAwait(false);
        held.Say(wanted.Select(id => held.TryFind(id, out var mail) ? mail : null).OfType<HeldMail>(), areLost: false, Wanted);
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        while (await database.ChangeAsync(QueueStatements.SweepBuried, [], cancellation).ConfigureAwait(false) == 500)
        {
        }

        await database.ChangeAsync(QueueStatements.SweepLines, [], cancellation).ConfigureAwait(false);
    }

    private async Task RestAllAsync(CancellationToken cancellation)
    {
        await _rests.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false);
        while (_rests.Reader.TryRead(out var next))
        {
            var (line, wait, rests, why) = next;
            await database.ChangeAsync(
                QueueStatements.Rest,
                [
                    Database.Value(line), Database.Value(wait), Database.Value(rests),
                    new Npgsql.NpgsqlParameter { Value = (object?)why ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
                ],
                cancellation).ConfigureAwait(false);
        }
    }

    private Task Every(TimeSpan period, string what, Func<CancellationToken, Task> work) => database.Chores.RepeatAsync(what, period, work, _stop.Token);
}
