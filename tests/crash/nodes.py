"""A node of the cluster under test with clients of its own, and the mailboxes in the database against what was acknowledged."""
import collections
import glob
import hashlib
import os
import time

from load import Load
from mail import boxes
from milter import edited
from proxy import Proxy
from server import Server

AWAY = 6                # domains elsewhere
FRESH = 1.0             # seconds in which a 250 of the next hop may not be on record yet: the record goes with others, and the database has a crowd at its door


def dice_of(token):
    return hashlib.sha256(f"way {token}".encode()).digest()


def here(token):
    """The mailboxes a message goes to; of those for the world one in two goes to mailboxes too."""
    return boxes(token) if not away(token) or dice_of(token)[1] < 128 else []


def away(token):
    """Its recipients elsewhere: of one message in six one, of some of these two, at two domains."""
    h = dice_of(token)
    return [f"{token}.{n}@d{(h[2] + n) % AWAY}.away.test" for n in range(1 + (h[3] < 64))] if h[0] < 43 else []


def token_of(address):
    return address.split("@")[0].rsplit(".", 1)[0]


class Senders(Load):
    """Clients that do what a mail server does: what got no 250 they bring again, until it has one."""

    def __init__(self, run, **more):
        super().__init__(run, **more)
        self.again, self.in_doubt = collections.deque(), 0
        self.doubts = collections.Counter()         # token -> times that it was in doubt

    def recipients(self, token):
        return [f"box{b}@crash.test" for b in here(token)] + away(token)

    def next(self):
        return self.again.popleft() if self.again else super().next()

    def undecided(self, token, sent):
        self.in_doubt += sent
        if sent:
            self.doubts[token] += 1
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

    def __init__(self, number, folder, databases, lease, dice, clock=False, sets=(), program=None, clients=6, pause=0.005):
        self.number, self.folder, self.lease, self.lives, self.sets, self.program = number, folder, lease, 0, list(sets), program
        self.proxies = [Proxy(d.port, dice) for d in databases]
        self.clock = Clock(f"{folder}/n{number}.clock") if clock else None
        self.load = Senders(f"n{number}", clients=clients, pause=pause)
        self.begin()

    def begin(self):
        """Another life begins; nothing is waited for."""
        self.lives += 1
        self.name = f"n{self.number}.{self.lives}"
        where = "Host=" + ",".join(f"127.0.0.1:{p.port}" for p in self.proxies) if len(self.proxies) > 1 else f"Host=127.0.0.1;Port={self.proxies[0].port}"
        connection = f"{where};Username=tests;Database=mail;SSL Mode=Disable;GSS Encryption Mode=Disable"
        self.server = Server(f"{self.folder}/n{self.number}", [
            "storage.kind=postgres", f'storage.connection="{connection}"', f'storage.shared.node="{self.name}"', f"storage.shared.lease={int(self.lease * 1000)}ms",
            "storage.shared.poll=200ms", "storage.shared.patience=6s", "storage.shared.connections=20", *self.sets], program=self.program, prefix=self.clock.prefix if self.clock else ())
        self.server.begin()

    def goes(self):
        """Waits until it takes mail, and has its clients send."""
        # As systemd would: a database that is slow to answer ends a start, and the next one follows.
        if not self.server.listens() and not any(self.server.start() for _ in range(4)):
            with open(self.server.log, encoding="utf-8") as f:
                raise SystemExit(f"a node does not start: {f.read()[-2000:]}")
        self.load.start(self.server.port)

    def restart(self):
        self.load.stop()
        self.begin()
        self.goes()


class SharedMailboxes:
    """What is in the database's mailboxes."""

    # The database makes the hashes: of long mail for many mailboxes no content comes here.
    MAIL = """
        SELECT m.account, encode(substring(t.content FROM 1 FOR 80), 'hex'), encode(sha256(t.content), 'hex')
        FROM mail m JOIN bodies b ON b.id = m.body
        CROSS JOIN LATERAL (SELECT coalesce(b.content, (SELECT string_agg(c.content, '' ORDER BY c.at) FROM chunks c WHERE c.body = m.body), '') AS content) w
        CROSS JOIN LATERAL (SELECT substring(w.content FROM position('X-Crash-Token: '::bytea IN w.content)) AS content) t
        """

    def __init__(self):
        self.damaged = self.twice = 0
        self.found = {}

    def look(self, postgres):
        """Every message, whole. Whatever is not what was sent (to whom it was not, or a notice: nothing is refused here) is damaged."""
        self.found, self.damaged = {}, 0
        for account, head, digest in postgres.ask(self.MAIL, database="mail"):
            name, _, rest = bytes.fromhex(head).partition(b"\r\n")[0].partition(b": ")
            token, box = rest.decode("ascii", "replace"), account.split("@")[0].removeprefix("box")
            box = int(box) if box.isdigit() else -1
            if name != b"X-Crash-Token" or box not in here(token) or digest != hashlib.sha256(edited(token)).hexdigest():
                self.damaged += 1
            self.found[(token, box)] = self.found.get((token, box), 0) + 1
        more = collections.Counter()
        for (token, _), times in self.found.items():
            more[token] = max(more[token], times - 1)       # one message, in however many mailboxes
        self.twice = sum(more.values())

    def missing(self, acknowledged):
        return [(t, b) for t in acknowledged for b in here(t) if (t, b) not in self.found]


class World:
    """What came of mail for elsewhere, at the sink that all nodes send to. Each connection has one message in hand, and of what the sink said 250 to just before the
    outcome may not be recorded yet: so many a fault can bring twice."""

    def __init__(self, sink):
        self.sink = sink
        self.twice = self.in_hand = self.lost = self.recipients = self.fresh = 0
        self.damaged = 0

    def fault(self):
        """A fault begins: what is under way now, or comes to be while it lasts, may come again."""
        self.end()
        self.sink.most_open = self.sink.open
        since = time.monotonic() - FRESH
        self.fresh += sum(at > since for moments in list(self.sink.taken.values()) for at in moments)

    def end(self):
        if self.sink.most_open is not None:
            self.in_hand += self.sink.most_open
            self.sink.most_open = None

    def look(self, acknowledged, doubts):
        """Everything that was acknowledged since the last look is to be there by now; answers what is not."""
        self.end()
        taken, self.sink.taken, self.sink.plain = self.sink.taken, {}, {}
        wanted = {a for t in acknowledged for a in away(t)}
        missing = [a for a in wanted if a not in taken]
        self.recipients += len(wanted)
        self.lost += len(missing)
        self.damaged = len(self.sink.damaged)
        more = collections.Counter()
        for address, moments in taken.items():
            # One message of a token for each domain: its recipients there came together. One that comes after its round was settled is one too many as well.
            token, domain = token_of(address), address.split("@")[1]
            more[token, domain] = max(more[token, domain], len(moments) - (address in wanted) - doubts[token])
        self.twice += sum(n for n in more.values() if n > 0)
        return missing
