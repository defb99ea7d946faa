namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <summary>What is asked of the database about mailboxes. Each is one statement; a mailbox's row counts along in the same one.</summary>
internal static class MailboxStatements
{
    // What every delivery ends with: the messages that are new in their mailboxes are counted there, in one order, so that two nodes do not wait for each other in a ring.
    private const string Arrive =
        """
        came AS (
          INSERT INTO mail (account, key, body, shared, octets, prefix, flags, is_new, delivered_at)
          SELECT w.account, w.key, w.id, w.shared, w.octets, w.prefix, '', true, w.received_at FROM w JOIN held h ON h.id = w.id
          ON CONFLICT (account, key) DO NOTHING
          RETURNING account, octets, delivered_at),
        box AS (
          INSERT INTO mailboxes AS m (account, messages, unseen, octets, changes, newest)
          SELECT account, count(*), count(*), sum(octets)::bigint, 1, max(delivered_at) FROM came GROUP BY account ORDER BY account
          ON CONFLICT (account) DO UPDATE SET messages = m.messages + excluded.messages, unseen = m.unseen + excluded.unseen,
            octets = m.octets + excluded.octets, changes = m.changes + 1, newest = greatest(m.newest, excluded.newest)
          RETURNING account)
        SELECT id FROM held
        """;

    private const string Wanted =
        """
        WITH w AS (
          SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::int4[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::boolean[], $9::timestamptz[])
            AS w (id, token, recipient, account, key, prefix, octets, shared, received_at)),

        """;

    /// <summary>
    /// Messages that are everywhere with this: they enter their mailboxes and leave what is accepted, both or neither. 1 ids, 2 tokens, 3 recipients,
    /// 4 accounts, 5 keys, 6 prefixes, 7 octets, 8 whether shared, 9 when received. Answers the ids that were ours to deliver.
    /// </summary>
    public const string DeliverLast =
        Wanted +
        """
        held AS (
          DELETE FROM accepted a USING (SELECT DISTINCT id, token FROM w) AS c WHERE a.id = c.id AND a.token = c.token RETURNING a.id),
        loose AS (
          INSERT INTO released (body) SELECT DISTINCT w.id FROM w JOIN held h ON h.id = w.id WHERE w.shared RETURNING body),

        """ + Arrive;

    /// <summary>The same where others still wait for the message.</summary>
    public const string DeliverSome =
        Wanted +
        """
        held AS (
          UPDATE accepted a SET done = a.done || c.done
          FROM (SELECT id, token, array_agg(recipient) AS done FROM w GROUP BY id, token) AS c WHERE a.id = c.id AND a.token = c.token RETURNING a.id),

        """ + Arrive;

    /// <summary>The same where nothing is to be noted yet: somebody is to be told first, and then completes it.</summary>
    public const string DeliverOnly =
        Wanted +
        """
        held AS (
          SELECT a.id FROM accepted a WHERE EXISTS (SELECT 1 FROM w WHERE w.id = a.id AND w.token = a.token) FOR UPDATE),

        """ + Arrive;

    // A copy comes with a mailbox's row like any other message.
    private const string CopyArrives =
        """
        box AS (
          INSERT INTO mailboxes AS m (account, messages, unseen, octets, changes, newest)
          SELECT account, 1, CASE WHEN $9 OR position('S' in $8) = 0 THEN 1 ELSE 0 END, octets, 1, delivered_at FROM came
          ON CONFLICT (account) DO UPDATE SET messages = m.messages + 1, unseen = m.unseen + excluded.unseen,
            octets = m.octets + excluded.octets, changes = m.changes + 1, newest = greatest(m.newest, excluded.newest)
          RETURNING account)

        """;

    // Whether the claim of what was accepted is still ours, where the copy is of such a message.
    private const string StillOurs = "($10::bigint IS NULL OR EXISTS (SELECT 1 FROM a))";

    /// <summary>
    /// A message with a body of its own, not from here or not as it was accepted: 1 body, 2 account, 3 key, 4 prefix, 5 octets in all, 6 when, 7 content, 8 flags, 9 whether new, 10 token of the
    /// claim of what was accepted (null: none was), 11 its id. Answers whether its content was there, and whether it was ours to deliver.
    /// </summary>
    public const string DeliverCopy =
        $"""
        WITH a AS (SELECT id FROM accepted WHERE id = $11 AND token = $10 FOR UPDATE),
        came AS (
          INSERT INTO mail (account, key, body, shared, octets, prefix, flags, is_new, delivered_at)
          SELECT $2, $3, $1, false, $5, $4, $8, $9, $6 WHERE {StillOurs} ON CONFLICT (account, key) DO NOTHING
          RETURNING account, body, octets, delivered_at),
        b AS (
          INSERT INTO bodies (id, octets, content) SELECT body, octets - octet_length($4), $7 FROM came RETURNING id),

        """ + CopyArrives +
        $"""
        SELECT true, {StillOurs}
        """;

