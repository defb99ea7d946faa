#!/usr/bin/env python3
"""What a message costs who sends it: `actorsmtp bench` beside peers/smtpload.c, in turn, both against peers/ceiling.c, which discards everything.
Python 3 and a C compiler; the program is $ACTORSMTP, or what was built last (dotnet build -c Release src/ActorSmtp.Cli).

  generator.py [--rounds 3] [--cells "reuse:1k:10 reuse:1k:100:p"]

Processor time, user and system, of many messages less that of a tenth as many, so that what a start costs does not count; medians of the rounds, and of
their ratios. Ends with 1 where a ratio is above two.
"""
import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from server import program  # noqa: E402

CELLS = "reuse:1k:10 reuse:1k:100 reuse:1k:100:p new:1k:10 reuse:100k:10"
SIZES = {"1k": 1024, "100k": 102400}


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def each(command, many):
    """Microseconds of a message; `command` makes one of a number."""
    return (seconds(command(many)) - seconds(command(many // 10))) * 1e6 / (many - many // 10)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--cells", default=CELLS, help="mode:size:sessions[:p]")
    a = p.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ceiling", "smtpload"):
            subprocess.run(["cc", "-O2", "-pthread", "-o", f"{folder}/{name}", f"{HERE}/peers/{name}.c"], check=True)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        ceiling = subprocess.Popen([f"{folder}/ceiling", str(port)], stdout=subprocess.DEVNULL)
        try:
            time.sleep(1)
            for cell in a.cells.split():
                mode, size, sessions, pipelined = (cell.split(":") + [""])[:4]
                many = 30_000 if size != "1k" else 60_000 if mode == "new" else 200_000
                ours = [program(), "bench", "--server", f"127.0.0.1:{port}", "--sessions", sessions, "--size", str(SIZES[size]), "--json"]
                ours += (["--reconnect"] if mode == "new" else []) + (["--pipelining"] if pipelined else [])
                theirs = [f"{folder}/smtpload", "-m", mode, "-c", sessions, "-l", str(SIZES[size]), "-s", "600"] + (["-p"] if pipelined else [])
                rounds = [(each(lambda n: ours + ["--messages", str(n)], many), each(lambda n: theirs + ["-n", str(n), f"127.0.0.1:{port}"], many)) for _ in range(a.rounds)]
                ratio = statistics.median(x / y for x, y in rounds)
                worst = max(worst, ratio)
                print(f"{cell:16} bench {statistics.median(x for x, _ in rounds):6.1f} us, smtpload {statistics.median(y for _, y in rounds):6.1f} us a message: {ratio:.2f}", flush=True)
        finally:
            ceiling.terminate()
    sys.exit(1 if worst > 2 else 0)


if __name__ == "__main__":
    main()
