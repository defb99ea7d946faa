#!/usr/bin/env python3
"""Measures SMTP servers side by side on one machine, in one run.

  bench.py run         messages per second, CPU per message, latency, peak memory
  bench.py idle        memory per idle session, and whether a new one is still answered
  bench.py durability  which syncs come before the 250 (strace)
  bench.py limits      what the machine's disk and loopback give
  bench.py table       the tables again, from a results file

Python 3 standard library and a C compiler only.  See README.md; `run` beside this file builds what it needs and starts it.
"""
import argparse, json, os, re, resource, shutil, signal, socket, statistics, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.environ.get("BENCH_HOME") or os.path.join(tempfile.gettempdir(), "smtp-bench")
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
DEFAULT_CELLS = ("reuse:1k:10 reuse:10k:10 reuse:100k:10 reuse:1m:10 "
                 "new:1k:10 new:10k:10 new:100k:10 new:1m:10 "
                 "reuse:1k:1 reuse:1k:100 reuse:1k:500 new:1k:1 new:1k:100 new:1k:500")


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def read(path, default=""):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return default


# ---------------------------------------------------------------- tools in C

def tool(name):
    """The C program beside this file, compiled where it is newer than the binary."""
    source, binary = os.path.join(HERE, name + ".c"), os.path.join(HOME, "bin", name)
    if not os.path.exists(binary) or os.path.getmtime(binary) < os.path.getmtime(source):
        os.makedirs(os.path.dirname(binary), exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-pthread", "-o", binary, source], check=True)
    return binary


# ---------------------------------------------------- isolation of the run

def isolate(args):
    """Run again in a private network (loopback only) and mount namespace.

    With --store SIZE a journalled ext4 image of that size stands at
    $BENCH_STORE for as long as the run lasts, so that durable servers all
    write to the same ordinary kind of file system.
    """
    os.makedirs(HOME, exist_ok=True)
    store = os.path.join(HOME, "store")
    image = os.path.join(HOME, "store.img")
    resolv = os.path.join(HOME, "resolv.conf")
    with open(resolv, "w") as f:
        f.write("nameserver 127.0.0.1\n")
    script = ["set -e", "ip link set lo up",
              'mount --bind "$RESOLV" /etc/resolv.conf',
              "echo 10000 65000 > /proc/sys/net/ipv4/ip_local_port_range"]
    env = dict(os.environ, BENCH_ISOLATED="1", BENCH_HOME=HOME, RESOLV=resolv)
    if args.store:
        os.makedirs(store, exist_ok=True)
        size = number(args.store)
        if not os.path.exists(image) or os.path.getsize(image) != size:
            say(f"writing a store image of {size >> 20} MiB")
            with open(image, "wb") as f:
                block = bytes(1 << 20)
                for _ in range(size >> 20):
                    f.write(block)
                f.flush()
                os.fsync(f.fileno())
        env.update(IMAGE=image, BENCH_STORE=store)
        # mkfs without discard or lazy work: every block stays allocated in the image
        script += ['mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$IMAGE"',
                   'L=$(losetup -f --show --direct-io=on "$IMAGE")',
                   'trap \'umount "$BENCH_STORE" || umount -l "$BENCH_STORE"; losetup -d "$L"\' EXIT',
                   'mount "$L" "$BENCH_STORE"', 'chmod 755 "$BENCH_STORE"',
                   '"$@"']
    else:
        env.setdefault("BENCH_STORE", store)
        os.makedirs(store, exist_ok=True)
        script += ['exec "$@"']
    command = ["unshare", "-n", "-m", "--propagation", "private", "bash", "-c", "\n".join(script), "bench",
               sys.executable, os.path.abspath(__file__)] + sys.argv[1:]
    sys.exit(subprocess.run(command, env=env).returncode)


def number(text):
    m = re.fullmatch(r"(\d+)([kmg]?)", text.lower())
    if not m:
        raise SystemExit(f"not a size: {text}")
    return int(m[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[m[2]]


# ------------------------------------------------------- processes and CPU

class Cgroup:
    """A control group of its own per server (v2, or v1 cpuacct): exact CPU, children that ended included."""

    def __init__(self, name):
        self.path = None
        for root, v2 in (("/sys/fs/cgroup", True), ("/sys/fs/cgroup/unified", True), ("/sys/fs/cgroup/cpuacct", False)):
            probe = "cgroup.controllers" if v2 else "cpuacct.usage"
            if not os.path.exists(os.path.join(root, probe)):
                continue
            path = os.path.join(root, f"smtp-bench-{os.getpid()}-{name}")
            try:
                os.makedirs(path, exist_ok=True)
            except OSError:
                continue
            if os.path.exists(os.path.join(path, "cpu.stat" if v2 else "cpuacct.usage")):
                self.path, self.v2 = path, v2
                return
            os.rmdir(path)

    def pids(self):
        return [int(p) for p in read(os.path.join(self.path, "cgroup.procs")).split()]

    def cpu(self):
        if self.v2:
            d = dict(line.split() for line in read(os.path.join(self.path, "cpu.stat")).splitlines())
            return int(d["usage_usec"]) / 1e6, int(d["user_usec"]) / 1e6
        return (int(read(os.path.join(self.path, "cpuacct.usage"), "0")) / 1e9,
                int(read(os.path.join(self.path, "cpuacct.usage_user"), "0")) / 1e9)

    def close(self):
        for _ in range(50):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.1)


def stat(pid):
    """(parent, user, sys, children's user, children's sys) of a process, or None."""
    text = read(f"/proc/{pid}/stat")
    if not text:
        return None
    f = text[text.rindex(")") + 2:].split()
    return int(f[1]), *(int(x) / TICK for x in f[11:15])


def all_pids():
    return [int(p) for p in os.listdir("/proc") if p.isdigit()]


class Server:
    def __init__(self, config):
        self.c = config
        self.name = config["name"]
        self.port = config["port"]
        self.peak = 0
        self.process = None

    def path(self, key):
        return [os.path.expandvars(p) for p in self.c.get(key, [])]

    def start(self):
        os.makedirs(os.path.join(HOME, "logs"), exist_ok=True)
        self.cgroup = Cgroup(re.sub(r"\W", "_", self.name))
        env = dict(os.environ, **{k: os.path.expandvars(v) for k, v in self.c.get("env", {}).items()})
        for d in self.path("store"):
            os.makedirs(d, exist_ok=True)
        if self.c.get("prepare"):
            subprocess.run(["/bin/sh", "-ec", self.c["prepare"]], env=env, check=True)

        def enter():
            if self.cgroup.path:
                with open(os.path.join(self.cgroup.path, "cgroup.procs"), "w") as f:
                    f.write(str(os.getpid()))
            raise_files()

        with open(os.path.join(HOME, "logs", self.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(["/bin/sh", "-c", "exec " + self.c["start"]], env=env, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True, preexec_fn=enter)
        end = time.time() + self.c.get("start_seconds", 30)
        while time.time() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 2) as s:
                    s.settimeout(5)
                    if s.recv(100)[:3] == b"220":
                        s.sendall(b"QUIT\r\n")
                        s.recv(100)
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{self.name}: no greeting on port {self.port}; see its log")

    def pids(self):
        if self.cgroup.path:
            return self.cgroup.pids()
        roots = {self.process.pid}
        pidfile = self.c.get("pidfile")
        if pidfile:
            text = read(os.path.expandvars(pidfile)).split()
            if text:
                roots.add(int(text[0]))
        parents = {p: s[0] for p in all_pids() if (s := stat(p))}
        found = {p for p in roots if p in parents}
        while True:
            more = {p for p, parent in parents.items() if parent in found} - found
            if not more:
                return sorted(found)
            found |= more

    def cpu(self):
        """(all, user) CPU seconds so far."""
        if self.cgroup.path:
            return self.cgroup.cpu()
        s = [x for p in self.pids() if (x := stat(p))]
        return sum(sum(x[1:]) for x in s), sum(x[1] + x[3] for x in s)

    def rss(self):
        total = 0
        for p in self.pids():
            f = read(f"/proc/{p}/statm").split()
            if f:
                total += int(f[1]) * PAGE
        self.peak = max(self.peak, total)
        return total

    def pss(self):
        total = 0
        for p in self.pids():
            m = re.search(r"^Pss:\s+(\d+)", read(f"/proc/{p}/smaps_rollup"), re.M)
            if m:
                total += int(m[1]) * 1024
        return total

    def shell(self, key):
        if self.c.get(key):
            subprocess.run(["/bin/sh", "-c", self.c[key]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def stop(self):
        if not self.process:
            return
        self.shell("stop")
        for sig, seconds in ((signal.SIGTERM, 8), (signal.SIGKILL, 5)):
            end = time.time() + seconds
            sent = set()
            while time.time() < end:
                self.process.poll()
                left = [p for p in self.pids() if read(f"/proc/{p}/stat").split(")")[-1].split()[:1] != ["Z"]]
                if not left:
                    break
                for p in left:
                    if p not in sent:
                        sent.add(p)
                        try:
                            os.kill(p, sig)
                        except OSError:
                            pass
                time.sleep(0.05)
        self.process.wait(5)
        if self.cgroup.path:
            self.cgroup.close()
        self.process = None


def raise_files():
    """As many open files as the machine allows, 65,536 where it lets us choose."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for n in (65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
            return n
        except (ValueError, OSError):
            pass
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def count_files(dirs):
    n = 0
    for d in dirs:
        for _, _, files in os.walk(d):
            n += len(files)
    return n


def empty(dirs):
    for d in dirs:
        for root, _, files in os.walk(d):
            for f in files:
                try:
                    os.unlink(os.path.join(root, f))
                except OSError:
                    pass


# ------------------------------------------------------------- the machine

def machine():
    """CPU seconds of the whole machine: busy, waiting for disk, stolen; and of kernel threads."""
    f = [int(x) / TICK for x in read("/proc/stat").split("\n", 1)[0].split()[1:]]
    kernel = 0.0
    for p in all_pids():
        s = stat(p)
        if s and (s[0] == 2 or p == 2):
            kernel += s[1] + s[2]
    return {"busy": f[0] + f[1] + f[2] + f[5] + f[6], "iowait": f[4], "steal": f[7], "kernel": kernel}


def own_cpu():
    a, b = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return a.ru_utime + a.ru_stime + b.ru_utime + b.ru_stime


def quiet(limit=0.15, seconds=60):
    """Wait until others on the machine take less than that part of one core."""
    end = time.time() + seconds
    while True:
        m0, o0 = machine(), own_cpu()
        time.sleep(0.4)
        m1, o1 = machine(), own_cpu()
        if (m1["busy"] - m0["busy"]) - (o1 - o0) < limit * 0.4 or time.time() > end:
            return
        time.sleep(0.4)


# -------------------------------------------------------------------- run

class Cell:
    def __init__(self, text):
        parts = text.split(":")
        self.text = text
        self.mode, self.size, self.sessions = parts[0], number(parts[1]), int(parts[2])
        self.flags = parts[3] if len(parts) > 3 else ""
        if self.mode not in ("new", "reuse"):
            raise SystemExit(f"not a cell: {text}")

    def arguments(self):
        a = ["-m", self.mode, "-l", str(self.size), "-c", str(self.sessions)]
        return a + (["-p"] if "p" in self.flags else []) + (["-b"] if "b" in self.flags else [])


def load(server, cell, seconds, count, grace=20):
    c = server.c
    command = [tool("smtpload"), *cell.arguments(), "-s", str(seconds), "-n", str(count), "-g", str(grace),
               "-f", c.get("from", "sender@bench.test"), "-t", c.get("to", "rcpt@bench.test"), f"127.0.0.1:{server.port}"]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=seconds + grace + 30).stdout
    return json.loads(out) if out.strip() else {"ok": 0, "failed": 0, "rate": 0, "seconds": 0, "gen_user": 0, "gen_sys": 0, "error": "no answer"}


def settle(server, queue, seconds):
    """Wait until what was accepted is also delivered, and the server rests."""
    end = time.time() + seconds
    while queue and time.time() < end and count_files(queue):
        time.sleep(0.02)
    drained = time.time()
    while time.time() < end:
        c0 = server.cpu()[0]
        time.sleep(0.15)
        if server.cpu()[0] - c0 < 0.05 * 0.15:
            break
    return drained


def run_cell(server, cell, args, attempt=0):
    queue, store = server.path("queue"), server.path("store")
    server.shell("reset")
    empty(store)
    os.sync()
    quiet(seconds=args.quiet)
    before = count_files(store)
    peak = [0]
    stop = threading.Event()

    def sample():
        while not stop.is_set():
            peak[0] = max(peak[0], server.rss())
            stop.wait(0.2)

    watcher = threading.Thread(target=sample)
    watcher.start()
    m0, o0, c0, t0 = machine(), own_cpu(), server.cpu(), time.time()
    r = load(server, cell, args.seconds, args.count)
    m1, o1, c1, t1 = machine(), own_cpu(), server.cpu(), time.time()
    drained = settle(server, queue, args.drain)
    c2 = server.cpu()
    stop.set()
    watcher.join()
    wall = t1 - t0
    kernel = m1["kernel"] - m0["kernel"]
    foreign = (m1["busy"] - m0["busy"]) - (c1[0] - c0[0]) - (o1 - o0) - kernel
    ok = r["ok"]
    r.update(server=server.name, cell=cell.text, peak_rss=peak[0], wall=wall,
             cpu_us=(c2[0] - c0[0]) * 1e6 / ok if ok else None,
             cpu_user_share=(c2[1] - c0[1]) / (c2[0] - c0[0]) if c2[0] > c0[0] else None,
             server_cores=(c1[0] - c0[0]) / wall, gen_cores=(r["gen_user"] + r["gen_sys"]) / wall,
             kernel_cores=kernel / wall, foreign_cores=max(0.0, foreign / wall),
             iowait_cores=(m1["iowait"] - m0["iowait"]) / wall, steal_cores=(m1["steal"] - m0["steal"]) / wall,
             delivered_rate=ok / (drained - t0) if queue and ok else r["rate"],
             stored=count_files(store) - before if store else None,
             left_in_queue=count_files(queue) if queue else 0)
    if r["foreign_cores"] > args.foreign and attempt < args.again:
        say(f"  {server.name} {cell.text}: others took {r['foreign_cores']:.2f} cores, once more")
        return run_cell(server, cell, args, attempt + 1)
    return r


def chosen(args):
    with open(args.config) as f:
        servers = json.load(f)["servers"]
    if args.servers:
        names = args.servers.split(",")
        unknown = set(names) - {s["name"] for s in servers}
        if unknown:
            raise SystemExit(f"not in the configuration: {', '.join(sorted(unknown))}")
        servers = [next(s for s in servers if s["name"] == n) for n in names]
    return [Server(s) for s in servers if not s.get("off")]


def suits(server, cell):
    return cell.sessions <= server.c.get("max_sessions", 1 << 30) and cell.size <= server.c.get("max_size", 1 << 40)


def command_run(args):
    cells = [Cell(c) for c in args.cells.replace(",", " ").split()]
    servers = chosen(args)
    rows = []
    started = time.time()
    out = open(args.out, "w") if args.out else None
    up = []
    try:
        for s in servers:
            try:
                s.start()
                up.append(s)
            except RuntimeError as e:
                say(e)
        for s in up:
            say(f"warming {s.name}")
            for text, seconds in (("reuse:1k:10", args.warm), ("new:10k:10", args.warm / 2)):
                load(s, Cell(text), seconds, 30000)
            settle(s, s.path("queue"), args.drain)
        for n in range(args.rounds):
            for cell in cells:
                for s in up[n % len(up):] + up[:n % len(up)]:
                    if not suits(s, cell):
                        continue
                    if time.time() - started > args.limit:
                        raise KeyboardInterrupt
                    r = run_cell(s, cell, args)
                    r["round"] = n
                    r["labels"] = s.c.get("labels", "")
                    rows.append(r)
                    if out:
                        out.write(json.dumps(r) + "\n")
                        out.flush()
                    say(f"[{time.time() - started:5.0f}s] round {n + 1} {cell.text:14} {s.name:18} {r['rate']:9.1f}/s"
                        f"  {r['cpu_us'] or 0:8.1f} us CPU/msg  failed {r['failed']} {r['error']}"
                        + (f"  stored {r['stored']}/{r['ok']}" if r["stored"] is not None and r["stored"] != r["ok"] else ""))
    except KeyboardInterrupt:
        say("stopped early: the tables hold what was measured until here")
    finally:
        for s in up:
            s.stop()
            empty(s.path("store"))
    print(tables(rows, args.baseline))


# ----------------------------------------------------------------- tables

def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def fmt(v):
    if v is None:
        return "–"
    return f"{v:,.0f}" if v >= 100 else f"{v:.1f}" if v >= 1 else f"{v:.3f}"


def title(cell):
    c = Cell(cell)
    size = cell.split(":")[1]
    return f"{size} ×{c.sessions}" + {"": "", "p": " pipelined", "b": " BDAT"}.get(c.flags, " " + c.flags)


def grid(rows, servers, cells, value, ratio_to=None):
    head = "| server | " + " | ".join(title(c) for c in cells) + " |"
    lines = [head, "|---|" + "---:|" * len(cells)]
    by = {}
    for r in rows:
        by.setdefault((r["server"], r["cell"]), {})[r["round"]] = r
    for s in servers:
        out = []
        for c in cells:
            mine = by.get((s, c), {})
            v = median(value(r) for r in mine.values())
            text = fmt(v)
            base = by.get((ratio_to, c), {})
            if ratio_to and s != ratio_to and v is not None:
                pairs = [value(mine[n]) / value(base[n]) for n in mine if n in base and value(base[n]) and value(mine[n]) is not None]
                if pairs:
                    text += f" ({median(pairs):.2f}×)"
            out.append(text)
        if any(t != "–" for t in out):
            lines.append(f"| {s} | " + " | ".join(out) + " |")
    return "\n".join(lines)


def tables(rows, baseline=None):
    if not rows:
        return "nothing measured"
    servers = list(dict.fromkeys(r["server"] for r in rows))
    cells = list(dict.fromkeys(r["cell"] for r in rows))
    if baseline and baseline not in servers:
        say(f"no baseline {baseline} in the results")
        baseline = None
    labels = {r["server"]: r.get("labels", "") for r in rows}
    rounds = len({r["round"] for r in rows})
    text = [f"Medians of {rounds} alternating rounds" + (f"; (…×) is the median of the ratios to {baseline} in the same round" if baseline else "") + ".", ""]
    if any(labels.values()):
        text += ["| server | what it does before it says 250 |", "|---|---|"]
        text += [f"| {s} | {labels[s]} |" for s in servers] + [""]
    modes = [m for m in ("reuse", "new") if any(c.startswith(m) for c in cells)]
    names = {"reuse": "sessions kept open", "new": "a new session per message"}

    def section(name, value, ratio=False, rows_of=rows, only=None):
        for m in modes:
            some = [c for c in cells if c.startswith(m + ":") and (not only or only(c))]
            if some:
                text.extend([f"**{name} – {names[m]}** (message size × sessions)", "",
                             grid(rows_of, servers, some, value, baseline if ratio else None), ""])

    section("Messages accepted per second", lambda r: r["rate"] if r["ok"] else 0, True)
    queued = [r for r in rows if r.get("delivered_rate") and abs(r["delivered_rate"] - r["rate"]) > 0.02 * max(1, r["rate"])]
    if queued:
        with_queue = {r["server"] for r in queued}
        section("Messages delivered per second, where 250 comes before delivery", lambda r: r["delivered_rate"],
                rows_of=[r for r in rows if r["server"] in with_queue])
    section("Server CPU per message, µs (user + system, until all is delivered)", lambda r: r["cpu_us"], True)
    section("Latency p50, ms (from connect or MAIL to the last 250)", lambda r: r.get("p50_us", 0) / 1e3)
    section("Latency p99, ms", lambda r: r.get("p99_us", 0) / 1e3)
    text += ["**Peak resident memory, MiB (sum over the processes, over all rounds)**", "",
             "| server | peak | at 1 MiB messages |", "|---|---:|---:|"]
    for s in servers:
        mine = [r for r in rows if r["server"] == s]
        big = [r["peak_rss"] for r in mine if Cell(r["cell"]).size >= 1 << 20]
        text.append(f"| {s} | {max(r['peak_rss'] for r in mine) / 1048576:.0f} | {max(big) / 1048576:.0f} |" if big else
                    f"| {s} | {max(r['peak_rss'] for r in mine) / 1048576:.0f} | – |")
    text += ["", "**Where the cores went while the load ran (medians over the cells; the machine has "
             f"{os.cpu_count()})**", "", "| server | server | generator | kernel threads | others | waiting for disk | stolen |", "|---|---:|---:|---:|---:|---:|---:|"]
    for s in servers:
        mine = [r for r in rows if r["server"] == s]
        text.append(f"| {s} | " + " | ".join(f"{median(r[k] for r in mine):.2f}" for k in
                    ("server_cores", "gen_cores", "kernel_cores", "foreign_cores", "iowait_cores", "steal_cores")) + " |")
    bad = [r for r in rows if r["failed"] or r["error"] or (r["stored"] is not None and r["stored"] < r["ok"])]
    if bad:
        text += ["", "**Failures and losses**", "", "| server | cell | round | ok | failed | stored | first error |", "|---|---|---:|---:|---:|---:|---|"]
        text += [f"| {r['server']} | {r['cell']} | {r['round'] + 1} | {r['ok']} | {r['failed']} | {r['stored'] if r['stored'] is not None else '–'} | {r['error']} |" for r in bad]
    return "\n".join(text)


def command_table(args):
    with open(args.results) as f:
        print(tables([json.loads(line) for line in f], args.baseline))


# ------------------------------------------------------------------- idle

def sockets_memory():
    """Kernel memory that grows with sockets (slab), bytes."""
    m = re.search(r"^Slab:\s+(\d+)", read("/proc/meminfo"), re.M)
    return int(m[1]) * 1024 if m else 0


def command_idle(args):
    counts = [int(c) for c in args.counts.split(",")]
    files = raise_files()
    if max(counts) + 100 > files:
        say(f"only {files} open files are allowed: no more sessions than that, less a few")
    rows = []
    for s in chosen(args):
        for count in counts:
            limit = s.c.get("max_idle", 1 << 30)
            if count > limit and (limit <= 0 or min(counts) != count):
                continue
            count = min(count, limit)
            try:
                s.start()
            except RuntimeError as e:
                say(e)
                continue
            try:
                load(s, Cell("reuse:1k:10"), 1.5, 5000)
                settle(s, s.path("queue"), 20)
                empty_latency = load(s, Cell("new:1k:1"), 2, 200)
                settle(s, s.path("queue"), 20)
                r0, p0, k0 = s.rss(), s.pss(), sockets_memory()
                c0, t0 = s.cpu()[0], time.time()
                holder = subprocess.Popen([tool("smtpload"), "-i", "-c", str(count), "-s", "60", "-g", "0", f"127.0.0.1:{s.port}"],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                held = json.loads(holder.stdout.readline())
                c1 = s.cpu()[0]
                time.sleep(2)
                c2, t2 = s.cpu()[0], time.time()
                r1, p1, k1 = s.rss(), s.pss(), sockets_memory()
                time.sleep(3)
                idle_cpu = (s.cpu()[0] - c2) / (time.time() - t2)
                probe = load(s, Cell("new:1k:1"), 3, 200, grace=10)
                burst = load(s, Cell("reuse:1k:10"), 2, 100000, grace=10)
                out, _ = holder.communicate(timeout=30)
                end = json.loads(out.strip().splitlines()[-1])
                n = max(1, held["held"])
                row = dict(server=s.name, asked=count, held=held["held"], seconds=held["seconds"],
                           base_rss=r0, rss=r1, pss_per=(p1 - p0) / n, rss_per=(r1 - r0) / n, slab_per=(k1 - k0) / n,
                           setup_cpu_us=(c1 - c0) * 1e6 / n, idle_cores=idle_cpu, before_ms=empty_latency.get("p50_us", 0) / 1e3,
                           probe_ok=probe["ok"], probe_ms=probe.get("p50_us", 0) / 1e3, probe_p99=probe.get("p99_us", 0) / 1e3,
                           burst=burst["rate"], lost=end["lost"], error=held["error"] or probe["error"])
                rows.append(row)
                say(json.dumps(row))
                if args.out:
                    with open(args.out, "a") as f:
                        f.write(json.dumps(row) + "\n")
            finally:
                s.stop()
                empty(s.path("store"))
            if held["held"] < count:
                break
    print("| server | idle sessions held (asked) | RSS before, MiB | RSS with them, MiB | per session, KiB (RSS) | per session, KiB (PSS) |"
          " CPU to set one up, µs | CPU while idle, cores | new transaction p50 before → with them, ms | p99, ms | msgs/s on 10 busy sessions beside them | lost | note |")
    print("|---|" + "---:|" * 11 + "---|")
    for r in rows:
        print(f"| {r['server']} | {r['held']:,} ({r['asked']:,}) | {r['base_rss'] / 1048576:.0f} | {r['rss'] / 1048576:.0f} | {r['rss_per'] / 1024:.1f} | {r['pss_per'] / 1024:.1f} |"
              f" {r['setup_cpu_us']:.0f} | {r['idle_cores']:.3f} | {r['before_ms']:.2f} → " + (f"{r['probe_ms']:.2f} | {r['probe_p99']:.2f}" if r["probe_ok"] else "no answer | –") +
              f" | {r['burst']:,.0f} | {r['lost']} | {r['error']} |")


# ------------------------------------------------------------- durability

def one_message(server):
    """Sends one message by hand: the times of MAIL, of the last dot and of the 250 after it."""
    c = server.c
    with socket.create_connection(("127.0.0.1", server.port), 10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        f = s.makefile("rb")

        def reply():
            while True:
                line = f.readline()
                if line[3:4] != b"-":
                    return line

        reply()
        for text in ("EHLO generator.bench.test", f"MAIL FROM:<{c.get('from', 'sender@bench.test')}>", f"RCPT TO:<{c.get('to', 'rcpt@bench.test')}>", "DATA"):
            if text.startswith("MAIL"):
                began = time.time()
            s.sendall(text.encode() + b"\r\n")
            answer = reply()
            if answer[:1] not in b"23":
                raise RuntimeError(f"{server.name}: {answer!r}")
        s.sendall(b"Subject: durable?\r\n\r\n" + b"0123456789 0123456789 0123456789 0123456789\r\n" * 40)
        time.sleep(0.3)
        dot = time.time()
        s.sendall(b".\r\n")
        answer = reply()
        said = time.time()
        if answer[:1] != b"2":
            raise RuntimeError(f"{server.name}: {answer!r}")
        s.sendall(b"QUIT\r\n")
        reply()
        return began, dot, said, answer


def command_durability(args):
    print("| server | syncs before 250 | syncs after it | which, before | dot → 250 under strace, ms | verdict |")
    print("|---|---:|---:|---|---:|---|")
    for s in chosen(args):
        try:
            s.start()
        except RuntimeError as e:
            say(e)
            continue
        try:
            one_message(s)
            time.sleep(1)
            trace = os.path.join(HOME, "trace")
            if os.path.exists(trace):
                os.unlink(trace)
            command = ["strace", "-f", "-ttt", "-T", "-o", trace, "-e",
                       "trace=fsync,fdatasync,sync_file_range,syncfs,sync,msync,io_uring_enter,openat"]
            for p in s.pids():
                command += ["-p", str(p)]
            tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1.5)
            if tracer.poll() is not None:
                raise RuntimeError("strace did not attach")
            began, dot, said, answer = one_message(s)
            time.sleep(2)
            tracer.send_signal(signal.SIGINT)
            tracer.wait(10)
            before, after, other = [], 0, set()
            for line in read(trace).splitlines():
                m = re.match(r"\d+\s+(\d+\.\d+) (?:<\.\.\. )?(\w+)(.*?)(?:<(\d+\.\d+)>)?$", line)
                if not m or "<unfinished" in line:
                    continue
                call, rest = m[2], m[3]
                if call == "openat":
                    if "O_SYNC" in rest or "O_DSYNC" in rest:
                        other.add("opens with O_(D)SYNC")
                    continue
                if call == "io_uring_enter":
                    other.add("io_uring (syncs not visible)")
                    continue
                at = float(m[1])
                if "resumed" not in line and m[4]:
                    at += float(m[4])
                if began <= at <= said + 0.0005:
                    before.append(call)
                elif at > said:
                    after += 1
            kinds = ", ".join(f"{before.count(k)} {k}" for k in dict.fromkeys(before)) or "–"
            if other:
                kinds += "; " + ", ".join(sorted(other))
            verdict = "durable at 250" if before or other else "not durable at 250"
            print(f"| {s.name} | {len(before)} | {after} | {kinds} | {(said - dot) * 1e3:.1f} | {verdict} |", flush=True)
        except (RuntimeError, OSError) as e:
            say(f"{s.name}: {e}")
        finally:
            s.stop()
            empty(s.path("store"))


# ----------------------------------------------------------------- limits

def command_limits(args):
    where = args.dir or os.path.join(os.environ.get("BENCH_STORE", HOME), "raw")
    os.makedirs(where, exist_ok=True)
    rows = {}
    for n in range(args.rounds):
        quiet(seconds=args.quiet)
        out = subprocess.run([tool("rawlimits"), where, str(args.seconds)], stdout=subprocess.PIPE, text=True, check=True).stdout
        for line in out.splitlines():
            r = json.loads(line)
            rows.setdefault((r["test"], r["block"], r["threads"]), []).append(r)
    shutil.rmtree(where, ignore_errors=True)
    print(f"Medians of {args.rounds} rounds.\n")
    print("| what | block | threads | per second (least – most) | MiB/s | p50 µs | p99 µs | CPU µs each |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for (test, block, threads), rs in rows.items():
        m = {k: median(r[k] for r in rs) for k in ("ops_s", "mib_s", "p50_us", "p99_us", "cpu_us_op")}
        some = [r["ops_s"] for r in rs]
        print(f"| {test} | {block} | {threads} | {m['ops_s']:,.0f} ({min(some):,.0f} – {max(some):,.0f}) | {m['mib_s']:.1f} | {m['p50_us']:.0f} | {m['p99_us']:.0f} | {m['cpu_us_op']:.0f} |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="command", required=True)

    def common(q, config=True):
        q.add_argument("--isolate", action="store_true", help="private network and mount namespace (root)")
        q.add_argument("--store", help="with --isolate: a journalled ext4 image of this size at $BENCH_STORE, e.g. 8g")
        q.add_argument("--quiet", type=float, default=60, help="wait at most this long for others' load to end before each cell")
        if config:
            q.add_argument("--config", required=True)
            q.add_argument("--servers", help="only these, in this order (names with commas)")

    q = sub.add_parser("run")
    common(q)
    q.add_argument("--cells", default=DEFAULT_CELLS, help="mode:size:sessions[:p|b] …; p pipelines, b uses BDAT")
    q.add_argument("--rounds", type=int, default=3)
    q.add_argument("--seconds", type=float, default=2, help="load per cell")
    q.add_argument("--count", type=int, default=60000, help="messages per cell at most")
    q.add_argument("--warm", type=float, default=3)
    q.add_argument("--drain", type=float, default=30, help="wait at most this long for delivery after the load")
    q.add_argument("--foreign", type=float, default=0.25, help="repeat a cell in which others took more cores than this")
    q.add_argument("--again", type=int, default=2)
    q.add_argument("--limit", type=float, default=3600, help="end the whole run after this many seconds")
    q.add_argument("--baseline", help="print ratios to this server")
    q.add_argument("--out", help="results, one JSON object a line")
    q.set_defaults(do=command_run)

    q = sub.add_parser("idle")
    common(q)
    q.add_argument("--counts", default="5000,10000")
    q.add_argument("--out")
    q.set_defaults(do=command_idle)

    q = sub.add_parser("durability")
    common(q)
    q.set_defaults(do=command_durability)

    q = sub.add_parser("limits")
    common(q, config=False)
    q.add_argument("--dir")
    q.add_argument("--rounds", type=int, default=3)
    q.add_argument("--seconds", type=float, default=1.5)
    q.set_defaults(do=command_limits)

    q = sub.add_parser("table")
    q.add_argument("results")
    q.add_argument("--baseline")
    q.set_defaults(do=command_table)

    args = p.parse_args()
    if getattr(args, "isolate", False) and not os.environ.get("BENCH_ISOLATED"):
        isolate(args)
    os.environ.setdefault("BENCH_HOME", HOME)
    os.environ.setdefault("BENCH_STORE", os.path.join(HOME, "store"))
    args.do(args)


if __name__ == "__main__":
    main()
