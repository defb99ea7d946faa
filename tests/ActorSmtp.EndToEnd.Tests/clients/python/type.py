"""Types at a program on a terminal: type.py PROGRAM ARGUMENT...; standard input is JSON, [[what to wait for, what to type then], ...].

Prints what the terminal showed and ends with the program's exit code; 99 if it did not ask what was waited for.
"""
import json
import os
import pty
import select
import sys
import time

PATIENCE = 40
answers = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], sys.argv[1:])

shown = b""


def read(seconds):
    """What the program wrote meanwhile; None at its end."""
    ready, _, _ = select.select([terminal], [], [], seconds)
    try:
        return (os.read(terminal, 65536) or None) if ready else b""
    except OSError:
        return None


def until(words):
    """Reads until the words are shown, after what was typed last."""
    global shown
    began, deadline = len(shown), time.monotonic() + PATIENCE
    while words not in shown[began:]:
        more = read(0.2)
        if more is None or time.monotonic() > deadline:
            return False
        shown += more
    return True


asked = True
for words, answer in answers:
    asked = asked and until(words.encode())
    if asked:
        os.write(terminal, answer.encode() + b"\r")

deadline = time.monotonic() + PATIENCE
while asked and time.monotonic() < deadline and (more := read(0.2)) is not None:
    shown += more
if not asked:
    os.kill(child, 9)
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status) if asked else 99)
