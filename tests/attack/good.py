"""The client for whom all this must make no difference: one message after the other, each by a connection of its own."""
import socket
import threading
import time


class GoodClient:
    """Sends `rate` messages a second at most and notes how long each took from connecting to its 250, and what went wrong."""

    sender, patience = "good@good.test", 30

    def __init__(self, port, recipient, rate=20):
        self.port, self.recipient, self.rate = port, recipient, rate
        self.took, self.failed = [], []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.stopping.set()
        self.thread.join()
        return self

    def _run(self):
        due = time.monotonic()
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self._send()
                self.took.append(time.monotonic() - began)
            except (OSError, AssertionError) as wrong:
                self.failed.append(repr(wrong))
            due = max(due + 1 / self.rate, time.monotonic())
            self.stopping.wait(max(0.0, due - time.monotonic()))

    def _send(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=self.patience) as s, s.makefile("rwb", buffering=0) as f:
            def expect(code):
                while True:
                    line = f.readline()
                    assert line.startswith(code), line
                    if line[3:4] == b" ":
                        return
            expect(b"220")
            f.write(b"EHLO good.test\r\n")
            expect(b"250")
            self.log_in(f, expect)
            f.write(f"MAIL FROM:<{self.sender}>\r\nRCPT TO:<{self.recipient}>\r\nDATA\r\n".encode())
            expect(b"250")
            expect(b"250")
            expect(b"354")
            f.write(b"Subject: good\r\n\r\n" + b"good mail\r\n" * 90 + b".\r\n")
            expect(b"250")
            f.write(b"QUIT\r\n")
            expect(b"221")

    def log_in(self, f, expect):
        """What comes between EHLO and MAIL."""


def percentile(values, share):
    """In milliseconds; 0 of nothing."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
