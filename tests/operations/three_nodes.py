#!/usr/bin/env python3
"""Follows "Three nodes and a load balancer" of docs/operations.md, word by word: its SQL, its commands, its haproxy.cfg and hocon/cluster.conf, with loopback
addresses in place of those written there. Mail is sent through HAProxy all the while. PostgreSQL and HAProxy from Debian; the program is $ACTORSMTP, or what was
built last.

  three_nodes.py              with --folder DIR as the work area

Shown: three nodes are up; a message carries its client's address, not the balancer's; each node in turn is stopped by SIGTERM and started again, the first two
after they were taken out of the balancer, which no client sees anything of; one is killed; everything acknowledged is in the mailbox. Exit 0 if all of it is so.
"""
import argparse
import csv
import io
import itertools
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, f"{ROOT}/tests/crash")
from postgres import Postgres, free_port  # noqa: E402
from server import program  # noqa: E402

ADDRESS = {1: "127.0.0.11", 2: "127.0.0.12", 3: "127.0.0.13"}


def section():
    """The section of the page, and its blocks of each kind."""
    with open(f"{ROOT}/docs/operations.md", encoding="utf-8") as f:
        text = f.read().split("## Three nodes and a load balancer")[1].split("\n## ")[0]
    blocks = {}
    for language, block in re.findall(r"```(\w*)\n(.*?)```", text, re.S):
        blocks.setdefault(language, []).append(block)
    return blocks


def replaced(text, *pairs):
    """Each of these stands there, and is something else here."""
    for old, new in pairs:
        if old not in text:
            raise SystemExit(f"the page or the profile no longer says: {old}")
        text = text.replace(old, new)
    return text


def check(true, what):
    print(f"{'ok  ' if true else 'FAIL'} {what}", flush=True)
    if not true:
        raise SystemExit(1)


def until(true, what, patience=120):
    end = time.monotonic() + patience
    while not true():
        if time.monotonic() > end:
            check(False, what)
        time.sleep(0.1)
    check(True, what)


