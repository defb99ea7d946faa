#!/usr/bin/python3
"""What it costs to find out who sent each message: throughput of the built server without checks, with each of them, and with all, in turn.
Python 3 with Debian's python3-dkim (it signs the message); the load comes from peers/smtpload.c, the names from a DNS server of ours.

  origin.py                            1 KiB, 10 seconds each, three rounds; storage.sync = always
  origin.py --seconds 5 --rounds 1 --size 102400 --sync never
  origin.py --sessions 4 --seconds 3 --rounds 1 --only none,dkim      at a low rate, beside other work

Prints a table: messages a second (the median of the rounds), its ratio to no checks, and the processor time of the server a message: of the threads that take mail and judge it, and of all. The
second also has the delivery into Maildirs, of which more or less falls into the time that is measured (it may lag behind, and does the more the faster mail is taken), and the compiler's work on
what has just become hot. All names are known to the server's cache after the first message. The share of a check is what the first costs more; on a busy machine look at that.
"""
import argparse
import base64
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "crash"), os.path.join(HERE, "..", "attack")]

import dkim  # noqa: E402
import names  # noqa: E402
from server import Server, program  # noqa: E402

CHECKS = [
    ("none", ""), ("iprev", '"iprev=tag"'), ("spf", '"spf=tag"'), ("spf, waited for", "spf"), ("dkim", '"dkim=tag"'), ("arc", '"arc=tag"'), ("dmarc (with spf, dkim)", "dmarc"),
    ("all, as server.conf", '"iprev=tag","spf=tag","dkim=tag","arc=tag",dmarc'),
]


def key():
    private = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True).stdout
    return private, base64.b64encode(public).decode()


def zone_of(public):
    records = {
        ("bench.test", names.TXT): [names.txt("v=spf1 include:_spf.bench.test -all")],
        ("_spf.bench.test", names.TXT): [names.txt("v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ip4:127.0.0.0/8 -all")],
        ("generator.bench.test", names.TXT): [names.txt("v=spf1 a -all")],
        ("generator.bench.test", names.A): [names.address("127.0.0.1")],
        ("1.0.0.127.in-addr.arpa", names.PTR): [names.name("generator.bench.test")],
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


def measure(load, folder, mail, checks, names_port, a):
    shutil.rmtree(f"{folder}/data", ignore_errors=True)
    os.makedirs(f"{folder}/data", mode=0o700)
    server = Server(f"{folder}/data", [
        f"storage.sync={a.sync}", "domains=[bench.test]", "unknown-recipients=accept", "limits.connections-per-address=10000", f"listeners.smtp.checks=[{checks}]",
        f"dns.servers=[\"127.0.0.1:{names_port}\"]", "dns.hosts=off", "storage.journal.segment-size=64MiB", "storage.journal.preallocate=512MiB"])
    if not server.start():
        raise SystemExit(f"the server does not start; see {server.log}")
    try:
        run = [load, "-c", str(a.sessions), "-m", "reuse", "-F", mail, "-g", "30"]
        subprocess.run([*run, "-s", str(a.warm), f"127.0.0.1:{server.port}"], stdout=subprocess.PIPE, check=True)
        before = ticks(server.process.pid)
        done = subprocess.run([*run, "-s", str(a.seconds), f"127.0.0.1:{server.port}"], stdout=subprocess.PIPE, text=True, check=True)
        row = json.loads(done.stdout)
        sent = row["ok"]
        if row.get("failed") or row.get("refused"):
            raise SystemExit(f"{checks}: {row}")
        after = ticks(server.process.pid)
        return row["rate"], between(before, after, True) * 1e6 / sent, between(before, after) * 1e6 / sent
    finally:
        server.stop()


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
    chosen = [(name, checks) for name, checks in CHECKS if not a.only or name.split()[0].rstrip(",") in a.only.split(",")]
    print(program(), file=sys.stderr)
    folder = tempfile.mkdtemp(prefix="actorsmtp-origin-", dir=a.folder)
    try:
        load = f"{folder}/smtpload"
        subprocess.run(["cc", "-O2", "-o", load, f"{HERE}/peers/smtpload.c"], check=True)
        private, public = key()
        server = names.Names(zone_of(public))
        with open(f"{folder}/mail", "wb") as f:
            f.write(message(private, a.size))
        rows = {name: [] for name, _ in chosen}
        for _ in range(a.rounds):
            for name, checks in chosen:
                rows[name].append(measure(load, folder, f"{folder}/mail", checks, server.port, a))
                print(f"{name}: {rows[name][-1]}", file=sys.stderr, flush=True)
        median = {name: [statistics.median(column) for column in zip(*rows[name])] for name, _ in chosen}
        base, spent, _ = median[chosen[0][0]]
        print(f"| checks | messages/s | ratio | processor a message | more than {chosen[0][0]} | with delivery |\n|---|--:|--:|--:|--:|--:|")
        for name, _ in chosen:
            rate, cost, all_of_it = median[name]
            print(f"| {name} | {rate:,.0f} | {rate / base:.2f} | {cost:.0f} µs | {cost - spent:+.0f} µs | {all_of_it:.0f} µs |")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
