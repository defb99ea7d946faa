"""Attackers: each kind is a process that keeps so many connections up, whatever the server does about them."""
import multiprocessing
import os
import random
import select
import signal
import socket
import ssl
import struct
import time

IP_BIND_ADDRESS_NO_PORT = 24
NOW, CONNECTED, CLOSED, FAILED = range(4)       # the counters each crowd shares
HANG_UP = struct.pack("ii", 1, 0)               # SO_LINGER: close() resets


def source(i):
    """One of 240 addresses of this machine, so that the limit for one address is not the one that is met."""
    return f"127.{1 + i % 240}.{1 + i // 240 % 250}.1"


def client_hello():
    """What a real client sends first."""
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="mx.test")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Crowd:
    """`count` connections to `port`, renewed as they end; at most `rate` new ones a second."""

    counters = 4

    def __init__(self, port, count, rate=1000, seed=1):
        self.port, self.count, self.rate, self.random = port, count, rate, random.Random(seed)
        self.shared = multiprocessing.Array("q", self.counters, lock=False)
        self.process = multiprocessing.Process(target=self._main, daemon=True)

    def start(self):
        self.process.start()
        return self

    def stop(self):
        if self.process.is_alive():
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def __getitem__(self, counter):
        return self.shared[counter]

    # --- in the process

    def _main(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.epoll, self.open, self.made = select.epoll(), {}, 0
        began, due = time.monotonic(), []
        next_look = began
        while True:
            for fd, events in self.epoll.poll(0.05, 2000):
                peer = self.open.get(fd)
                if peer is not None and (events & (select.EPOLLERR | select.EPOLLHUP) or not self.on_event(peer, events)):
                    self._drop(fd)
            now = time.monotonic()
            allowed = int((now - began) * self.rate) - self.made
            for _ in range(min(allowed, self.count - len(self.open), 500)):
                self._connect(now)
            if len(self.open) >= self.count:
                self.made = int((now - began) * self.rate)          # what was not needed is not saved up
            if now >= next_look:
                next_look = now + 0.5
                for fd in [fd for fd, peer in self.open.items() if not self.on_time(peer, now)]:
                    self._drop(fd)
            self.shared[NOW] = len(self.open)

    def _connect(self, now):
        self.made += 1
        s = socket.socket()
        s.setblocking(False)
        s.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        self.prepare(s)
        try:
            s.bind((source(self.made), 0))
            s.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass
        except OSError:
            self.shared[FAILED] += 1
            s.close()
            return
        self.open[s.fileno()] = {"socket": s, "since": now, "state": 0, "next": 0.0}
        self.epoll.register(s.fileno(), select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)

    def _drop(self, fd):
        self.shared[CLOSED] += 1
        self.open.pop(fd)["socket"].close()

    def send(self, peer, data):
        """What the kernel takes; None if the connection is gone."""
        try:
            return peer["socket"].send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return None

    def prepare(self, s):
        """Before the connection is made."""

    def on_event(self, peer, events):
        """Something is to be read, or can be written. False ends it."""
        raise NotImplementedError

    def on_time(self, peer, now):
        """Looked at twice a second. False ends it."""
        return True


class SlowWriters(Crowd):
    """Half drip the content of a message, half a command line: an octet every few seconds, each."""

    def __init__(self, *args, pause=4.0, **more):
        super().__init__(*args, **more)
        self.pause = pause

    def on_event(self, peer, events):
        if events & select.EPOLLIN:
            try:
                heard = peer["socket"].recv(4096)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not heard:
                return False
            if peer["state"] == 0:
                peer["state"] = 1
                self.shared[CONNECTED] += 1
                peer["next"] = time.monotonic() + self.random.random() * self.pause
                if self.random.random() < 0.5:
                    return self.send(peer, b"EHLO drip.test\r\nMAIL FROM:<drip@drip.test>\r\nRCPT TO:<slow@mx.test>\r\nDATA\r\n") is not None
        return True

    def on_time(self, peer, now):
        if peer["state"] == 1 and now >= peer["next"]:
            peer["next"] = now + self.pause
            return self.send(peer, b"x") is not None
        return True


class NeverReaders(Crowd):
    """Ask much and read nothing: every answer stays with the server. Renewed after a while, since they cannot see that they were dropped."""

    FLOOD = (b"EHLO flood.test\r\n" * 90 + b"MAIL FROM:<flood@flood.test>\r\n" + b"RCPT TO:<nobody@mx.test>\r\n" * 1900 + b"RSET\r\n") * 2

    def __init__(self, *args, life=40.0, **more):
        super().__init__(*args, **more)
        self.life = life

    def prepare(self, s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)        # as small as the kernel lets it be

    def on_event(self, peer, events):
        if events & select.EPOLLOUT:
            if peer["state"] == 0:
                self.shared[CONNECTED] += 1
            while peer["state"] < len(self.FLOOD):
                sent = self.send(peer, self.FLOOD[peer["state"]:peer["state"] + 65536])
                if sent is None:
                    return False
                if sent == 0:
                    break
                peer["state"] += sent
        return True

    def on_time(self, peer, now):
        return now - peer["since"] < self.life


class AbortedHandshakes(Crowd):
    """TLS handshakes that are begun and reset: every other one as soon as it is sent, the rest when the server has done its part."""

    def __init__(self, port, rate, **more):
        super().__init__(port, count=max(200, rate), rate=rate, **more)
        self.hello = client_hello()

    def prepare(self, s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HANG_UP)

    def on_event(self, peer, events):
        if peer["state"] == 0 and events & select.EPOLLOUT:
            peer["state"] = 1
            self.shared[CONNECTED] += 1
            return self.send(peer, self.hello) is not None and self.shared[CONNECTED] % 2 == 0
        return not events & (select.EPOLLIN | select.EPOLLRDHUP)

    def on_time(self, peer, now):
        return now - peer["since"] < 35
