#!/usr/bin/env python3
"""kill -9 of the built server while its queue sends to a next hop that says later, never and nothing: what was acknowledged is delivered or bounced in
the end; none is lost, none both. Recipients come with NOTIFY of every kind, some of them are mailboxes of the server itself, and half of the next hop's
sessions have no DSN: who asked hears of success, once for each time that it was taken, and nobody hears what it did not want to.

  outbound.py COUNT           so many kills at random moments, some while it recovers

Options: --seed N, --folder DIR (work area, default a temporary one), --table FILE (a JSON object is appended), --minutes M (ends early in good order).
The last line says what came of it; exit 0: nothing lost, damaged, bounced though nobody refused it, bounced and delivered, told twice or not at all, or told
unasked; twice delivered only what was in flight at a kill, or at a next hop that hung up on what it had taken; 1: not so.
"""
import argparse
import os
import re
import shutil
import sys
import tempfile
import time

from load import Load
from mail import dice, message
from server import Server
from sink import Sink
from tally import Tally

HOME, DOMAINS = "home.crash.test", 12
MOST_WAITING = 400          # acknowledged and not settled: the next hop is a Python program
IN_FLIGHT = 5.0             # seconds before a kill in which a 250 may have come too late to be written down
TOLD = re.compile(rb"Final-Recipient: *rfc822; *(\S+)\s+Action: *(\w+)", re.IGNORECASE)
WISHES = ("", "SUCCESS,FAILURE", "NEVER", "FAILURE", "SUCCESS")


def addresses(token):
    """One to three recipients elsewhere, mostly of one domain, and of every fourth message a mailbox here."""
    run, number = token.rsplit("-", 1)
    domain = int(number) % DOMAINS
    there = [f"{run}.{number}.{n}@d{(domain + (n == 2)) % DOMAINS}.crash.test" for n in range(1 + (int(number) % 5 == 0) + (int(number) % 10 == 0))]
    return there + ([f"box{int(number) % 3}+{run}.{number}.9@{HOME}"] if int(number) % 4 == 0 else [])


def token_of(address):
    run, number, _ = address.split("@")[0].rsplit(".", 2)
    return f"{run}-{number}"


def is_here(address):
    return address.endswith(f"@{HOME}")


