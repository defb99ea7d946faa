#!/usr/bin/env python3
"""Three nodes on one PostgreSQL under load, and what may happen to them: what was acknowledged must be in the mailboxes, once.

  cluster.py kill  COUNT       kill -9 of a node at a random moment; how long until others have its work
  cluster.py pause COUNT       SIGSTOP of a node for two leases, then SIGCONT: it must not deliver what others have by now
  cluster.py database COUNT    kill -9 of the postmaster
  cluster.py cut   COUNT       answers of the database are thrown away with their connections, COMMIT's too
  cluster.py drain COUNT       SIGTERM of a node: it hands its work over
  cluster.py all   COUNT       of each so many, after each other

Options: --seed N, --folder DIR (work area, default a temporary one), --lease SECONDS, --no-fsync (of PostgreSQL; nothing here cuts the power),
--table FILE (one JSON object a campaign is appended). The last line of each says what came of it; exit 0: nothing lost, nothing damaged, nothing twice.
"""
import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time

from load import Load
from mail import boxes, message
from postgres import Postgres, Proxy
from server import Server

LEASE = 3.0


class Node:
    """One of the three; started again under another name, so that the database tells its lives apart."""

    def __init__(self, number, folder, port):
        self.number, self.folder, self.port, self.lives = number, folder, port, 0
        self.load = Load(f"n{number}", clients=6, pause=0.005)
        self.start()

    def start(self):
        self.lives += 1
        self.name = f"n{self.number}.{self.lives}"
        connection = f"Host=127.0.0.1;Port={self.port};Username=tests;Database=mail;SSL Mode=Disable;GSS Encryption Mode=Disable"
        self.server = Server(f"{self.folder}/n{self.number}", [
            "storage.kind=postgres", f'storage.connection="{connection}"', f'storage.shared.node="{self.name}"', f"storage.shared.lease={int(LEASE * 1000)}ms",
            "storage.shared.poll=200ms", "storage.shared.patience=6s", "storage.shared.connections=16"])
        if not self.server.start(wait=180):
            raise SystemExit(f"a node does not start: {open(self.server.log).read()[-2000:]}")
        self.load.start(self.server.port)

    def restart(self):
        self.load.stop()
        self.start()


class Mailboxes:
    """What is in the database's mailboxes, against what was acknowledged."""

    def __init__(self, postgres):
        self.postgres = postgres
        self.damaged = self.twice = 0
        self.found = {}

    def look(self):
        """Reads every message whole."""
        self.found, self.damaged = {}, 0
        for account, content in self.postgres.ask(
                "SELECT m.account, encode(coalesce(b.content, (SELECT string_agg(c.content, '' ORDER BY c.at) FROM chunks c WHERE c.body = m.body)), 'hex')"
                " FROM mail m JOIN bodies b ON b.id = m.body", "mail"):
            content = bytes.fromhex(content)
            at = content.find(b"X-Crash-Token: ")
            token = content[at + 15:content.find(b"\r\n", at)].decode("ascii", "replace")
            box = int(account.split("@")[0].removeprefix("box"))
            if at < 0 or content[at:] != message(token) or box not in boxes(token):
                self.damaged += 1
            self.found[(token, box)] = self.found.get((token, box), 0) + 1
        self.twice = sum(n - 1 for n in self.found.values())
        return [(t, b) for (t, b) in self.found]

    def missing(self, acknowledged):
        return [(t, b) for t in acknowledged for b in boxes(t) if (t, b) not in self.found]

    def empty(self):
        """Forgets what was checked, so that a long campaign stays small."""
        self.postgres.ask("TRUNCATE mail, mailboxes, bodies, chunks, released", "mail")


