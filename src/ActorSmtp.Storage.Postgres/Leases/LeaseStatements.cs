namespace ActorSmtp.Storage.Postgres.Leases;

/// <summary>What is asked of the database about leases of test inboxes. Whoever changes something holds the row of their number, so changes are seen in their order.</summary>
internal static class LeaseStatements
{
    public const string Number = "UPDATE versions SET version = version + 1 WHERE name = 'leases' RETURNING version";

    private const string Columns = "l.id, l.address, l.verifier, l.created_at, l.expires, l.ended";

    /// <summary>1 since when.</summary>
    public const string News = $"SELECT {Columns}, 0::bigint FROM leases l WHERE l.version > $1 ORDER BY l.version";

    /// <summary>Likewise.</summary>
    public const string ScenarioNews = "SELECT id, lease, spec, nth, times, gone FROM lease_scenarios WHERE version > $1 ORDER BY made";

    /// <summary>Also those that have ended; the condition comes behind.</summary>
    public const string Rows = $"SELECT {Columns}, coalesce(m.messages, 0)::bigint FROM leases l LEFT JOIN mailboxes m ON m.account = l.address WHERE ";

    public const string Find = Rows + "l.id = $1";

    public const string List = Rows + "l.ended IS NULL ORDER BY l.created_at, l.id";

    /// <summary>1 node, 2 number.</summary>
    public const string Seen = "INSERT INTO lease_readers (node, version) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET version = excluded.version WHERE lease_readers.version < excluded.version";

    public const string ForgetReaders = "DELETE FROM lease_readers WHERE node NOT IN (SELECT id FROM nodes)";

    /// <summary>Nodes that gave a sign of life just now and have not seen a change: 1 number, 2 this node.</summary>
    public const string Unseen =
        "SELECT count(*) FROM lease_readers r JOIN nodes n ON n.id = r.node WHERE r.version < $1 AND r.node <> $2 AND n.until > now() AND n.seen_at > now() - INTERVAL '10 seconds'";

    public const string CountLeases = "SELECT count(*) FROM leases WHERE ended IS NULL";

    public const string CountScenarios = "SELECT count(*) FROM lease_scenarios WHERE NOT gone";

    /// <summary>1 id, 2 address, 3 verifier, 4 how long, 5 number.</summary>
    public const string Add =
        """
        INSERT INTO leases (id, address, verifier, created_at, expires, arrivals, placed, version) VALUES ($1, $2, $3, now(), now() + $4::interval, 0, 0, $5)
        ON CONFLICT DO NOTHING RETURNING created_at, expires
        """;

    /// <summary>1 id, 2 lease, 3 spec, 4 nth, 5 times, 6 its place among all, 7 number. Only where the lease is there.</summary>
    public const string AddScenario =
        """
        INSERT INTO lease_scenarios (id, lease, spec, nth, times, seen, hits, gone, made, version)
        SELECT $1, $2, $3, $4, $5, 0, 0, false, $6, $7 WHERE EXISTS (SELECT 1 FROM leases WHERE id = $2 AND ended IS NULL)
        """;

    /// <summary>1 id, 2 how long, 3 number.</summary>
    public const string Renew = "UPDATE leases SET expires = now() + $2::interval, version = $3 WHERE id = $1 AND ended IS NULL";

    /// <summary>1 id, 2 how, 3 number.</summary>
    public const string End = "UPDATE leases SET ended = $2, ended_at = now(), due = now(), verifier = '', version = $3 WHERE id = $1 AND ended IS NULL RETURNING id";

    public const string AnyExpired = "SELECT 1 FROM leases WHERE ended IS NULL AND expires <= now() LIMIT 1";

    /// <summary>1 number.</summary>
    public const string Expire =
        "UPDATE leases SET ended = 'expired', ended_at = now(), due = now(), verifier = '', version = $1 WHERE ended IS NULL AND expires <= now() RETURNING id";

    /// <summary>Scenarios go with their lease: 1 leases, 2 number.</summary>
    public const string EndScenarios = "UPDATE lease_scenarios SET gone = true, version = $2 WHERE lease = ANY ($1::text[]) AND NOT gone";

    /// <summary>1 lease, 2 id (either null: any), 3 number.</summary>
    public const string RemoveScenarios =
        "UPDATE lease_scenarios SET gone = true, version = $3 WHERE ($1::text IS NULL OR lease = $1) AND ($2::text IS NULL OR id = $2) AND NOT gone";

