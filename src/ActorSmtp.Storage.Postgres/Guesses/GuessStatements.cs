namespace ActorSmtp.Storage.Postgres.Guesses;

/// <summary>
/// What is asked of the database about wrong passwords. Times are its own. A power of a half that is too small to be written is an error there, hence the bounds.
/// </summary>
internal static class GuessStatements
{
    private const string Half = "power(0.5::float8, least(60.0::float8, greatest(0.0::float8, extract(epoch FROM now() - guesses.changed_at)::float8 / $4::float8)))";

    private const string Sum = $"least($6::float8, guesses.failures * {Half} + excluded.failures)";

    /// <summary>
    /// Adds failures to those that are there: 1 kinds, 2 keys, 3 failures, 4 seconds in which half is forgotten, 5 how long a known place is kept, 6 the most. Answers the sums. In
    /// one order, so that nodes do not wait for each other in a ring.
    /// </summary>
    public const string Add =
        $"""
        INSERT INTO guesses (kind, key, failures, changed_at, until)
        SELECT c.kind, c.key, c.failures, now(), now() + CASE WHEN c.kind = 2 THEN $5::interval ELSE INTERVAL '1 second' * ($4::float8 * (1 + ln(greatest(1.0::float8, c.failures)) / ln(2.0::float8))) END
        FROM unnest($1::int4[], $2::bytea[], $3::float8[]) AS c (kind, key, failures) ORDER BY c.kind, c.key
        ON CONFLICT (kind, key) DO UPDATE SET failures = {Sum}, changed_at = now(),
          until = now() + CASE WHEN guesses.kind = 2 THEN $5::interval ELSE INTERVAL '1 second' * ($4::float8 * (1 + ln(greatest(1.0::float8, {Sum})) / ln(2.0::float8))) END
        RETURNING kind, key, failures, 0.0::float8
        """;

    /// <summary>Names were right at addresses: what went wrong there before is forgiven. 1 keys, 2 failures since, 3 how long they are known for it.</summary>
    public const string Forgive =
        """
        INSERT INTO guesses (kind, key, failures, changed_at, until)
        SELECT 2, c.key, c.failures, now(), now() + $3::interval FROM unnest($1::bytea[], $2::float8[]) AS c (key, failures) ORDER BY c.key
        ON CONFLICT (kind, key) DO UPDATE SET failures = excluded.failures, changed_at = now(), until = excluded.until
        """;

    /// <summary>What was changed lately and is worth hearing of, the newest first: 1 since when, 2 from how many failures on, 3 how many entries, 4 as above, 5 kind (null: any).</summary>
    public const string News =
        $"""
        SELECT kind, key, failures * {Half}, extract(epoch FROM now() - changed_at)::float8 FROM guesses
        WHERE changed_at > now() - $1::interval AND until > now() AND (kind = 2 OR failures >= $2) AND ($5::int4 IS NULL OR kind = $5) ORDER BY changed_at DESC LIMIT $3
        """;

    /// <summary>What is over, some at a time: 1 kind.</summary>
    public const string Expire =
        "DELETE FROM guesses WHERE kind = $1 AND key IN (SELECT key FROM guesses WHERE kind = $1 AND until < now() ORDER BY until LIMIT 1000) AND until < now()";

    /// <summary>What there is no room for, some at a time: of a kind all but those that would stay longest. 1 kind, 2 how many there is room for.</summary>
    public const string Evict = "DELETE FROM guesses WHERE kind = $1 AND key IN (SELECT key FROM guesses WHERE kind = $1 ORDER BY until DESC LIMIT 1000 OFFSET $2)";
}