    /// <summary>The same where the content lies in chunks, if it still does.</summary>
    public const string DeliverChunkedCopy =
        $"""
        WITH a AS (SELECT id FROM accepted WHERE id = $11 AND token = $10 FOR UPDATE),
        u AS (
          DELETE FROM uploads
          WHERE body = $1 AND $5 - octet_length($4) = (SELECT sum(octet_length(c.content)) FROM chunks c WHERE c.body = $1) RETURNING body),
        came AS (
          INSERT INTO mail (account, key, body, shared, octets, prefix, flags, is_new, delivered_at)
          SELECT $2, $3, body, false, $5, $4, $8, $9, $6 FROM u WHERE {StillOurs} ON CONFLICT (account, key) DO NOTHING
          RETURNING account, body, octets, delivered_at),
        b AS (
          INSERT INTO bodies (id, octets) SELECT body, octets - octet_length($4) FROM came RETURNING id),
        stale AS (
          DELETE FROM chunks WHERE body IN (SELECT body FROM u) AND NOT EXISTS (SELECT 1 FROM came) RETURNING body),

        """ + CopyArrives +
        $"""
        SELECT EXISTS (SELECT 1 FROM u), {StillOurs}
        """;

    /// <summary>Which of these are in their mailboxes: 1 accounts, 2 keys.</summary>
    public const string AreThere =
        "SELECT m.account, m.key FROM unnest($1::text[], $2::text[]) AS w (account, key) JOIN mail m ON m.account = w.account AND m.key = w.key";

    /// <summary>Which of these mailboxes somebody else has a lock on at this moment: 1 accounts.</summary>
    public const string Locked =
        """
        WITH free AS (
          SELECT account FROM mailboxes WHERE account = ANY ($1::text[]) FOR UPDATE SKIP LOCKED)
        SELECT account FROM mailboxes WHERE account = ANY ($1::text[]) AND account NOT IN (SELECT account FROM free)
        """;

    // Bodies that only a removed message referred to go with it; of shared ones the sweeper finds out.
    private const string LetGo =
        """
        c AS (DELETE FROM chunks WHERE body IN (SELECT body FROM gone WHERE NOT shared) RETURNING body),
        b AS (DELETE FROM bodies WHERE id IN (SELECT body FROM gone WHERE NOT shared) RETURNING id),
        l AS (INSERT INTO released (body) SELECT body FROM gone WHERE shared RETURNING body),

        """;

    // Their mailbox, whose account is 1, counts without them.
    private const string Uncount =
        """
        box AS (
          UPDATE mailboxes m SET messages = m.messages - g.messages, unseen = m.unseen - g.unseen, octets = m.octets - g.octets, changes = m.changes + 1
          FROM (SELECT count(*) AS messages, coalesce(sum(CASE WHEN is_new OR position('S' in flags) = 0 THEN 1 ELSE 0 END), 0)::bigint AS unseen,
                  coalesce(sum(octets), 0)::bigint AS octets FROM gone) AS g
          WHERE m.account = $1 AND g.messages > 0
          RETURNING m.account)

        """;

    /// <summary>Removes messages: 1 account, 2 keys. Answers the keys of those that were there.</summary>
    public const string Remove =
        """
        WITH gone AS (
          DELETE FROM mail WHERE account = $1 AND key = ANY ($2::text[]) RETURNING key, body, shared, octets, is_new, flags),

        """ + LetGo + Uncount +
        """
        SELECT key FROM gone
        """;

    /// <summary>Removes some messages of a mailbox: 1 account, 2 how many at most. Answers how many there were.</summary>
    public const string Empty =
        """
        WITH page AS (
          SELECT key FROM mail WHERE account = $1 LIMIT $2),
        gone AS (
          DELETE FROM mail WHERE account = $1 AND key IN (SELECT key FROM page) RETURNING key, body, shared, octets, is_new, flags),

        """ + LetGo + Uncount +
        """
        SELECT count(*) FROM gone
        """;

    /// <summary>
    /// Removes a mailbox in which nothing is: 1 account. Its row is looked at as it is when the statement has its lock, so a delivery at the same time either
    /// counted in it before, and it stays, or makes a new one.
    /// </summary>
    public const string RemoveMailbox = "DELETE FROM mailboxes WHERE account = $1 AND messages <= 0";

    /// <summary>Changes flags that are still as they were seen: 1 account, 2 key, 3 and 4 flags and whether new as seen, 5 flags to be.</summary>
    public const string Flag =
        """
        WITH f AS (
          UPDATE mail SET flags = $5, is_new = false WHERE account = $1 AND key = $2 AND flags = $3 AND is_new = $4 RETURNING account)
        UPDATE mailboxes m SET changes = m.changes + 1,
          unseen = m.unseen - CASE WHEN $4 OR position('S' in $3) = 0 THEN 1 ELSE 0 END + CASE WHEN position('S' in $5) = 0 THEN 1 ELSE 0 END
        FROM f WHERE m.account = f.account
        """;
}
