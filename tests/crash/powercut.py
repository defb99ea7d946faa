#!/usr/bin/env python3
"""Power cuts: what was acknowledged before the cut must be on the disk, on ext4, xfs and btrfs. Root and loop devices.

  powercut.py FS CUTS [--never] [--seed N] [--folder DIR] [--table FILE] [--minutes M]

An outer XFS holds the image of the file system that the server writes to. A cut is a reflink clone of that image: one point in time,
holding only what the inner file system has sent to its block device (nothing of the page cache). Mounting the clone replays the file
system's own journal, as after a real power loss; a second server then starts on it, recovers and drains, and every message whose 250 a
client had read before the clone was begun must be in its mailboxes, whole.
Not modelled: disks that lie about flushes, torn sectors, writes that change places inside the device.

--never: the control. The server runs with storage.sync = never, and the campaign must find losses (exit 1 if it does not).
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

from load import Load
from mail import Mailboxes, dice
from places import need
from server import Server, drain
from tally import Tally

CUTS_OF_ONE_RUN = 20        # then a fresh file system, so that the image stays small
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"], "btrfs": ["mkfs.btrfs", "-q", "-f"]}


def run(*command):
    subprocess.run(command, check=True)


def possible(kind):
    """Ends with 0 and the reason where it is not."""
    for tool in ("unshare", "mkfs.xfs", MAKE[kind][0], "cp", "mount"):
        need(tool)
    with open("/proc/filesystems") as f:
        known = f.read().split()
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control") or kind not in known or "xfs" not in known:
        print(f"not possible here: root, loop devices, xfs and {kind} in the kernel are needed")
        sys.exit(0)
    if os.environ.get("CRASH_UNSHARED"):
        return
    if subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        print("not possible here: no mount namespace of our own")
        sys.exit(0)
    os.environ["CRASH_UNSHARED"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])


def sparse(path, octets):
    with open(path, "wb") as f:
        f.truncate(octets)


def campaign(kind, cuts, sync, random, folder, tally):
    outer = f"{folder}/outer"
    os.makedirs(outer, exist_ok=True)
    sparse(f"{folder}/outer.img", 8 << 30)
    run("mkfs.xfs", "-q", "-f", "-m", "reflink=1", f"{folder}/outer.img")
    run("mount", "-o", "loop", f"{folder}/outer.img", outer)
    try:
        for first in range(0, cuts, CUTS_OF_ONE_RUN):
            if time.monotonic() > tally.until:
                break
            one_run(kind, min(CUTS_OF_ONE_RUN, cuts - first), sync, random, folder, first, tally)
    finally:
        run("umount", outer)


def one_run(kind, cuts, sync, random, folder, number, tally):
    image, disk, cut = f"{folder}/outer/in.img", f"{folder}/disk", f"{folder}/cut"
    os.makedirs(disk, exist_ok=True)
    os.makedirs(cut, exist_ok=True)
    sparse(image, 1 << 30)
    run(*MAKE[kind], image)
    run("mount", "-o", "loop", image, disk)
    server = Server(f"{disk}/data", sets=[f"storage.sync={sync}"], log=f"{folder}/log")
    load = Load(f"{kind}{number}", pause=0.01)
    server.start()
    try:
        for _ in tally.rounds(cuts):
            load.unanswered = 0
            load.start(server.port)
            time.sleep(random.uniform(0.05, 0.8))
            acknowledged = list(load.acknowledged)      # before the clone is begun
            run("cp", "--reflink=always", image, f"{folder}/outer/cut.img")
            load.stop()
            look(kind, f"{folder}/outer/cut.img", cut, acknowledged, folder, load, tally)
    finally:
        server.kill()
        run("umount", disk)
        os.unlink(image)


def look(kind, image, cut, acknowledged, folder, load, tally):
    """Mounts what the cut left, starts a server on it, and counts."""
    run("mount", "-o", "loop,nouuid" if kind == "xfs" else "loop", image, cut)
    server, boxes = Server(f"{cut}/data", log=f"{folder}/log"), Mailboxes(f"{cut}/data")
    try:
        if not server.start():
            tally.count("did_not_start")
            tally.round(boxes, boxes.missing(acknowledged), len(acknowledged), 0, 0)
            return
        missing = drain(boxes, acknowledged, patience=5)
        boxes.look()
        waiting = server.recovery().get("waiting", 0)
        # Counted anew at each cut: "acknowledged" adds up what each had to keep.
        tally.round(boxes, missing, len(acknowledged), load.clients + waiting, 0)
        tally.damaged += len(boxes.damaged)
        tally.count("cuts_with_loss", int(bool(missing or boxes.damaged)))
    finally:
        server.kill()
        run("umount", cut)
        os.unlink(image)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fs", choices=list(MAKE))
    parser.add_argument("cuts", type=int)
    parser.add_argument("--never", action="store_true")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--folder")
    parser.add_argument("--table")
    parser.add_argument("--minutes", type=float)
    args = parser.parse_args()
    possible(args.fs)
    seed = args.seed if args.seed is not None else int.from_bytes(os.urandom(4), "big")
    name = f"powercut-{args.fs}" + ("-control" if args.never else "")
    print(f"# {name}: {args.cuts} cuts, seed {seed}", flush=True)
    folder = args.folder or tempfile.mkdtemp(prefix="actorsmtp-powercut-")
    os.makedirs(folder, exist_ok=True)
    tally = Tally(name, args.minutes)
    try:
        campaign(args.fs, args.cuts, "never" if args.never else "always", dice(seed), folder, tally)
    finally:
        failed = tally.end(args.table)
        if not args.folder:
            shutil.rmtree(folder, ignore_errors=True)
    if args.never:
        print("the control lost mail, as it must" if failed else "THE CONTROL LOST NOTHING: the campaign cannot see what it looks for")
        return 0 if failed else 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
