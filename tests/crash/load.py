"""SMTP clients that note each 250 at the end of a message: 32 of them, in a thread of their own."""
import asyncio
import threading

from mail import boxes, message


class Load:
    """Clients of one server for as long as it runs; what it dies in the middle of has no verdict."""

    sender = "load@crash.test"

    def recipients(self, token):
        """To whom a message goes."""
        return [f"box{b}@crash.test" for b in boxes(token)]

    def parameters(self, token):
        """What MAIL says behind the sender."""
        return ""

    def wish(self, address):
        """What RCPT says behind the recipient."""
        return ""

    def may_send(self):
        """False: no message is begun for now."""
        return True

    def next(self):
        """The token of the message to send now."""
        self._number += 1
        return f"{self.run}-{self._number}"

    def undecided(self, token, sent):
        """Nobody said 250 for it. Where it was sent to its end it may have been taken all the same."""

    def __init__(self, run, clients=32, pause=0.0):
        self.run, self.clients, self.pause = run, clients, pause
        self.acknowledged = []      # tokens, in the order of their 250
        self.refused = {}           # code -> count
        self.unanswered = 0         # messages begun whose fate nobody told
        self._number = 0
        self._loop = None

    def start(self, port):
        self._stop, self._port = False, port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()), daemon=True)
        self._thread.start()

    def stop(self):
        """Ends all clients, each at its next reply or when its connection breaks."""
        self._stop = True
        self._thread.join(40)       # the longest wait for a reply, and some more
        if self._thread.is_alive():
            raise SystemExit("the clients do not end: a server that neither answers nor dies")

    async def _all(self):
        await asyncio.gather(*(self._client() for _ in range(self.clients)))

    async def _client(self):
        while not self._stop:
            writer = None
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self._port), 5)
                await self._session(reader, writer)
            except (OSError, EOFError, ValueError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                await asyncio.sleep(0.02)
            finally:
                if writer:
                    writer.close()

    async def _session(self, reader, writer):
        async def reply():
            while True:
                line = await asyncio.wait_for(reader.readuntil(b"\n"), 30)
                if line[3:4] != b"-":
                    return line

        await reply()
        writer.write(b"EHLO load.crash.test\r\n")
        await reply()
        while not self._stop:
            if self.may_send():
                await self._message(writer, reply)
            else:
                await asyncio.sleep(0.01)
        writer.write(b"QUIT\r\n")

    async def _message(self, writer, reply):
        token, sent, taken = self.next(), False, False
        to = self.recipients(token)
        try:
            lines = [f"MAIL FROM:<{self.sender}>{self.parameters(token)}", *(f"RCPT TO:<{a}>{self.wish(a)}" for a in to), "DATA", ""]
            writer.write("\r\n".join(lines).encode())
            replies = [await reply() for _ in range(len(to) + 2)]
            if replies[-1][:1] != b"3":
                code = self._count(next(r for r in replies if r[:1] in b"45"))
                if code == "421":
                    raise EOFError
                writer.write(b"RSET\r\n")
                await reply()
                await asyncio.sleep(0.05)
                return
            self.unanswered += 1
            sent = True
            writer.write(message(token) + b".\r\n")
            verdict = await reply()
            self.unanswered -= 1
            if verdict[:3] == b"250":
                taken = True
                self.acknowledged.append(token)
            else:
                self._count(verdict)
        finally:
            if not taken:
                self.undecided(token, sent)
        if self.pause:
            await asyncio.sleep(self.pause)

    def _count(self, refusal):
        code = refusal[:3].decode()
        self.refused[code] = self.refused.get(code, 0) + 1
        return code
