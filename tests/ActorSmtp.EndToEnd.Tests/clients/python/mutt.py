"""Lets mutt open a Maildir on a terminal and pipe its first message to a file: python3 mutt.py MAILDIR RC OUTPUT."""
import os
import pty
import sys

maildir, rc, output = sys.argv[1:]
with open(rc, "w") as file:
    file.write("set pipe_decode=no\nset wait_key=no\nset quit=yes\nset move=no\nset beep=no\n")
    file.write(f'push "<first-entry><display-message><exit><pipe-message>cat > {output}<enter><quit>"\n')

os.environ["TERM"] = "xterm"
sys.exit(os.waitstatus_to_exitcode(pty.spawn(["mutt", "-F", rc, "-f", maildir])))
