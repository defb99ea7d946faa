"""A TCP proxy in front of a database, which spoils what it is told to: it goes silent, resets, throws answers away, or cuts right at a COMMIT."""
import asyncio
import collections
import random
import socket
import struct
import threading

_loop = None


def loop():
    """The one that all proxies share, in a thread of its own."""
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
        threading.Thread(target=_loop.run_forever, daemon=True).start()
    return _loop


class Talk:
    """Follows what a client tells PostgreSQL (frames of protocol 3, in any pieces), to know where a statement that stores or delivers mail ends."""

    def __init__(self):
        self._rest, self._begun, self._kinds, self._kind = b"", False, {}, None

    @staticmethod
    def kind(query):
        if b"INSERT INTO accepted" in query:
            return "store"
        return "deliver" if b"INSERT INTO mail " in query else None

    def feed(self, octets):
        """Answers (kind, octets of this piece up to behind the Sync) for the first statement of a kind that ends in it, else None."""
        before, self._rest, at, found = len(self._rest), self._rest + octets, 0, None
        while True:
            head = 1 if self._begun else 0
            if len(self._rest) < at + head + 4:
                break
            size = struct.unpack_from("!I", self._rest, at + head)[0]
            if len(self._rest) < at + head + size:
                break
            if not self._begun:
                self._begun = struct.unpack_from("!I", self._rest, 4)[0] == 196608       # not a question for TLS
            else:
                kind = self._message(self._rest[at:at + 1], self._rest[at + 5:at + 1 + size])
                if kind and not found:
                    found = kind, at + head + size - before
            at += head + size
        self._rest = self._rest[at:]
        return found

    def _message(self, letter, content):
        if letter == b"P":                      # Parse: its text has a name from now on
            name, query = content.split(b"\0", 2)[:2]
            self._kinds[name] = self.kind(query)
        elif letter == b"B":                    # Bind: what is to run
            self._kind = self._kinds.get(content.split(b"\0", 2)[1]) or self._kind
        elif letter == b"S":                    # Sync: and with it the COMMIT
            kind, self._kind = self._kind, None
            return kind
        return None


class Proxy:
    """Passes everything on until it is told otherwise."""

    SYNC = 5                                    # octets of a Sync, the last of a statement

    def __init__(self, target, dice=random):
        self.target, self.dice = target, dice
        self.cuts = collections.Counter()       # (kind, how) -> times
        self._wanted, self._resets, self._open = None, False, set()
        self._flows = self._run(self._serve())

    def silence(self):
        """Nothing passes any more and nothing ends: what is under way arrives when it is mended."""
        self._call(self._gate.clear)

    def reset(self):
        """Every connection is reset, and each new one at once."""
        self._resets = True
        self._call(lambda: [self._end(w, hard=True) for w in list(self._open)])

    def mend(self):
        self._resets = False
        self._call(self._gate.set)

    def cut_commit(self, kind, how):
        """
        The next statement of this kind (store, deliver) is cut: "before" the octets that say COMMIT, when they have been "sent", or when the database has
        said that it is done ("answer"). Whoever sent it cannot tell these apart.
        """
        self._wanted = kind, how

    @property
    def is_armed(self):
        return self._wanted is not None

    # --- in the loop's thread ---

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, loop()).result(30)

    def _call(self, do):
        async def now():
            do()
        self._run(now())

    async def _serve(self):
        self._gate = asyncio.Event()
        self._gate.set()
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _end(self, writer, hard=False):
        self._open.discard(writer)
        if hard and not writer.is_closing():
            one = writer.get_extra_info("socket")
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.close()

    async def _join(self, reader, writer):
        self._open.add(writer)
        await self._gate.wait()
        if self._resets:
            self._end(writer, hard=True)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._end(writer, hard=True)
            return
        self._open.add(far_writer)
        link = Link()
        tasks = [asyncio.ensure_future(self._ask(reader, far_writer, link)), asyncio.ensure_future(self._answer(far_reader, writer, link))]
        # What the client said before it hung up still arrives; what the database answers then reaches nobody.
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self._end(writer, hard=link.is_cut)
        self._end(far_writer)
        await asyncio.wait(tasks, timeout=5)
        for task in tasks:
            task.cancel()

    async def _ask(self, reader, far, link):
        talk = Talk()
        try:
            while octets := await reader.read(65536):
                await self._gate.wait()
                found = talk.feed(octets)
                if found and self._wanted and self._wanted[0] == found[0]:
                    (kind, how), self._wanted = self._wanted, None
                    self.cuts[kind, how] += 1
                    far.write(octets[:max(0, found[1] - self.SYNC)] if how == "before" else octets)
                    await far.drain()
                    if how == "answer":
                        link.awaits_answer = True
                        continue
                    link.is_cut = True
                    return
                far.write(octets)
                await far.drain()
        except OSError:
            pass                                # one side is gone, so both are

    async def _answer(self, far, writer, link):
        try:
            while octets := await far.read(65536):
                await self._gate.wait()
                if link.awaits_answer:
                    if octets.endswith((b"Z\0\0\0\5I", b"Z\0\0\0\5T", b"Z\0\0\0\5E")):
                        link.is_cut = True
                        return                  # done, and nobody hears of it
                    continue
                writer.write(octets)
                await writer.drain()
        except OSError:
            pass


class Link:
    def __init__(self):
        self.awaits_answer = self.is_cut = False
