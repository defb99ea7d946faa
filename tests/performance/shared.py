"""A few nodes on one PostgreSQL to be measured: what they cost, what is asked of the database, and how large it becomes."""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from postgres import Postgres  # noqa: E402
from server import Server, program  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")

# What a statement is for, by words that only it has; the first that fits.
KINDS = [
    ("store", "insert into accepted"), ("deliver", "insert into mail "), ("claim", "for update skip locked) update accepted"), ("renew", "from free where t.id = free.id"),
    ("end", "delete from accepted"), ("sign of life", "insert into nodes"), ("count", "from (select octets from accepted"), ("sweep", "from released limit"),
    ("sweep", "from uploads where until"), ("remove", "delete from mail where account"), ("look for mail that is due to leave", "from (select name, until from outbound_lines"),
    ("look for what others want", "from outbound where holder"), ("count of the queue", "from outbound_lines l where l.name not in"), ("wrong passwords elsewhere", "from guesses where changed_at >"),
    ("changes of leases", "from leases l where l.version"), ("whether leases changed", "select version from versions"), ("expired leases", "from leases where ended is null and expires"), ("ended leases", "update leases set due"),
    ("sweep of the queue", "delete from outbound"), ("sweep of the greylist", "delete from greylist"), ("sweep of questions", "delete from answers"), ("sweep of questions", "delete from questions")]


def kind(query):
    words = " ".join(query.lower().split())
    return next((name for name, mark in KINDS if mark in words), "other")


def processor(pid, children=False):
    """Seconds of processor that a process took; with those of children that it has waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(x) for x in fields[11:15 if children else 13]) / TICK


class Shared:
    """The database and its nodes. Ends with the process that made it."""

    def __init__(self, folder, nodes, fsync=True, sets=()):
        os.chmod(folder, 0o755)
        self.nodes = []
        self.postgres = Postgres(folder, fsync, settings=[
            "shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_utility=off", "track_wal_io_timing=on", "shared_buffers=512MB", "max_wal_size=4GB",
            "checkpoint_timeout=5min"])
        try:
            self.postgres.ask("CREATE DATABASE mail")
            self.postgres.ask("CREATE EXTENSION pg_stat_statements", database="mail")
            for number in range(1, nodes + 1):
                self.nodes.append(self._node(folder, number, sets))
        except BaseException:
            self.end()
            raise

    def _node(self, folder, number, sets):
        node = Server(f"{folder}/n{number}", [
            "storage.kind=postgres", f'storage.connection="Host=127.0.0.1;Port={self.postgres.port};Username=tests;Database=mail;SSL Mode=Disable;GSS Encryption Mode=Disable"',
            f'storage.shared.node="n{number}"', 'domains=["*"]', "unknown-recipients=accept", "limits.connections-per-address=10000", *sets])
        if not node.start(wait=120):
            raise SystemExit(f"a node does not start; see {node.log}")
        return node

    def end(self):
        for node in self.nodes:
            node.kill()
        self.postgres.stop()

    def statements(self):
        """By kind: calls, milliseconds of execution, rows, octets of WAL, buffers."""
        out = {}
        for query, calls, took, wal, buffers in self.postgres.mail(
                "SELECT regexp_replace(query, '\\s+', ' ', 'g'), calls, total_exec_time, wal_bytes, shared_blks_hit + shared_blks_read FROM pg_stat_statements"):
            row = out.setdefault(kind(query), [0, 0.0, 0, 0])
            for i, value in enumerate((int(calls), float(took), int(wal), int(buffers))):
                row[i] += value
        return out

    def calls(self):
        """How often each statement of the nodes was called, by kind; of those of no kind by their beginning."""
        out = {}
        for query, calls in self.postgres.mail("SELECT regexp_replace(query, '\\s+', ' ', 'g'), calls FROM pg_stat_statements WHERE query !~ 'pg_stat|set_config'"):
            name = kind(query)
            name = f"`{query[:60]}`" if name == "other" else name
            out[name] = out.get(name, 0) + int(calls)
        return out

    def snapshot(self):
        """Everything that is counted, as it is now."""
        time.sleep(1.2)                         # backends tell what they counted once a second
        wal = self.postgres.mail("SELECT wal_bytes, wal_records, wal_fpi, wal_write, wal_sync, wal_sync_time FROM pg_stat_wal")[0]
        return {
            "nodes": sum(processor(n.process.pid) for n in self.nodes),
            "database": processor(self.postgres.process.pid, children=True) + sum(processor(p) for p in self.postgres.processes() if p != self.postgres.process.pid),
            "wal": dict(zip(("octets", "records", "fpi", "writes", "syncs", "sync_ms"), map(float, wal))),
            "statements": self.statements()}

    def connections(self):
        return int(self.postgres.mail("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'actorsmtp%'")[0][0])

    def waiting(self):
        return int(self.postgres.mail("SELECT count(*) FROM accepted")[0][0])

    def load(self, sessions, seconds=None, messages=None, accounts=1000, pipelining=False):
        """`actorsmtp bench` at each node, the sessions shared out among them; answers the running processes."""
        each = [sessions // len(self.nodes) + (i < sessions % len(self.nodes)) for i in range(len(self.nodes))]
        command = [program(), "bench", "--json", "--to", "user{n}@bench.test", "--spread", str(accounts)]
        command += ["--duration", f"{seconds}s"] if seconds else ["--messages", str(messages // len(self.nodes))]
        command += ["--pipelining"] if pipelining else []
        return [subprocess.Popen([*command, "--server", f"127.0.0.1:{n.port}", "--sessions", str(max(1, s))], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                for n, s in zip(self.nodes, each)]


def ended(loads):
    """Waits for the generators; answers messages, the slowest one's seconds, microseconds of processor they took in all, and the worst p50 and p99 in milliseconds."""
    told = []
    for one in loads:
        out = one.communicate()[0]
        try:
            told.append(json.loads(out))
        except json.JSONDecodeError:
            raise SystemExit(f"a generator ended with {one.returncode}: {out[:300]}")
    return {
        "accepted": sum(t["accepted"] for t in told), "seconds": max(t["seconds"] for t in told),
        "generator_us": sum(t["generatorMicrosecondsPerMessage"] * t["accepted"] for t in told),
        "p50_ms": max(t["latencyMicroseconds"]["p50"] for t in told) / 1000, "p99_ms": max(t["latencyMicroseconds"]["p99"] for t in told) / 1000}