def wish(address):
    """NOTIFY of a recipient; who is here is always to be told of."""
    number, n = address.split("@")[0].rsplit(".", 2)[1:]
    return "SUCCESS" if is_here(address) else WISHES[(int(number) // 3 + int(n)) % len(WISHES)]


class OutboundLoad(Load):
    """Clients that send to the world, and wait while too much of it is on its way."""

    sender = f"bounces@{HOME}"

    def __init__(self, run, fates):
        super().__init__(run, clients=8)
        self.fates = fates

    def recipients(self, token):
        return addresses(token)

    def parameters(self, token):
        return f" RET=HDRS ENVID={token}"

    def wish(self, address):
        return f" NOTIFY={wish(address)}" if wish(address) else ""

    def may_send(self):
        return len(self.acknowledged) - self.fates.settled <= MOST_WAITING


class Fates:
    """What became of every recipient: what the next hop took, and the notices in the sender's mailbox, each file read once."""

    def __init__(self, data, sink):
        self.folder, self.sink = f"{data}/mail/bounces@{HOME}/Maildir", sink
        self.bounced = {}           # address -> notices that say it failed
        self.succeeded = {}         # address -> notices that say it is delivered, or passed on to a server without DSN
        self.seen = set()
        self.settled = 0            # messages of the front of the list that are
        self.unread = 0             # notices without a recipient of ours

    def look(self):
        for part in ("new", "cur"):
            folder = f"{self.folder}/{part}"
            for name in os.listdir(folder) if os.path.isdir(folder) else ():
                if name not in self.seen:
                    self.seen.add(name)
                    with open(f"{folder}/{name}", "rb") as f:
                        found = TOLD.findall(f.read())
                    self.unread += not found
                    for address, action in found:
                        address, told = address.decode(), self.bounced if action == b"failed" else self.succeeded
                        told[address] = told.get(address, 0) + 1

    def is_settled(self, token):
        return all(self._is_settled(a) for a in addresses(token))

    def _is_settled(self, address):
        """Where nobody wants to hear of a failure, that it was refused has to be enough."""
        if is_here(address):
            return address in self.succeeded
        return address in self.bounced or address in self.sink.taken or ("FAILURE" not in (wish(address) or "FAILURE") and address in self.sink.refused)

    def advance(self, acknowledged):
        """Counts what is settled from the front on."""
        self.look()
        while self.settled < len(acknowledged) and self.is_settled(acknowledged[self.settled]):
            self.settled += 1

    def drain(self, acknowledged, patience=90):
        """Waits until everything is settled, or nothing moves for long; answers what is missing."""
        self.sink.good, last, before = True, time.monotonic(), -1
        missing = acknowledged[self.settled:]
        while missing and time.monotonic() - last < patience:
            self.look()
            missing = [t for t in missing if not self.is_settled(t)]
            now = len(self.seen) + len(self.sink.taken)
            if now != before:
                last, before = time.monotonic(), now
            time.sleep(0.05)
        self.sink.good = False
        self.advance(acknowledged)
        return missing


def campaign(count, random, folder, tally):
    def is_right(address, content):
        at = content.find(b"X-Crash-Token: ")
        return at >= 0 and content[at:] == message(token_of(address))

    sink = Sink(random.randrange(1 << 30), is_right)
    server = Server(f"{folder}/data", sets=[
        f'domains=["{HOME}"]', "unknown-recipients=accept", 'listeners.smtp.relay-from=["127.0.0.0/8"]',
        f'outbound.routes."*"="smtp://127.0.0.1:{sink.port}"', "outbound.retry=[1s]", "outbound.retry-jitter=0", "outbound.expire=1h", "outbound.warn-after=0s",
        "outbound.rest=1s", "outbound.longest-rest=1s"])
    fates = Fates(server.data, sink)
    load = OutboundLoad("out", fates)
    kills = []
    server.start()
    for number in tally.rounds(count):
        load.start(server.port)
        end = time.monotonic() + random.uniform(0.05, 1.5)
        while time.monotonic() < end:
            time.sleep(0.02)
            fates.advance(load.acknowledged)
        server.kill()
        kills.append(time.monotonic())
        load.stop()
        load.unanswered = 0
        if random.random() < 0.3:                       # once more, while it recovers or sends what it found
            early = Server(server.data, server.sets)
            if early.start():
                time.sleep(random.uniform(0, 0.3))
            early.kill()
            kills.append(time.monotonic())
            tally.count("killed_in_recovery")
        tally.faults, tally.acknowledged = number + 1, len(load.acknowledged)
        if not server.start():
            raise SystemExit(f"the server does not start after a kill; see {server.log}")
        if number % 10 == 9:
            missing = fates.drain(load.acknowledged)
            if missing:
                print(f"# LOST {missing[:5]} after {number + 1} kills", file=sys.stderr)
    missing = fates.drain(load.acknowledged)
    clean = server.stop()
    if not server.start():
        raise SystemExit(f"the last start failed; see {server.log}")
    missing = fates.drain(load.acknowledged, patience=10) if not missing else missing
    server.stop()
    fates.look()
    judge(load, sink, fates, kills, missing, tally)
    tally.count("clean_end", int(clean == 0))


def judge(load, sink, fates, kills, missing, tally):
    known = {a for t in load.acknowledged for a in addresses(t)}
    there = {a for a in known if not is_here(a)}
    tally.acknowledged, tally.lost, tally.damaged = len(load.acknowledged), len(missing), len(sink.damaged)
    tally.count("recipients", len(known))
    tally.count("delivered", sum(a in sink.taken for a in there))
    tally.count("told_of_success", len(fates.succeeded))
    tally.count("bounced", sum(a in fates.bounced for a in known))
    tally.count("delivered_and_bounced", sum(sink.has(a) for a in fates.bounced))
    tally.count("bounced_unasked", sum(a not in sink.refused for a in fates.bounced))
    tally.count("bounced_twice", sum(n - 1 for n in fates.bounced.values()))
    tally.count("strange_notices", fates.unread)
    # A notice is owed for each time that a server without DSN took it; where that came again, the one that was on its way may be missing, but not the last.
    tally.count("success_untold", sum("SUCCESS" in wish(a) and a in sink.taken and sink.plain[a][-1] and a not in fates.succeeded for a in there))
    tally.count("success_told_twice", sum(n > (1 if is_here(a) else sum(sink.plain.get(a, ()))) for a, n in fates.succeeded.items()))
    tally.count("told_unasked", sum("SUCCESS" not in wish(a) for a in fates.succeeded) + sum("FAILURE" not in (wish(a) or "FAILURE") for a in fates.bounced))
    # A message taken twice was under way when the server was killed, or is one whose 250 the next hop kept to itself.
    by_kill, oldest = {}, 0.0
    for address, moments in sink.taken.items():
        for moment in moments[:-1]:
            kill = next((k for k in kills if moment <= k <= moment + IN_FLIGHT), None)
            tally.count("too_often_twice", int(kill is None))
            if kill is not None:
                by_kill[kill] = by_kill.get(kill, 0) + 1
                oldest = max(oldest, kill - moment)
    tally.twice = sum(len(m) - 1 for m in sink.taken.values())
    tally.in_flight = max(by_kill.values(), default=0)
    tally.count("oldest_in_flight_ms", round(oldest * 1000))
    tally.count("taken_without_a_word", sum(sink.unsaid.values()))
    for what, times in sorted(sink.said.items()):
        print(f"# the next hop: {what}: {times}")
    for code, times in sorted(load.refused.items()):
        tally.count(f"refused_{code}", times)
    if missing:
        print(f"# LOST {missing[:20]}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--folder")
    parser.add_argument("--table")
    parser.add_argument("--minutes", type=float)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"# outbound: {args.count} kills, seed {seed}", flush=True)
    folder = args.folder or tempfile.mkdtemp(prefix="actorsmtp-crash-")
    os.makedirs(folder, exist_ok=True)
    tally = Tally("outbound", args.minutes)
    campaign(args.count, dice(seed), folder, tally)
    code = tally.end(args.table)
    wrong = [k for k in ("delivered_and_bounced", "bounced_unasked", "bounced_twice", "strange_notices", "success_untold", "success_told_twice", "told_unasked")
             if tally.more.get(k)]
    if wrong:
        print(f"# wrong: {', '.join(wrong)}", file=sys.stderr)
    if code == 0 and not wrong and not args.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else code


if __name__ == "__main__":
    sys.exit(main())
