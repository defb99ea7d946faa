namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>
/// What is asked of the database about mail that waits to leave. Each is one statement and thus one transaction. What is held has a due time in the far future; 9999 stands
/// for infinity, which not every compatible database knows.
/// </summary>
internal static class QueueStatements
{
    /// <summary>When what is held is due.</summary>
    public const string Never = "TIMESTAMPTZ '9999-01-01 00:00:00+00'";

    // A line that was made sure of lately, by the database's clock: long before it could be swept. Else mail would wait where nobody looks.
    private const string Fresh = "l.touched > now() - INTERVAL '30 minutes'";

    // Which of the lines that "w" names may have been swept.
    private const string Stale = $"stale AS (SELECT w.id FROM w WHERE NOT EXISTS (SELECT 1 FROM outbound_lines l WHERE l.name = w.line AND {Fresh}))";

    /// <summary>
    /// Accepted mail is taken over, as long as its claim is still ours; its content is copied where it lies: 1 ids, 2 tokens of the claims, 3 whether claimed at once,
    /// 4 lines, 5 octets, 6 bodies, 7 states, 8 envelopes, 9 lease, 10 token, 11 node,
    /// 12 destinations, 13 those held, with spaces between. Answers those that are stored; or, marked, those whose lines are not sure: then none is.
    /// </summary>
    public const string TakeOver =
        $"""
        WITH w AS (
          SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::boolean[], $4::text[], $5::bigint[], $6::bytea[], $7::bytea[], $8::bytea[], $12::text[], $13::text[])
            AS w (id, claim, ours, line, octets, body, state, envelope, destinations, held)),
        {Stale},
        a AS (SELECT a.id FROM accepted a JOIN w ON w.id = a.id AND w.claim = a.token FOR UPDATE OF a),
        o AS (
          INSERT INTO outbound (id, line, due, token, holder, destinations, held, octets, body, state, envelope)
          SELECT w.id, w.line, CASE WHEN ours THEN now() + $9 ELSE now() END, CASE WHEN ours THEN $10 ELSE 0 END, CASE WHEN ours THEN $11 ELSE '' END,
            string_to_array(w.destinations, ' '), string_to_array(w.held, ' '), w.octets, w.body, w.state, w.envelope
          FROM w JOIN a ON a.id = w.id
          WHERE NOT EXISTS (SELECT 1 FROM stale)
          ON CONFLICT (id) DO NOTHING
          RETURNING id, body),
        b AS (INSERT INTO bodies (id, octets, content) SELECT o.body, b.octets, b.content FROM o JOIN bodies b ON b.id = o.id RETURNING id),
        c AS (INSERT INTO chunks (body, at, content) SELECT o.body, c.at, c.content FROM o JOIN chunks c ON c.body = o.id RETURNING body)
        SELECT id, false FROM o UNION ALL SELECT id, true FROM stale
        """;

