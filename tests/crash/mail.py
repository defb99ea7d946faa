"""Messages that can be recognised octet for octet, and the count of what was acknowledged against what is in the mailboxes."""
import hashlib
import os
import random

BOXES = 8


def boxes(token):
    """The mailboxes a message goes to: one in ten goes to two."""
    h = hashlib.sha256(token.encode()).digest()
    first = h[0] % BOXES
    return [first, (first + 1) % BOXES] if h[1] < 26 else [first]


def message(token):
    """What is sent under a token, always the same: mostly a KiB, sometimes 20, at times 200 (which the journal keeps in chunks)."""
    digest = hashlib.sha256(token.encode())
    h = digest.digest()
    lines = 2800 if h[2] < 5 else 280 if h[2] < 25 else 11
    head = f"X-Crash-Token: {token}\r\nFrom: <load@crash.test>\r\nSubject: crash campaign\r\n\r\n"
    line = digest.hexdigest()
    return (head + "".join(f"{line}{i:08d}\r\n" for i in range(lines))).encode()


class Mailboxes:
    """Reads Maildirs again and again, each file once, and keeps count."""

    def __init__(self, data):
        self.root = os.path.join(data, "mail")
        self.seen = set()           # paths
        self.files = []             # of whole messages, oldest look first
        self.found = {}             # (token, box) -> times
        self.damaged = []           # paths of files that are not what was sent

    def look(self):
        """Takes in what is new. True if there was anything."""
        before = len(self.seen)
        for box in range(BOXES):
            for part in ("new", "cur"):
                folder = f"{self.root}/box{box}@crash.test/Maildir/{part}"
                try:
                    names = os.listdir(folder)
                except FileNotFoundError:
                    continue
                for name in names:
                    path = f"{folder}/{name}"
                    if path not in self.seen:
                        self.seen.add(path)
                        self._take(path, box)
        return len(self.seen) > before

    def _take(self, path, box):
        with open(path, "rb") as f:
            content = f.read()
        at = content.find(b"X-Crash-Token: ")
        end = content.find(b"\r\n", at)
        token = content[at + 15:end].decode("ascii", "replace") if at >= 0 and end > at else None
        if token is None or content[at:] != message(token) or box not in boxes(token):
            self.damaged.append(path)
            return
        self.found[(token, box)] = self.found.get((token, box), 0) + 1
        self.files.append(path)

    def missing(self, acknowledged):
        return [(t, b) for t in acknowledged for b in boxes(t) if (t, b) not in self.found]

    def twice(self):
        return sum(n - 1 for n in self.found.values())

    def prune(self, keep):
        """Removes files of messages found long ago, so that a long campaign does not fill the disk; they stay counted."""
        gone, self.files = self.files[:-keep or None], self.files[-keep:] if keep else []
        for path in gone:
            os.unlink(path)


def dice(seed):
    return random.Random(seed)
