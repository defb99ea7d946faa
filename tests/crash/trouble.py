"""Campaigns in which not the process dies, but the file system: space or inodes run out, it becomes read-only, folders must not be written to any more."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

from load import Load
from mail import BOXES, Mailboxes
from mail import boxes as boxes_of
from places import file_of, fill, mount_small
from server import Server, drain, program
from tally import finish, in_flight

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def full(count, random, folder, tally):
    """Space runs out under load, comes back, and the same process goes on."""
    mount_small(f"{folder}/disk", folder)
    hog = f"{folder}/disk/hog"
    running_short(count, random, folder, tally, lambda: fill(hog, leave=random.choice([0, 0, 64 << 10, 1 << 20, 3 << 20])), lambda: os.unlink(hog))


def inodes(count, random, folder, tally):
    """There is space, but no file can be made."""
    mount_small(f"{folder}/disk", folder, inodes=3000)
    hog = f"{folder}/disk/hog"

    def take():
        os.makedirs(hog)
        try:
            for number in range(1 << 20):
                os.close(os.open(f"{hog}/{number}", os.O_CREAT | os.O_WRONLY))
        except OSError:
            pass                # none is left: as wanted

    running_short(count, random, folder, tally, take, lambda: shutil.rmtree(hog))


def running_short(count, random, folder, tally, take, give_back):
    data = f"{folder}/disk/data"
    server = Server(data, sets=["storage.free-space-floor=4MiB", "limits.message-size=1MiB"], log=f"{folder}/log")
    load, boxes = Load(tally.name, pause=0.03), Mailboxes(data)
    server.start()
    load.start(server.port)
    for _ in tally.rounds(count):
        load.unanswered, before = 0, len(load.acknowledged)
        time.sleep(random.uniform(0.1, 0.4))
        take()
        time.sleep(random.uniform(0.3, 1.0))
        give_back()
        freed, had = time.monotonic(), len(load.acknowledged)
        while len(load.acknowledged) < had + 20 and server.alive() and time.monotonic() < freed + 30:
            time.sleep(0.02)
        if len(load.acknowledged) < had + 20:
            tally.count("did_not_go_on")
        if not server.alive():
            tally.count("ended_by_it")
            load.stop()
            server.start()
            load.start(server.port)
        twice = boxes.twice()
        missing = drain(boxes, load.acknowledged[before:], patience=30)
        tally.round(boxes, missing, len(load.acknowledged) - before, load.clients, twice)
        boxes.prune(500)        # else it is the mail itself that fills the disk
    load.stop()
    for code, times in sorted(load.refused.items()):
        tally.count(f"refused_{code}", times)
    drain(boxes, load.acknowledged)
    server.stop()
    finish(server, load, boxes, tally)
    subprocess.run(["umount", f"{folder}/disk"], check=False)


def readonly(count, random, folder, tally):
    """ext4 meets an error of its own under load and makes itself read-only; the server ends; the file system is mended and mounted, and it starts."""
    where, data = f"{folder}/disk", f"{folder}/disk/data"
    image = mount_small(where, folder, options="errors=remount-ro")
    trigger = image and file_of(where, "trigger_fs_error")
    if not trigger:
        print("not possible here: no ext4 that can be told to meet an error")
        sys.exit(0)
    server, load, boxes = Server(data, log=f"{folder}/log"), Load(tally.name), Mailboxes(data)
    for _ in tally.rounds(count):
        if not server.start():
            raise SystemExit(f"the server does not start; see {server.log}")
        load.unanswered, before = 0, len(load.acknowledged)
        load.start(server.port)
        time.sleep(random.uniform(0.3, 1.2))
        with open(file_of(where, "trigger_fs_error"), "w", encoding="ascii") as f:
            f.write("now")
        end = time.monotonic() + 30
        while server.alive() and time.monotonic() < end:
            time.sleep(0.02)
        tally.count("lived_on" if server.alive() else "ended_by_it")
        server.kill()
        load.stop()
        subprocess.run(["umount", where], check=True)
        subprocess.run(["e2fsck", "-fy", image], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", image, where], check=True)
        if not server.start():
            raise SystemExit(f"the server does not start on the mended file system; see {server.log}")
        twice = boxes.twice()
        missing = drain(boxes, load.acknowledged[before:])
        boxes.look()
        tally.round(boxes, missing, len(load.acknowledged) - before, in_flight(load, server), twice)
        server.stop()
    for code, times in sorted(load.refused.items()):
        tally.count(f"refused_{code}", times)
    finish(server, load, boxes, tally)
    subprocess.run(["umount", where], check=False)


def denied(count, random, folder, tally):
    """Some mailboxes must not be written to any more, and then may again; the other mailboxes get their mail meanwhile. The server is not root."""
    if os.geteuid() != 0 or not shutil.which("setpriv") or subprocess.run(
            [*NOBODY, program(), "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("not possible here: needs root, and a program that others may run")
        sys.exit(0)
    place = tempfile.mkdtemp(prefix="actorsmtp-denied-")
    os.chmod(place, 0o755)
    data = f"{place}/data"
    os.mkdir(data)
    os.chown(data, 65534, 65534)
    server, load, boxes = Server(data, log=f"{folder}/log", prefix=NOBODY), Load(tally.name, pause=0.01), Mailboxes(data)
    if not server.start():
        raise SystemExit(f"the server does not start; see {server.log}")
    load.start(server.port)
    while len({box for _, box in boxes.found}) < BOXES and server.alive():
        boxes.look()
        time.sleep(0.05)
    for _ in tally.rounds(count):
        load.unanswered, before = 0, len(load.acknowledged)
        closed = random.sample(range(BOXES), BOXES // 2)
        folders = [f"{data}/mail/box{box}@crash.test/Maildir/{part}" for box in closed for part in ("tmp", "new")]
        for one in folders:
            os.chmod(one, 0)
        time.sleep(random.uniform(0.3, 1.0))
        end = time.monotonic() + 30
        while len(load.acknowledged) < before + 200 and server.alive() and time.monotonic() < end:
            time.sleep(0.05)
        others = [token for token in load.acknowledged[before:] if not set(boxes_of(token)) & set(closed)]
        if drain(boxes, others, patience=30):
            tally.count("others_waited")
        for one in folders:
            os.chmod(one, 0o700)
        twice = boxes.twice()
        missing = drain(boxes, load.acknowledged[before:])
        tally.round(boxes, missing, len(load.acknowledged) - before, load.clients, twice)
        if not server.alive():
            raise SystemExit(f"the server ended; see {server.log}")
    load.stop()
    for code, times in sorted(load.refused.items()):
        tally.count(f"refused_{code}", times)
    drain(boxes, load.acknowledged)
    server.stop()
    finish(server, load, boxes, tally)
    shutil.rmtree(place, ignore_errors=True)
