#!/usr/bin/python3
"""What each check of mail costs: throughput of the built server without checks, with each of them, and with all, in turn; everything that is looked up being known to its cache.
Python 3 with Debian's python3-dkim (it signs the message); the load comes from peers/smtpload.c as if from 192.0.2.7 (PROXY protocol), the names from a DNS server of ours, milter and hook are the
least that there can be (filters.py).

  origin.py                            1 KiB, 10 seconds each, three rounds; storage.sync = always
  origin.py --seconds 5 --rounds 1 --size 102400 --sync never
  origin.py --sessions 4 --seconds 3 --rounds 1 --only none,dkim      at a low rate, beside other work

Prints two tables: checks of messages, all sent by connections that stay; and checks of connections, one for each message. In each messages a second (the median of the rounds), its ratio to no checks,
and the processor time of the server a message: of the threads that take mail and judge it, and of all. The second also has the delivery into Maildirs, of which more or less falls into the time
that is measured (it may lag behind, and does the more the faster mail is taken), and the compiler's work on what has just become hot. The share of a check is what the first costs more; on a busy
machine look at that. What milter and hook spend themselves, in Python, is in the messages a second only.
"""
import argparse
import base64
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import typing

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "crash"), os.path.join(HERE, "..", "attack")]

import dkim  # noqa: E402
import filters  # noqa: E402
import names  # noqa: E402
from server import Server, program  # noqa: E402

PEER = "192.0.2.7"                  # whom the server takes the generator for


class Check(typing.NamedTuple):
    name: str
    checks: str                     # the listener's
    sets: tuple = ()
    is_new: bool = False            # a connection for each message
    filter: str = ""                # milter, milter-all, hook


LISTS = [f"gatekeeping.dns-lists.list{i}.{key}" for i in range(2) for key in (f"zone=list{i}.bench.test", "score=5")]
NAMES = ("gatekeeping.scores.reject=8",)
RATES = tuple(f"gatekeeping.rates.{what}=900000" for what in ("messages-per-network", "recipients-per-network", "messages-per-sender"))
HOOK = ("gatekeeping.http-hooks.bench.url=\"FILTER\"", "gatekeeping.http-hooks.bench.at-once=64")
MILTER = ("listeners.smtp.milters=[bench]", "gatekeeping.milters.bench.address=\"FILTER\"")
CHECKS = [
    Check("none", ""), Check("iprev", '"iprev=tag"'), Check("spf", '"spf=tag"'), Check("spf, waited for", "spf"), Check("dkim", '"dkim=tag"'), Check("arc", '"arc=tag"'),
    Check("dmarc (with spf, dkim)", "dmarc"), Check("all five, as server.conf", '"iprev=tag","spf=tag","dkim=tag","arc=tag",dmarc'),
    Check("greylisting, of a known sender", "greylisting", ("gatekeeping.greylisting.delay=1s", "gatekeeping.greylisting.network-passes=0")), Check("rates", "rates", RATES),
    Check("milter, answers at the end", "", MILTER, filter="milter"), Check("milter, answers each packet", "", MILTER, filter="milter-all"),
    Check("http-hook, at the end", "http-hook", (*HOOK, "gatekeeping.http-hooks.bench.steps=[content]"), filter="hook"), Check("http-hook, at each step", "http-hook", HOOK, filter="hook"),
    Check("none", "", is_new=True), Check("dns-lists, two", "dns-lists", (*LISTS, *NAMES), is_new=True), Check("reverse-dns", "reverse-dns", NAMES, is_new=True),
    Check("helo", "helo", NAMES, is_new=True), Check("iprev", '"iprev=tag"', is_new=True),
]


def key():
    private = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True).stdout
    return private, base64.b64encode(public).decode()


def zone_of(public):
    records = {
        ("bench.test", names.TXT): [names.txt("v=spf1 include:_spf.bench.test -all")],
        ("_spf.bench.test", names.TXT): [names.txt("v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all")],
        ("generator.bench.test", names.TXT): [names.txt("v=spf1 a -all")],
        ("generator.bench.test", names.A): [names.address(PEER)],
        ("7.2.0.192.in-addr.arpa", names.PTR): [names.name("generator.bench.test")],
        **{(f"2.0.0.127.list{i}.bench.test", names.A): [names.address("127.0.0.2")] for i in range(2)},
        ("_dmarc.bench.test", names.TXT): [names.txt("v=DMARC1; p=reject; rua=mailto:dmarc@bench.test")],
        ("s1._domainkey.bench.test", names.TXT): [names.txt(f"v=DKIM1; k=rsa; p={public}")],
    }
    return lambda name, kind: records.get((name, kind), [] if any(n == name for n, _ in records) else None)


def message(private, size):
    head = ("From: <sender@bench.test>\r\nTo: <rcpt@bench.test>\r\nSubject: bench\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
            "Message-ID: <bench@bench.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n").encode()
    line = b"The quick brown fox jumps over the lazy dog, and some more words follow.\r\n"
    plain = head + line * max(1, (size - len(head)) // len(line))
    return dkim.sign(plain, b"s1", b"bench.test", private, canonicalize=(b"relaxed", b"relaxed"), include_headers=[b"from", b"to", b"subject", b"date", b"message-id"]) + plain


def ticks(pid):
    """Processor time by thread: seconds, and whether it is one that takes mail."""
    threads = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as f:
                spent = int(f.read().split()[0]) / 1e9
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="ascii") as f:
                name = f.read().strip()
        except OSError:
            continue                                                # it has ended
        threads[thread] = (spent, not name.startswith(("delivery-", ".NET Tiered")))
    return threads


