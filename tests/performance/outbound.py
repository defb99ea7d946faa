#!/usr/bin/env python3
"""Delivery to other servers: the built server and Postfix side by side, each given the same messages by smtp-source and delivering them to smtp-sink.
Python 3, standard library only; Debian's postfix (root starts it, in folders and on ports of its own; /etc/postfix is not touched) and an `actorsmtp`
($ACTORSMTP, or what was built last: dotnet build -c Release src/ActorSmtp.Cli).

  outbound.py                              5 rounds of 20,000 messages of 1 KiB, in turn
  outbound.py --store 6g                   the same on a fresh journalled ext4 of that size, which makes machines more alike (root, loop devices)
  outbound.py --rounds 7 --messages 50000 --size 10240 --domains 1

What is measured begins with the first message handed in and ends when the sink has the last: accepting, queueing, delivering, with every state change
synced by either. CPU is the servers' own, until they have delivered all. The last line has the ratio of the medians, and the median of the rounds' ratios.
"""
import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TICK = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 50            # at once to the sink, for either
PATIENCE = 120              # seconds without any message before a round is given up


def program():
    if os.environ.get("ACTORSMTP"):
        return os.environ["ACTORSMTP"]
    built = [f"{ROOT}/artifacts/embedded/bin/ActorSmtp.Cli/{kind}/actorsmtp" for kind in ("release", "debug")]
    built = [p for p in built if os.path.exists(p)]
    if not built:
        raise SystemExit("build first: dotnet build -c Release src/ActorSmtp.Cli")
    return max(built, key=os.path.getmtime)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_greeting(port, process, wait=60):
    end = time.monotonic() + wait
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as s:
                s.settimeout(5)
                if s.recv(100)[:3] == b"220":
                    s.sendall(b"QUIT\r\n")
                    s.recv(100)
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"no greeting on port {port}")


def stat(pid):
    """(parent, seconds of CPU of its own, of its ended children), or None."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            text = f.read()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2:].split()
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICK, (int(fields[13]) + int(fields[14])) / TICK


def cpu(root):
    """Of a process and its children, the ended ones too."""
    own = stat(root)
    if own is None:
        return 0.0
    total = own[1] + own[2]
    for name in os.listdir("/proc"):
        if name.isdigit() and (s := stat(int(name))) and s[0] == root:
            total += s[1] + s[2]
    return total


class Sink:
    """smtp-sink, and how many messages it has taken."""

    def __init__(self):
        self.port, self.messages, self.last = free_port(), 0, time.monotonic()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(["/usr/sbin/smtp-sink", *user, "-c", f"127.0.0.1:{self.port}", "1000"], stdout=subprocess.PIPE)
        threading.Thread(target=self._count, daemon=True).start()
        wait_for_greeting(self.port, self.process)

    def _count(self):
        rest = b""
        while piece := os.read(self.process.stdout.fileno(), 1 << 16):
            *lines, rest = re.split(rb"[\r\n]", rest + piece)
            for line in reversed(lines):
                if found := re.search(rb"mesg=(\d+)", line):
                    self.messages, self.last = int(found[1]), time.monotonic()
                    break

    def wait(self, count, began):
        """Seconds from a moment to its having taken so many; None: nothing more comes."""
        while self.messages < count:
            if time.monotonic() - max(self.last, began) > PATIENCE:
                return None
            time.sleep(0.005)
        return self.last - began

    def stop(self):
        self.process.kill()
        self.process.wait()


class Ours:
    name = "actorsmtp"

    def __init__(self, folder, sink):
        self.data, self.port = f"{folder}/ours/data", free_port()
        os.makedirs(f"{folder}/ours", exist_ok=True)
        sets = [
            f"data-dir={self.data}", f"listeners.smtp.bind=127.0.0.1:{self.port}", 'console.bind=""', 'domains=["local.bench.test"]',
            'listeners.smtp.relay-from=["127.0.0.0/8"]', f'outbound.routes."*"="smtp://127.0.0.1:{sink}"',
            f"outbound.limits.connections={CONNECTIONS}", f"outbound.servers.connections={CONNECTIONS}",
            "logging.level=warning", "logging.file.level=off", "storage.free-space-floor=16MiB", "limits.connections-per-address=1000"]
        self.process = subprocess.Popen(
            [program(), "serve", *(x for s in sets for x in ("--set", s))], stdin=subprocess.DEVNULL, stdout=open(f"{folder}/ours.log", "ab"), stderr=subprocess.STDOUT)
        wait_for_greeting(self.port, self.process)

    def cpu(self):
        return cpu(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Postfix:
    name = "postfix"

    def __init__(self, folder, sink):
        self.folder, self.port = f"{folder}/postfix", free_port()
        for part in ("etc", "queue", "data"):
            os.makedirs(f"{self.folder}/{part}", exist_ok=True)
        os.chmod(folder, 0o711)                         # Postfix's own users look into it
        os.chmod(self.folder, 0o711)
        shutil.chown(f"{self.folder}/data", "postfix")
        with open(f"{self.folder}/etc/main.cf", "w") as f:
            f.write(f"""compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = /dev/null