    /// <summary>Nobody else clears these for a minute: 1 how many at most.</summary>
    public const string TakeEnded =
        """
        UPDATE leases SET due = now() + INTERVAL '1 minute' WHERE id IN (
          SELECT l.id FROM leases l WHERE l.ended IS NOT NULL AND l.due <= now() AND EXISTS (SELECT 1 FROM mailboxes m WHERE m.account = l.address)
          ORDER BY l.due LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING address
        """;

    /// <summary>What ended so long ago that nothing is on its way to it any more: 1 how long.</summary>
    public const string Over =
        """
        SELECT l.id FROM leases l WHERE l.ended_at < now() - $1::interval AND NOT EXISTS (SELECT 1 FROM mailboxes m WHERE m.account = l.address) LIMIT 500
        """;

    /// <summary>1 ids, likewise those below.</summary>
    public const string ForgetPlaces = "DELETE FROM lease_mail WHERE lease = ANY ($1::text[])";

    public const string ForgetScenarios = "DELETE FROM lease_scenarios WHERE lease = ANY ($1::text[])";

    public const string Forget = "DELETE FROM leases WHERE id = ANY ($1::text[]) AND ended IS NOT NULL";

    /// <summary>1 ids.</summary>
    public const string LockScenarios = "SELECT id, seen, hits, nth, times FROM lease_scenarios WHERE id = ANY ($1::text[]) AND NOT gone ORDER BY made FOR UPDATE";

    /// <summary>1 those that count, 2 the one that acts (null: none).</summary>
    public const string CountScenario = "UPDATE lease_scenarios SET seen = seen + 1, hits = hits + CASE WHEN id = $2::text THEN 1 ELSE 0 END WHERE id = ANY ($1::text[])";

    public const string Hits = "SELECT id, hits FROM lease_scenarios WHERE NOT gone AND hits > 0";

    /// <summary>Whether something came that has no place yet: 1 id.</summary>
    public const string HasUnplaced =
        "SELECT 1 FROM leases l JOIN mailboxes m ON m.account = l.address WHERE l.id = $1 AND l.ended IS NULL AND m.changes <> l.placed";

    /// <summary>Nobody else gives out places meanwhile: 1 id.</summary>
    public const string LockPlaces = "SELECT arrivals, address FROM leases WHERE id = $1 AND ended IS NULL FOR UPDATE";

    /// <summary>1 address.</summary>
    public const string Changes = "SELECT changes FROM mailboxes WHERE account = $1";

    /// <summary>What came since: 1 lease, 2 address, 3 places given so far, 4 how many at most.</summary>
    public const string Place =
        """
        INSERT INTO lease_mail (lease, key, place)
        SELECT $1, w.key, $3 + row_number() OVER (ORDER BY w.delivered_at, w.key)
        FROM (SELECT m.key, m.delivered_at FROM mail m WHERE m.account = $2 AND NOT EXISTS (SELECT 1 FROM lease_mail p WHERE p.lease = $1 AND p.key = m.key)
              ORDER BY m.delivered_at, m.key LIMIT $4) AS w
        """;

    /// <summary>Places of mail that was removed, but for the newest, by which a reader goes on: 1 lease, 2 address, 3 up to which place.</summary>
    public const string ForgetGone = "DELETE FROM lease_mail WHERE lease = $1 AND place <= $3 AND NOT EXISTS (SELECT 1 FROM mail m WHERE m.account = $2 AND m.key = lease_mail.key)";

    /// <summary>1 id, 2 places given, 3 the mailbox's changes that are in them.</summary>
    public const string Placed = "UPDATE leases SET arrivals = $2, placed = $3 WHERE id = $1";

    /// <summary>1 lease, 2 behind which place, 3 how many.</summary>
    public const string Arrived = "SELECT place, key FROM lease_mail WHERE lease = $1 AND place > $2 ORDER BY place LIMIT $3";

    /// <summary>1 ids, 2 places.</summary>
    public const string Changed =
        """
        SELECT w.id FROM unnest($1::text[], $2::bigint[]) AS w (id, place) LEFT JOIN leases l ON l.id = w.id LEFT JOIN mailboxes m ON m.account = l.address
        WHERE l.id IS NULL OR l.ended IS NOT NULL OR l.arrivals > w.place OR coalesce(m.changes, 0) <> l.placed
        """;
}
