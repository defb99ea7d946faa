#!/usr/bin/env python3
"""Crash campaigns against the built server: what was acknowledged must be in the mailboxes, whatever was done to the process.

  campaign.py kill  COUNT     kill -9 at random moments under load, also while it recovers
  campaign.py call  COUNT     SIGKILL at the n-th write, sync, rename… (strace)
  campaign.py error COUNT     EIO or ENOSPC from the n-th write, sync, rename… (strace)
  campaign.py full  COUNT     a small file system runs full and gets space again (root: ext4 on a loop device; else tmpfs in a namespace)
  campaign.py inodes COUNT    the same with files: there is space, but none can be made
  campaign.py readonly COUNT  the file system meets an error and makes itself read-only; it is mended, and the server started (root)
  campaign.py denied COUNT    some mailboxes must not be written to for a while, by a server that is not root (root starts it)

Options: --seed N, --folder DIR (work area, default a temporary one), --table FILE (one JSON object a campaign is appended),
--minutes M (ends early in good order; the count says how far it came).
The last line says what came of it; exit 0: nothing lost, nothing damaged, found twice at most what was in flight; 1: not so.
"""
import argparse
import os
import shutil
import sys
import tempfile
import threading
import time

import trouble
from load import Load
from mail import Mailboxes, dice
from places import enter_namespace, need
from server import Server, drain
from tally import Tally, finish, in_flight

# Calls of the server's disk port, and how many of each a second of load brings to one thread at least (strace counts by thread).
CALLS = {"pwritev": 120, "fdatasync": 80, "syncfs": 2, "renameat2": 100, "fsync": 2, "openat": 60, "mkdirat": 3, "renameat": 1}
RARE = {"fsync", "mkdirat", "renameat", "syncfs"}      # come with new files and folders: such rounds begin with nothing


def kill(count, random, folder, tally):
    server, load, boxes = Server(f"{folder}/data"), Load("kill"), Mailboxes(f"{folder}/data")
    server.start()
    for _ in tally.rounds(count):
        load.unanswered, before = 0, len(load.acknowledged)
        load.start(server.port)
        time.sleep(random.uniform(0.02, 1.2))
        server.kill()
        load.stop()
        waiting = 0
        if random.random() < 0.2:                       # once more, while it starts, recovers or drains
            early = Server(f"{folder}/data")
            if random.random() < 0.5:
                timer = threading.Timer(random.uniform(0.05, 0.6), lambda: early.process and early.kill())
                timer.start()
                early.start()
                timer.join()
                early.kill()
            elif early.start():
                waiting = early.recovery().get("waiting", 0)
                time.sleep(random.uniform(0, 0.1))
                early.kill()
            tally.count("killed_in_recovery")
        if not server.start():
            raise SystemExit(f"the server does not start after a kill; see {server.log}")
        twice = boxes.twice()
        missing = drain(boxes, load.acknowledged[before:])
        boxes.look()
        tally.round(boxes, missing, len(load.acknowledged) - before, in_flight(load, server) + waiting, twice)
        boxes.prune(20_000)
    code = server.stop()
    tally.count("clean_end", int(code == 0))
    finish(server, load, boxes, tally)


def injected(kind, count, random, folder, tally):
    """Rounds of one fault at one call: SIGKILL, or an error from one call or from several in a row."""
    need("strace")
    data = f"{folder}/data"
    server, load, boxes = Server(data), Load(kind), Mailboxes(data)
    calls = list(CALLS)
    for number in tally.rounds(count):
        call = calls[number % len(calls)]
        nth = random.randint(1, CALLS[call])
        if call in RARE or number % 4 == 0:
            shutil.rmtree(data, ignore_errors=True)
            boxes = Mailboxes(data)
        if kind == "call":
            what = f"{call}:signal=KILL:when={nth}"
        else:
            error = random.choice(["EIO", "ENOSPC"])
            what = f"{call}:error={error}:when={nth}" + random.choice(["", f"..{nth + random.randint(1, 20)}", "+"])
        load.unanswered, before = 0, len(load.acknowledged)
        came = server.start(inject=what)
        if came:
            load.start(server.port)
            end = time.monotonic() + (6 if kind == "call" else random.uniform(0.5, 1.5))
            while server.alive() and time.monotonic() < end:
                time.sleep(0.01)
        else:
            tally.count("at_start")
        died = not server.alive()
        tally.count("ended_by_it" if died else "not_reached" if kind == "call" else "lived_on")
        if kind == "error" and not died and random.random() < 0.5:
            load.stop()
            try:
                server.stop()
            except SystemExit:
                tally.count("had_to_be_killed")
        else:
            server.kill()
            if came:
                load.stop()
        if not server.start():
            raise SystemExit(f"the server does not start after {what}; see {server.log}")
        twice = boxes.twice()
        missing = drain(boxes, load.acknowledged[before:])
        boxes.look()
        if missing:
            print(f"# after {what}", file=sys.stderr)
        tally.round(boxes, missing, len(load.acknowledged) - before, in_flight(load, server), twice)
        tally.damaged += len(boxes.damaged)
        boxes.damaged.clear()
        server.stop()
    for code, times in sorted(load.refused.items()):
        tally.count(f"refused_{code}", times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaign", choices=["kill", "call", "error", "full", "inodes", "readonly", "denied"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--folder")
    parser.add_argument("--table")
    parser.add_argument("--minutes", type=float)
    args = parser.parse_args()
    if args.campaign in ("full", "inodes", "readonly"):
        enter_namespace()
    seed = args.seed if args.seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"# {args.campaign}: {args.count} rounds, seed {seed}", flush=True)
    folder = args.folder or tempfile.mkdtemp(prefix="actorsmtp-crash-")
    os.makedirs(folder, exist_ok=True)
    tally = Tally(args.campaign, args.minutes)
    campaigns = {
        "kill": kill, "full": trouble.full, "inodes": trouble.inodes, "readonly": trouble.readonly, "denied": trouble.denied,
        "call": lambda *a: injected("call", *a), "error": lambda *a: injected("error", *a)}
    campaigns[args.campaign](args.count, dice(seed), folder, tally)
    code = tally.end(args.table)
    if code == 0 and not args.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
