"""A milter that edits some of a campaign's messages, by sendmail's protocol: in a thread of its own."""
import asyncio
import hashlib
import struct
import threading

from mail import message

FIELD = "X-Edited: by a milter\r\n"
ADDS, CHANGES_BODY = 0x01, 0x02                 # SMFIF_ADDHDRS, SMFIF_CHGBODY: what it may do
NOTHING_OF = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x100 | 0x200        # connection, HELO, MAIL, RCPT, body, the header's end, unknown commands, DATA
NO_REPLY_TO_FIELDS = 0x80
NAME = b"X-Crash-Token\0"


def edit(token):
    """What it does to a message: nothing to most, a field to one in seven, and to a third of these a new body too."""
    h = hashlib.sha256(f"edit {token}".encode()).digest()[0]
    return "body" if h < 12 else "field" if h < 36 else None


def body(token):
    """The new one: another length than the old one, and as recognisable."""
    return f"The old text of {token} is gone.\r\n{hashlib.sha256(token.encode()).hexdigest()}\r\n"


def edited(token):
    """What a recipient is to find, from the token's field on."""
    sent, what = message(token), edit(token)
    if what is None:
        return sent
    head, old = sent.split(b"\r\n\r\n", 1)
    return head + b"\r\n" + FIELD.encode() + b"\r\n" + (body(token).encode() if what == "body" else old)


class Milter:
    """Asked of every message, at its fields and its end; nothing else is sent to it."""

    def __init__(self):
        self.edits = {}             # what -> times
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        ready.wait()

    async def _serve(self, ready):
        server = await asyncio.start_server(self._session, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def _session(self, reader, writer):
        token = None
        try:
            while True:
                size, = struct.unpack("!I", await reader.readexactly(4))
                packet = await reader.readexactly(size)
                command, content = packet[:1], packet[1:]
                if command == b"O":
                    self._say(writer, b"O", struct.pack("!III", 6, ADDS | CHANGES_BODY, NOTHING_OF | NO_REPLY_TO_FIELDS))
                elif command == b"L" and content.startswith(NAME):
                    token = content[len(NAME):].rstrip(b"\0").strip().decode("ascii", "replace")
                elif command == b"E":
                    self._end(writer, token)
                    token = None
                elif command == b"A":
                    token = None
                elif command == b"Q":
                    return
        except (OSError, EOFError):
            pass                    # the node is gone
        finally:
            writer.close()

    def _end(self, writer, token):
        what = edit(token) if token else None
        if what:
            self.edits[what] = self.edits.get(what, 0) + 1
            name, value = FIELD.rstrip().split(": ")
            self._say(writer, b"h", f"{name}\0{value}\0".encode())
            if what == "body":
                self._say(writer, b"b", body(token).encode())
        self._say(writer, b"c")

    @staticmethod
    def _say(writer, command, content=b""):
        writer.write(struct.pack("!I", len(content) + 1) + command + content)
