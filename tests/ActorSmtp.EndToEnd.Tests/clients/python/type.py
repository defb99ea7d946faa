"""Types at a program on a terminal: type.py PROGRAM ARGUMENT...; standard input is JSON, [[what to wait for, what to type then], ...]. What to wait for is
a text, or several that come one after the other.

Prints what the terminal showed and ends with the program's exit code; 99 if it did not ask what was waited for, or
did not end.
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

shown, heard = b"", 0


def read(seconds):
    """What the program wrote meanwhile; None at its end."""
    ready, _, _ = select.select([terminal], [], [], seconds)
    try:
        return (os.read(terminal, 65536) or None) if ready else b""
    except OSError:
        return None


def until(texts):
    """Reads until the texts are shown, in this order, after what was typed last."""
    global shown, heard
    deadline = time.monotonic() + PATIENCE
    for text in texts:
        while (at := shown.find(text, heard)) < 0:
            more = read(0.2)
            if more is None or time.monotonic() > deadline:
                return False
            shown += more
        heard = at + len(text)
    return True


asked = True
for words, answer in answers:
    texts = [words] if isinstance(words, str) else words
    asked = asked and until([text.encode() for text in texts])
    if asked:
        os.write(terminal, answer.encode() + b"\r")

deadline = time.monotonic() + PATIENCE
while asked and (more := read(0.2)) is not None:
    shown += more
    asked = time.monotonic() < deadline
if not asked:
    os.kill(child, 9)
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status) if asked else 99)
