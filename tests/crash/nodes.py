"""A node of the cluster under test with clients of its own, and the mailboxes in the database against what was acknowledged."""
import collections
import glob
import os

from load import Load
from mail import boxes, message
from proxy import Proxy
from server import Server


class Senders(Load):
    """Clients that do what a mail server does: what got no 250 they bring again, until it has one."""

    def __init__(self, run, **more):
        super().__init__(run, **more)
        self.again, self.in_doubt = collections.deque(), 0

    def next(self):
        return self.again.popleft() if self.again else super().next()

    def undecided(self, token, sent):
        self.in_doubt += sent
        self.again.append(token)


class Clock:
    """libfaketime (Debian: libfaketime): what a node takes for the time of day, changed while it runs. Its steady clock stays what it is."""

    def __init__(self, file):
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not found:
            print("not possible here: there is no libfaketime (Debian: libfaketime)")
            raise SystemExit(0)
        self.file = file
        self.prefix = ["env", f"LD_PRELOAD={found[0]}", f"FAKETIME_TIMESTAMP_FILE={file}", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1"]
        self.set(0)

    def set(self, seconds):
        with open(f"{self.file}.new", "w", encoding="ascii") as f:
            f.write(f"{seconds:+d}\n")
        os.replace(f"{self.file}.new", self.file)


class Node:
    """One of the three; started again under another name, so that the database tells its lives apart. A proxy of its own to each database server."""

    def __init__(self, number, folder, databases, lease, dice, clock=False):
        self.number, self.folder, self.lease, self.lives = number, folder, lease, 0
        self.proxies = [Proxy(d.port, dice) for d in databases]
        self.clock = Clock(f"{folder}/n{number}.clock") if clock else None
        self.load = Senders(f"n{number}", clients=6, pause=0.005)
        self.start()

    def start(self):
        self.lives += 1
        self.name = f"n{self.number}.{self.lives}"
        where = "Host=" + ",".join(f"127.0.0.1:{p.port}" for p in self.proxies) if len(self.proxies) > 1 else f"Host=127.0.0.1;Port={self.proxies[0].port}"
        connection = f"{where};Username=tests;Database=mail;SSL Mode=Disable;GSS Encryption Mode=Disable"
        self.server = Server(f"{self.folder}/n{self.number}", [
            "storage.kind=postgres", f'storage.connection="{connection}"', f'storage.shared.node="{self.name}"', f"storage.shared.lease={int(self.lease * 1000)}ms",
            "storage.shared.poll=200ms", "storage.shared.patience=6s", "storage.shared.connections=20"], prefix=self.clock.prefix if self.clock else ())
        # As systemd would: a database that is slow to answer ends a start, and the next one follows.
        if not any(self.server.start(wait=180) for _ in range(5)):
            with open(self.server.log, encoding="utf-8") as f:
                raise SystemExit(f"a node does not start: {f.read()[-2000:]}")
        self.load.start(self.server.port)

    def restart(self):
        self.load.stop()
        self.start()


class SharedMailboxes:
    """What is in the database's mailboxes."""

    def __init__(self):
        self.damaged = self.twice = 0
        self.found = {}

    def look(self, postgres):
        """Reads every message whole."""
        self.found, self.damaged = {}, 0
        for account, content in postgres.ask(
                "SELECT m.account, encode(coalesce(b.content, (SELECT string_agg(c.content, '' ORDER BY c.at) FROM chunks c WHERE c.body = m.body)), 'hex')"
                " FROM mail m JOIN bodies b ON b.id = m.body", database="mail"):
            content = bytes.fromhex(content)
            at = content.find(b"X-Crash-Token: ")
            token = content[at + 15:content.find(b"\r\n", at)].decode("ascii", "replace")
            box = int(account.split("@")[0].removeprefix("box"))
            if at < 0 or content[at:] != message(token) or box not in boxes(token):
                self.damaged += 1
            self.found[(token, box)] = self.found.get((token, box), 0) + 1
        more = collections.Counter()
        for (token, _), times in self.found.items():
            more[token] = max(more[token], times - 1)       # one message, in however many mailboxes
        self.twice = sum(more.values())

    def missing(self, acknowledged):
        return [(t, b) for t in acknowledged for b in boxes(t) if (t, b) not in self.found]
