#!/usr/bin/env python3
"""A crowd of strangers at the door (docs/gatekeeping.md): each from another address, each looked up at a DNS that never answers, each asked to come back,
while somebody who is known sends mail. Says what it costs whom, as a table for docs/reliability.md; ends with 1 if the server ended, or the known one was refused.
Linux; the standard library only.

    dotnet build -c Release src/ActorSmtp.Cli
    tests/attack/strangers.py                 # a minute without and a minute with the crowd
    tests/attack/strangers.py --seconds 10 --strangers 100
    tests/attack/strangers.py --short         # a small one
"""
import argparse
import asyncio
import json
import os
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
CONFIG = """
actorsmtp {
  hostname = "mx.test", domains = ["mx.test"], unknown-recipients = accept, data-dir = "%(data)s"
  listeners { mx { bind = "127.0.0.1:0", role = mx, tls = off, auth = off, xclient-trusted = ["127.0.0.0/8"], checks = [reverse-dns, helo, greylisting] } }
  console { bind = "127.0.0.1:0" }
  dns { servers = ["127.0.0.1:%(dns)d"] }
  gatekeeping { trusted = ["198.51.100.0/24"], timeout = 20s, reverse-dns.wait = %(wait)s, helo.wait = %(wait)s, greylisting.size = %(size)d, at-once = %(at_once)d }
  limits { connections-per-address = 10000 }
  logging { level = off, file.level = off }
}
"""


async def say(reader, writer, line, code=None):
    writer.write(line.encode() + b"\r\n")
    return await hear(reader, code)


async def hear(reader, code=None):
    while True:
        line = await reader.readline()
        if not line:
            raise ConnectionError("the server hung up")
        if line[3:4] == b" ":
            if code and not line.startswith(code):
                raise ValueError(line.decode())
            return line


async def begin(port, address, helo):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await hear(reader, b"220")
    await say(reader, writer, "EHLO proxy.test", b"250")
    await say(reader, writer, f"XCLIENT ADDR={address}", b"220")
    await say(reader, writer, f"EHLO {helo}", b"250")
    return reader, writer


async def stranger(port, count, rng):
    while True:
        writer = None
        try:
            address = f"{rng.randrange(1, 100)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
            reader, writer = await begin(port, address, f"h{rng.getrandbits(40):x}.example")
            await say(reader, writer, f"MAIL FROM:<u{rng.getrandbits(60):x}@{rng.getrandbits(40):x}.example>")
            line = await say(reader, writer, "RCPT TO:<bob@mx.test>")
            count[line[:3].decode()] = count.get(line[:3].decode(), 0) + 1
        except (OSError, ValueError, ConnectionError) as gone:
            count[type(gone).__name__] = count.get(type(gone).__name__, 0) + 1
            await asyncio.sleep(0.1)
        finally:
            if writer:
                writer.close()


async def crowd(port, strangers, seconds):
    count = {}
    tasks = [asyncio.create_task(stranger(port, count, random.Random(n))) for n in range(strangers)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(count))


async def known(port, seconds):
    """A message after the other from a network that is trusted, each by a connection of its own."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        reader, writer = await begin(port, "198.51.100.7", "good.example")
        for line, code in (("MAIL FROM:<ann@good.example>", b"250"), ("RCPT TO:<bob@mx.test>", b"250"), ("DATA", b"354"), ("Subject: hello\r\n\r\nHello\r\n.", b"250")):
            await say(reader, writer, line, code)
        times.append((time.monotonic() - began) * 1000)
        writer.close()
        await asyncio.sleep(0.02)
    times.sort()
    return {"messages": len(times), "p50_ms": round(statistics.median(times), 1), "p99_ms": round(times[int(len(times) * 0.99) - 1], 1), "max_ms": round(times[-1], 1)}


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024


def row(who, rate, count, good, memory, args):
    heard = ", ".join(f"{answers} × {code}" for code, answers in sorted(count.items())) or "–"
    print(f"| {who} | {rate:.0f} | {heard} | {good['messages']} | {good['p50_ms']} ms | {good['p99_ms']} ms | {good['max_ms']} ms | {memory} MiB |")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--strangers", type=int, default=500)
    args.add_argument("--seconds", type=int, default=60)
    args.add_argument("--short", action="store_true", help="3 seconds and 20 strangers")
    args.add_argument("--wait", default="200ms", help="how long MAIL waits for the DNS")
    args.add_argument("--size", type=int, default=100000)
    args.add_argument("--at-once", type=int, default=2000)
    args.add_argument("--server", default=str(HERE / "artifacts/embedded/bin/ActorSmtp.Cli/release/actorsmtp.dll"))
    args.add_argument("--crowd", type=int, help=argparse.SUPPRESS)
    args = args.parse_args()
    if args.short:
        args.seconds, args.strangers = 3, 20
    if args.crowd:
        asyncio.run(crowd(args.crowd, args.strangers, args.seconds))
        return 0

    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        data = os.path.join(folder, "data")
        config = os.path.join(folder, "strangers.conf")
        pathlib.Path(config).write_text(CONFIG % {"data": data, "dns": silent.getsockname()[1], "wait": args.wait, "size": args.size, "at_once": args.at_once})
        server = subprocess.Popen(["dotnet", args.server, "serve", "--config", config])
        try:
            listening = pathlib.Path(data, "listeners.json")
            while not listening.exists():
                if server.poll() is not None:
                    return "the server ended"
                time.sleep(0.1)
            port = int(json.loads(listening.read_text())["mx"].rsplit(":", 1)[1])
            asyncio.run(known(port, 5))
            alone, before = asyncio.run(known(port, args.seconds)), resident(server.pid)
            attackers = subprocess.Popen(
                [sys.executable, __file__, "--crowd", str(port), "--strangers", str(args.strangers), "--seconds", str(args.seconds)], stdout=subprocess.PIPE, text=True)
            beside, after = asyncio.run(known(port, args.seconds)), resident(server.pid)
            count = json.loads(attackers.communicate()[0])
            print("| beside | strangers a second | what they heard | good messages | p50 | p99 | worst | memory |\n|---|--:|---|--:|--:|--:|--:|--:|")
            row("nobody", 0, {}, alone, before, args)
            row(f"{args.strangers} strangers, a DNS that never answers", sum(count.values()) / args.seconds, count, beside, after, args)
            return 0 if server.poll() is None else "the server ended"
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
