#!/usr/bin/env python3
"""Crash campaigns against the built server: what was acknowledged must be in the mailboxes, whatever was done to the process.

  campaign.py kill  COUNT     kill -9 at random moments under load, also while it recovers
  campaign.py call  COUNT     SIGKILL at the n-th write, sync, rename… (strace)
  campaign.py error COUNT     EIO or ENOSPC from the n-th write, sync, rename… (strace)
  campaign.py full  COUNT     a small file system runs full and gets space again (root: ext4 on a loop device; else tmpfs in a namespace)

Options: --seed N, --folder DIR (work area, default a temporary one), --table FILE (one JSON object a campaign is appended),
--minutes M (ends early in good order; the count says how far it came).
The last line says what came of it; exit 0: nothing lost, nothing damaged, found twice at most what was in flight; 1: not so.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from load import Load
from mail import Mailboxes, dice
from server import Server, drain

# Calls of the server's disk port, and how many of each a second of load brings to one thread at least (strace counts by thread).
CALLS = {"pwritev": 120, "fdatasync": 80, "syncfs": 2, "renameat2": 100, "fsync": 2, "openat": 60, "mkdirat": 3, "renameat": 1}
RARE = {"fsync", "mkdirat", "renameat", "syncfs"}      # come with new files and folders: such rounds begin with nothing


class Tally:
    """What a campaign adds up."""

    def __init__(self, name, minutes=None):
        self.name, self.began = name, time.monotonic()
        self.until = self.began + minutes * 60 if minutes else float("inf")
        self.faults = self.acknowledged = self.lost = self.damaged = self.twice = self.in_flight = 0
        self.more = {}

    def count(self, what, by=1):
        self.more[what] = self.more.get(what, 0) + by

    def rounds(self, count):
        """Counts up to the end, or until time is over."""
        for number in range(count):
            if time.monotonic() > self.until:
                return
            if number and number % 20 == 0:
                print(f"# {number} rounds, {self.acknowledged} acknowledged, {self.lost} lost", flush=True)
            yield number

    def round(self, mailboxes, missing, acknowledged, in_flight, twice_before):
        """One fault, checked."""
        self.faults += 1
        self.acknowledged += acknowledged
        self.lost += len(missing)
        self.in_flight = max(self.in_flight, in_flight)
        new = mailboxes.twice() - twice_before
        self.twice += new
        if new > in_flight:
            self.count("too_often_twice", new - in_flight)
        if missing:
            print(f"# LOST {missing[:5]}… after fault {self.faults}", file=sys.stderr)

    def end(self, table):
        result = {"campaign": self.name, "faults": self.faults, "acknowledged": self.acknowledged, "lost": self.lost, "damaged": self.damaged,
                  "twice": self.twice, "most_in_flight": self.in_flight, **self.more, "seconds": round(time.monotonic() - self.began, 1)}
        print("RESULT " + " ".join(f"{k}={v}" for k, v in result.items()), flush=True)
        if table:
            with open(table, "a") as f:
                f.write(json.dumps(result) + "\n")
        return 1 if self.lost or self.damaged or self.more.get("too_often_twice") else 0


def in_flight(load, server):
    """Messages whose 250 was not told, and those the journal had not seen delivered when the fault came."""
    return load.unanswered + server.recovery().get("waiting", 0)


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


def finish(server, load, boxes, tally):
    """A last start finds nothing more to deliver, and nothing twice."""
    twice = boxes.twice()
    if not server.start():
        raise SystemExit(f"the last start failed; see {server.log}")
    tally.count("waiting_at_end", server.recovery().get("waiting", 0))
    missing = drain(boxes, load.acknowledged)
    server.stop()
    boxes.look()
    tally.lost = len(missing)       # a message that came late has come
    tally.twice += boxes.twice() - twice
    tally.damaged = len(boxes.damaged)


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


def full(count, random, folder, tally):
    """Space runs out under load, comes back, and the same process goes on."""
    data = f"{folder}/disk/data"
    mount_small(f"{folder}/disk", folder)
    server = Server(data, sets=["storage.free-space-floor=4MiB", "limits.message-size=1MiB"], log=f"{folder}/log")
    load, boxes, hog = Load("full", pause=0.03), Mailboxes(data), f"{folder}/disk/hog"
    server.start()
    load.start(server.port)
    for _ in tally.rounds(count):
        load.unanswered, before = 0, len(load.acknowledged)
        time.sleep(random.uniform(0.1, 0.4))
        fill(hog, leave=random.choice([0, 0, 64 << 10, 1 << 20, 3 << 20]))
        time.sleep(random.uniform(0.3, 1.0))
        os.unlink(hog)
        freed, had = time.monotonic(), len(load.acknowledged)
        while len(load.acknowledged) < had + 20 and server.alive() and time.monotonic() < freed + 30:
            time.sleep(0.02)
        if len(load.acknowledged) < had + 20:
            tally.count("did_not_go_on")
        if not server.alive():
            tally.count("ended_by_it")
            load.stop()
            server.start()
            load.start(server.port)
        twice = boxes.twice()
        missing = drain(boxes, load.acknowledged[before:], patience=30)
        tally.round(boxes, missing, len(load.acknowledged) - before, load.clients, twice)
        boxes.prune(500)        # else it is the mail itself that fills the disk
    load.stop()
    for code, times in sorted(load.refused.items()):
        tally.count(f"refused_{code}", times)
    drain(boxes, load.acknowledged)
    server.stop()
    finish(server, load, boxes, tally)
    subprocess.run(["umount", f"{folder}/disk"], check=False)


def fill(path, leave):
    """Takes all space of the file system but so much."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    free = os.statvfs(path)
    try:
        os.posix_fallocate(file, 0, max(1, free.f_bavail * free.f_frsize - leave))
        while leave == 0:
            os.write(file, b"\0" * 4096)
    except OSError:
        pass                    # no space is left: as wanted
    finally:
        os.close(file)


