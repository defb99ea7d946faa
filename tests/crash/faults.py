"""Three nodes on one PostgreSQL, and what may happen to them: one method for each fault of cluster.py."""
import contextlib
import random
import signal
import time

from milter import Milter, edited
from nodes import Node, World, token_of
from postgres import Postgres
from sink import Sink


class Cluster:
    """Under load from its beginning on. `left` collects how long messages of a dead node waited for another one, `away` how long a node took no mail after a fault."""

    def __init__(self, folder, seed, lease, fsync=True, standby=False, clock=False, beside=None, clients=6, pause=0.005):
        """`beside`: the program of the second node, where it is another one."""
        self.folder, self.lease, self.dice = folder, lease, random.Random(seed)
        self.nodes, self.databases, self.left, self.away = [], [], [], []
        self.notes = {}
        try:
            self.databases.append(Postgres(folder, fsync, "pg1"))
            self.databases[0].ask("CREATE DATABASE mail")
            if standby:
                self.databases.append(Postgres(folder, fsync, "pg2", primary=self.databases[0]))
            self.postgres = self.databases[0]           # the one that takes writes
            self.milter, self.world = Milter(), World(Sink(self.dice.randrange(1 << 30), self.is_right, kind=True))
            sets = [
                'domains=["crash.test"]', "unknown-recipients=accept", 'listeners.smtp.relay-from=["127.0.0.0/8"]', "listeners.smtp.milters=[campaign]",
                f'gatekeeping.milters.campaign.address="inet:127.0.0.1:{self.milter.port}"',
                f'outbound.routes."*"="smtp://127.0.0.1:{self.world.sink.port}"', "outbound.retry=[1s]", "outbound.retry-jitter=0", "outbound.expire=1h", "outbound.warn-after=0s",
                "outbound.rest=1s", "outbound.longest-rest=1s"]
            for number in (1, 2, 3):
                self.nodes.append(Node(number, folder, self.databases, lease, self.dice, clock, sets, beside if number == 2 else None, clients, pause))
            for node in self.nodes:
                node.goes()
        except BaseException:
            self.end()
            raise

    def end(self):
        for node in self.nodes:
            node.load._stop = True
            node.server.kill()
        for database in self.databases:
            database.stop()

    @staticmethod
    def is_right(address, content):
        """What a recipient elsewhere got is what was sent to him, as the milter left it."""
        at = content.find(b"X-Crash-Token: ")
        return at >= 0 and content[at:] == edited(token_of(address))

    # --- the faults, each whole: afterwards all three nodes run ---

    def kill(self):
        """kill -9 of a node, which is started again at once as systemd would; others, or its next life, deliver what it had when its claims have ended."""
        node = self.dice.choice(self.nodes)
        with self.behind():
            node.server.kill()
            began, name = time.monotonic(), node.name
        node.load.stop()
        node.begin()
        self.taken_over(name, began)
        node.goes()

    def stop(self):
        """SIGSTOP of a node for two leases, then SIGCONT: it must not deliver what others have by now."""
        node = self.dice.choice(self.nodes)
        with self.behind():
            node.server.process.send_signal(signal.SIGSTOP)
            began = time.monotonic()
        self.taken_over(node.name, began)
        self.sleep(2 * self.lease - (time.monotonic() - began))
        self.goes_on([node], lambda: node.server.process.send_signal(signal.SIGCONT))

    def postmaster(self):
        """kill -9 of the postmaster, and a start up to a second later."""
        self.postgres.kill()
        self.sleep(self.dice.uniform(0, 1))
        self.goes_on(self.nodes, self.postgres.start)

    def commit_cut(self):
        """A node's connection is cut at a statement that stores or delivers: before its COMMIT, right behind it, or when the answer comes."""
        node = self.dice.choice(self.nodes)
        kind, how = self.dice.choice(["store", "store", "deliver"]), self.dice.choice(["before", "sent", "answer"])
        began = len(node.load.acknowledged)
        node.proxies[0].cut_commit(kind, how)
        self.wait(f"{node.name} is cut at a {kind}", lambda: not node.proxies[0].is_armed)
        self.note(f"cut_{kind}_{how}")
        self.wait(f"{node.name} takes mail again", lambda: len(node.load.acknowledged) > began)

    def partition(self):
        """One node does not reach the database any more, silently or by resets, for a moment up to two leases."""
        node, silent = self.dice.choice(self.nodes), self.dice.random() < 0.5
        long = self.dice.random() < 0.5
        self.note("silent" if silent else "reset")
        with self.behind() if long else contextlib.nullcontext():
            for proxy in node.proxies:
                proxy.silence() if silent else proxy.reset()
            began = time.monotonic()
        if long:
            self.taken_over(node.name, began)
            self.sleep(2 * self.lease - (time.monotonic() - began))
        else:
            self.sleep(self.dice.uniform(0.05, self.lease))
        self.goes_on([node], lambda: [p.mend() for p in node.proxies])

    def clock(self):
        """The clocks of all nodes jump, up to ten minutes to either side of the right time; then one is killed."""
        for node, seconds in zip(self.nodes, self.dice.sample([-600, 600, self.dice.randint(-600, 600)], 3)):
            node.clock.set(seconds)
        self.wait("messages bear wrong times", lambda: self.postgres.mail(
            "SELECT count(*) FROM mail HAVING max(delivered_at) > now() + INTERVAL '9 minutes' AND min(delivered_at) < now() - INTERVAL '9 minutes'"))
        self.kill()

    def failover(self):
        """kill -9 of the primary; its synchronous standby takes over, and what is left of the primary becomes a new one's."""
        old, new = self.postgres, next(d for d in self.databases if d is not self.postgres)
        old.kill()

        def promote():
            self.sleep(self.dice.uniform(0, 1))
            new.promote()
            self.postgres = new

        self.goes_on(self.nodes, promote)
        old.follow(new)

    def drain(self):
        """SIGTERM of a node: it hands over what it has."""
        node = self.dice.choice(self.nodes)
        code = node.server.stop()
        if code != 0:
            raise SystemExit(f"a node ended with {code}; see {node.server.log}")
        if self.held(node.name):
            raise SystemExit(f"{node.name} ended in order and still holds {self.held(node.name)} messages")
        left = self.postgres.mail(f"SELECT encode(id, 'hex') FROM outbound WHERE holder = '{node.name}' AND token <> 0 AND due > now()")
        if left:
            raise SystemExit(f"{node.name} ended in order and still holds {left} of the queue")
        node.restart()

    # --- what they have in common ---

    def note(self, what):
        self.notes[what] = self.notes.get(what, 0) + 1

    def held(self, name):
        """Messages that this life of a node has claimed."""
        return {row[0] for row in self.postgres.mail(f"SELECT encode(id, 'hex') FROM accepted WHERE holder = '{name}'")}

    @contextlib.contextmanager
    def behind(self):
        """Deliveries stand still for some tenths of a second (a lock on the mailboxes), so that every node has something when the fault comes."""
        self.postgres.mail("BEGIN")
        self.postgres.mail("LOCK TABLE mailboxes IN SHARE MODE")
        try:
            self.sleep(self.dice.uniform(0.2, 0.6))
            yield
        finally:
            self.postgres.mail("COMMIT")

    def taken_over(self, name, began):
        """Waits until nothing is left that this life of a node has held, and notes how long each message was."""
        self.sleep(0.2)                                 # what it had asked for is done by the database all the same
        waiting = self.held(name)
        end = time.monotonic() + 240
        while waiting:
            gone = waiting - self.held(name)
            self.left += [time.monotonic() - began] * len(gone)
            waiting -= gone
            if time.monotonic() > end:
                raise SystemExit(f"the work of {name} is not taken over: {len(waiting)} messages")
            self.sleep(0.01)

    def goes_on(self, nodes, mend):
        """What was broken is mended; notes how long each of these nodes took from then on to acknowledge a message."""
        mend()
        began = time.monotonic()
        before = {n: len(n.load.acknowledged) for n in nodes}
        while before:
            before = {n: a for n, a in before.items() if len(n.load.acknowledged) == a or self.away.append(time.monotonic() - began)}
            if time.monotonic() > began + 240:
                raise SystemExit(f"{', '.join(n.name for n in before)} take no mail any more")
            self.sleep(0.01)

    @staticmethod
    def sleep(seconds):
        time.sleep(max(0, seconds))

    @staticmethod
    def wait(what, true, patience=240):
        end = time.monotonic() + patience
        while not true():
            if time.monotonic() > end:
                raise SystemExit(f"it did not come to be within {patience} s: {what}")
            time.sleep(0.02)
