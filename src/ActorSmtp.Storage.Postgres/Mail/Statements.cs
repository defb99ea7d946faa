namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// What is asked of the database about accepted mail. Each is one statement and thus one transaction, whatever happens to its client. Arrays are
/// opened by <c>unnest</c>; rows that somebody else works on are skipped (<c>FOR UPDATE SKIP LOCKED</c>); the clock is the database's.
/// </summary>
internal static class Statements
{
    /// <summary>Many messages: 1 ids, 2 envelopes, 3 contents, 4 octets, 5 whether claimed at once, 6 lease, 7 token, 8 node.</summary>
    public const string Store =
        """
        WITH w AS (
          SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::boolean[]) AS w (id, envelope, content, octets, ours)),
        b AS (
          INSERT INTO bodies (id, octets, content) SELECT id, octets, content FROM w RETURNING id)
        INSERT INTO accepted (id, due, token, holder, claims, octets, done, envelope)
        SELECT w.id, CASE WHEN ours THEN now() + $6 ELSE now() END, CASE WHEN ours THEN $7 ELSE 0 END, CASE WHEN ours THEN $8 ELSE '' END,
          CASE WHEN ours THEN 1 ELSE 0 END, w.octets, ARRAY[]::int4[], w.envelope
        FROM w JOIN b ON b.id = w.id
        RETURNING id
        """;

    /// <summary>The same where the content lies in chunks, if it still does, all of it.</summary>
    public const string StoreChunked =
        """
        WITH w AS (
          SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::boolean[]) AS w (id, envelope, content, octets, ours)),
        whole AS (
          SELECT w.id, w.octets FROM w WHERE w.octets = (SELECT sum(octet_length(c.content)) FROM chunks c WHERE c.body = w.id)),
        u AS (
          DELETE FROM uploads WHERE body IN (SELECT id FROM whole) RETURNING body),
        b AS (
          INSERT INTO bodies (id, octets) SELECT whole.id, whole.octets FROM whole JOIN u ON u.body = whole.id RETURNING id)
        INSERT INTO accepted (id, due, token, holder, claims, octets, done, envelope)
        SELECT w.id, CASE WHEN ours THEN now() + $6 ELSE now() END, CASE WHEN ours THEN $7 ELSE 0 END, CASE WHEN ours THEN $8 ELSE '' END,
          CASE WHEN ours THEN 1 ELSE 0 END, w.octets, ARRAY[]::int4[], w.envelope
        FROM w JOIN b ON b.id = w.id
        RETURNING id
        """;

    /// <summary>The first chunk of a message that is still coming: 1 body, 2 its place, 3 content. It has an hour until the next one.</summary>
    public const string UploadFirst =
        """
        WITH u AS (
          INSERT INTO uploads (body, until) VALUES ($1, now() + INTERVAL '1 hour')
          ON CONFLICT (body) DO UPDATE SET until = excluded.until RETURNING body)
        INSERT INTO chunks (body, at, content) SELECT body, $2, $3 FROM u
        """;

    /// <summary>A further one, if those before have not been swept: else nothing is written.</summary>
    public const string UploadNext =
        """
        WITH u AS (
          UPDATE uploads SET until = now() + INTERVAL '1 hour' WHERE body = $1 RETURNING body)
        INSERT INTO chunks (body, at, content) SELECT body, $2, $3 FROM u
        """;

    /// <summary>Chunks of messages that will not be committed: 1 bodies.</summary>
    public const string ForgetUploads =
        """
        WITH u AS (DELETE FROM uploads WHERE body = ANY ($1::bytea[]) RETURNING body)
        DELETE FROM chunks WHERE body IN (SELECT body FROM u)
        """;

    /// <summary>Chunks whose time has ended.</summary>
    public const string SweepUploads =
        """
        WITH late AS (SELECT body FROM uploads WHERE until < now() LIMIT 100 FOR UPDATE SKIP LOCKED),
        u AS (DELETE FROM uploads WHERE body IN (SELECT body FROM late) RETURNING body)
        DELETE FROM chunks WHERE body IN (SELECT body FROM u)
        """;

    /// <summary>What was answered 451 and may be stored all the same is taken out, where no other node has it or had it: 1 ids, 2 tokens.</summary>
    public const string TakeOut =
        """
        WITH w AS (SELECT * FROM unnest($1::bytea[], $2::bigint[]) AS w (id, token)),
        gone AS (DELETE FROM accepted a USING w WHERE a.id = w.id AND (a.token = w.token OR (a.token = 0 AND a.claims = 0)) RETURNING a.id),
        c AS (DELETE FROM chunks WHERE body IN (SELECT id FROM gone) RETURNING body)
        DELETE FROM bodies WHERE id IN (SELECT id FROM gone)
        """;

