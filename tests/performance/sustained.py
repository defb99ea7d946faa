#!/usr/bin/env python3
"""Sustained delivery: loads a running SMTP server on this machine for a while and counts the files in its mailboxes meanwhile.
Python 3, standard library only; the load comes from `actorsmtp bench` ($ACTORSMTP, or what was built last).

  sustained.py --name ours    --server 127.0.0.1:2600 --mail 'data/mail/*/Maildir/new' --accounts 1000
  sustained.py --name postfix --server 127.0.0.1:2502 --mail '/var/spool/bench/inbox/new'

Prints one JSON object: accepted and delivered a second over the whole time, and what waits at half time and at the end. A backlog that grows
is one that is larger at the end than at half time by more than it was at half time.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from server import program  # noqa: E402


def count(pattern):
    total = 0
    for folder in glob.glob(pattern):
        with os.scandir(folder) as entries:
            total += sum(1 for _ in entries)
    return total


def measure(name, server, mail, accounts=1, sessions=100, seconds=60, drain=600):
    """Loads it and waits for the rest; answers the row for charts.py --add. What is delivered is what stands in the folders `mail` (a pattern)."""
    before = count(mail)
    command = [program(), "bench", "--server", server, "--sessions", str(sessions), "--duration", f"{seconds}s", "--json"]
    if accounts > 1:
        command += ["--to", "user{n}@bench.test", "--spread", str(accounts)]
    half = {}
    timer = threading.Timer(seconds / 2, lambda: half.update(delivered=count(mail) - before))
    began = time.monotonic()
    timer.start()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    ended = time.monotonic()
    delivered = count(mail) - before
    timer.join()
    try:
        load = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"the load ended with {done.returncode}: {done.stdout[:300]}")
    accepted = load["messages"]["ok"] if isinstance(load.get("messages"), dict) else load.get("ok", load.get("accepted"))
    limit = time.monotonic() + drain
    while count(mail) - before < accepted and time.monotonic() < limit:
        time.sleep(0.5)
    drained = time.monotonic()
    return {
        "server": name, "cell": f"reuse:1k:{sessions}", "accounts": accounts, "rate": round(accepted / (ended - began), 1),
        "delivered_rate": round(delivered / (ended - began), 1), "delivered_until_half_time": half.get("delivered"),
        "waiting_at_end": accepted - delivered, "drained_after_s": round(drained - ended, 1), "accepted": accepted, "found": count(mail) - before}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--name", required=True)
    p.add_argument("--server", required=True)
    p.add_argument("--mail", required=True, help="folders in which a file is a delivered message")
    p.add_argument("--accounts", type=int, default=1)
    p.add_argument("--sessions", type=int, default=100)
    p.add_argument("--seconds", type=int, default=60)
    p.add_argument("--drain", type=int, default=600, help="wait at most this long for the rest")
    a = p.parse_args()

    row = measure(a.name, a.server, a.mail, a.accounts, a.sessions, a.seconds, a.drain)
    print(json.dumps(row))
    sys.exit(0 if row["found"] >= row["accepted"] else 1)


if __name__ == "__main__":
    main()
