namespace ActorSmtp.Storage.Postgres.Greylist;

/// <summary>What is asked of the database about greylisting. Times are the asking node's: who comes back is judged by the rules, not by a statement.</summary>
internal static class GreylistStatements
{
    /// <summary>What is known: 1 the triplet's key, 2 the network's.</summary>
    public const string Find = "SELECT key, first_at, last_at, passes FROM greylist WHERE key = $1 OR key = $2";

    /// <summary>
    /// What is known from now on, where nobody else has changed it meanwhile: 1 key, 2 kind, 3 network, 4 sender, 5 recipient, 6 first, 7 last, 8 passes, 9 until, 10 its place
    /// in the order, 11 the last time that was known (null: nothing was), 12 the passes that were known.
    /// </summary>
    public const string Learn =
        """
        INSERT INTO greylist (key, kind, network, sender, recipient, first_at, last_at, passes, until, made)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        WHERE $11::timestamptz IS NULL OR EXISTS (SELECT 1 FROM greylist WHERE key = $1)
        ON CONFLICT (key) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at, passes = excluded.passes, until = excluded.until
          WHERE greylist.last_at = $11 AND greylist.passes = $12
        RETURNING key
        """;

    /// <summary>Which are meant: 1 kind (null: any), 2 whether passed (null: either), 3 networks (null: any), 4 in the sender, 5 in the recipient (null: any); both in lower case.</summary>
    public const string Which =
        """
        ($1::int IS NULL OR kind = $1) AND ($2::boolean IS NULL OR (passes > 0) = $2) AND ($3::text[] IS NULL OR network = ANY ($3))
          AND ($4::text IS NULL OR (kind = 0 AND position($4 IN lower(sender)) > 0)) AND ($5::text IS NULL OR position($5 IN lower(recipient)) > 0)
        """;

    /// <summary>A page: 1 to 5 which, 6 the place behind which, 7 how many, 8 now.</summary>
    public const string List =
        $"SELECT kind, network, sender, recipient, first_at, last_at, passes, until, made FROM greylist WHERE made > $6 AND until >= $8 AND {Which} ORDER BY made LIMIT $7";

    /// <summary>Some of them go: 1 to 5 which. A few at a time, so that nobody waits for long.</summary>
    public const string Clear = $"DELETE FROM greylist WHERE key IN (SELECT key FROM greylist WHERE {Which} LIMIT 1000)";

    /// <summary>What is over: 1 now.</summary>
    public const string Expire = "DELETE FROM greylist WHERE key IN (SELECT key FROM greylist WHERE until < $1 ORDER BY until LIMIT 1000) AND until < $1";

    /// <summary>
    /// What there is no room for, some at a time: of a kind all but those that would stay longest. 1 kind, 2 whether passed, 3 how many there is room for. Looks for itself what is too many, so
    /// that of nodes that do it at once each finds less.
    /// </summary>
    public const string Evict =
        """
        WITH gone AS (
          DELETE FROM greylist WHERE key IN (SELECT key FROM greylist WHERE kind = $1 AND (passes > 0) = $2 ORDER BY until DESC, made DESC LIMIT 1000 OFFSET $3) RETURNING key)
        SELECT count(*) FROM gone
        """;

    /// <summary>Which of these networks have more strangers than one may have: 1 networks, 2 how many that is.</summary>
    public const string Crowded = "SELECT network FROM greylist WHERE network = ANY ($1::text[]) AND kind = 0 AND passes = 0 GROUP BY network HAVING count(*) > $2";

    /// <summary>A network's strangers that there is no room for, page by page behind those who came last: 1 network, 2 how many there is room for.</summary>
    public const string EvictOfNetwork =
        """
        WITH gone AS (
          DELETE FROM greylist WHERE key IN (
            SELECT key FROM greylist WHERE network = $1 AND kind = 0 AND passes = 0 ORDER BY until DESC, made DESC LIMIT 1000 OFFSET $2) RETURNING key)
        SELECT count(*) FROM gone
        """;

    /// <summary>How much there is: 1 passes from which on a network is known.</summary>
    public const string Count =
        """
        SELECT count(*) FILTER (WHERE kind = 0 AND passes = 0), count(*) FILTER (WHERE kind = 0 AND passes > 0), count(*) FILTER (WHERE kind = 1),
          count(*) FILTER (WHERE kind = 1 AND passes >= $1)
        FROM greylist
        """;
}
