#!/usr/bin/env python3
"""Nodes that share a PostgreSQL: how many messages a second one, two and three of them take on this machine, and what each message costs node and database.
Python 3, PostgreSQL from Debian; the program is $ACTORSMTP, or what was built last (dotnet build -c Release src/ActorSmtp.Cli).

  scale.py                                  1, 2 and 3 nodes with 10, 100 and 300 sessions in all, 15 seconds each, two rounds in turn
  scale.py --nodes 1 --cells 10 --seconds 3 --rounds 1
  scale.py --nodes 3 --idle 60              what nodes ask that have nothing to do: statements a second and node, and processor
  scale.py --show FILE                      the tables of docs/scale.md, from what --table wrote

Options: --folder DIR (where the database lies), --no-fsync, --accounts N (1000), --table FILE (one JSON object a cell is appended). A cell is so many sessions in
all; with a p behind it they pipeline. Database, nodes and generators share the machine's processors, so the rates say what this machine does, and the costs
(processor, statements, log, flushes for each message) what another one would.
"""
import argparse
import json
import os
import statistics
import tempfile
import time

from shared import Shared, ended

DRAIN = 600


def measure(cluster, nodes, cell, seconds, accounts):
    sessions, pipelining = int(cell.rstrip("p")), cell.endswith("p")
    before, began = cluster.snapshot(), time.monotonic()
    loads = cluster.load(sessions, seconds=seconds, accounts=accounts, pipelining=pipelining)
    connections = 0
    while any(one.poll() is None for one in loads):
        connections = max(connections, cluster.connections())
        time.sleep(0.5)
    row = {"nodes": nodes, "cell": cell, **ended(loads)}
    end = time.monotonic() + DRAIN
    while cluster.waiting() and time.monotonic() < end:
        time.sleep(0.05)
    drained = time.monotonic() - began
    after = cluster.snapshot()
    m = max(1, row["accepted"])
    done = {k: [a - b for a, b in zip(v, before["statements"].get(k, [0, 0, 0, 0]))] for k, v in after["statements"].items()}
    wal = {k: after["wal"][k] - before["wal"][k] for k in after["wal"]}
    row.update(
        rate=round(m / row["seconds"]), delivered_rate=round(m / drained), node_us=round((after["nodes"] - before["nodes"]) * 1e6 / m, 1),
        database_us=round((after["database"] - before["database"]) * 1e6 / m, 1), generator_us=round(row["generator_us"] / m, 1),
        statements=sum(d[0] for d in done.values()), wal_octets=round(wal["octets"] / m), wal_records=round(wal["records"] / m, 1), flushes=wal["syncs"],
        flush_us=round(wal["sync_ms"] * 1000 / max(1, wal["syncs"])), connections=connections, lasted=round(drained, 1),
        by_kind={k: {"calls": d[0], "us": round(d[1] * 1000 / d[0], 1), "wal": round(d[2] / d[0]), "buffers": round(d[3] / d[0], 1)} for k, d in sorted(done.items()) if d[0]})
    row["p50_ms"], row["p99_ms"] = round(row["p50_ms"], 2), round(row["p99_ms"], 2)
    return row


def idle(cluster, nodes, seconds):
    """What is asked where nothing happens, by each node in a second; what is done but once after a start, or for a minute, is over by then."""
    time.sleep(90)
    before, calls, began = cluster.snapshot(), cluster.calls(), time.monotonic()
    time.sleep(seconds)
    after, then, lasted = cluster.snapshot(), cluster.calls(), time.monotonic() - began
    each = {k: (n - calls.get(k, 0)) / lasted / nodes for k, n in then.items()}
    print(f"| statement ({nodes} idle nodes, {lasted:.0f} s) | a second and node |\n|---|--:|")
    for name, rate in sorted(each.items(), key=lambda i: -i[1]):
        if rate > 0:
            print(f"| {name} | {rate:.2f} |")
    print(f"| all | {sum(each.values()):.1f} |")
    for what in ("node", "database"):
        used = after["nodes" if what == "node" else what] - before["nodes" if what == "node" else what]
        print(f"{what}: {used * 1000 / lasted / nodes:.2f} ms of processor a second and node")
    print(f"log: {(after['wal']['octets'] - before['wal']['octets']) / lasted / nodes:,.0f} octets and {(after['wal']['syncs'] - before['wal']['syncs']) / lasted / nodes:.2f} flushes a second and node", flush=True)


