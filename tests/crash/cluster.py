#!/usr/bin/env python3
"""Three nodes on one PostgreSQL under load, a TCP proxy between each and the database, and what may happen to them: what was acknowledged must
be in its mailboxes, whole and once, and what was for elsewhere at the next hop. A milter edits one message in seven, the next hop says "later" now and then.

  cluster.py --fault kill --count 200      one fault again and again
  cluster.py --fault kill,stop,failover    several after each other; --fault all: all of them
  cluster.py --row FILE…                   the rows of docs/cluster.md, from files that --table wrote

  kill        kill -9 of a node
  stop        SIGSTOP of a node for two leases, then SIGCONT
  postmaster  kill -9 of the postmaster, and a start
  commit-cut  a connection is cut before, right behind, or in the answer of the COMMIT of a statement that stores or delivers
  partition   a node does not reach the database, silently or by resets, for up to two leases
  clock       the clocks of the nodes jump by up to ten minutes either way (libfaketime), and one is killed
  failover    kill -9 of the primary; its synchronous standby is promoted, the nodes name both
  drain       SIGTERM of a node

Options: --count N (3), --seed N, --folder DIR (work area, default a temporary one), --lease SECONDS (3), --no-fsync (of PostgreSQL; nothing here cuts the
power), --table FILE (one JSON object a fault is appended), --prompt (also fails where a takeover took longer than the lease and a second, p99), --beside PROGRAM (the
second node runs this one: the version before), --clients N (6: of each node) and --pause SECONDS (0.005: of each
client behind a message): fewer, with a longer lease, where the machine has other work.

Clients are mail servers: what got no 250 they bring again. So "twice" are the duplicates that a recipient would see; at most what was in doubt (sent to its end
without a 250) may be. What leaves can come twice besides where a connection to the next hop had it in hand when the fault came ("in hand": at most one message for each connection), or where
the next hop had said 250 within the second before, which may not have been on record yet ("fresh"). Exit 0:
nothing lost, nothing damaged, no body left over, no notice written, not more twice than that.
"""
import argparse
import collections
import json
import os
import random
import sys
import tempfile
import time

from faults import Cluster
from nodes import SharedMailboxes

FAULTS = ["kill", "stop", "postmaster", "commit-cut", "partition", "clock", "failover", "drain"]
HEAD = ["fault", "faults", "acknowledged", "lost", "damaged", "in doubt", "twice", "sent out", "in hand", "sent twice", "edited",
        "left behind", "taken over p50", "p99", "max (s)", "takes mail again p50", "max (s)"]
ROUND = 10              # faults between two looks at the mailboxes


def at(share, times):
    """The value that this share of all is not above; 0 where there is none."""
    return round(sorted(times)[min(len(times) - 1, int(share * len(times)))], 2) if times else 0


def markdown(r):
    cells = [f"`{r['fault']}`", r["faults"], r["acknowledged"], r["lost"], r["damaged"], r["in_doubt"], r["twice"]]
    cells += [r.get(k, "") for k in ("sent_out", "in_hand", "sent_twice", "edited")] + [r["left_behind"]]
    cells += [r["taken_over_p50"], r["taken_over_p99"], r["taken_over_max"]] if r["left_behind"] else ["", "", ""]
    cells += [r["again_p50"], r["again_max"]] if r["again"] else ["", ""]
    return "| " + " | ".join(f"{c:,}" if isinstance(c, int) else str(c) for c in cells) + " |"


def show(files):
    print("| " + " | ".join(HEAD) + " |\n|---|" + "--:|" * (len(HEAD) - 1))
    for name in files:
        with open(name, encoding="utf-8") as f:
            for line in f:
                print(markdown(json.loads(line)))


