#!/usr/bin/env python3
"""Mail that is made to be costly to whoever wants to know who sent it, next to a good client: what each kind costs the server, and what it costs the client.

  origin.py                      twenty senders at once, 15 seconds of each kind
  origin.py --short              a small one

The server asks all five checks of the origin and a DNS server of ours, which knows hostile records: SPF that includes for ever, TXT of 60 KiB, keys, addresses with
hundreds of names, and names that nobody answers for. Standard library only. Ends with 1 if the good client was refused or lost a message, if the server ended, or if its
memory grew by more than --most-memory (MiB).
"""
import argparse
import base64
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "crash"))

import names  # noqa: E402
from attack import RECIPIENT, Watch, delivered, rss  # noqa: E402
from good import GoodClient, percentile  # noqa: E402
from server import Server  # noqa: E402

BODY = base64.b64encode(hashlib.sha256(b"Hello\r\n").digest()).decode()
CHECKS = '"iprev=tag","spf=tag","dkim=tag","arc=tag","dmarc=tag"'


def public_key(bits):
    private = subprocess.run(["openssl", "genrsa", str(bits)], capture_output=True, check=True).stdout
    return base64.b64encode(subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True).stdout).decode()


def zone_of(key):
    """Every name below evil.test has what is worst; silent.test never answers; the rest does not exist."""
    count = [0]

    def zone(name, kind):
        count[0] += 1
        if name.endswith("silent.test"):
            return names.SILENCE
        if name.endswith(".in-addr.arpa"):
            return [names.name(f"n{i}.evil.test") for i in range(300)] if kind == names.PTR else []
        if not name.endswith("evil.test"):
            return None
        if kind == names.A:
            return [names.address("203.0.113.9")]
        if kind == names.MX:
            return [b"\0\x0a" + names.name(f"m{i}.{count[0]}.evil.test") for i in range(10)]
        if kind != names.TXT:
            return []
        if "_domainkey" in name:
            return [names.txt(f"v=DKIM1; p={key}")]
        if name.startswith("_dmarc"):
            return [names.txt("v=DMARC1; p=reject")]
        if name.startswith("huge"):
            return [names.txt("v=spf1 " + "ip4:203.0.113.1 " * 3900 + "include:huge.%d.evil.test -all" % count[0])]
        return [names.txt(" ".join(["v=spf1"] + [f"{what}:{what}{count[0]}.evil.test" for what in ("include", "mx", "include", "a", "mx", "include", "exists", "mx")] + ["-all"]))]

    return zone


def plain(domain="evil.test"):
    return f"From: Eve <eve@{domain}>\r\nTo: <{RECIPIENT}>\r\nSubject: attack\r\n\r\nHello\r\n"


def signature(i, domain="evil.test"):
    """Of the right body, so that the key is looked up and the signature computed."""
    return (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s{i}; h=from:to:subject;\r\n"
            f" bh={BODY}; b={base64.b64encode(os.urandom(256)).decode()}\r\n")


def chain():
    junk = base64.b64encode(os.urandom(256)).decode()
    return "".join(
        f"ARC-Seal: i={i}; a=rsa-sha256; cv={'none' if i == 1 else 'pass'}; d=d{i}.evil.test; s=s; b={junk}\r\n"
        f"ARC-Message-Signature: i={i}; a=rsa-sha256; c=relaxed/relaxed; d=d{i}.evil.test; s=s; h=from; bh={BODY}; b={junk}\r\n"
        f"ARC-Authentication-Results: i={i}; evil.test; dmarc=pass header.from=evil.test\r\n" for i in range(50, 0, -1))


KINDS = {
    "300 signatures": lambda n: ("x@evil.test", "".join(signature(f"{n}x{i}") for i in range(300)) + plain()),
    "a chain of 50 servers": lambda n: ("x@evil.test", chain() + plain()),
    "SPF that goes on for ever": lambda n: (f"x@s{n}.evil.test", plain()),
    "SPF records of 60 KiB": lambda n: (f"x@huge{n}.evil.test", plain()),
    "a header of 50,000 fields": lambda n: ("x@evil.test", signature(n) + "a:\r\n" * 50_000 + plain()),
    "a From of 200 KiB": lambda n: ("x@evil.test", "From: " + "a <a@evil.test>,\r\n " * 10_000 + "b <b@evil.test>\r\n\r\nHello\r\n"),
    "names that nobody answers for": lambda n: (f"x@s{n}.silent.test", signature(n, f"s{n}.silent.test") + plain(f"s{n}.silent.test")),
}