maillog_file_prefixes = /dev
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.bench.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
relayhost = [127.0.0.1]:{sink}
default_process_limit = 100
default_destination_concurrency_limit = {CONNECTIONS}
in_flow_delay = 0
smtp_connection_cache_destinations = 127.0.0.1
""")
        with open(f"{self.folder}/etc/master.cf", "w") as f:
            f.write(f"""127.0.0.1:{self.port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
""")
        self.run("start")
        with open(f"{self.folder}/queue/pid/master.pid") as f:
            self.pid = int(f.read())
        wait_for_greeting(self.port, None)

    def run(self, what):
        done = subprocess.run(["postfix", "-c", f"{self.folder}/etc", what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0 and what == "start":
            raise SystemExit(f"postfix does not start: {done.stdout}")

    def cpu(self):
        return cpu(self.pid)

    def stop(self):
        self.run("stop")


def on_a_store(size):
    """Runs all of it again in a mount namespace of its own, on a new file system in a written-out file. Its size: 6g, 800m."""
    work = tempfile.mkdtemp(prefix="actorsmtp-outbound-")
    script = """set -e
work=$1 size=$2; shift 2
trap 'cd /; umount "$work/disk" || umount -l "$work/disk"; losetup -d "$loop"; rm -rf "$work"' EXIT
head -c "$size" /dev/zero > "$work/image"; sync "$work/image"
mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$work/image"
mkdir "$work/disk"; loop=$(losetup -f --show --direct-io=on "$work/image"); mount "$loop" "$work/disk"; chmod 711 "$work" "$work/disk"
"$@"
"""
    os.environ["OUTBOUND_STORE"] = f"{work}/disk"
    octets = int(size[:-1]) << {"m": 20, "g": 30}[size[-1].lower()]
    sys.exit(subprocess.run(["unshare", "-m", "--propagation", "private", "bash", "-c", script, "store", work, str(octets), sys.executable, *sys.argv]).returncode)


def hand_in(server, count, size, domains, sessions):
    """smtp-source, one for each of some domains at a time; a list of what runs."""
    each = [count // domains + (i < count % domains) for i in range(domains)]
    return [subprocess.Popen(
        ["/usr/sbin/smtp-source", "-d", "-m", str(n), "-s", str(max(1, sessions // domains)), "-l", str(size), "-f", "from@bench.test", "-t", f"to@d{i}.bench.test",
         f"inet:127.0.0.1:{server.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for i, n in enumerate(each) if n]


def round_of(server, sink, a):
    had, cpu_before, began = sink.messages, server.cpu(), time.monotonic()
    sources = hand_in(server, a.messages, a.size, a.domains, a.sessions)
    for source in sources:
        _, errors = source.communicate()
        if source.returncode != 0:
            raise SystemExit(f"smtp-source to {server.name} ended with {source.returncode}: {errors[:300]}")
    accepted = time.monotonic() - began
    took = sink.wait(had + a.messages, began)
    if took is None:
        raise SystemExit(f"{server.name} delivered {sink.messages - had} of {a.messages}, then nothing for {PATIENCE} s")
    time.sleep(0.5)                                     # what it writes down behind the last 250 is its work too
    return {"server": server.name, "messages": a.messages, "size": a.size, "domains": a.domains, "rate": round(a.messages / took, 1),
            "accepted_rate": round(a.messages / accepted, 1), "cpu_us": round((server.cpu() - cpu_before) * 1e6 / a.messages, 1)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--messages", type=int, default=20000)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--size", type=int, default=1024)
    p.add_argument("--domains", type=int, default=10)
    p.add_argument("--sessions", type=int, default=20, help="of smtp-source, all domains together")
    p.add_argument("--folder", help="where both keep their queues; default: a temporary one")
    p.add_argument("--store", help="size of a new ext4 to work on, such as 6g")
    p.add_argument("--servers", default="actorsmtp,postfix")
    p.add_argument("--out", help="a JSON object a round is appended")
    a = p.parse_args()
    if os.geteuid() != 0 or not shutil.which("postfix") or not os.path.exists("/usr/sbin/smtp-sink"):
        raise SystemExit("root and Debian's postfix are needed")
    store = os.environ.get("OUTBOUND_STORE")
    if a.store and not store:
        on_a_store(a.store)
    folder = a.folder or tempfile.mkdtemp(prefix="actorsmtp-outbound-", dir=store)
    os.makedirs(folder, exist_ok=True)
    rows, servers, sink = [], [], Sink()
    try:
        for kind in (Ours, Postfix):
            if kind.name in a.servers.split(","):
                servers.append(kind(folder, sink.port))
        for server in servers:                          # once, for warmth
            round_of(server, sink, argparse.Namespace(**{**vars(a), "messages": max(a.domains, a.messages // 10)}))
        for n in range(a.rounds):
            for server in servers[n % len(servers):] + servers[:n % len(servers)]:
                rows.append({"round": n + 1, **round_of(server, sink, a)})
                print(f"# {json.dumps(rows[-1])}", flush=True)
                if a.out:
                    with open(a.out, "a") as f:
                        f.write(json.dumps(rows[-1]) + "\n")
    finally:
        for server in servers:
            server.stop()
        sink.stop()
        if not a.folder:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"\n| server | delivered/s, median (least – most) | accepted/s | CPU µs a message |\n|---|--:|--:|--:|")
    median = {}
    for server in servers:
        mine = [r for r in rows if r["server"] == server.name]
        rates = [r["rate"] for r in mine]
        median[server.name] = statistics.median(rates)
        print(f"| {server.name} | {median[server.name]:,.0f} ({min(rates):,.0f} – {max(rates):,.0f}) | {statistics.median(r['accepted_rate'] for r in mine):,.0f} "
              f"| {statistics.median(r['cpu_us'] for r in mine):,.0f} |")
    if len(servers) == 2:
        pairs = [(next(r["rate"] for r in rows if r["round"] == n and r["server"] == "actorsmtp"), next(r["rate"] for r in rows if r["round"] == n and r["server"] == "postfix"))
                 for n in range(1, a.rounds + 1)]
        print(f"\nRESULT ratio_of_medians={median['actorsmtp'] / median['postfix']:.2f} median_of_ratios={statistics.median(x / y for x, y in pairs):.2f} "
              f"rounds={a.rounds} messages={a.messages} size={a.size} domains={a.domains}")


if __name__ == "__main__":
    main()