def between(before, after, takes_mail=None):
    return sum(spent - before.get(thread, (0, 0))[0] for thread, (spent, kind) in after.items() if takes_mail is None or kind == takes_mail)


@contextlib.contextmanager
def server_with(folder, check, names_port, sync):
    shutil.rmtree(f"{folder}/data", ignore_errors=True)
    os.makedirs(f"{folder}/data", mode=0o700)
    with contextlib.ExitStack() as filter_of:
        address = {"": lambda: "", "hook": lambda: filter_of.enter_context(filters.hook())}.get(
            check.filter, lambda: filter_of.enter_context(filters.milter(check.filter == "milter-all")))()
        server = Server(f"{folder}/data", [
            f"storage.sync={sync}", "domains=[bench.test]", "unknown-recipients=accept", "limits.connections-per-address=10000", f"listeners.smtp.checks=[{check.checks}]",
            "listeners.smtp.proxy-protocol=required", "listeners.smtp.proxy-trusted=[127.0.0.1]", f"dns.servers=[\"127.0.0.1:{names_port}\"]", "dns.hosts=off",
            "storage.journal.segment-size=64MiB", "storage.journal.preallocate=512MiB", *(s.replace("FILTER", address) for s in check.sets)])
        if not server.start():
            raise SystemExit(f"the server does not start; see {server.log}")
        try:
            yield server
        finally:
            server.stop()


def come_back(port):
    """Has greylisting know who sends to whom: is told to come back, and does."""
    for expected in (b"451", b"250"):
        with socket.create_connection(("127.0.0.1", port)) as s, s.makefile("rb") as file:
            s.sendall(f"PROXY TCP4 {PEER} 127.0.0.1 40522 25\r\n".encode())
            for command in (b"", b"HELO generator.bench.test", b"MAIL FROM:<sender@bench.test>", b"RCPT TO:<rcpt@bench.test>"):
                s.sendall(command + b"\r\n" if command else b"")
                reply = file.readline()
        if not reply.startswith(expected):
            raise SystemExit(f"greylisting says {reply}")
        time.sleep(1.5)


def measure(load, folder, mail, check, names_port, a):
    with server_with(folder, check, names_port, a.sync) as server:
        if check.checks == "greylisting":
            come_back(server.port)
        run = [load, "-c", str(a.sessions), "-m", "new" if check.is_new else "reuse", "-F", mail, "-P", PEER, "-g", "30"]
        subprocess.run([*run, "-s", str(a.warm), f"127.0.0.1:{server.port}"], stdout=subprocess.PIPE, check=True)
        before = ticks(server.process.pid)
        done = subprocess.run([*run, "-s", str(a.seconds), f"127.0.0.1:{server.port}"], stdout=subprocess.PIPE, text=True, check=True)
        row = json.loads(done.stdout)
        sent = row["ok"]
        if row.get("failed") or row.get("refused"):
            raise SystemExit(f"{check.name}: {row}")
        after = ticks(server.process.pid)
        return row["rate"], between(before, after, True) * 1e6 / sent, between(before, after) * 1e6 / sent


def table(title, rows):
    """Of the median of each column; the first row is what the others are compared with."""
    median = {check.name: [statistics.median(column) for column in zip(*measured)] for check, measured in rows.items()}
    base, spent, _ = next(iter(median.values()))
    print(f"\n| {title} | messages/s | ratio | processor a message | more than {next(iter(median))} | with delivery |\n|---|--:|--:|--:|--:|--:|")
    for name, (rate, cost, all_of_it) in median.items():
        print(f"| {name} | {rate:,.0f} | {rate / base:.2f} | {cost:.0f} µs | {cost - spent:+.0f} µs | {all_of_it:.0f} µs |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--warm", type=float, default=5)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--size", type=int, default=1024)
    p.add_argument("--sessions", type=int, default=50)
    p.add_argument("--sync", default="always")
    p.add_argument("--only", help="of the checks those, with commas between")
    p.add_argument("--folder", help="for the server's data; else a temporary one")
    a = p.parse_args()
    chosen = [check for check in CHECKS if not a.only or check.name.split()[0].rstrip(",") in a.only.split(",")]
    print(program(), file=sys.stderr)
    folder = tempfile.mkdtemp(prefix="actorsmtp-origin-", dir=a.folder)
    try:
        load = f"{folder}/smtpload"
        subprocess.run(["cc", "-O2", "-o", load, f"{HERE}/peers/smtpload.c"], check=True)
        private, public = key()
        server = names.Names(zone_of(public), soa=True)
        with open(f"{folder}/mail", "wb") as f:
            f.write(message(private, a.size))
        rows = {check: [] for check in chosen}
        for _ in range(a.rounds):
            for check in chosen:
                rows[check].append(measure(load, folder, f"{folder}/mail", check, server.port, a))
                print(f"{check.name}: {rows[check][-1]}", file=sys.stderr, flush=True)
        for title, is_new in (("checks of messages", False), ("checks of connections, one a message", True)):
            if of_kind := {check: measured for check, measured in rows.items() if check.is_new == is_new}:
                table(title, of_kind)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