class Campaign:
    """One fault, again and again."""

    def __init__(self, cluster, fault):
        self.cluster, self.fault, self.boxes = cluster, fault, SharedMailboxes()
        self.faults = self.acknowledged = self.lost = self.damaged = self.twice = self.too_often = self.in_doubt = 0

    def run(self, count):
        began, before = time.monotonic(), [(0, 0)] * len(self.cluster.nodes)
        while self.faults < count:
            for _ in range(min(ROUND, count - self.faults)):
                self.cluster.sleep(self.cluster.dice.uniform(0.1, 1.0))
                self.cluster.world.fault()
                getattr(self.cluster, self.fault.replace("-", "_"))()
                self.faults += 1
            self.rest()
            self.check(before)
            before = [(len(n.load.acknowledged), n.load.in_doubt) for n in self.cluster.nodes]
            for node in self.cluster.nodes:
                node.load.doubts.clear()
                node.load.start(node.server.port)
        return self.result(time.monotonic() - began)

    def rest(self):
        """Every node takes mail again, what was in doubt has been brought again; then all stop sending, and what is accepted is delivered."""
        nodes, now = self.cluster.nodes, [len(n.load.acknowledged) for n in self.cluster.nodes]
        self.cluster.wait("every node takes mail again", lambda: all(len(n.load.acknowledged) > a for n, a in zip(nodes, now)))
        while True:
            self.cluster.wait("what was in doubt is brought again", lambda: not any(n.load.again for n in nodes))
            for node in nodes:
                node.load.stop()
            if not any(n.load.again for n in nodes):
                break
            for node in nodes:
                node.load.start(node.server.port)
        self.cluster.world.sink.good = True             # the next hop says "later" while faults come; the last few tries at the end of a round prove nothing more
        self.cluster.wait("all is delivered", lambda: self.cluster.postgres.mail("SELECT (SELECT count(*) FROM accepted) + (SELECT count(*) FROM outbound)") == [["0"]])
        self.cluster.world.sink.good = False

    def check(self, before):
        postgres, nodes = self.cluster.postgres, self.cluster.nodes
        self.boxes.look(postgres)
        new = [t for n, (a, _) in zip(nodes, before) for t in n.load.acknowledged[a:]]
        world = self.cluster.world
        missing = self.boxes.missing(new) + world.look(new, sum((n.load.doubts for n in nodes), collections.Counter()))
        if missing:
            print(f"# LOST {missing[:5]}… after fault {self.faults}", file=sys.stderr)
        doubt = sum(n.load.in_doubt - d for n, (_, d) in zip(nodes, before))
        self.acknowledged, self.in_doubt, self.lost = self.acknowledged + len(new), self.in_doubt + doubt, self.lost + len(missing)
        self.damaged, self.twice = self.damaged + self.boxes.damaged, self.twice + self.boxes.twice
        self.too_often += max(0, self.boxes.twice - doubt)
        # What a killed node was in the midst of taking is swept after an hour; here that is over now. A body that nobody needs is a leak.
        postgres.mail("UPDATE uploads SET until = now()")
        self.cluster.wait("the sweeper is done", lambda: postgres.mail("SELECT (SELECT count(*) FROM released) + (SELECT count(*) FROM uploads)") == [["0"]])
        self.damaged += int(postgres.mail("SELECT count(*) FROM bodies b WHERE NOT EXISTS (SELECT 1 FROM mail m WHERE m.body = b.id)")[0][0])
        self.damaged += int(postgres.mail("SELECT count(DISTINCT body) FROM chunks c WHERE NOT EXISTS (SELECT 1 FROM bodies b WHERE b.id = c.body)")[0][0])
        for table in ("mail", "mailboxes", "bodies", "chunks"):                 # so that a long campaign stays small; one by one: nodes are at work, and a lock of all might never come
            postgres.mail(f"DELETE FROM {table}")
            postgres.mail(f"VACUUM {table}")
        print(f"# {self.fault}: {self.faults} faults, {self.acknowledged} acknowledged, {self.lost} lost, {self.twice} twice of {self.in_doubt} in doubt, "
              f"{world.recipients} sent out, {world.twice} of them twice with {world.in_hand} in hand", flush=True)

    def result(self, seconds):
        left, away, world = self.cluster.left, self.cluster.away, self.cluster.world
        return {"campaign": "cluster", "fault": self.fault, "faults": self.faults, "acknowledged": self.acknowledged, "lost": self.lost, "damaged": self.damaged,
                "in_doubt": self.in_doubt, "twice": self.twice, "too_often_twice": self.too_often,
                "sent_out": world.recipients, "in_hand": world.in_hand, "fresh": world.fresh, "sent_twice": world.twice, "sent_damaged": world.damaged, "edited": sum(self.cluster.milter.edits.values()),
                "left_behind": len(left), "taken_over_p50": at(0.5, left), "taken_over_p99": at(0.99, left), "taken_over_max": at(1, left), "lease": self.cluster.lease,
                "again": len(away), "again_p50": at(0.5, away), "again_max": at(1, away), **self.cluster.notes, "seconds": round(seconds, 1)}


def one(fault, asked, seed):
    with tempfile.TemporaryDirectory(prefix="actorsmtp-cluster-", dir=asked.folder) as folder:
        os.chmod(folder, 0o755)
        cluster = Cluster(folder, seed, asked.lease, not asked.no_fsync, standby=fault == "failover", clock=fault == "clock", beside=asked.beside, clients=asked.clients, pause=asked.pause)
        try:
            result = Campaign(cluster, fault).run(asked.count)
        finally:
            cluster.end()
    print("RESULT " + " ".join(f"{k}={v}" for k, v in result.items()), flush=True)
    print(markdown(result), flush=True)
    if asked.table:
        with open(asked.table, "a", encoding="utf-8") as f:
            f.write(json.dumps(result) + "\n")
    late = asked.prompt and result["taken_over_p99"] > asked.lease + 1
    return bool(result["lost"] or result["damaged"] or result["sent_damaged"] or result["too_often_twice"] or result["sent_twice"] > result["in_hand"] + result["fresh"] or late)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--fault", default="all", help="one of the above, several with commas, or all")
    options.add_argument("--count", type=int, default=3)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options.add_argument("--folder")
    options.add_argument("--lease", type=float, default=3.0)
    options.add_argument("--no-fsync", action="store_true")
    options.add_argument("--table")
    options.add_argument("--prompt", action="store_true")
    options.add_argument("--beside", metavar="PROGRAM")
    options.add_argument("--clients", type=int, default=6)
    options.add_argument("--pause", type=float, default=0.005)
    options.add_argument("--row", nargs="+", metavar="FILE")
    asked = options.parse_args()
    if asked.row:
        show(asked.row)
        return 0
    faults = FAULTS if asked.fault == "all" else asked.fault.split(",")
    unknown = [f for f in faults if f not in FAULTS]
    if unknown:
        options.error(f"no such fault: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    print(f"# seed {asked.seed}", flush=True)
    return 1 if any([one(fault, asked, asked.seed) for fault in faults]) else 0


if __name__ == "__main__":
    sys.exit(main())
