"""Small file systems that are ours alone, and what fills them."""
import os
import shutil
import subprocess
import sys


def need(tool):
    if not shutil.which(tool):
        print(f"not possible here: {tool} is missing")
        sys.exit(0)


def enter_namespace():
    """Mounts are our own, and go away with us. Ends in exit 0 where there is no way to mount."""
    if os.environ.get("CRASH_UNSHARED"):
        return
    os.environ["CRASH_UNSHARED"] = "1"
    again = [sys.executable, *sys.argv]
    if os.geteuid() == 0 and os.path.exists("/dev/loop-control") and subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
        os.execvp("unshare", ["unshare", "-m", *again])
    if shutil.which("unshare") and subprocess.run(["unshare", "-rm", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
        os.environ["CRASH_IN_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-rm", *again])
    print("not possible here: mounting needs root or user namespaces")
    sys.exit(0)


def mount_small(where, folder, inodes=None, options=None):
    """A gigabyte of ext4; answers its image, or None where it had to be a file system in memory."""
    os.makedirs(where)
    if os.environ.get("CRASH_IN_NAMESPACE"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g" + (f",nr_inodes={inodes}" if inodes else ""), "tmpfs", where], check=True)
        return None
    image = f"{folder}/small.img"
    with open(image, "wb") as f:
        f.truncate(1 << 30)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", *(["-N", str(inodes)] if inodes else []), image], check=True)
    subprocess.run(["mount", "-o", "loop" + (f",{options}" if options else ""), image, where], check=True)
    return image


def file_of(where, name):
    """A file that the kernel has for the ext4 mounted there; None where it has none."""
    device = os.stat(where).st_dev
    path = f"/sys/fs/ext4/{os.path.basename(os.path.realpath(f'/sys/dev/block/{os.major(device)}:{os.minor(device)}'))}/{name}"
    return path if os.access(path, os.W_OK) else None


def fill(path, leave):
    """Takes all space of the file system but so much."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    free = os.statvfs(path)
    try:
        os.posix_fallocate(file, 0, max(1, free.f_bavail * free.f_frsize - leave))
        while leave == 0:
            os.write(file, b"\0" * 4096)
    except OSError:
        pass                    # no space is left: as wanted
    finally:
        os.close(file)
