#!/usr/bin/env python3
"""Wrong passwords, so many a second, next to a client that logs in and sends: what it costs the server, and what it costs the client.

  auth.py                                   2,000 a second for a minute, from 240 addresses and then from one
  auth.py --rate 500 --seconds 10 --names 1
  auth.py --short                           a small one

The guessers ask for names that exist and names that do not. Ends with 1 if the good client was refused or lost a message, if the server ended, if
a guess was let in, or if memory grew by more than --most-memory (MiB).
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import select
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "crash"))

import crowd as crowds  # noqa: E402
from attack import RECIPIENT, Watch, delivered, rss  # noqa: E402
from crowd import CONNECTED, Crowd  # noqa: E402
from good import GoodClient, percentile  # noqa: E402
from server import Server  # noqa: E402

WRONG, PUT_OFF, LET_IN, TURNED_AWAY = 4, 5, 6, 7
GUESSES = 5                                     # of one connection: then it is closed (auth.attempts-per-session)


def users_line(name, password, rounds=600_000):
    """A line of the users file, with as many rounds as 'actorsmtp user' takes."""
    salt = hashlib.sha256(name.encode()).digest()[:16]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    b64 = lambda octets: base64.b64encode(octets).decode()  # noqa: E731
    return f"{name}:SCRAM-SHA-256${rounds}:{b64(salt)}${b64(stored)}:{b64(server)}:\n"


class Guessers(Crowd):
    """Each connection sends its guesses in one piece and reads the answers; `rate` guesses a second are tried."""

    counters = 8

    def __init__(self, port, rate, addresses, names, **more):
        super().__init__(port, count=max(200, 2 * rate), rate=rate / GUESSES, **more)
        self.addresses, self.names = addresses, names

    def _main(self):
        every = crowds.source
        crowds.source = lambda i: every(i % self.addresses)
        super()._main()

    def on_event(self, peer, events):
        if peer["state"] == 0 and events & select.EPOLLOUT:
            peer["state"] = 1
            self.shared[CONNECTED] += 1
            lines = [b"EHLO guess.test\r\n"]
            for _ in range(GUESSES):
                name = "user" if self.random.random() < 0.5 else f"name{self.random.randrange(self.names)}"
                guess = base64.b64encode(f"\0{name}\0guess{self.random.randrange(10**9)}".encode())
                lines.append(b"AUTH PLAIN " + guess + b"\r\n")
            if self.send(peer, b"".join(lines)) is None:
                return False
        if not events & (select.EPOLLIN | select.EPOLLRDHUP):
            return True
        while True:
            try:
                got = peer["socket"].recv(65536)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not got:
                return False
            for line in got.split(b"\n"):
                for code, counter in ((b"535 ", WRONG), (b"454 ", PUT_OFF), (b"235 ", LET_IN), (b"421 ", TURNED_AWAY)):
                    if line.startswith(code):
                        self.shared[counter] += 1

    def on_time(self, peer, now):
        return now - peer["since"] < 120


class GoodUser(GoodClient):
    """Logs in for every message."""

    sender, patience = "user@mx.test", 60

    def log_in(self, f, expect):
        f.write(b"AUTH PLAIN " + base64.b64encode(b"\0user\0secret") + b"\r\n")
        expect(b"235")


def attack(server, name, rate, addresses, names, seconds):
    before = rss(server.process.pid)
    guessers = Guessers(server.port, rate, addresses, names).start() if rate else None
    if guessers:
        time.sleep(min(5, seconds))                                                 # the allowances are used up
    counted = list(guessers.shared) if guessers else [0] * 8
    watch, good = Watch(server.process.pid), GoodUser(server.port, RECIPIENT, rate=20).start()
    time.sleep(seconds)
    good.stop()
    watch.stop()
    now = list(guessers.shared) if guessers else [0] * 8
    if guessers:
        guessers.stop()
    per_second = lambda counter: round((now[counter] - counted[counter]) / seconds, 1)  # noqa: E731
    return {
        "attack": name, "good": len(good.took), "failed": good.failed, "p50": percentile(good.took, 0.5), "p99": percentile(good.took, 0.99),
        "worst": 1000 * max(good.took or [0]), "cpu": watch.cpu, "before": before, "peak": max(watch.rss or [0]),
        "connections": per_second(CONNECTED), "wrong": per_second(WRONG), "put-off": per_second(PUT_OFF), "turned-away": per_second(TURNED_AWAY),
        "let-in": now[LET_IN],
    }


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rate", type=int, default=2000, help="guesses a second")
    parse.add_argument("--names", type=int, default=1000, help="different names that do not exist")
    parse.add_argument("--seconds", type=float, default=60)
    parse.add_argument("--most-memory", type=float, default=256)
    parse.add_argument("--set", action="append", default=[])
    parse.add_argument("--short", action="store_true")
    parse.add_argument("--json", help="the rows, into this file")
    args = parse.parse_args()
    if args.short:
        args.rate, args.seconds = 200, 4
    folder = tempfile.mkdtemp(prefix="actorsmtp-auth-")
    data = f"{folder}/data"
    os.makedirs(data, mode=0o700)
    with open(f"{data}/users", "w", encoding="ascii") as users:
        users.write(users_line("user", "secret"))
    os.chmod(f"{data}/users", 0o600)
    server = Server(data, [
        "auth.accept-any=false", "auth.allow-plaintext=loopback", "listeners.smtp.auth=offered", "limits.connections=20000",
        "limits.connections-per-address=20000", "domains=mx.test", "unknown-recipients=accept", *args.set])
    if not server.start():
        raise SystemExit(f"the server ended; see {server.log}")
    rows, sent, bad = [], 0, False
    try:
        for name, rate, addresses in (("none", 0, 1), ("from 240 addresses", args.rate, 240), ("from one address", args.rate, 1)):
            row = attack(server, name, rate, addresses, args.names, args.seconds)
            rows.append(row)
            sent += row["good"]
            print(f"{name:<20} good {row['good']:5} failed {len(row['failed'])}  p50 {row['p50']:7.1f} ms  p99 {row['p99']:7.1f} ms  cpu {row['cpu']:4.0f}%  "
                  f"memory {row['before']:.0f} to {row['peak']:.0f} MiB  guesses/s: wrong {row['wrong']}, put off {row['put-off']}; "
                  f"connections/s {row['connections']}, let in {row['let-in']}", flush=True)
            for wrong in row["failed"][:5]:
                print("   ", wrong)
            bad |= bool(row["failed"]) or row["let-in"] > 0 or row["peak"] - row["before"] > args.most_memory or not server.alive()
        there = delivered(server, sent)
        print(f"sent {sent}, delivered {there}")
        bad |= there < sent
    finally:
        server.stop() if server.alive() else None
    if args.json:
        with open(args.json, "w", encoding="ascii") as out:
            json.dump(rows, out, indent=1)
    shutil.rmtree(folder, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