    /// <summary>
    /// One message with content that is not in the database as it leaves, as long as the claim of what was accepted is still ours, if it was accepted there: 1 id, 2 whether ours, 3 line,
    /// 4 octets, 5 body, 6 state, 7 envelope, 8 lease, 9 token, 10 node, 11 content (null: it lies in chunks), 12 destinations, 13 those held, 14 token of the claim of what was
    /// accepted (null: none was). Answers whether it is stored; whether all of its content was there; whether its line is sure.
    /// </summary>
    public const string Add =
        $"""
        WITH a AS (SELECT id FROM accepted WHERE id = $1 AND token = $14 FOR UPDATE),
        l AS (SELECT l.name FROM outbound_lines l WHERE l.name = $3 AND {Fresh}),
        u AS (
          DELETE FROM uploads WHERE body = $5 AND $4 = (SELECT sum(octet_length(c.content)) FROM chunks c WHERE c.body = $5) RETURNING body),
        o AS (
          INSERT INTO outbound (id, line, due, token, holder, destinations, held, octets, body, state, envelope)
          SELECT $1, $3, CASE WHEN $2 THEN now() + $8 ELSE now() END, CASE WHEN $2 THEN $9 ELSE 0 END, CASE WHEN $2 THEN $10 ELSE '' END,
            string_to_array($12, ' '), string_to_array($13, ' '), $4, $5, $6, $7
          WHERE ($11::bytea IS NOT NULL OR EXISTS (SELECT 1 FROM u)) AND ($14::bigint IS NULL OR EXISTS (SELECT 1 FROM a)) AND EXISTS (SELECT 1 FROM l)
          ON CONFLICT (id) DO NOTHING
          RETURNING id, body),
        b AS (INSERT INTO bodies (id, octets, content) SELECT body, $4, $11 FROM o RETURNING id),
        c AS (DELETE FROM chunks WHERE body = $5 AND NOT EXISTS (SELECT 1 FROM o) RETURNING body)
        SELECT EXISTS (SELECT 1 FROM o), $11::bytea IS NOT NULL OR EXISTS (SELECT 1 FROM u), EXISTS (SELECT 1 FROM l)
        """;

    /// <summary>Whose these are, where an answer was lost: 1 ids.</summary>
    public const string Tokens = "SELECT id, token FROM outbound WHERE id = ANY ($1::bytea[]) AND line <> ''";

    /// <summary>How messages stand: 1 ids, 2 tokens, 3 states, 4 lines, 5 destinations, 6 those held. Answers as <see cref="TakeOver"/> does.</summary>
    public const string Save =
        $"""
        WITH w AS (
          SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::text[]) AS w (id, token, state, line, destinations, held)),
        {Stale},
        s AS (
          UPDATE outbound o SET state = w.state, line = w.line, destinations = string_to_array(w.destinations, ' '), held = string_to_array(w.held, ' ')
          FROM w WHERE o.id = w.id AND o.token = w.token AND NOT EXISTS (SELECT 1 FROM stale)
          RETURNING o.id)
        SELECT id, false FROM s UNION ALL SELECT id, true FROM stale
        """;

    /// <summary>Done with, where nobody can hand them over again: 1 ids, 2 tokens.</summary>
    public const string Remove =
        """
        WITH w AS (SELECT * FROM unnest($1::bytea[], $2::bigint[]) AS w (id, token)),
        d AS (
          DELETE FROM outbound o USING w WHERE o.id = w.id AND o.token = w.token AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.id = o.id)
          RETURNING o.id, o.body),
        b AS (DELETE FROM bodies WHERE id IN (SELECT body FROM d) RETURNING id),
        c AS (DELETE FROM chunks WHERE body IN (SELECT body FROM d) RETURNING body)
        SELECT id FROM d
        """;

    /// <summary>Done with, and still accepted: the row stays without anything in it, so that nothing is sent twice. 1 ids, 2 tokens.</summary>
    public const string Bury =
        $"""
        WITH w AS (SELECT * FROM unnest($1::bytea[], $2::bigint[]) AS w (id, token)),
        d AS (
          UPDATE outbound o SET line = '', due = {Never}, token = 0, holder = '', wanted = NULL, destinations = ARRAY[]::text[], held = ARRAY[]::text[], octets = 0, state = '', envelope = ''
          FROM w WHERE o.id = w.id AND o.token = w.token
          RETURNING o.id, o.body),
        b AS (DELETE FROM bodies WHERE id IN (SELECT body FROM d) RETURNING id),
        c AS (DELETE FROM chunks WHERE body IN (SELECT body FROM d) RETURNING body)
        SELECT id FROM d
        """;

    /// <summary>Those that are not accepted any more.</summary>
    public const string SweepBuried =
        """
        DELETE FROM outbound WHERE id IN (
          SELECT o.id FROM outbound o WHERE o.line = '' AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.id = o.id) ORDER BY o.id LIMIT 500)
        """;

