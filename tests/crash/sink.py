"""A next hop that sometimes says later, never or nothing, and keeps count of every recipient: in a thread of its own."""
import asyncio
import random
import threading
import time


class Sink:
    """What it did to whom. What it took once it never refuses for good, so that no recipient can rightly be delivered and bounced."""

    # What it says where it is kind: never no, and never nothing.
    KIND = {"421 in place of a greeting", "450 to a recipient", "451 to DATA", "451 at the end", "421 at the end"}

    def __init__(self, seed, check, kind=False):
        self.dice, self.check, self.kind = random.Random(seed), check, kind
        self.open, self.most_open = 0, None     # connections; the most of them since somebody set this to a number
        self.taken = {}             # address -> moments of its 250
        self.plain = {}             # address -> for each of these whether it was said without DSN: then the client reports (RFC 3461 §5.2.2)
        self.unsaid = {}            # address -> times it was taken and the 250 was not said
        self.refused = set()        # addresses that were told 5xx
        self.damaged = []           # addresses whose message was not what was sent
        self.good = False           # takes everything from now on
        self.said = {}              # what it did -> times
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        ready.wait()

    def has(self, address):
        return address in self.taken or address in self.unsaid

    def count(self, what):
        self.said[what] = self.said.get(what, 0) + 1
        return what

    def choose(self, *choices):
        """One of (percent, what), else None."""
        at = self.dice.uniform(0, 100)
        for percent, what in () if self.good else choices:
            at -= percent
            if at < 0:
                return self.count(what) if what in self.KIND or not self.kind else None
        return None

    async def _serve(self, ready):
        server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=1 << 22, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def _session(self, reader, writer):
        self.open += 1
        if self.most_open is not None:
            self.most_open = max(self.most_open, self.open)
        try:
            await self._talk(reader, writer)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass                    # the client is gone: it was killed, or we hung up
        finally:
            self.open -= 1
            writer.close()

    async def _talk(self, reader, writer):
        greeting = self.choose((2, "hung up at once"), (2, "421 in place of a greeting"))
        if greeting == "hung up at once":
            return
        writer.write(b"421 4.3.2 not now\r\n" if greeting else b"220 sink.test\r\n")
        if greeting:
            return
        to, dsn = [], self.dice.random() < 0.5
        while True:
            line = (await reader.readuntil(b"\r\n")).rstrip()
            verb = line[:4].upper()
            if verb == b"EHLO":
                offers = [b"PIPELINING", b"8BITMIME", b"CHUNKING", b"ENHANCEDSTATUSCODES", *([b"DSN"] if dsn else [])]
                writer.write(b"250-sink.test\r\n" + b"".join(b"250-%s\r\n" % offer for offer in offers[:-1]) + b"250 %s\r\n" % offers[-1])
            elif verb == b"MAIL":
                to, content = [], b""
                writer.write(b"250 2.1.0 ok\r\n")
            elif verb == b"RCPT":
                writer.write(self._rcpt(line, to))
            elif verb == b"DATA":
                if not to:
                    writer.write(b"554 5.5.1 for nobody\r\n")
                elif self.choose((2, "451 to DATA")):
                    writer.write(b"451 4.3.0 not now\r\n")
                else:
                    writer.write(b"354 go on\r\n")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    if not self._verdict(writer, to, content[:-3].replace(b"\r\n..", b"\r\n."), dsn):
                        return
                    to = []
            elif verb == b"BDAT":
                words = line.split()
                content += await reader.readexactly(int(words[1]))
                if len(words) < 3:
                    writer.write(b"250 2.0.0 more\r\n")
                elif not self._verdict(writer, to, content, dsn):
                    return
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            else:
                to = []
                writer.write(b"250 2.0.0 ok\r\n")

    def _rcpt(self, line, to):
        address = line[line.index(b"<") + 1:line.index(b">")].decode()
        what = self.choose((5, "450 to a recipient"), (5, "550 to a recipient"))
        if what == "450 to a recipient":
            return b"450 4.2.1 not now\r\n"
        if what and not self.has(address):
            self.refused.add(address)
            return b"550 5.1.1 nobody\r\n"
        to.append(address)
        return b"250 2.1.5 ok\r\n"

    def _verdict(self, writer, to, content, dsn):
        """What comes after the dot; False: hangs up."""
        what = self.choose((6, "451 at the end"), (3, "421 at the end"), (3, "554 at the end"), (3, "hung up, not taken"), (4, "hung up, taken"))
        if what == "451 at the end":
            writer.write(b"451 4.3.0 not now\r\n")
        elif what == "421 at the end":
            writer.write(b"421 4.3.2 not now\r\n")
            return False
        elif what == "554 at the end" and not any(self.has(a) for a in to):
            self.refused.update(to)
            writer.write(b"554 5.6.0 never\r\n")
        elif what == "hung up, not taken":
            return False
        else:
            for address in to:
                if not self.check(address, content):
                    self.damaged.append(address)
            if what == "hung up, taken":
                for address in to:
                    self.unsaid[address] = self.unsaid.get(address, 0) + 1
                return False
            now = time.monotonic()
            for address in to:
                self.taken.setdefault(address, []).append(now)
                self.plain.setdefault(address, []).append(not dsn)
            writer.write(b"250 2.0.0 taken\r\n")
        return True
