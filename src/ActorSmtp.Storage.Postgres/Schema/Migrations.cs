namespace ActorSmtp.Storage.Postgres.Schema;

/// <summary>
/// All steps of the schema, in order. Tables, columns and indexes here use only what PostgreSQL, CockroachDB and YugabyteDB document alike:
/// no extension, no trigger, no foreign key (a reference is guarded by the statement that makes it), no sequence. An index that is read in its order says
/// ASC of its first column: YugabyteDB spreads that one by its hash else.
/// </summary>
internal static class Migrations
{
    /// <summary>The steps' own table and the lease under which they run; made before anything is known of the schema.</summary>
    public static readonly string[] Before =
    [
        """
        CREATE TABLE IF NOT EXISTS schema_steps (
          number int4 PRIMARY KEY,
          oldest int4 NOT NULL,
          name text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now())
        """,
        """
        CREATE TABLE IF NOT EXISTS schema_lease (
          one int4 PRIMARY KEY,
          holder text NOT NULL,
          until timestamptz NOT NULL)
        """,
    ];

    public static readonly Migration[] All =
    [
        new(
            1,
            Oldest: 1,
            "accepted mail, bodies, mailboxes, accounts, documents, nodes",
            [
                // A message's content, written once; whoever needs it refers to it. Up to 128 KiB it stands here (PostgreSQL itself moves what is
                // longer than 2 KiB out of the row), else in chunks.
                """
                CREATE TABLE IF NOT EXISTS bodies (
                  id bytea PRIMARY KEY,
                  octets bigint NOT NULL,
                  content bytea)
                """,
                """
                CREATE TABLE IF NOT EXISTS chunks (
                  body bytea NOT NULL,
                  at bigint NOT NULL,
                  content bytea NOT NULL,
                  PRIMARY KEY (body, at))
                """,
                // Chunks whose message has not been committed yet; nobody's after "until".
                """
                CREATE TABLE IF NOT EXISTS uploads (
                  body bytea PRIMARY KEY,
                  until timestamptz NOT NULL)
                """,
                // References to shared bodies that ended: the sweeper looks whether others are left.
                """
                CREATE TABLE IF NOT EXISTS released (
                  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                  body bytea NOT NULL)
                """,
                // Accepted and not yet delivered. "due" is when anybody may take it: a claim moves it by the lease, so that a claim that
                // nobody renews ends by itself. "token" is another one with every claim and guards whatever its holder does.
                """
                CREATE TABLE IF NOT EXISTS accepted (
                  id bytea PRIMARY KEY,
                  due timestamptz NOT NULL,
                  token bigint NOT NULL,
                  holder text NOT NULL,
                  claims int4 NOT NULL,
                  octets bigint NOT NULL,
                  done int4[] NOT NULL,
                  envelope bytea NOT NULL)
                """,
                "CREATE INDEX IF NOT EXISTS accepted_due ON accepted (due ASC, id)",
                """
                CREATE TABLE IF NOT EXISTS mailboxes (
                  account text COLLATE "C" PRIMARY KEY,
                  messages bigint NOT NULL,
                  unseen bigint NOT NULL,
                  octets bigint NOT NULL,
                  changes bigint NOT NULL,
                  newest timestamptz,
                  tags text NOT NULL DEFAULT '')
                """,
                """
                CREATE TABLE IF NOT EXISTS mail (
                  account text COLLATE "C" NOT NULL,
                  key text COLLATE "C" NOT NULL,
                  body bytea NOT NULL,
                  shared boolean NOT NULL,
                  octets bigint NOT NULL,
                  prefix bytea NOT NULL,
                  flags text NOT NULL,
                  is_new boolean NOT NULL,
                  delivered_at timestamptz NOT NULL,
                  PRIMARY KEY (account, key))
                """,
                "CREATE INDEX IF NOT EXISTS mail_shared ON mail (body) WHERE shared",
                """
                CREATE TABLE IF NOT EXISTS accounts (
                  name text COLLATE "C" PRIMARY KEY,
                  password text NOT NULL,
                  addresses text[] NOT NULL,
                  sends_as text[] NOT NULL,
                  certificates text[] NOT NULL,
                  disabled boolean NOT NULL,
                  admin boolean NOT NULL)
                """,
                // Small things kept whole: the secret of the accounts, tokens, documents.
                """
                CREATE TABLE IF NOT EXISTS documents (
                  name text COLLATE "C" PRIMARY KEY,
                  content bytea NOT NULL)
                """,
                // One number for each thing that is read whole: who saw an older one reads again.
                """
                CREATE TABLE IF NOT EXISTS versions (
                  name text PRIMARY KEY,
                  version bigint NOT NULL)
                """,
                """
                CREATE TABLE IF NOT EXISTS nodes (
                  id text PRIMARY KEY,
                  name text NOT NULL,
                  program text NOT NULL,
                  agreement text NOT NULL,
                  started_at timestamptz NOT NULL,
                  seen_at timestamptz NOT NULL,
                  until timestamptz NOT NULL,
                  state text NOT NULL,
                  held bigint NOT NULL,
                  stored bigint NOT NULL)
                """,
                "INSERT INTO versions (name, version) VALUES ('accounts', 1), ('tokens', 1) ON CONFLICT (name) DO NOTHING",
            ],
            [
                // Mail does not compress worth the time; and queues live by early vacuuming.
                "ALTER TABLE bodies ALTER COLUMN content SET STORAGE EXTERNAL",
                "ALTER TABLE chunks ALTER COLUMN content SET STORAGE EXTERNAL",
                "ALTER TABLE accepted SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)",
                "ALTER TABLE released SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)",
                "ALTER TABLE uploads SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)",
                // Of what is kept for long a twentieth may be dead before it is vacuumed: a fifth of very many bodies would be a disk of its own.
                "ALTER TABLE bodies SET (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05)",
                "ALTER TABLE chunks SET (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05)",
                "ALTER TABLE mail SET (autovacuum_vacuum_scale_factor = 0.05)",
                "ALTER TABLE mailboxes SET (fillfactor = 70, autovacuum_vacuum_cost_delay = 0)",
                "ALTER TABLE nodes SET (fillfactor = 50)",
            ]),
        new(
            2,
            Oldest: 1,
            "outbound queue",
            [
                // Mail that waits to leave. "due" and "token" as with accepted mail; token 0: nobody's. "line" is where it waits for its turn (a destination, '*' for
                // several, '-' for none); '' marks one that is done with and that a node might hand over again. "wanted" is until when an administrator's order
                // waits for it. The body is the row's own.
                """
                CREATE TABLE IF NOT EXISTS outbound (
                  id bytea PRIMARY KEY,
                  line text COLLATE "C" NOT NULL,
                  due timestamptz NOT NULL,
                  token bigint NOT NULL,
                  holder text NOT NULL,
                  wanted timestamptz,
                  destinations text[] NOT NULL,
                  held text[] NOT NULL,
                  octets bigint NOT NULL,
                  body bytea NOT NULL,
                  state bytea NOT NULL,
                  envelope bytea NOT NULL)
                """,
                "CREATE INDEX IF NOT EXISTS outbound_due ON outbound (line, due, id)",
                "CREATE INDEX IF NOT EXISTS outbound_line ON outbound (line, id)",
                "CREATE INDEX IF NOT EXISTS outbound_wanted ON outbound (holder) WHERE wanted IS NOT NULL",
                // Each line that mail may wait in, and until when all nodes leave it alone.
                """
                CREATE TABLE IF NOT EXISTS outbound_lines (
                  name text COLLATE "C" PRIMARY KEY,
                  until timestamptz NOT NULL,
                  rests int NOT NULL,
                  why text,
                  touched timestamptz NOT NULL)
                """,
            ],
            [
                "ALTER TABLE outbound SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)",
                "ALTER TABLE outbound_lines SET (fillfactor = 70)",
            ]),
        new(
            3,
            Oldest: 1,
            "greylist",
            [
                // Kind 0: a triplet, 1: a network. "made" is the order in which they are listed.
                """
                CREATE TABLE IF NOT EXISTS greylist (
                  key bytea PRIMARY KEY,
                  kind int NOT NULL,
                  network text NOT NULL,
                  sender text NOT NULL,
                  recipient text NOT NULL,
                  first_at timestamptz NOT NULL,
                  last_at timestamptz NOT NULL,
                  passes int NOT NULL,
                  until timestamptz NOT NULL,
                  made bigint NOT NULL)
                """,
                "CREATE INDEX IF NOT EXISTS greylist_until ON greylist (until ASC)",
                "CREATE INDEX IF NOT EXISTS greylist_made ON greylist (made ASC)",
            ],
            [
                "ALTER TABLE greylist SET (autovacuum_vacuum_scale_factor = 0.05)",
            ]),
        new(
            4,
            Oldest: 1,
            "strangers of a network",
            [
                "CREATE INDEX IF NOT EXISTS greylist_strangers ON greylist (network, until) WHERE kind = 0 AND passes = 0",
            ],
            []),
        new(
            5,
            Oldest: 1,
            "wrong passwords",
            [
                // Kind 0: an address, 1: a name, 2: a name at an address from which it logged in; key: a hash of it. Failures are those that counted when it was changed.
                """
                CREATE TABLE IF NOT EXISTS guesses (
                  kind int4 NOT NULL,
                  key bytea NOT NULL,
                  failures float8 NOT NULL,
                  changed_at timestamptz NOT NULL,
                  until timestamptz NOT NULL,
                  PRIMARY KEY (kind, key))
                """,
                "CREATE INDEX IF NOT EXISTS guesses_until ON guesses (kind, until)",
                "CREATE INDEX IF NOT EXISTS guesses_changed ON guesses (changed_at ASC)",
            ],
            [
                "ALTER TABLE guesses SET (autovacuum_vacuum_scale_factor = 0.05)",
            ]),
        new(
            6,
            Oldest: 1,
            "leases of test inboxes",
            [
                // "version": the number of its last change (that of versions, row leases). "ended": how, once it has. "due": when its mailbox is looked at again then. "arrivals": places given to
                // its messages so far, "placed": the mailbox's changes that were seen for that.
                """
                CREATE TABLE IF NOT EXISTS leases (
                  id text COLLATE "C" PRIMARY KEY,
                  address text COLLATE "C" NOT NULL UNIQUE,
                  verifier text NOT NULL,
                  created_at timestamptz NOT NULL,
                  expires timestamptz NOT NULL,
                  ended text,
                  ended_at timestamptz,
                  due timestamptz,
                  arrivals bigint NOT NULL,
                  placed bigint NOT NULL,
                  version bigint NOT NULL)
                """,
                "CREATE INDEX IF NOT EXISTS leases_version ON leases (version ASC)",
                "CREATE INDEX IF NOT EXISTS leases_expires ON leases (expires ASC) WHERE ended IS NULL",
                "CREATE INDEX IF NOT EXISTS leases_ended ON leases (ended_at ASC) WHERE ended IS NOT NULL",
                """
                CREATE TABLE IF NOT EXISTS lease_scenarios (
                  id text COLLATE "C" PRIMARY KEY,
                  lease text COLLATE "C" NOT NULL,
                  spec text NOT NULL,
                  nth int4 NOT NULL,
                  times int4,
                  seen int4 NOT NULL,
                  hits int4 NOT NULL,
                  gone boolean NOT NULL,
                  made bigint NOT NULL,
                  version bigint NOT NULL)
                """,
                "CREATE INDEX IF NOT EXISTS lease_scenarios_lease ON lease_scenarios (lease)",
                "CREATE INDEX IF NOT EXISTS lease_scenarios_version ON lease_scenarios (version ASC)",
                // The order in which a lease's messages came, for all nodes.
                """
                CREATE TABLE IF NOT EXISTS lease_mail (
                  lease text COLLATE "C" NOT NULL,
                  key text COLLATE "C" NOT NULL,
                  place bigint NOT NULL,
                  PRIMARY KEY (lease, key))
                """,
                "CREATE INDEX IF NOT EXISTS lease_mail_place ON lease_mail (lease, place)",
                // Up to which change each node has seen them.
                """
                CREATE TABLE IF NOT EXISTS lease_readers (
                  node text PRIMARY KEY,
                  version bigint NOT NULL)
                """,
                "INSERT INTO versions (name, version) VALUES ('leases', 1) ON CONFLICT (name) DO NOTHING",
            ],
            []),
        new(
            7,
            Oldest: 1,
            "questions of nodes to each other",
            [
                // What the ids that this run of a node gives out have in common; empty: it cannot be asked.
                "ALTER TABLE nodes ADD COLUMN IF NOT EXISTS run text NOT NULL DEFAULT ''",
                """
                CREATE TABLE IF NOT EXISTS questions (
                  id bytea PRIMARY KEY,
                  asker text NOT NULL,
                  subject text NOT NULL,
                  until timestamptz NOT NULL)
                """,
                // "clock" is what the answering node took for the time when the database's was "answered_at".
                """
                CREATE TABLE IF NOT EXISTS answers (
                  question bytea NOT NULL,
                  node text NOT NULL,
                  clock timestamptz NOT NULL,
                  answered_at timestamptz NOT NULL,
                  until timestamptz NOT NULL,
                  content bytea NOT NULL,
                  PRIMARY KEY (question, node))
                """,
                "INSERT INTO versions (name, version) VALUES ('questions', 1) ON CONFLICT (name) DO NOTHING",
            ],
            []),
    ];
}
