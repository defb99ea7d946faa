#!/usr/bin/env python3
"""Draws the charts of docs/performance.md from docs/performance/measurements.jsonl. Python 3, standard library only.

  charts.py                       writes docs/performance/*.svg
  charts.py --add FILE…           first takes over the rows of these result files (one JSON object a line, each with
                                  server, cell = mode:size:sessions[:p|b], rate, p50_us, p99_us, cpu_us; of peers/run, sustained.py, mailboxes.py)
            --commit C            … as measured at this commit, else at the one that is checked out
            --machine TEXT        … on this machine, else as this one describes itself
  charts.py --table               prints the tables of medians and of shares instead

Each row says at which commit, when and on what it was measured. Nothing is ever taken out; of each server's cell the last commit that has it counts.
"""
import argparse
import collections
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(HERE, "docs", "performance")
DATA = os.path.join(FOLDER, "measurements.jsonl")
KEPT = ("server", "cell", "round", "rate", "p50_us", "p99_us", "cpu_us", "peak_rss", "accounts", "delivered_rate", "load1")

# name in the measurements: (label, colour, dashes); the order is that of legends and tables
SERVERS = {
    "ours": ("ActorSmtp, synced", "#c0392b", ""),
    "ceiling-durable": ("ceiling (C), synced", "#2c3e50", "6 3"),
    "postfix": ("Postfix, synced", "#2980b9", ""),
    "ss-fsync": ("SmtpServer (C#), synced", "#8e44ad", ""),
    "npm-fsync": ("smtp-server (npm), synced", "#27ae60", ""),
    "ours-never": ("ActorSmtp, sync = never", "#c0392b", "2 3"),
    "ss-discard": ("SmtpServer (C#), discards", "#8e44ad", "2 3"),
    "ceiling": ("ceiling (C), discards", "#2c3e50", "2 3"),
}
SHARES = [
    ("ActorSmtp synced, of the synced ceiling", "ours", "ceiling-durable"),
    ("ActorSmtp never, of the discarding ceiling", "ours-never", "ceiling"),
    ("ActorSmtp never, of SmtpServer that discards", "ours-never", "ss-discard"),
    ("ActorSmtp synced, of Postfix", "ours", "postfix"),
]
SIZES = {"1k": 1024, "10k": 10240, "100k": 102400, "1m": 1048576}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 400, 70, 210, 44, 52


def rows():
    """Those that count: of a cell those of the commit that was added last."""
    with open(DATA, encoding="utf-8") as f:
        all_rows = [json.loads(line) for line in f if line.strip()]
    last = {(r["server"], r["cell"], r.get("accounts")): r["commit"] for r in all_rows}
    return [r for r in all_rows if last[r["server"], r["cell"], r.get("accounts")] == r["commit"]]