    /// <summary>Claims given back for a while: 1 ids, 2 tokens, 3 waits, 4 whether nobody need look at them at all.</summary>
    public const string GiveBack =
        $"""
        UPDATE outbound o SET due = CASE WHEN w.held THEN {Never} ELSE now() + w.wait END, token = 0, holder = ''
        FROM unnest($1::bytea[], $2::bigint[], $3::interval[], $4::boolean[]) AS w (id, token, wait, held)
        WHERE o.id = w.id AND o.token = w.token
        """;

    /// <summary>Claims that end now, at the end of the node: 1 ids, 2 tokens. The token stays, so that nobody takes it for one whose wait is over.</summary>
    public const string LetGo =
        """
        UPDATE outbound o SET due = now() FROM unnest($1::bytea[], $2::bigint[]) AS w (id, token) WHERE o.id = w.id AND o.token = w.token
        """;

    /// <summary>As <see cref="Mail.Statements.Renew"/>.</summary>
    public static readonly string Renew = Mail.Statements.RenewOf("outbound");

    /// <summary>
    /// The next lines in the order of their names, each with the first messages that are due; of a line that rests only those that have waited too long: 1 the line before,
    /// 2 lines looked at, 3 lines left out, 4 messages of a line, 5 ids below this have waited too long, 6 whether also those whose claim was not renewed.
    /// </summary>
    public const string Look =
        """
        SELECT l.name, o.id
        FROM (SELECT name, until FROM outbound_lines WHERE name > $1 ORDER BY name LIMIT $2) l
        LEFT JOIN LATERAL (
          (SELECT id FROM outbound WHERE line = l.name AND l.until <= now() AND l.name <> ALL ($3::text[]) AND due <= now() AND ($6 OR token = 0) AND (wanted IS NULL OR wanted <= now()) ORDER BY due, id LIMIT $4)
          UNION ALL
          (SELECT id FROM outbound WHERE line = l.name AND l.until > now() AND l.name <> ALL ($3::text[]) AND id < $5 AND due <= now() AND ($6 OR token = 0) AND (wanted IS NULL OR wanted <= now()) ORDER BY id LIMIT $4)
        ) o ON true
        ORDER BY l.name
        """;

    /// <summary>Some of them: 1 ids, 2 lease, 3 token, 4 node, 5 whether also those that are not due.</summary>
    public const string Claim =
        """
        WITH w AS (
          SELECT id, token, line, holder FROM outbound
          WHERE id = ANY ($1::bytea[]) AND line <> '' AND (due <= now() OR ($5 AND token = 0)) AND ($5 OR wanted IS NULL OR wanted <= now())
          FOR UPDATE SKIP LOCKED)
        UPDATE outbound o SET due = now() + $2, token = $3, holder = $4, wanted = NULL FROM w LEFT JOIN outbound_lines l ON l.name = w.line WHERE o.id = w.id
        RETURNING o.id, w.token = 0, o.line, o.octets, o.body, o.state, o.envelope, coalesce(l.rests, 0), coalesce(l.until - now(), INTERVAL '0'), l.why,
          w.holder
        """;

    /// <summary>Other nodes are asked for these: 1 ids.</summary>
    public const string Want =
        "UPDATE outbound SET wanted = now() + INTERVAL '30 seconds' WHERE id = ANY ($1::bytea[]) AND token <> 0 AND due > now() AND (wanted IS NULL OR wanted < now() + INTERVAL '20 seconds')";

    /// <summary>What others want of this node: 1 its name.</summary>
    public const string Wanted = "SELECT id FROM outbound WHERE holder = $1 AND wanted IS NOT NULL AND wanted > now() AND token <> 0 LIMIT 1000";

    /// <summary>Lines that mail is about to wait in: 1 names.</summary>
    public const string Touch =
        """
        INSERT INTO outbound_lines (name, until, rests, touched) SELECT name, now(), 0, now() FROM unnest($1::text[]) AS w (name) ORDER BY name
        ON CONFLICT (name) DO UPDATE SET touched = now()
        """;

