#!/usr/bin/env python3
"""Attacks on the built server, next to a good client: what the attack costs the server, and what it costs the client.

  attack.py                                                  the full form: 5,000 and 5,000 connections, 500 handshakes a second
  attack.py --short                                          a small one, as the tests run it
  attack.py --slow-writers 1000 --never-readers 0 --handshakes 0 --seconds 30

Each attack runs by itself and then all together. Ends with 1 if the good client lost a message or was refused, if the server ended, or if
its memory grew by more than --most-memory (MiB). Needs twice as many descriptors as connections: ulimit -n.
"""
import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "crash"))

from crowd import CLOSED, CONNECTED, FAILED, NOW, AbortedHandshakes, NeverReaders, SlowWriters  # noqa: E402
from good import GoodClient, percentile  # noqa: E402
from server import Server  # noqa: E402

RECIPIENT = "good@mx.test"


class Watch:
    """Memory, descriptors and processor time of the server, looked at twice a second."""

    def __init__(self, pid):
        self.pid, self.rss, self.descriptors, self.ending = pid, [], [], threading.Event()
        self.cpu0, self.began = self._cpu(), time.monotonic()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.ending.set()
        self.thread.join()
        self.cpu = 100 * (self._cpu() - self.cpu0) / (time.monotonic() - self.began)
        return self

    def _cpu(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _run(self):
        while not self.ending.wait(0.5):
            try:
                self.rss.append(rss(self.pid))
                self.descriptors.append(len(os.listdir(f"/proc/{self.pid}/fd")))
            except FileNotFoundError:
                return


def rss(pid):
    """MiB."""
    with open(f"/proc/{pid}/status") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) / 1024


def attack(server, ports, name, make, seconds):
    """Runs one attack next to the good client; answers a row of the table."""
    before = rss(server.process.pid)
    crowds = [c.start() for c in make(ports)]
    end = time.monotonic() + 30
    while crowds and time.monotonic() < end and any(c[NOW] < 0.9 * c.count for c in crowds if not isinstance(c, AbortedHandshakes)):
        time.sleep(0.2)                                                             # until they are all there
    watch, good = Watch(server.process.pid), GoodClient(ports["smtp"], RECIPIENT).start()
    connected = [c[CONNECTED] for c in crowds]
    time.sleep(seconds)
    good.stop()
    watch.stop()
    row = {
        "attack": name, "held": max([d for d in watch.descriptors] or [0]), "good": len(good.took), "failed": good.failed,
        "p50": percentile(good.took, 0.5), "p99": percentile(good.took, 0.99), "worst": 1000 * max(good.took or [0]),
        "before": before, "peak": max(watch.rss or [0]), "cpu": watch.cpu,
        "came": [(type(c).__name__, round((c[CONNECTED] - n) / seconds, 1), c[NOW], c[CLOSED], c[FAILED]) for c, n in zip(crowds, connected)],
    }
    for crowd in crowds:
        crowd.stop()
    return row


def delivered(server, sent=None, patience=60):
    """Messages of the good client in its mailbox, once all are there or nothing more comes."""
    sent, still = (float("inf"), 5) if sent is None else (sent, 20)
    folder = f"{server.data}/mail/{RECIPIENT}/Maildir/new"
    last, since = -1, time.monotonic()
    while last < sent and time.monotonic() - since < still and patience > 0:
        now = len(os.listdir(folder)) if os.path.isdir(folder) else 0
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.1)
        patience -= 0.1
    return last


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--slow-writers", type=int, default=5000)
    parse.add_argument("--never-readers", type=int, default=5000)
    parse.add_argument("--handshakes", type=int, default=500, help="aborted ones a second")
    parse.add_argument("--seconds", type=float, default=60, help="of each attack")
    parse.add_argument("--most-memory", type=float, default=2560, help="MiB that the server may grow by")
    parse.add_argument("--set", action="append", default=[], help="a setting of the server")
    parse.add_argument("--short", action="store_true")
    parse.add_argument("--json", help="the rows, into this file")
    parse.add_argument("--folder", help="for the server's data; else a temporary one")
    args = parse.parse_args()
    if args.short:
        args.slow_writers, args.never_readers, args.handshakes, args.seconds, args.most_memory = 150, 150, 20, 4, 256
    need = 2 * (args.slow_writers + args.never_readers) + 2000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < need // 2 + 500:
        print(f"not possible here: needs ulimit -n of {need // 2 + 500}, has {hard}")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    folder = args.folder or tempfile.mkdtemp(prefix="actorsmtp-attack-")
    data = os.path.join(folder, "data")
    os.makedirs(data, mode=0o700, exist_ok=True)
    room = args.slow_writers + args.never_readers + 2 * args.handshakes + 1000
    server = Server(data, [
        f"limits.connections={room}", f"limits.connections-per-address={max(200, room // 20)}", "listeners.tls.bind=127.0.0.1:0",
        "listeners.tls.tls=implicit", "transport.write-stall-timeout=20s", *args.set])
    if not server.start():
        print(open(server.log).read())
        return 1
    with open(f"{data}/listeners.json") as f:
        ports = {name: int(address.rsplit(":", 1)[1]) for name, address in json.load(f).items()}

    slow = lambda p: [SlowWriters(p["smtp"], args.slow_writers)] if args.slow_writers else []           # noqa: E731
    never = lambda p: [NeverReaders(p["smtp"], args.never_readers)] if args.never_readers else []       # noqa: E731
    shakes = lambda p: [AbortedHandshakes(p["tls"], args.handshakes)] if args.handshakes else []        # noqa: E731
    rows = []
    try:
        alone = [] if args.short else [("slow writers", slow), ("never-readers", never), ("aborted handshakes", shakes)]
        for name, make in [("none", lambda p: []), *alone, ("all together", lambda p: slow(p) + never(p) + shakes(p)), ("none, afterwards", lambda p: [])]:
            if not server.alive():
                print(f"the server ended; see {server.log}")
                return 1
            row = attack(server, ports, name, make, args.seconds)
            rows.append(row)
            print(f"{name:20} good {row['good']:5}  failed {len(row['failed']):3}  p50 {row['p50']:7.1f} ms  p99 {row['p99']:7.1f} ms  worst {row['worst']:7.1f} ms"
                  f"  rss {row['before']:6.0f} -> {row['peak']:6.0f} MiB  cpu {row['cpu']:5.1f} %  descriptors {row['held']:6}  {row['came']}", flush=True)
            if row["failed"]:
                print("   ", row["failed"][:3])
        sent = sum(r["good"] for r in rows)
        lost = max(0, sent - delivered(server, sent))
        code = server.stop()
    finally:
        if server.alive():
            server.kill()
        if args.json:
            with open(args.json, "w") as f:
                json.dump(rows, f, indent=1)
        log = open(server.log).read()
        if not args.folder:
            shutil.rmtree(folder, ignore_errors=True)
    failed = sum(len(r["failed"]) for r in rows)
    growth = max(r["peak"] for r in rows) - rows[0]["before"]
    bad = failed or lost or code != 0 or growth > args.most_memory
    print(f"RESULT good={sent} failed={failed} lost={lost} growth={growth:.0f}MiB exit={code}")
    if bad:
        print(log[-4000:])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