class Senders:
    """Connections that send one such message after the other."""

    def __init__(self, port, make, count):
        self.port, self.make, self.sent, self.refused, self.failed = port, make, 0, 0, 0
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(count)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(45)

    def _run(self, number):
        while not self.ending.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(f"127.0.1.{1 + number}", 0)) as s, s.makefile("rwb") as f:
                    self._talk(f, number)
            except OSError:
                self.failed += 1

    def _talk(self, f, number):
        def read():
            while (line := f.readline())[3:4] == b"-":
                pass
            return line[:1]

        def say(text):
            f.write(text.encode())
            f.flush()
            return read()

        read()
        say("EHLO h.evil.test\r\n")
        while not self.ending.is_set():
            number += 1000
            sender, message = self.make(number)
            if say(f"MAIL FROM:<{sender}>\r\n") != b"2" or say(f"RCPT TO:<evil@mx.test>\r\n") != b"2" or say("DATA\r\n") != b"3":
                self.refused += 1
                say("RSET\r\n")
                continue
            if say(message + ".\r\n") == b"2":
                self.sent += 1
            else:
                self.refused += 1


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--senders", type=int, default=20)
    parse.add_argument("--seconds", type=float, default=15)
    parse.add_argument("--most-memory", type=float, default=512)
    parse.add_argument("--short", action="store_true")
    args = parse.parse_args()
    if args.short:
        args.senders, args.seconds = 4, 1
    folder = tempfile.mkdtemp(prefix="actorsmtp-attack-")
    dns = names.Names(zone_of(public_key(2048)), ttl=1)
    server = Server(f"{folder}/data", [
        "domains=[mx.test]", "unknown-recipients=accept", f"listeners.smtp.checks=[{CHECKS}]", f"dns.servers=[\"127.0.0.1:{dns.port}\"]", "dns.hosts=off",
        "limits.connections-per-address=1000", "origin.deadline=5s", "dns.timeout=2s"])
    os.makedirs(server.data, mode=0o700)
    failed = 0
    try:
        if not server.start():
            raise SystemExit(open(server.log).read())
        first, total, lost = rss(server.process.pid), 0, 0
        print("| mail | sent a second | refused | good messages | p50 | p99 | worst | memory before → peak | processor | a message costs | questions |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
        for kind, make in [("none", None), *KINDS.items()]:
            before, asked = rss(server.process.pid), dns.asked
            senders = Senders(server.port, make, args.senders).start() if make else None
            time.sleep(1)
            watch, good, sent = Watch(server.process.pid), GoodClient(server.port, RECIPIENT).start(), senders.sent if senders else 0
            time.sleep(args.seconds)
            good.stop()
            watch.stop()
            sent = (senders.sent - sent) if senders else 0
            total += len(good.took)
            lost += len(good.failed)
            cost = f"{watch.cpu / 100 * args.seconds / sent * 1000:.1f} ms, {(dns.asked - asked) / max(1, senders.sent):.0f} questions" if sent else ""
            print(f"| {kind} | {sent / args.seconds:.0f} | {senders.refused if senders else 0} | {len(good.took)} | {percentile(good.took, 0.5):.1f} ms | {percentile(good.took, 0.99):.0f} ms "
                  f"| {1000 * max(good.took or [0]):.0f} ms | {before:.0f} → {max(watch.rss or [0]):.0f} MiB | {watch.cpu:.0f} % | {cost} | {dns.asked - asked} |", flush=True)
            if senders:
                senders.stop()
            failed |= not server.alive() or max(watch.rss or [0]) - first > args.most_memory
        there = delivered(server, total)
        print(f"good messages: {total} answered with 250, {lost} refused or lost, {there} in the mailbox")
        failed |= lost > 0 or there < total
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