    /// <summary>A line is left alone for a while, or not any more: 1 name, 2 wait, 3 how often in a row, 4 why.</summary>
    public const string Rest =
        """
        INSERT INTO outbound_lines (name, until, rests, why, touched) VALUES ($1, now() + $2, $3, $4, now())
        ON CONFLICT (name) DO UPDATE SET until = excluded.until, rests = excluded.rests, why = excluded.why, touched = now()
        """;

    /// <summary>Lines that nothing has waited in for long.</summary>
    public const string SweepLines =
        """
        DELETE FROM outbound_lines WHERE touched < now() - INTERVAL '1 hour' AND until < now() - INTERVAL '1 hour' AND name IN (
          SELECT l.name FROM outbound_lines l
          WHERE l.touched < now() - INTERVAL '1 hour' AND l.until < now() - INTERVAL '1 hour' AND NOT EXISTS (SELECT 1 FROM outbound o WHERE o.line = l.name) LIMIT 500)
        """;

    /// <summary>The whole queue in figures: 1 the most messages that are counted.</summary>
    public const string Count =
        """
        SELECT count(*), coalesce(sum(octets), 0)::bigint, coalesce(sum(places), 0)::bigint, coalesce(sum(places) FILTER (WHERE token <> 0 AND due > now()), 0)::bigint,
          coalesce(sum(held), 0)::bigint,
          (SELECT count(*) FROM (
            SELECT l.name FROM outbound_lines l WHERE l.name NOT IN ('*', '-') AND EXISTS (SELECT 1 FROM outbound o WHERE o.line = l.name)
            UNION SELECT unnest(destinations) FROM outbound WHERE line = '*') AS names),
          (SELECT id FROM outbound WHERE line <> '' ORDER BY id LIMIT 1)
        FROM (
          SELECT octets, token, due, coalesce(array_length(destinations, 1), 0) AS places, coalesce(array_length(held, 1), 0) AS held FROM outbound WHERE line <> '' LIMIT $1) AS counted
        """;

    private const string Columns = $"id, octets, state, envelope, CASE WHEN token <> 0 AND due > now() THEN holder END, CASE WHEN due < {Never} AND (token = 0 OR due <= now()) THEN due - now() END";

    /// <summary>A page by id: 1 the first one, 2 how many.</summary>
    public const string Page = $"SELECT {Columns} FROM outbound WHERE id >= $1 AND line <> '' ORDER BY id LIMIT $2";

    /// <summary>Some: 1 ids.</summary>
    public const string Find = $"SELECT {Columns} FROM outbound WHERE id = ANY ($1::bytea[]) AND line <> '' ORDER BY id";

    /// <summary>One as it is stored: 1 id, 2 token.</summary>
    public const string Load = "SELECT state, envelope FROM outbound WHERE id = $1 AND token = $2";

    /// <summary>What waits by destination: 1 in their names, 2 how many.</summary>
    public const string Destinations =
        $"""
        SELECT c.name, c.messages, c.claimed, c.held, decode(c.oldest, 'hex'), c.due_in, coalesce(l.until - now(), INTERVAL '0'), l.why
        FROM (
          SELECT name, count(*) AS messages, count(*) FILTER (WHERE token <> 0 AND due > now()) AS claimed, count(*) FILTER (WHERE name = ANY (held)) AS held,
            min(encode(id, 'hex')) AS oldest, min(due) FILTER (WHERE token = 0 AND due < {Never}) - now() AS due_in
          FROM (SELECT id, token, due, held, unnest(destinations) AS name FROM outbound WHERE line <> '') AS each
          WHERE $1::text IS NULL OR position($1 IN name) > 0
          GROUP BY name ORDER BY count(*) DESC, name LIMIT $2) c
        LEFT JOIN outbound_lines l ON l.name = c.name
        ORDER BY c.messages DESC, c.name
        """;
}
