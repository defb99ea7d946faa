"""A PostgreSQL of our own: in a folder, on a free port, run by the user postgres where we are root. And a TCP proxy that cuts what it should not."""
import glob
import os
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postgres:
    def __init__(self, folder, fsync=True):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            print("not possible here: there is no PostgreSQL (Debian: postgresql-15)")
            raise SystemExit(0)
        self.bin, self.folder, self.data, self.fsync = found[-1], folder, f"{folder}/pg", fsync
        self.owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        os.makedirs(self.data)
        os.chmod(folder, 0o755)
        if self.owner:
            shutil.chown(self.data, "postgres", "postgres")
        self._run([f"{self.bin}/initdb", "-D", f"{self.data}/d", "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
        self.port = free_port()
        self.start()

    def _run(self, command):
        subprocess.run(self.owner + command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def start(self):
        log = open(f"{self.folder}/postgres.log", "ab")
        self.process = subprocess.Popen(
            self.owner + [f"{self.bin}/postgres", "-D", f"{self.data}/d", "-p", str(self.port), "-k", self.data, "-c", "listen_addresses=127.0.0.1",
                          "-c", f"fsync={'on' if self.fsync else 'off'}", "-c", "max_connections=200"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                self.ask("SELECT 1")
                return
            except subprocess.CalledProcessError:
                time.sleep(0.05)
        raise SystemExit(f"PostgreSQL does not start; see {self.folder}/postgres.log")

    def kill(self):
        """kill -9 of the postmaster; its children end by themselves when they see it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        pid = f"{self.data}/d/postmaster.pid"
        while self._children():
            time.sleep(0.02)
        if os.path.exists(pid):
            os.unlink(pid)

    def _children(self):
        found = 0
        for link in glob.glob("/proc/[0-9]*/cwd"):
            try:
                if os.readlink(link) == f"{self.data}/d":
                    found += 1
            except OSError:
                pass
        return found

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    def ask(self, statement, database="postgres"):
        """Rows as lists of text."""
        out = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tests", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", statement],
            check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, env={**os.environ, "PGCONNECT_TIMEOUT": "5", "PGSSLMODE": "disable"})
        return [line.split("\t") for line in out.stdout.decode().splitlines() if line]


class Proxy:
    """Stands between the nodes and the database. cut(): the next answers are thrown away with their connections; what was asked for is done."""

    def __init__(self, target):
        self.target = target
        self.cutting = False
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            client.close()
            return
        with client, server, selectors.DefaultSelector() as both:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            both.register(client, selectors.EVENT_READ, server)
            both.register(server, selectors.EVENT_READ, client)
            try:
                while True:
                    for key, _ in both.select():
                        octets = key.fileobj.recv(65536)
                        if not octets:
                            return
                        if self.cutting and key.fileobj is server:
                            self.cuts += 1
                            return
                        key.data.sendall(octets)
            except OSError:
                return
