#!/usr/bin/env python3
"""Very many messages through the database of two nodes, while readers fetch their mail away: do the tables stay as large as what is in them, and are claims as
quick at the end as at the beginning? Python 3, PostgreSQL from Debian; the program is $ACTORSMTP, or what was built last.

  churn.py                          1,000,000 messages of 1 KiB, twenty looks
  churn.py --messages 5000 --looks 3
  churn.py --show FILE              the table of docs/scale.md, from what --table wrote

Options: --accounts N (8: each is emptied by POP3 again and again), --folder DIR, --no-fsync, --table FILE. Each look says how large every table is with its indexes
(MiB), how much of it is dead, and what the look for due work costs: microseconds and pages of the statement that claims, where nothing is due. Ends with 1 if a
message is left over in the end, or if what is on the disk in the second half is more than twice the most of the first.
"""
import argparse
import json
import socket
import statistics
import sys
import tempfile
import threading
import time

from shared import Shared, ended

# As a node asks each poll (Statements.Claim), without taking anything from it.
CLAIM = "SELECT id, due FROM accepted WHERE due <= now() AND due > now() - INTERVAL '2.5 seconds' ORDER BY due, id LIMIT 256 FOR UPDATE SKIP LOCKED"
TABLES = ["accepted", "bodies", "mail", "mailboxes", "released", "nodes"]


class Reader(threading.Thread):
    """Fetches the mail of some accounts away, by POP3, in turn, until it is told to end and nothing is left."""

    def __init__(self, port, accounts):
        super().__init__(daemon=True)
        self.port, self.accounts, self.taken, self.ends = port, accounts, 0, False

    def run(self):
        while True:
            last, found = self.ends, 0
            for account in self.accounts:
                try:
                    found += self.empty(account)
                except (OSError, ValueError):
                    found += 1                  # it is tried again
            self.taken += found
            if last and found == 0:
                return
            time.sleep(0.2)

    def empty(self, account):
        with socket.create_connection(("127.0.0.1", self.port), 60) as s, s.makefile("rb") as answers:
            def say(*lines):
                s.sendall("".join(f"{line}\r\n" for line in lines).encode())
                got = [answers.readline() for _ in lines]
                if not all(g.startswith(b"+OK") for g in got):
                    raise ValueError(got[-1])
                return got
            answers.readline()
            many = int(say(f"USER {account}", "PASS any", "STAT")[-1].split()[1])
            for first in range(1, many + 1, 200):
                say(*(f"DELE {n}" for n in range(first, min(first + 200, many + 1))))
            say("QUIT")
            return many


def look(cluster, accepted):
    sizes = {name: (int(size), int(live), int(dead)) for name, size, live, dead in cluster.postgres.mail(
        "SELECT relname, pg_total_relation_size(relid), n_live_tup, n_dead_tup FROM pg_stat_user_tables")}
    plans = [json.loads("".join(line[0] for line in cluster.postgres.mail(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {CLAIM}")))[0] for _ in range(5)]
    of = cluster.statements().get("claim", [0, 0.0, 0, 0])
    return {"accepted": accepted, "mib": {t: round(s[0] / 2**20, 2) for t, s in sizes.items()}, "dead": {t: s[2] for t, s in sizes.items() if s[2]},
            "total_mib": round(sum(s[0] for s in sizes.values()) / 2**20, 1), "claim_us": round(statistics.median(p["Execution Time"] for p in plans) * 1000),
            "claim_pages": max(p["Plan"]["Shared Hit Blocks"] + p["Plan"]["Shared Read Blocks"] for p in plans), "claims": of[0], "claims_ms": of[1],
            "waiting": cluster.waiting(), "there": int(cluster.postgres.mail("SELECT count(*) FROM mail")[0][0])}


def show(rows):
    print("| messages so far | " + " | ".join(f"`{t}`" for t in TABLES) + " | all tables (MiB) | in mailboxes | claim: µs | pages | nodes' claims: µs each |\n|--:|" + "--:|" * (len(TABLES) + 5))
    before = (0, 0.0)
    for r in rows:
        calls, took = r["claims"] - before[0], r["claims_ms"] - before[1]
        before = r["claims"], r["claims_ms"]
        print(f"| {r['accepted']:,} | " + " | ".join(f"{r['mib'].get(t, 0):,.1f}" for t in TABLES)
              + f" | {r['total_mib']:,.0f} | {r['there']:,} | {r['claim_us']:,} | {r['claim_pages']:,} | {took * 1000 / max(1, calls):,.0f} |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--messages", type=int, default=1_000_000)
    p.add_argument("--looks", type=int, default=20)
    p.add_argument("--accounts", type=int, default=8)
    p.add_argument("--folder")
    p.add_argument("--no-fsync", action="store_true")
    p.add_argument("--table")
    p.add_argument("--show", metavar="FILE")
    a = p.parse_args()
    if a.show:
        with open(a.show, encoding="utf-8") as f:
            show([json.loads(line) for line in f])
        return 0
    rows = []
    with tempfile.TemporaryDirectory(prefix="actorsmtp-churn-", dir=a.folder) as folder:
        cluster = Shared(folder, 2, not a.no_fsync, ["listeners.pop.bind=127.0.0.1:0", "listeners.pop.role=pop3", "listeners.pop.auth=required"])
        try:
            began, total = time.monotonic(), 0
            readers = []
            for i, node in enumerate(cluster.nodes):
                with open(f"{node.data}/listeners.json", encoding="utf-8") as f:
                    port = int(json.load(f)["pop"].rsplit(":", 1)[1])
                readers.append(Reader(port, [f"user{n}@bench.test" for n in range(i, a.accounts, 2)]))
                readers[-1].start()
            for _ in range(a.looks):
                total += ended(cluster.load(100, messages=a.messages // a.looks, accounts=a.accounts))["accepted"]
                rows.append(look(cluster, total))
                print(json.dumps(rows[-1]), flush=True)
                if a.table:
                    with open(a.table, "a", encoding="utf-8") as f:
                        f.write(json.dumps(rows[-1]) + "\n")
            while cluster.waiting():
                time.sleep(0.2)
            for reader in readers:
                reader.ends = True
            for reader in readers:
                reader.join(1200)
            left = look(cluster, total)
            taken = sum(r.taken for r in readers)
            rate = total / (time.monotonic() - began)
        finally:
            cluster.end()
    show(rows)
    half = len(rows) // 2
    grown = half > 0 and max(r["total_mib"] for r in rows[half:]) > 2 * max(r["total_mib"] for r in rows[:half])
    print(f"{total:,} messages, {taken:,} fetched away, {left['there']} left, {rate:,.0f} a second; at the end {left['total_mib']} MiB on the disk")
    return 1 if left["there"] or taken != total or grown else 0


if __name__ == "__main__":
    sys.exit(main())
