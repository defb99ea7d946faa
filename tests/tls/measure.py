#!/usr/bin/env python3
"""What TLS costs: processor time of a handshake, beside openssl s_server's, and memory of an idle session.

    measure.py handshakes [--count 2000]
    measure.py idle [--sessions 10000]

Processor time is the server's own (user and system, from /proc), so it says the same on a busy machine; the rate is what one client after
the other got. Every client reads the greeting and says QUIT. Prints Markdown.
"""
import argparse
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from server import Server  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))


def client(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class Ours:
    name = "ActorSmtp"

    def __init__(self, folder, tls="implicit"):
        self.server = Server(f"{folder}/data", [f"listeners.smtp.tls={tls}", "limits.connections=30000", "limits.handshake-timeout=2m"])
        if not self.server.start():
            raise SystemExit("the server did not start: " + open(self.server.log).read())
        self.port, self.pid = self.server.port, self.server.process.pid

    def say(self, connection):
        """Until something of the server was read: with TLS 1.3 its tickets come with it."""
        connection.recv(512)
        connection.sendall(b"QUIT\r\n")
        connection.recv(512)

    def stop(self):
        self.server.stop()


class SServer:
    name = "openssl s_server"

    def __init__(self, folder):
        files = f"{folder}/data/tls/self-signed"
        self.port = free_port()
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", f"{files}.crt", "-key", f"{files}.key", "-quiet", "-rev"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.05)

    def say(self, connection):
        connection.sendall(b"x\n")
        connection.recv(512)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def handshakes(server, context, count, resume):
    session, reused = None, 0
    for warm in (True, False):
        began, used = time.monotonic(), cpu(server.pid)
        for _ in range(400 if warm else count):        # the runtime compiles while it is warming up
            plain = socket.create_connection(("127.0.0.1", server.port))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = context.wrap_socket(plain, session=session if resume else None) if context else plain
            server.say(connection)
            if context:
                reused += connection.session_reused and not warm
                session = connection.session
            connection.close()
    spent, used = time.monotonic() - began, cpu(server.pid) - used
    if context and resume != (reused == count):
        return f"not resumed ({reused} of {count})" if resume else "resumed"
    return f"{used / count * 1e6:,.0f} µs, {count / spent:,.0f}/s"


def measure_handshakes(count):
    rows = [
        ("TLS 1.3, full", ssl.TLSVersion.TLSv1_3, False),
        ("TLS 1.3, resumed", ssl.TLSVersion.TLSv1_3, True),
        ("TLS 1.2, full", ssl.TLSVersion.TLSv1_2, False),
        ("TLS 1.2, resumed", ssl.TLSVersion.TLSv1_2, True),
    ]
    with tempfile.TemporaryDirectory(prefix="tls-") as folder:
        ours = Ours(folder)
        theirs = SServer(folder)
        try:
            print(f"| handshake and session | {ours.name} | {theirs.name} |\n|---|--:|--:|")
            for name, version, resume in rows:
                cells = [handshakes(server, client(version), count, resume) for server in (ours, theirs)]
                print(f"| {name} | {' | '.join(cells)} |", flush=True)
        finally:
            theirs.stop()
            ours.stop()
    with tempfile.TemporaryDirectory(prefix="tls-") as folder:
        ours = Ours(folder, "off")
        try:
            print(f"| no TLS at all | {handshakes(ours, None, count, False)} | |")
        finally:
            ours.stop()


def measure_idle(count):
    print("| idle sessions | open | resident before | with them | each |\n|---|--:|--:|--:|--:|")
    for name, tls, version in (("no TLS", "off", None), ("TLS 1.3", "implicit", ssl.TLSVersion.TLSv1_3), ("TLS 1.2", "implicit", ssl.TLSVersion.TLSv1_2)):
        with tempfile.TemporaryDirectory(prefix="tls-") as folder:
            ours = Ours(folder, tls)
            try:
                context = client(version) if version else None
                def connect():
                    plain = socket.create_connection(("127.0.0.1", ours.port))
                    connection = context.wrap_socket(plain) if context else plain
                    connection.recv(512)
                    connection.sendall(b"EHLO idle.test\r\n")
                    while b"250 " not in connection.recv(4096):
                        pass
                    return connection
                for connection in [connect() for _ in range(200)]:
                    connection.close()
                time.sleep(2)
                before = rss(ours.pid)
                held = [connect() for _ in range(count)]
                time.sleep(5)
                after = rss(ours.pid)
                print(f"| {name} | {len(held):,} | {before >> 20} MiB | {after >> 20} MiB | {(after - before) / count / 1024:.1f} KiB |", flush=True)
                for connection in held:
                    connection.close()
            finally:
                ours.stop()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["handshakes", "idle"])
    arguments.add_argument("--count", type=int, default=2000)
    arguments.add_argument("--sessions", type=int, default=10000)
    given = arguments.parse_args()
    if given.what == "handshakes":
        measure_handshakes(given.count)
    else:
        measure_idle(given.sessions)


if __name__ == "__main__":
    main()