class Node:
    def __init__(self, number, folder, ports):
        self.name, self.folder = f"mx{number}", f"{folder}/mx{number}"
        self.config = f"{self.folder}/cluster.conf"
        os.makedirs(f"{self.folder}/data")
        with open(f"{ROOT}/hocon/cluster.conf", encoding="utf-8") as f:
            text = f.read()
        address = ADDRESS[number]
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(replaced(
                text, ('"Host=db1.example.com,db2.example.com;Username=actorsmtp;Database=actorsmtp;SSL Mode=VerifyFull"',
                       f'"Host=127.0.0.1;Port={ports["database"]};Username=actorsmtp;Database=actorsmtp;SSL Mode=Disable"'),
                ('"/var/lib/actorsmtp"', f'"{self.folder}/data"'), ('"10.0.0.0/24"', '"127.0.0.0/8"'), ("127.0.0.1:8025", f"{address}:{ports['health']}"),
                ("*:25\"", f"{address}:{ports['smtp']}\""), ("*:587\"", f"{address}:{ports['submission']}\"")))
        self.process = None

    def run(self, *arguments, **more):
        """A command of the page with this node's file."""
        return subprocess.run([program(), *arguments, "--config", self.config], capture_output=True, text=True, timeout=120, check=False, **more)

    def serve(self):
        with open(f"{self.folder}/output", "ab") as log:
            self.process = subprocess.Popen([program(), "serve", "--config", self.config, "--set", f"storage.shared.node={self.name}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait(60)


def balancer(folder, *commands):
    """What HAProxy says on its socket."""
    out = ""
    for command in commands:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(f"{folder}/admin.sock")
            s.sendall(f"{command}\n".encode())
            while octets := s.recv(65536):
                out += octets.decode()
    return out


def balancer_table(folder):
    return list(csv.DictReader(io.StringIO(balancer(folder, "show stat").removeprefix("# "))))


class Clients(threading.Thread):
    """Sends one message after another, a connection each; notes what became of each."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.port, self.number, self.acknowledged, self.refused, self.cut, self.row, self.ends = port, number, [], [], [], 0, False

    def run(self):
        for count in itertools.count():
            if self.ends:
                return
            token, stage = f"token-{self.number}-{count}.", "connecting"
            try:
                # Each has an address of its own, which a node can only know by the PROXY header.
                with smtplib.SMTP("127.0.0.1", self.port, timeout=60, source_address=(f"127.0.1.{self.number}", 0), local_hostname="client.test") as client:
                    stage = "sending"
                    client.sendmail("bob@client.test", ["ann@example.com"], f"Subject: {token}\r\n\r\nhello\r\n")
                self.acknowledged.append(token)
                self.row += 1
                time.sleep(0.05)
                continue
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refusal:
                self.refused.append(str(refusal))
            except (OSError, smtplib.SMTPException) as cut:
                self.cut.append(f"{stage}: {cut!r}")
            self.row = 0
            time.sleep(0.05)


def trial(folder):
    if not shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin"):
        print("not possible here: there is no haproxy (Debian: haproxy)")
        return
    page = section()
    ports = {"smtp": free_port(), "submission": free_port(), "health": free_port(), "mx": free_port(), "balanced": free_port()}
    postgres = Postgres(folder)
    nodes, haproxy, clients = [], None, []
    try:
        ports["database"] = postgres.port
        postgres.ask(*(s for s in page["sql"][0].split(";") if s.strip()))
        nodes = [Node(n, folder, ports) for n in ADDRESS]
        checked = nodes[0].run("config", "check")
        check(checked.returncode == 0, f"config check: {(checked.stdout + checked.stderr).strip().splitlines()[-1]}")
        for node in nodes:
            node.serve()

        def up():
            told = json.loads(nodes[0].run("nodes", "--json").stdout or '{"nodes":[]}')["nodes"]
            return sorted(n["name"] for n in told if n["state"] == "up")

        until(lambda: up() == ["mx1", "mx2", "mx3"], "three nodes are up")
        print(nodes[0].run("nodes").stdout, flush=True)
        added = nodes[1].run("user", "add", "ann@example.com", "--password-stdin", input="a long password\n")
        check(added.returncode == 0, f"user add: {(added.stdout + added.stderr).strip()}")

        config = replaced(page["haproxy"][0], ("/run/haproxy/admin.sock", f"{folder}/admin.sock"), ("bind :25", f"bind 127.0.0.1:{ports['mx']}"), ("bind :587", f"bind 127.0.0.1:{ports['balanced']}"), ("port 8025", f"port {ports['health']}"),
                          *((f"10.0.0.1{n}:25\n", f"{a}:{ports['smtp']}\n") for n, a in ADDRESS.items()), *((f"10.0.0.1{n}:587\n", f"{a}:{ports['submission']}\n") for n, a in ADDRESS.items()))
        with open(f"{folder}/haproxy.cfg", "w", encoding="utf-8") as f:
            f.write(config)
        command = [shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin"), "-db", "-f", f"{folder}/haproxy.cfg"]
        told = subprocess.run([*command, "-c"], capture_output=True, text=True, check=False)
        check(told.returncode == 0 and "WARNING" not in told.stderr, f"haproxy takes its file: {told.stdout}{told.stderr}".strip())
        with open(f"{folder}/haproxy.log", "ab") as log:
            haproxy = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

        clients = [Clients(ports["mx"], n) for n in range(1, 5)]
        for client in clients:
            client.start()

        def takes(what):
            before = [len(c.acknowledged) for c in clients]
            until(lambda: all(len(c.acknowledged) > b for c, b in zip(clients, before)), what)

        # The balancer has to listen, and each of the nodes it chooses in turn to know the account.
        until(lambda: all(len(c.acknowledged) > 20 and c.row > 12 for c in clients), "mail goes through the balancer")
        for client in clients:
            client.refused, client.cut = [], []
        for node in nodes:
            is_last = node is nodes[-1]
            if not is_last:                     # taken out of the balancer first; the last one is not
                balancer(folder, *(f"set server {part}/{node.name} state drain" for part in ("mx", "submission")))
                until(lambda: all(r["scur"] == "0" for r in balancer_table(folder) if r["svname"] == node.name), f"{node.name} is taken out of the balancer, and its last session has ended")
            code = node.end(signal.SIGTERM)
            check(code == 0, f"{node.name} is told SIGTERM and ends with {code}")
            until(lambda: node.name not in up(), f"nodes no longer shows {node.name} up")
            takes(f"the others take mail without {node.name}")
            node.serve()
            until(lambda: node.name in up(), f"{node.name} is up again")
            seen = [e for c in clients for e in (*c.refused, *c.cut)]
            if is_last:
                check(all("421" in e or e.startswith("connecting") for e in seen), f"{len(seen)} clients that had just connected to it heard 421 or nothing, and no other one saw anything {seen[:3]}")
            else:
                balancer(folder, *(f"set server {part}/{node.name} state ready" for part in ("mx", "submission")))
                check(not seen, f"no client saw it go {seen[:3] or ''}")
        nodes[2].end(signal.SIGKILL)
        takes("a node is killed: the others take mail")
        until(lambda: any(n["name"] == "mx3" and n["state"] == "gone" for n in json.loads(nodes[0].run("nodes", "--json").stdout)["nodes"]), "nodes shows mx3 gone")
        for client in clients:
            client.ends = True
        for client in clients:
            client.join(60)
        until(lambda: postgres.ask("SELECT count(*) FROM accepted", database="actorsmtp") == [["0"]], "what was accepted is delivered")
        found = " ".join(row[0] for row in postgres.ask("SELECT encode(m.prefix || b.content, 'escape') FROM mail m JOIN bodies b ON b.id = m.body", database="actorsmtp"))
        tokens = [t for c in clients for t in c.acknowledged]
        lost = [t for t in tokens if t not in found]
        check(not lost, f"{len(tokens)} acknowledged, all of them in the mailbox {lost[:3] or ''}")
        check(all(f"[127.0.1.{c.number}]" in found for c in clients), "messages carry their clients' addresses")
        print(f"RESULT acknowledged={len(tokens)} lost={len(lost)} refused={sum(len(c.refused) for c in clients)} cut={sum(len(c.cut) for c in clients)}")
    finally:
        for client in clients:
            client.ends = True
        for process in [haproxy, *(n.process for n in nodes)]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        postgres.stop()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="actorsmtp-operations-", dir=asked.folder) as folder:
        os.chmod(folder, 0o755)
        trial(folder)


if __name__ == "__main__":
    main()