def mount_small(where, folder):
    os.makedirs(where)
    if os.environ.get("CRASH_IN_NAMESPACE"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", where], check=True)
        return
    image = f"{folder}/small.img"
    with open(image, "wb") as f:
        f.truncate(1 << 30)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, where], check=True)


def enter_namespace():
    """Mounts are our own, and go away with us. Ends in exit 0 where there is no way to mount."""
    if os.environ.get("CRASH_UNSHARED"):
        return
    os.environ["CRASH_UNSHARED"] = "1"
    again = [sys.executable, *sys.argv]
    if os.geteuid() == 0 and os.path.exists("/dev/loop-control") and subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
        os.execvp("unshare", ["unshare", "-m", *again])
    if shutil.which("unshare") and subprocess.run(["unshare", "-rm", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
        os.environ["CRASH_IN_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-rm", *again])
    print("not possible here: mounting needs root or user namespaces")
    sys.exit(0)


def need(tool):
    if not shutil.which(tool):
        print(f"not possible here: {tool} is missing")
        sys.exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaign", choices=["kill", "call", "error", "full"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--folder")
    parser.add_argument("--table")
    parser.add_argument("--minutes", type=float)
    args = parser.parse_args()
    if args.campaign == "full":
        enter_namespace()
    seed = args.seed if args.seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"# {args.campaign}: {args.count} rounds, seed {seed}", flush=True)
    folder = args.folder or tempfile.mkdtemp(prefix="actorsmtp-crash-")
    os.makedirs(folder, exist_ok=True)
    tally = Tally(args.campaign, args.minutes)
    campaigns = {"kill": kill, "full": full, "call": lambda *a: injected("call", *a), "error": lambda *a: injected("error", *a)}
    campaigns[args.campaign](args.count, dice(seed), folder, tally)
    code = tally.end(args.table)
    if code == 0 and not args.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
