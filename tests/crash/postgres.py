"""A PostgreSQL of our own, and a synchronous standby of it: in a folder, on a free port, run by the user postgres where we are root."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postgres:
    """One server. Ends the program with 0 where there is none to be had. Nothing here cuts the power, so what makes its files need not sync them; the server does, with `fsync`."""

    def __init__(self, folder, fsync=True, name="pg", settings=(), primary=None):
        """`primary`: it is a copy of that one, and follows it."""
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found or not shutil.which("psql"):
            print("not possible here: there is no PostgreSQL (Debian: postgresql-15)")
            raise SystemExit(0)
        self.bin, self.folder, self.data, self.fsync, self.settings = found[-1], folder, f"{folder}/{name}", fsync, list(settings)
        self.owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        self.log, self._session = f"{folder}/{name}.log", None
        os.makedirs(self.data)
        os.chmod(folder, 0o755)
        if self.owner:
            shutil.chown(self.data, "postgres", "postgres")
        self.port = free_port()
        if primary:
            self.follow(primary)
        else:
            self._run(["initdb", "--no-sync", "-D", f"{self.data}/d", "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
            self.start()

    def _run(self, command):
        subprocess.run(self.owner + [f"{self.bin}/{command[0]}", *command[1:]], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def start(self):
        settings = ["listen_addresses=127.0.0.1", f"fsync={'on' if self.fsync else 'off'}", "max_connections=200", *self.settings]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.owner + [f"{self.bin}/postgres", "-D", f"{self.data}/d", "-p", str(self.port), "-k", self.data, *(w for s in settings for w in ("-c", s))],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 240
        while time.monotonic() < end:
            try:
                self.ask("SELECT 1")
                return
            except subprocess.CalledProcessError:
                time.sleep(0.05)
        raise SystemExit(f"PostgreSQL does not start; see {self.log}")

    def kill(self):
        """kill -9 of the postmaster; its children end by themselves when they see it."""
        self.forget()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        while self.processes():
            time.sleep(0.02)
        pid = f"{self.data}/d/postmaster.pid"
        if os.path.exists(pid):
            os.unlink(pid)

    def processes(self):
        """All of them, the postmaster among them."""
        found = []
        for link in glob.glob("/proc/[0-9]*/cwd"):
            try:
                if os.readlink(link) == f"{self.data}/d":
                    found.append(int(link.split("/")[2]))
            except OSError:
                pass
        return found

    def stop(self):
        self.forget()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(240)

    # --- a standby ---

    def follow(self, primary):
        """Becomes a copy of that one as it is now, and keeps up with it; it commits nothing without us from then on."""
        shutil.rmtree(f"{self.data}/d", ignore_errors=True)
        self._run(["pg_basebackup", "--no-sync", "-D", f"{self.data}/d", "-R", "-c", "fast", "-d", f"host=127.0.0.1 port={primary.port} user=tests application_name=standby"])
        with open(f"{self.data}/d/postgresql.auto.conf", "a", encoding="ascii") as f:
            f.write("synchronous_standby_names = ''\n")         # once promoted it is alone at first
        self.start()
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()")
        end = time.monotonic() + 240
        while primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != [["1"]]:
            if time.monotonic() > end:
                raise SystemExit(f"the standby does not keep up; see {self.log}")
            time.sleep(0.05)

    def promote(self):
        self._run(["pg_ctl", "promote", "-w", "-t", "240", "-D", f"{self.data}/d"])

    # --- questions ---

    def ask(self, *statements, database="postgres"):
        """Rows of the last one as lists of text."""
        out = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tests", "-d", database, "-v", "ON_ERROR_STOP=1",
             *(w for s in statements for w in ("-c", s))],
            check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=240, env=self.environment)
        return [line.split("\t") for line in out.stdout.decode().splitlines() if line]

    environment = {**os.environ, "PGCONNECT_TIMEOUT": "5", "PGSSLMODE": "disable", "PGGSSENCMODE": "disable"}

    def mail(self, statement):
        """The same of the database `mail`, by a session that stays: quick enough to watch something by the hundredth of a second."""
        if self._session is None:
            self._session = Session(self, "mail")
        return self._session.ask(statement)

    def forget(self):
        if self._session is not None:
            self._session.close()
            self._session = None


class Session:
    """A psql that stays."""

    def __init__(self, postgres, database):
        self._psql = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "tests", "-d", database, "-v", "ON_ERROR_STOP=1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=postgres.environment)

    def ask(self, statement):
        try:
            self._psql.stdin.write(f"{statement};\n\\echo = end of answer =\n")
            self._psql.stdin.flush()
        except BrokenPipeError:
            pass
        rows = []
        while (line := self._psql.stdout.readline()) != "= end of answer =\n":
            if not line:
                raise SystemExit(f"the database hung up on: {statement}")
            if line != "\n":
                rows.append(line.rstrip("\n").split("\t"))
        return rows

    def close(self):
        self._psql.kill()
        self._psql.wait()
