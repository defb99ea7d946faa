namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// Messages that were answered 451 because COMMIT was not answered. They may have been stored all the same; then their sender brings them again,
/// and they would be delivered twice. As long as a lease lasts they are looked for, again and again, since a server that was
/// cut off may commit late; what is found is taken out. A bounded number of them is remembered, for a bounded time: what escapes is a duplicate.
/// </summary>
internal sealed class Doubts(Database database, TimeProvider time)
{
    private const int Most = 10_000;
    private const int MostAtOnce = 1000;

    private readonly Lock _gate = new();
    private readonly Queue<(byte[] Key, long Token, long Since)> _all = new();

    public void Add(MailWriter[] batch, long token)
    {
        lock (_gate)
        {
            foreach (var writer in batch)
            {
                if (_all.Count == Most)
                {
                    _all.Dequeue();
                }

                _all.Enqueue((writer.Key, token, time.GetTimestamp()));
            }
        }
    }

    /// <summary>Looks for them once.</summary>
    /// <exception cref="DatabaseException">It could not be done now.</exception>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        (byte[] Key, long Token, long Since)[] all;
        lock (_gate)
        {
            if (_all.Count == 0)
            {
                return;
            }

            all = [.. _all];
        }

        foreach (var part in all.Chunk(MostAtOnce))
        {
            await database.ExecuteAsync(
                Statements.TakeOut,
                [Database.Value(Array.ConvertAll(part, d => d.Key)), Database.Value(Array.ConvertAll(part, d => d.Token))],
                cancellation).ConfigureAwait(false);
        }

        // Only now, after a look that the database has answered.
        lock (_gate)
        {
            while (_all.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) > database.Settings.Lease)
            {
                _all.Dequeue();
            }
        }
    }
}
