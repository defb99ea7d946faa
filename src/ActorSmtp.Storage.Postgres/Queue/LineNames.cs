namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>
/// The lines that mail waits in have to be known before it does: what is not known is not looked through. What this node made sure of lately is not asked for again; that it was lately by
/// the database's clock too the statement sees that stores the mail (a virtual machine that was stopped knows nothing of the time that has gone).
/// </summary>
internal sealed class LineNames(Database database, TimeProvider time)
{
    private const int Most = 50_000;

    /// <summary>Well below the time after which an idle line is forgotten.</summary>
    private static readonly TimeSpan s_sureFor = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, long> _touched = new(StringComparer.Ordinal);       // used by one worker

    /// <exception cref="DatabaseException">It could not be made sure of.</exception>
    public async Task MakeSureAsync(IEnumerable<string> lines, CancellationToken cancellation)
    {
        var now = time.GetTimestamp();
        string[] unsure = [.. lines.Distinct(StringComparer.Ordinal).Where(line => !_touched.TryGetValue(line, out var at) || time.GetElapsedTime(at, now) > s_sureFor).Order(StringComparer.Ordinal)];
        if (unsure.Length == 0)
        {
            return;
        }

        await database.ExecuteAsync(QueueStatements.Touch, [Database.Value(unsure)], cancellation).ConfigureAwait(false);
        if (_touched.Count + unsure.Length > Most)
        {
            _touched.Clear();
        }

        foreach (var line in unsure)
        {
            _touched[line] = now;
        }
    }

    /// <summary>They are not sure any more.</summary>
    public void Forget(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            _touched.Remove(line);
        }
    }
}
