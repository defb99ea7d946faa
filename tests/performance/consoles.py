#!/usr/bin/env python3
"""What ten open consoles cost: messages a second with and without them, in turn, on one server.

    dotnet build -c Release src/ActorSmtp.Cli && tests/performance/consoles.py [--rounds 5] [--seconds 8] [--consoles 10]

A console is what the page does, without a browser's own work (which happens on the reader's machine): it holds a stream of events of everything
the inbox and the live page show, and reads the list of messages, the mailboxes and the sessions as often as the page does. Rounds go
without, with, with, without…, so that what drifts cancels out. Ends with 0 if the median keeps at least 95 %. Besides it tells what a
thousand messages cost the server in processor time, which hardly depends on what else the machine does.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from server import program  # noqa: E402


class Consoles:
    """So many open consoles; closed at the end of the block."""

    def __init__(self, url, many, every):
        self.url, self.many, self.every, self.stop = url, many, every, threading.Event()

    def __enter__(self):
        events = "message,message-changed,message-removed,lease,metrics,session"
        self.streams = [subprocess.Popen(["curl", "-sN", f"{self.url}/api/events?types={events}"], stdout=subprocess.DEVNULL) for _ in range(self.many)]
        self.reader = threading.Thread(target=self.read if self.every else self.stop.wait)
        self.reader.start()
        return self

    def read(self):
        """Each console every ten seconds: in a flood no page reads its lists oftener."""
        while not self.stop.wait(self.every):
            for _ in range(self.many):
                for path in ("mailboxes?limit=200", "messages?limit=100"):
                    try:
                        urllib.request.urlopen(f"{self.url}/api/{path}", timeout=30).read()
                    except OSError as wrong:
                        print(f"a console was refused: {wrong}", file=sys.stderr)
                if self.stop.is_set():
                    return

    def __exit__(self, *_):
        self.stop.set()
        self.reader.join()
        ended = [s.poll() for s in self.streams]
        for stream in self.streams:
            stream.terminate()
            stream.wait()
        if any(code is not None for code in ended):
            raise SystemExit(f"a stream of events ended by itself: {ended}")


def processor(pid):
    """Seconds of processor time that a process has used so far."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(server, url, port, seconds, sessions):
    """Messages a second, and milliseconds of the server's processor time for a thousand of them until they are all in the mailboxes."""
    began = processor(server.pid)
    accepted = rate(port, seconds, sessions)
    settle(url)
    return accepted, (processor(server.pid) - began) * 1e6 / (accepted * seconds)


def settle(url):
    """Every round begins with nothing left of the one before it: its deliveries would share the disk and the processors."""
    while not any(line == "actorsmtp_store_waiting 0" for line in urllib.request.urlopen(f"{url}/metrics", timeout=30).read().decode().splitlines()):
        time.sleep(0.2)


def rate(port, seconds, sessions):
    out = subprocess.run(
        [program(), "bench", "--server", f"127.0.0.1:{port}", "--sessions", str(sessions), "--duration", f"{seconds}s", "--size", "1KiB", "--pipelining",
         "--to", "user{n}@example.com", "--spread", "50", "--json"], capture_output=True, text=True, check=True).stdout
    return json.loads(out)["perSecond"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=8)
    arguments.add_argument("--consoles", type=int, default=10)
    arguments.add_argument("--sessions", type=int, default=50)
    arguments.add_argument("--every", type=float, default=10, help="seconds from one reading of the lists to the next; 0: streams alone")
    arguments.add_argument("--folder", help="where the data goes; a disk of its own makes the figures steadier")
    given = arguments.parse_args()
    folder = tempfile.mkdtemp(prefix="actorsmtp-consoles-", dir=given.folder)
    data = f"{folder}/data"
    server = subprocess.Popen(
        [program(), "serve", "--set", f"data-dir={data}", "--set", "listeners.smtp.bind=127.0.0.1:0", "--set", "console.bind=127.0.0.1:0",
         "--set", "logging.level=warning"], stdout=subprocess.DEVNULL)
    try:
        while not os.path.exists(f"{data}/listeners.json"):
            if server.poll() is not None:
                raise SystemExit("the server ended by itself")
            time.sleep(0.05)
        with open(f"{data}/listeners.json") as f:
            bound = json.load(f)
        port, url = bound["smtp"].rsplit(":", 1)[1], "http://" + bound["console"]
        for watched in (0, given.consoles):                 # what runs for the first time is slow: the ways of the consoles as well
            with Consoles(url, watched, given.every):
                rate(port, 4, given.sessions)
                settle(url)
        without, with_them = [], []
        for turn in range(given.rounds):
            for watched in ((False, True) if turn % 2 == 0 else (True, False)):
                if watched:
                    with Consoles(url, given.consoles, given.every):
                        with_them.append(measured(server, url, port, given.seconds, given.sessions))
                else:
                    without.append(measured(server, url, port, given.seconds, given.sessions))
            (a, cost), (b, cost_with) = without[-1], with_them[-1]
            print(f"round {turn + 1}: {a:,.0f}/s without, {b:,.0f}/s with {given.consoles} consoles: {b / a:.1%}; processor {cost:.0f} and {cost_with:.0f} ms for 1,000", flush=True)
        ratio = statistics.median(b[0] / a[0] for a, b in zip(without, with_them))
        print(f"median: {statistics.median(a for a, _ in without):,.0f}/s without, {statistics.median(b for b, _ in with_them):,.0f}/s with; {ratio:.1%}; "
              f"processor {statistics.median(c for _, c in without):.0f} and {statistics.median(c for _, c in with_them):.0f} ms for 1,000")
        return 0 if ratio >= 0.95 else 1
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