def checked_out():
    """The commit, with a + where files differ from it."""
    git = ["git", "-C", HERE]
    commit = subprocess.run(git + ["rev-parse", "--short=7", "HEAD"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return commit + ("+" if subprocess.run(git + ["diff", "--quiet", "HEAD", "--", "src"], check=False).returncode else "")


def this_machine():
    """Processors, memory, kernel: what a figure depends on and nothing that says whose it is."""
    with open("/proc/meminfo", encoding="ascii") as f:
        memory = int(f.readline().split()[1]) / (1 << 20)
    release = ".".join(platform.release().split("-")[0].split(".")[:2])
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {release}"


def add(files, commit, machine):
    at = {"commit": commit or checked_out(), "machine": machine or this_machine(), "on": datetime.date.today().isoformat()}
    with open(DATA, "a", encoding="utf-8") as out:
        for name in files:
            with open(name, encoding="utf-8") as f:
                for line in f:
                    row = json.loads(line) if line.strip() else {}
                    if row.get("cell") and row.get("rate") and row["server"] in SERVERS:
                        out.write(json.dumps({**{k: row[k] for k in KEPT if row.get(k) is not None}, **at}) + "\n")


def medians(all_rows, key):
    """{(server, cell, accounts): median of one figure}"""
    found = collections.defaultdict(list)
    for row in all_rows:
        if row.get(key) is not None:
            found[row["server"], row["cell"], row.get("accounts", 1)].append(row[key])
    return {k: statistics.median(v) for k, v in found.items()}


def short(value):
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def log_ticks(low, high):
    ticks, at = [], 10 ** len(str(int(low))) / 10
    while at <= high * 1.001:
        ticks += [at * m for m in (1, 2, 5) if low * 0.999 <= at * m <= high * 1.001]
        at *= 10
    return ticks


def chart(name, title, unit, along, lines):
    """lines: {server: [(x, y)…]}; both axes are logarithmic; x ticks are the x that occur."""
    lines = {s: sorted(p) for s, p in lines.items() if len(p) > 1}
    if not lines:
        return
    xs = sorted({x for p in lines.values() for x, _ in p})
    ys = [y for p in lines.values() for _, y in p]
    low, high = min(ys) / 1.3, max(ys) * 1.3
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def px(x):
        return LEFT + (right - LEFT) * (math.log(x / xs[0]) / math.log(xs[-1] / xs[0]))

    def py(y):
        return bottom - (bottom - TOP) * (math.log(y / low) / math.log(high / low))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
           f'<text x="{LEFT}" y="22" font-size="15" font-weight="600" fill="#222">{escape(title)}</text>',
           f'<text x="{LEFT}" y="{TOP - 6}" fill="#666">{escape(unit)}</text>']
    for y in log_ticks(low, high):
        out.append(f'<line x1="{LEFT}" x2="{right}" y1="{py(y):.1f}" y2="{py(y):.1f}" stroke="#e4e4e4"/>'
                   f'<text x="{LEFT - 8}" y="{py(y) + 4:.1f}" text-anchor="end" fill="#666">{short(y)}</text>')
    for x in xs:
        label = next((k for k, v in SIZES.items() if v == x), short(x)) if "size" in along else short(x)
        out.append(f'<line x1="{px(x):.1f}" x2="{px(x):.1f}" y1="{bottom}" y2="{bottom + 5}" stroke="#999"/>'
                   f'<text x="{px(x):.1f}" y="{bottom + 20}" text-anchor="middle" fill="#666">{label}</text>')
    out.append(f'<line x1="{LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}" stroke="#999"/>'
               f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle" fill="#666">{escape(along)}</text>')
    ends = []
    for server, points in lines.items():
        _, colour, dash = SERVERS[server]
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        path = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        out += [f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        ends.append([py(points[-1][1]), px(points[-1][0]), server])
    ends.sort()
    at = 0.0
    for y, x, server in ends:
        label, colour, _ = SERVERS[server]
        at = max(y, at + 15)
        out.append(f'<line x1="{x + 5:.1f}" y1="{y:.1f}" x2="{right + 18}" y2="{at:.1f}" stroke="{colour}" stroke-width="0.6"/>'
                   f'<text x="{right + 22}" y="{at + 4:.1f}" fill="{colour}">{escape(label)}</text>')
    out.append("</svg>")
    with open(os.path.join(FOLDER, name + ".svg"), "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")
    print(f"docs/performance/{name}.svg")


def along(figures, mode, size=None, sessions=None, extra=""):
    """The points of one chart: against sessions where size is given, against sizes where sessions is."""
    lines = collections.defaultdict(list)
    for (server, cell, accounts), value in figures.items():
        m, s, c, x = (cell.split(":") + [""])[:4]
        if server in SERVERS and accounts == 1 and m == mode and x == extra and (size is None or s == size) and (sessions is None or int(c) == sessions):
            lines[server].append((int(c) if sessions is None else SIZES[s], value))
    return {s: lines[s] for s in SERVERS if s in lines}


def draw():
    all_rows = rows()
    rate, p99 = medians(all_rows, "rate"), medians(all_rows, "p99_us")
    chart("sessions", "Messages of 1 KiB accepted a second, sessions kept open", "messages/s", "sessions", along(rate, "reuse", size="1k"))
    chart("latency", "From MAIL to 250, 99 of 100 messages, 1 KiB", "ms", "sessions",
          {s: [(x, y / 1000) for x, y in p] for s, p in along(p99, "reuse", size="1k").items()})
    chart("sizes", "Messages accepted a second, ten sessions", "messages/s", "size of a message", along(rate, "reuse", sessions=10))
    boxes = collections.defaultdict(list)
    for (server, cell, accounts), value in medians([r for r in all_rows if "accounts" in r], "delivered_rate").items():
        boxes[server].append((accounts, value))
    chart("mailboxes", "Delivered into synced mailboxes a second, sustained for a minute, 100 sessions, 1 KiB", "messages/s", "mailboxes", boxes)


def share(of_rows, ours, theirs, cell):
    """The median of the rounds' ratios; where rounds are not told, rows stand in the order in which they were measured."""
    mine, other = ([r["rate"] for r in of_rows if (r["server"], r["cell"]) == (s, cell)] for s in (ours, theirs))
    return statistics.median(a / b for a, b in zip(mine, other)) if mine and other else None


def table():
    all_rows = [r for r in rows() if "accounts" not in r]
    for measured in dict.fromkeys((r["commit"], r["machine"], r.get("on")) for r in all_rows):
        print("measured at " + ", ".join(m for m in measured if m))
    rate, cpu, p50, p99 = (medians(all_rows, k) for k in ("rate", "cpu_us", "p50_us", "p99_us"))
    cells = list(dict.fromkeys(r["cell"] for r in all_rows))
    servers = [s for s in SERVERS if any(r["server"] == s for r in all_rows)]
    for title, figures, form in (("accepted/s", rate, "{:,.0f}"), ("CPU µs/message", cpu, "{:,.0f}"), ("p50 ms", {k: v / 1000 for k, v in p50.items()}, "{:.2f}"), ("p99 ms", {k: v / 1000 for k, v in p99.items()}, "{:.2f}")):
        print(f"\n| {title} | " + " | ".join(SERVERS[s][0] for s in servers) + " |\n|---|" + "--:|" * len(servers))
        for cell in cells:
            print(f"| {cell} | " + " | ".join(form.format(figures[s, cell, 1]) if (s, cell, 1) in figures else "–" for s in servers) + " |")


    print("\n| share (median of the rounds) | " + " | ".join(cells) + " |\n|---|" + "--:|" * len(cells))
    for title, ours, theirs in SHARES:
        print(f"| {title} | " + " | ".join("–" if (s := share(all_rows, ours, theirs, cell)) is None else f"{s:.2f}" for cell in cells) + " |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--add", nargs="+", metavar="FILE", default=[])
    p.add_argument("--commit")
    p.add_argument("--machine")
    p.add_argument("--table", action="store_true")
    a = p.parse_args()
    os.makedirs(FOLDER, exist_ok=True)
    if a.add:
        add(a.add, a.commit, a.machine)
    if a.table:
        table()
    else:
        draw()


if __name__ == "__main__":
    main()
