#!/usr/bin/env python3
"""Sustained delivery against the number of mailboxes: a fresh server for each number, mail for all of them in turn (sustained.py), synced.
Python 3, standard library only; the server is $ACTORSMTP, or what was built last. With --postfix beside Debian's Postfix, in turn (root).

  mailboxes.py                                     1, 10, 100, 1,000 and 10,000 mailboxes, a minute each
  mailboxes.py --postfix --seconds 30 --out m.jsonl && charts.py --add m.jsonl

One JSON object a line, each with what else the machine did meanwhile (load1: its load average before), the server's largest resident memory, and how
long it took until the last message was in its mailbox. Ends with 1 if a message that was acknowledged is not found.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import sustained
from server import Server

HERE = os.path.dirname(os.path.abspath(__file__))


def most_resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM"))


def ours(folder, accounts, a):
    server = Server(f"{folder}/ours", [
        "listeners.smtp.role=mx", "domains=[\"*\"]", "unknown-recipients=accept", "limits.connections-per-address=10000",
        "storage.journal.segment-size=64MiB", "storage.journal.preallocate=1GiB"])
    if not server.start():
        raise SystemExit(f"the server does not start; see {server.log}")
    try:
        row = sustained.measure("ours", f"127.0.0.1:{server.port}", f"{folder}/ours/mail/*/Maildir/new", accounts, a.sessions, a.seconds, a.drain)
        return {**row, "peak_rss": most_resident(server.process.pid)}
    finally:
        server.stop()


def postfix(folder, accounts, a):
    names = ["rcpt"] if accounts == 1 else [f"user{n}" for n in range(accounts)]
    with open(f"{folder}/mailboxes", "w", encoding="ascii") as f:
        f.writelines(f"{name}@bench.test {name}/\n" for name in names)
    env = {**os.environ, "BENCH_HOME": folder, "BENCH_STORE": folder, "POSTFIX_MAILBOXES": f"texthash:{folder}/mailboxes"}
    os.chmod(folder, 0o755)
    subprocess.run(["sh", f"{HERE}/peers/postfix-prepare.sh"], env=env, check=True)
    process = subprocess.Popen(["postfix", "-c", f"{folder}/postfix/etc", "start-fg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        time.sleep(3)
        return sustained.measure("postfix", "127.0.0.1:2502", f"{folder}/postfix/mail/*/new", accounts, a.sessions, a.seconds, a.drain)
    finally:
        subprocess.run(["postfix", "-c", f"{folder}/postfix/etc", "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        process.wait(30)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--mailboxes", default="1,10,100,1000,10000")
    p.add_argument("--sessions", type=int, default=100)
    p.add_argument("--seconds", type=int, default=60)
    p.add_argument("--drain", type=int, default=600, help="wait at most this long for the rest")
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--postfix", action="store_true")
    p.add_argument("--store", help="where the mail goes; the temporary folder unless told")
    p.add_argument("--out", help="appends the rows to this file as well")
    a = p.parse_args()
    lost = 0
    for n in range(a.rounds):
        for accounts in map(int, a.mailboxes.split(",")):
            for serve in (ours, postfix) if a.postfix else (ours,):
                folder = tempfile.mkdtemp(prefix="mailboxes-", dir=a.store)
                try:
                    load1 = os.getloadavg()[0]
                    row = {**serve(folder, accounts, a), "round": n, "load1": load1}
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                print(json.dumps(row), flush=True)
                if a.out:
                    with open(a.out, "a", encoding="ascii") as f:
                        f.write(json.dumps(row) + "\n")
                lost += row["accepted"] > row["found"]
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
