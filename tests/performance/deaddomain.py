#!/usr/bin/env python3
"""A queue with a million messages for one dead domain: what it costs in memory, and whether mail for others is slower for it.
Python 3, standard library only; Debian's postfix for smtp-source and smtp-sink, and an `actorsmtp` ($ACTORSMTP, or what was built last:
dotnet build -c Release src/ActorSmtp.Cli).

  deaddomain.py                        1,000,000 messages for dead.bench.test, 5 times 10,000 for ten domains before and after
  deaddomain.py --dead 100000 --messages 5000 --rounds 3

What is measured for the others begins with the first message handed in and ends when the sink has the last, as outbound.py does. Memory is what the server
holds of RAM (VmRSS) when the dead ones are in and nothing moves, after a restart with them, and at its highest (VmHWM). The dead domain's server refuses connections; then it
rests, and is tried again by one message after `outbound.rest`, here a minute.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from outbound import CONNECTIONS, PATIENCE, Sink, cpu, free_port, program, wait_for_greeting

SOURCE = "/usr/sbin/smtp-source"


class Server:
    """The built server, with a route for the dead domain and one for all others."""

    def __init__(self, folder, sink, dead):
        self.folder, self.data, self.port = folder, f"{folder}/data", free_port()
        self.sets = [
            f"data-dir={self.data}", f"listeners.smtp.bind=127.0.0.1:{self.port}", 'console.bind=""', 'domains=["local.bench.test"]',
            'listeners.smtp.relay-from=["127.0.0.0/8"]', f'outbound.routes."*"="smtp://127.0.0.1:{sink}"',
            f'outbound.routes."dead.bench.test"="smtp://127.0.0.1:{dead}"', "outbound.queue-size=2000000",
            f"outbound.limits.connections={CONNECTIONS}", f"outbound.servers.connections={CONNECTIONS}",
            "logging.level=warning", "logging.file.level=off", "storage.free-space-floor=16MiB", "limits.connections-per-address=1000"]
        self.start()

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [program(), "serve", *(x for s in self.sets for x in ("--set", s))], stdin=subprocess.DEVNULL, stdout=open(f"{self.folder}/server.log", "ab"), stderr=subprocess.STDOUT)
        wait_for_greeting(self.port, self.process, wait=300)
        return time.monotonic() - began

    def memory(self):
        """(now, highest) in MiB."""
        with open(f"/proc/{self.process.pid}/status") as f:
            lines = dict(line.split(":", 1) for line in f)
        return tuple(int(lines[k].split()[0]) / 1024 for k in ("VmRSS", "VmHWM"))

    def queue(self):
        """What `queue list` says in all."""
        out = subprocess.run([program(), "queue", "list", "--by-destination", "--json", "--set", f"data-dir={self.data}"], capture_output=True, text=True, check=True).stdout
        return json.loads(out)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def send(port, count, to, size, sessions=50):
    subprocess.run([SOURCE, "-4", "-s", str(sessions), "-m", str(count), "-l", str(size), "-f", "bench@local.bench.test", "-t", to, f"127.0.0.1:{port}"], check=True)


def rounds(server, sink, count, times, size, domains=10):
    """Messages a second delivered to others, and processor time of each, round by round."""
    rates, costs = [], []
    for _ in range(times):
        before, began, spent = sink.messages, time.monotonic(), cpu(server.process.pid)
        senders = [subprocess.Popen([SOURCE, "-4", "-s", "5", "-m", str(count // domains), "-l", str(size), "-f", "bench@local.bench.test", "-t", f"to@d{d}.bench.test",
                                     f"127.0.0.1:{server.port}"]) for d in range(domains)]
        took = sink.wait(before + count // domains * domains, began)
        for s in senders:
            s.wait()
        if took is None:
            raise SystemExit(f"nothing more is delivered for {PATIENCE} s: {sink.messages - before} of {count}")
        rates.append(count / took)
        costs.append((cpu(server.process.pid) - spent) / count * 1e6)
    return rates, costs


def tell(what, measured):
    rates, costs = measured
    print(f"# {what}: {statistics.median(rates):,.0f} messages a second ({min(rates):,.0f} to {max(rates):,.0f}), {statistics.median(costs):.0f} µs of processor each", flush=True)
    return statistics.median(rates)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dead", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--folder")
    args = parser.parse_args()
    if not os.path.exists(SOURCE):
        print("smtp-source is not installed (Debian: postfix): nothing was measured")
        return 0
    folder = args.folder or tempfile.mkdtemp(prefix="actorsmtp-queue-")
    os.makedirs(folder, exist_ok=True)
    sink = Sink()
    server = Server(folder, sink.port, free_port())
    try:
        rounds(server, sink, args.messages, 1, args.size)               # warm
        empty, _ = server.memory()
        before = tell("to others, nothing waits", rounds(server, sink, args.messages, args.rounds, args.size))
        began = time.monotonic()
        send(server.port, args.dead, "nobody@dead.bench.test", args.size)
        accepted = time.monotonic() - began
        while server.queue()["totals"]["messages"] < args.dead:
            time.sleep(1)
        print(f"# {args.dead:,} for a dead domain taken in {accepted:.0f} s, all in the queue after {time.monotonic() - began:.0f} s", flush=True)
        time.sleep(10)
        full, highest = server.memory()
        after = tell(f"to others, {args.dead:,} wait for a dead domain", rounds(server, sink, args.messages, args.rounds, args.size))
        spent = cpu(server.process.pid)
        time.sleep(20)
        idle = (cpu(server.process.pid) - spent) / 20
        server.stop()
        disk = sum(os.path.getsize(os.path.join(at, f)) for at, _, files in os.walk(f"{server.data}/queue") for f in files) / (1 << 20)
        took = server.start()
        while server.queue()["totals"]["messages"] < args.dead:
            time.sleep(0.2)
        again, top = server.memory()
        print(f"# memory: {empty:.0f} MiB empty, {full:.0f} MiB full (highest {highest:.0f}), {again:.0f} MiB after a restart of {took:.1f} s (highest {top:.0f}); "
              f"queue/ {disk:,.0f} MiB; {idle * 100:.1f} % of a core at rest")
        print(f"# RESULT with {args.dead:,} messages for a dead domain others get {after:,.0f} messages a second, without {before:,.0f} (ratio {after / before:.2f}); "
              f"RSS {full:,.0f} MiB with them, {empty:,.0f} without ({(full - empty) * (1 << 20) / max(1, args.dead):,.0f} octets each)")
        print(json.dumps({
            "dead": args.dead, "before": round(before), "after": round(after), "ratio": round(after / before, 3), "empty_mib": round(empty), "full_mib": round(full), "highest_mib": round(highest),
            "restart_s": round(took, 1), "restart_mib": round(again), "restart_highest_mib": round(top), "queue_mib": round(disk), "idle": round(idle, 3), "accepted_s": round(accepted)}))
    finally:
        server.stop()
        sink.stop()
        if not args.folder:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