class Cluster:
    def __init__(self, folder, seed, fsync):
        self.random = random.Random(seed)
        self.nodes, self.takeovers = [], []
        self.postgres = Postgres(folder, fsync)
        try:
            self.postgres.ask("CREATE DATABASE mail")
            self.proxy = Proxy(self.postgres.port)
            for number in (1, 2, 3):
                self.nodes.append(Node(number, folder, self.proxy.port))
        except BaseException:
            self.end()
            raise

    def held(self, name):
        return int(self.postgres.ask(f"SELECT count(*) FROM accepted WHERE holder = '{name}'", "mail")[0][0])

    def wait(self, what, true, patience=240):
        end = time.monotonic() + patience
        while not true():
            if time.monotonic() > end:
                raise SystemExit(f"it did not come to be within {patience} s: {what}")
            time.sleep(0.02)

    def taken_over(self, name, since):
        """Nothing is left that this life of a node has held; how long that took."""
        held = self.held(name)
        self.wait(f"the work of {name} is taken over", lambda: self.held(name) == 0)
        if held:
            self.takeovers.append(time.monotonic() - since)

    # --- the faults ---

    def kill(self):
        node = self.random.choice(self.nodes)
        node.server.kill()
        self.taken_over(node.name, time.monotonic())
        node.restart()

    def pause(self):
        node = self.random.choice(self.nodes)
        node.server.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        self.taken_over(node.name, began)
        time.sleep(max(0, 2 * LEASE - (time.monotonic() - began)))
        node.server.process.send_signal(signal.SIGCONT)

    def database(self):
        self.postgres.kill()
        time.sleep(self.random.uniform(0, 1))
        self.postgres.start()

    def cut(self):
        self.proxy.cutting = True
        time.sleep(self.random.uniform(0.05, 1.5))
        self.proxy.cutting = False

    def drain(self):
        node = self.random.choice(self.nodes)
        code = node.server.stop()
        if code != 0:
            raise SystemExit(f"a node ended with {code}; see {node.server.log}")
        if self.held(node.name):
            raise SystemExit(f"{node.name} ended in order and still holds {self.held(node.name)} messages")
        node.restart()

    def campaign(self, kind, count, table):
        began, faults, acknowledged, lost, damaged, twice = time.monotonic(), 0, 0, 0, 0, 0
        self.takeovers = []
        accounts = Mailboxes(self.postgres)
        starts = [len(n.load.acknowledged) for n in self.nodes]
        while faults < count:
            for _ in range(min(10, count - faults)):
                time.sleep(self.random.uniform(0.1, 1.0))
                getattr(self, kind)()
                faults += 1
            # A breath, so that every node is seen to take mail again; then all stop sending, and what is accepted is delivered.
            now = [len(n.load.acknowledged) for n in self.nodes]
            self.wait("every node takes mail again", lambda: all(len(n.load.acknowledged) > a for n, a in zip(self.nodes, now)))
            for node in self.nodes:
                node.load.stop()
            self.wait("all is delivered", lambda: self.postgres.ask("SELECT count(*) FROM accepted", "mail") == [["0"]])
            accounts.look()
            new = [t for n, a in zip(self.nodes, starts) for t in n.load.acknowledged[a:]]
            missing = accounts.missing(new)
            if missing:
                print(f"# LOST {missing[:5]}… after fault {faults}", file=sys.stderr)
            acknowledged, lost, damaged, twice = acknowledged + len(new), lost + len(missing), damaged + accounts.damaged, twice + accounts.twice
            # What a killed node was in the midst of taking is swept after an hour; here that is over now.
            self.postgres.ask("UPDATE uploads SET until = now()", "mail")
            self.wait("the sweeper is done", lambda: self.postgres.ask("SELECT (SELECT count(*) FROM released) + (SELECT count(*) FROM uploads)", "mail") == [["0"]])
            loose = int(self.postgres.ask("SELECT count(*) FROM bodies b WHERE NOT EXISTS (SELECT 1 FROM mail m WHERE m.body = b.id)", "mail")[0][0])
            damaged += loose                            # a body that nobody needs is a leak
            accounts.empty()
            starts = [len(n.load.acknowledged) for n in self.nodes]
            for node in self.nodes:
                node.load.start(node.server.port)
            print(f"# {kind}: {faults} faults, {acknowledged} acknowledged, {lost} lost, {twice} twice", flush=True)
        times = sorted(self.takeovers)
        result = {"campaign": f"cluster-{kind}", "faults": faults, "acknowledged": acknowledged, "lost": lost, "damaged": damaged, "twice": twice,
                  "takeovers": len(times), "takeover_p50": round(times[len(times) // 2], 2) if times else 0,
                  "takeover_max": round(times[-1], 2) if times else 0, "lease": LEASE, "seconds": round(time.monotonic() - began, 1)}
        print("RESULT " + " ".join(f"{k}={v}" for k, v in result.items()), flush=True)
        if table:
            with open(table, "a") as f:
                f.write(json.dumps(result) + "\n")
        return lost or damaged or twice

    def end(self):
        for node in self.nodes:
            node.load._stop = True
            node.server.kill()
        self.postgres.stop()


def main():
    global LEASE
    kinds = ["kill", "pause", "database", "cut", "drain"]
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kind", choices=[*kinds, "all"])
    options.add_argument("count", type=int)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options.add_argument("--folder")
    options.add_argument("--lease", type=float, default=LEASE)
    options.add_argument("--no-fsync", action="store_true")
    options.add_argument("--table")
    asked = options.parse_args()
    LEASE = asked.lease
    print(f"# seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="actorsmtp-cluster-", dir=asked.folder) as folder:
        os.chmod(folder, 0o755)
        cluster = Cluster(folder, asked.seed, not asked.no_fsync)
        try:
            bad = [cluster.campaign(kind, asked.count, asked.table) for kind in (kinds if asked.kind == "all" else [asked.kind])]
        finally:
            cluster.end()
    return 1 if any(bad) else 0


if __name__ == "__main__":
    sys.exit(main())
