"""The server under test: the built program, started, killed and started again."""
import json
import os
import signal
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program():
    """The program to test: $ACTORSMTP, or what was built last."""
    if os.environ.get("ACTORSMTP"):
        return os.environ["ACTORSMTP"]
    built = [f"{ROOT}/artifacts/embedded/bin/ActorSmtp.Cli/{kind}/actorsmtp" for kind in ("release", "debug")]
    built = [p for p in built if os.path.exists(p)]
    if not built:
        raise SystemExit("build the server first: dotnet build -c Release src/ActorSmtp.Cli")
    return max(built, key=os.path.getmtime)


class Server:
    def __init__(self, data, sets=(), log=None, prefix=(), program=None):
        """`program`: another one than the rest of the campaign runs."""
        self.data, self.sets, self.log, self.prefix, self.program = data, list(sets), log or data + ".log", list(prefix), program
        self.process = None

    def start(self, inject=None, wait=240):
        """Starts it and waits until it listens. False if it ended before (which an injected fault may make it do)."""
        self.begin(inject)
        return self.listens(wait)

    def begin(self, inject=None):
        """Starts it, and waits for nothing."""
        listeners = f"{self.data}/listeners.json"
        if os.path.exists(listeners):
            os.unlink(listeners)                # of its life before
        command = [
            *self.prefix, self.program or program(), "serve", "--set", f"data-dir={self.data}", "--set", "listeners.smtp.bind=127.0.0.1:0", "--set", "console.bind=\"\"",
            "--set", "logging.level=warning", "--set", "logging.file.level=off",
            "--set", "storage.journal.segment-size=2MiB", "--set", "storage.journal.preallocate=6MiB"]
        for one in self.sets:
            command += ["--set", one]
        if inject:
            # -D: the server is our child, strace its grandchild. Not --seccomp-bpf: strace 6.1 then counts no further than one.
            command = ["strace", "-D", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={inject.split(':')[0]}", "-e", f"inject={inject}"] + command
        self.process = subprocess.Popen(command, stdout=open(self.log, "ab"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def listens(self, wait=240):
        """Waits until it listens. False if it ended before."""
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            try:
                with open(f"{self.data}/listeners.json") as f:
                    self.port = int(json.load(f)["smtp"].rsplit(":", 1)[1])
                return True
            except (FileNotFoundError, ValueError):
                time.sleep(0.01)
        self.kill()
        raise SystemExit(f"the server does not listen after {wait} s; see {self.log}")

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def stop(self):
        """SIGTERM; answers the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.kill()
            raise SystemExit(f"the server does not stop within 120 s of SIGTERM; see {self.log}")

    def alive(self):
        return self.process.poll() is None

    def recovery(self):
        """What the last start found in the journal."""
        try:
            with open(f"{self.data}/journal/meta") as f:
                return json.load(f).get("lastRecovery") or {}
        except (FileNotFoundError, ValueError):
            return {}


def drain(mailboxes, acknowledged, patience=120):
    """Waits until every acknowledged message is in its mailboxes, or nothing more has come for a long while; answers what is missing."""
    last = time.monotonic()
    missing = mailboxes.missing(acknowledged)
    while missing:
        if mailboxes.look():
            last = time.monotonic()
            missing = [k for k in missing if k not in mailboxes.found]
        elif time.monotonic() - last > patience:
            break
        else:
            time.sleep(0.02)
    return missing