def fit(rows):
    """The database's processor as so much a statement and so much a message, by least squares over all cells; None where they are too much alike."""
    s2 = sm = m2 = sy = my = 0.0
    for r in rows:
        s, m, y = r["statements"], r["accepted"], r["database_us"] * r["accepted"]
        w = 1 / (y * y or 1)                    # each cell counts alike, however many messages it had
        s2, sm, m2, sy, my = s2 + w * s * s, sm + w * s * m, m2 + w * m * m, sy + w * s * y, my + w * m * y
    det = s2 * m2 - sm * sm
    return None if det < 1e-9 * s2 * m2 else ((m2 * sy - sm * my) / det, (s2 * my - sm * sy) / det)


def show(rows):
    cells = {}
    for r in rows:
        cells.setdefault((r["nodes"], r["cell"]), []).append(r)
    columns = [("accepted/s", "rate", 0), ("delivered/s", "delivered_rate", 0), ("p50 ms", "p50_ms", 1), ("p99 ms", "p99_ms", 1), ("node µs", "node_us", 0), ("database µs", "database_us", 0),
               ("generator µs", "generator_us", 0), ("WAL octets", "wal_octets", 0)]
    print("| nodes | sessions | " + " | ".join(c[0] for c in columns) + " | statements a message | messages a flush | flush µs | connections |\n|--:|--:|" + "--:|" * (len(columns) + 4))
    for (nodes, cell), all_rows in sorted(cells.items(), key=lambda i: (i[0][0], int(i[0][1].rstrip("p")), i[0][1])):
        def mid(f):
            return statistics.median(f(r) for r in all_rows)
        values = [f"{mid(lambda r, k=k: r[k]):,.{d}f}" for _, k, d in columns]
        values += [f"{mid(lambda r: r['statements'] / max(1, r['accepted'])):.2f}", f"{mid(lambda r: r['accepted'] / max(1, r['flushes'])):.1f}", f"{mid(lambda r: r['flush_us']):,.0f}",
                   str(max(r["connections"] for r in all_rows))]
        print(f"| {nodes} | {cell} | " + " | ".join(values) + " |")
    last = rows[-1]
    print(f"\n| statement ({last['nodes']} nodes, {last['cell']} sessions) | calls a second | µs each | WAL octets each | buffers each |\n|---|--:|--:|--:|--:|")
    for name, d in sorted(last["by_kind"].items(), key=lambda i: -i[1]["calls"] * i[1]["us"]):
        print(f"| {name} | {d['calls'] / last['lasted']:,.1f} | {d['us']:,.0f} | {d['wal']:,} | {d['buffers']:,.0f} |")
    if found := fit(rows):
        print(f"\nThe database's processor, least squares over all cells: {found[0]:.0f} µs a statement and {found[1]:.0f} µs a message.")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--nodes", default="1 2 3")
    p.add_argument("--cells", default="10 100 300")
    p.add_argument("--seconds", type=int, default=15)
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--accounts", type=int, default=1000)
    p.add_argument("--folder")
    p.add_argument("--no-fsync", action="store_true")
    p.add_argument("--table")
    p.add_argument("--idle", type=int, metavar="SECONDS")
    p.add_argument("--show", metavar="FILE")
    a = p.parse_args()
    if a.show:
        with open(a.show, encoding="utf-8") as f:
            show([json.loads(line) for line in f])
        return
    rows = []
    for _ in range(1 if a.idle else a.rounds):
        for nodes in map(int, a.nodes.split()):
            with tempfile.TemporaryDirectory(prefix="actorsmtp-scale-", dir=a.folder) as folder:
                cluster = Shared(folder, nodes, not a.no_fsync)
                try:
                    if a.idle:
                        idle(cluster, nodes, a.idle)
                        continue
                    for one in cluster.load(max(nodes, 10), messages=500 * nodes, accounts=a.accounts):
                        one.wait()              # so that nothing is measured that is done but once
                    for cell in a.cells.split():
                        rows.append({**measure(cluster, nodes, cell, a.seconds, a.accounts), "load1": os.getloadavg()[0]})
                        print(json.dumps({k: v for k, v in rows[-1].items() if k != "by_kind"}), flush=True)
                        if a.table:
                            with open(a.table, "a", encoding="utf-8") as f:
                                f.write(json.dumps(rows[-1]) + "\n")
                finally:
                    cluster.end()
    if rows:
        show(rows)


if __name__ == "__main__":
    main()
