namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// What a node does again and again: it renews its claims, takes over what nobody holds, takes out what was refused and stored all the same,
/// sweeps bodies and chunks that nobody needs, and counts what waits. Each by itself, so that nothing slow holds back a claim's renewal.
/// </summary>
internal sealed class Upkeep(Database database, PostgresFeed feed, Doubts doubts, StorageSettings limits, TimeProvider time) : IAsyncDisposable
{
    private const int MostClaimedAtOnce = 256;
    private const int MostRenewedAtOnce = 1000;

    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_countEvery = TimeSpan.FromSeconds(2);

    /// <summary>So much later than it was due a row may come to be seen, since whoever wrote it had not committed; what comes later still is seen by the next look at all.</summary>
    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_always = TimeSpan.FromDays(36_500);

    private readonly CancellationTokenSource _stop = new();
    private Task _loops = Task.CompletedTask;
    private long _lookedAtAll = long.MinValue;
    private long _looked;
    private long _messages;
    private long _octets;

    /// <summary>Accepted and not delivered, by all nodes, at the last count.</summary>
    public long BacklogMessages => Interlocked.Read(ref _messages);

    /// <summary>Their octets.</summary>
    public long BacklogOctets => Interlocked.Read(ref _octets);

    public void Start() => _loops = Task.WhenAll(
        Every(database.Settings.Poll, "taking over mail that nobody holds", ClaimAsync),
        Every(database.Settings.Lease / 5, "renewing what is held", RenewAsync),
        Every(TimeSpan.FromSeconds(1), "looking for what was refused", doubts.SettleAsync),
        Every(s_sweepEvery, "sweeping", SweepAsync),
        Every(s_countEvery, "counting what waits", CountSometimesAsync));

    /// <summary>Counts what waits.</summary>
    public async Task CountAsync(CancellationToken cancellation)
    {
        var (messages, octets) = await database.QueryAsync(
            Statements.Count,
            [Database.Value(limits.BacklogMessages + 1)],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (rows.GetInt64(0), rows.GetInt64(1)) : (0, 0),
            cancellation,
            Chores.CountPatience).ConfigureAwait(false);
        Interlocked.Exchange(ref _messages, messages);
        Interlocked.Exchange(ref _octets, octets);
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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loops.ConfigureAwait(false);
    }

    /// <summary>
    /// Takes what is due. Mostly what has become so since the last look that left nothing; once in a lease, and after an absence, when the database's clock may be another
    /// one, whatever there is. A claim that was asked for is waited for, also at the end: one that was left behind could take what is given back after it.
    /// </summary>
    private async Task ClaimAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && feed.Room is > 0 and var room)
        {
            var token = PostgresFeed.NewToken();
            var since = time.GetTimestamp();
            var all = _lookedAtAll == long.MinValue || time.GetElapsedTime(_lookedAtAll, since) > database.Settings.Lease
                || time.GetElapsedTime(_looked, since) > (database.Settings.Poll * 2) + s_late;
            var most = Math.Min(room, MostClaimedAtOnce);
            var claimed = await database.QueryAsync(
                Statements.Claim,
                [Database.Value(most), Database.Value(database.Settings.Lease), Database.Value(token), Database.Value(database.Settings.Node),
                    Database.Value(all ? s_always : time.GetElapsedTime(_looked, since) + s_late)],
                async (rows, stop) =>
                {
                    var due = new List<(DateTime Due, byte[] Key, int Claims, long Octets, int[] Done, byte[] Envelope, string Before)>();
                    while (await rows.ReadAsync(stop).ConfigureAwait(false))
                    {
                        due.Add((rows.GetDateTime(1), rows.GetFieldValue<byte[]>(0), rows.GetInt32(2), rows.GetInt64(3), rows.GetFieldValue<int[]>(4), rows.GetFieldValue<byte[]>(5), rows.GetString(6)));
                    }

                    return due;
                },
                CancellationToken.None).ConfigureAwait(false);
            foreach (var (_, key, claims, octets, done, envelope, before) in claimed.Where(row => row.Key.Length == MailId.Size).OrderBy(row => row.Due).ThenBy(row => MailId.Read(row.Key)))
            {
                // What this program cannot read was written by a newer one: it stays for that one until the lease ends.
                if (EnvelopeCodec.TryRead(envelope, out var read) && read is not null)
                {
                    var mail = new ClaimedMail(database, read.Id, key, read, octets, feed.NextSequence(), token) { GoodUntil = feed.GoodUntil(since), Before = before };
                    feed.Found(mail, done, wasClaimed: claims > 1);
                }
            }

            if (claimed.Count < most)
            {
                _looked = since;
                _lookedAtAll = all ? since : _lookedAtAll;
                return;
            }
        }
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        foreach (var part in feed.Aging().Chunk(MostRenewedAtOnce))
        {
            var since = time.GetTimestamp();
            var (kept, locked) = await database.MarkedIdsAsync(
                Statements.Renew,
                [Database.Value(Array.ConvertAll(part, m => m.Key)), Database.Value(Array.ConvertAll(part, m => m.Token)), Database.Value(database.Settings.Lease)],
                cancellation).ConfigureAwait(false);
            foreach (var mail in part)
            {
                if (kept.Contains(mail.Id))
                {
                    mail.GoodUntil = feed.GoodUntil(since);
                }
                else if (!locked.Contains(mail.Id) && !mail.IsTaken)
                {
                    feed.Lost(mail);                // of what is being delivered the delivery itself finds out
                }
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        while (await database.QueryAsync(
            Statements.SweepReleased, [], async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetInt64(0) : 0, cancellation).ConfigureAwait(false) == 500)
        {
        }

        await database.ExecuteAsync(Statements.SweepUploads, [], cancellation).ConfigureAwait(false);
    }

    private Task Every(TimeSpan period, string what, Func<CancellationToken, Task> work) => database.Chores.RepeatAsync(what, period, work, _stop.Token);
}