    /// <summary>
    /// The oldest that are due: 1 how many, 2 lease, 3 token, 4 node, 5 how far back it looks. What was delivered stays in the index until it is vacuumed away, so that
    /// a look from the index's beginning passes a minute's mail.
    /// </summary>
    public const string Claim =
        """
        WITH w AS (
          SELECT id, due, holder FROM accepted WHERE due <= now() AND due > now() - $5 ORDER BY due, id LIMIT $1 FOR UPDATE SKIP LOCKED)
        UPDATE accepted a SET due = now() + $2, token = $3, holder = $4, claims = a.claims + 1 FROM w WHERE a.id = w.id
        RETURNING a.id, w.due, a.claims, a.octets, a.done, a.envelope, w.holder
        """;

    /// <summary>
    /// Claims that last on: 1 ids, 2 tokens, 3 lease. Answers those; and, marked, those on which somebody else has a lock right now and that are ours as far as can be seen: nobody waits
    /// for these, so a copy that takes long, or a person's transaction, holds up the renewal of nothing else.
    /// </summary>
    public static readonly string Renew = RenewOf("accepted");

    /// <summary>The same for whichever table has claims.</summary>
    public static string RenewOf(string table) =>
        $"""
        WITH w AS (SELECT * FROM unnest($1::bytea[], $2::bigint[]) AS w (id, token)),
        free AS (SELECT t.id FROM {table} t JOIN w ON w.id = t.id AND w.token = t.token FOR UPDATE OF t SKIP LOCKED),
        r AS (UPDATE {table} t SET due = now() + $3 FROM free WHERE t.id = free.id RETURNING t.id)
        SELECT id, false FROM r
        UNION ALL
        SELECT t.id, true FROM {table} t JOIN w ON w.id = t.id AND w.token = t.token WHERE t.id NOT IN (SELECT id FROM r)
        """;

    /// <summary>Recipients that have it: 1 ids, 2 tokens, 3 indexes.</summary>
    public const string Note =
        """
        UPDATE accepted a SET done = a.done || w.done
        FROM (
          SELECT id, token, array_agg(recipient) AS done FROM unnest($1::bytea[], $2::bigint[], $3::int4[]) AS r (id, token, recipient) GROUP BY id, token) w
        WHERE a.id = w.id AND a.token = w.token
        """;

    /// <summary>Nobody waits for these any more: 1 ids, 2 tokens. A body that only they could refer to goes with them.</summary>
    public const string End =
        """
        WITH w AS (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::boolean[]) AS w (id, token, shared)),
        gone AS (DELETE FROM accepted a USING w WHERE a.id = w.id AND a.token = w.token RETURNING a.id, w.shared),
        c AS (DELETE FROM chunks WHERE body IN (SELECT id FROM gone WHERE NOT shared) RETURNING body),
        b AS (DELETE FROM bodies WHERE id IN (SELECT id FROM gone WHERE NOT shared) RETURNING id)
        INSERT INTO released (body) SELECT id FROM gone WHERE shared
        """;

    /// <summary>Claims given back: 1 ids, 2 tokens, 3 waits.</summary>
    public const string GiveBack =
        """
        UPDATE accepted a SET due = now() + w.wait, token = 0, holder = '' FROM unnest($1::bytea[], $2::bigint[], $3::interval[]) AS w (id, token, wait)
        WHERE a.id = w.id AND a.token = w.token
        """;

    /// <summary>Shared bodies that lost a reference; those to which none is left go.</summary>
    public const string SweepReleased =
        """
        WITH r AS (SELECT id, body FROM released LIMIT 500 FOR UPDATE SKIP LOCKED),
        d AS (DELETE FROM released WHERE id IN (SELECT id FROM r) RETURNING body),
        free AS (
          SELECT DISTINCT body FROM d
          WHERE NOT EXISTS (SELECT 1 FROM mail m WHERE m.body = d.body AND m.shared) AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.id = d.body)),
        c AS (DELETE FROM chunks WHERE body IN (SELECT body FROM free) RETURNING body),
        b AS (DELETE FROM bodies WHERE id IN (SELECT body FROM free) RETURNING id)
        SELECT count(*) FROM d
        """;

    /// <summary>How much waits, as far as it matters: 1 the most that is counted.</summary>
    public const string Count = "SELECT count(*), coalesce(sum(octets), 0)::bigint FROM (SELECT octets FROM accepted LIMIT $1) AS counted";
}
