#!/usr/bin/env python3
"""A bounce as its reader sees it: the built server gets a message for a server that refuses it, and what comes back is exported and opened in mutt.

  bounce.py [--picture FILE.png]

Fails where mutt does not show what happened, to whom and why, or does not take the three parts for what they are. With --picture chromium takes a picture of
the terminal (docs/images/bounce.png). Needs mutt and tmux; without them it says so and ends with 77.
"""
import argparse
import html
import os
import re
import shutil
import smtplib
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from server import Server, program  # noqa: E402

WIDE, HIGH = 104, 52
MUTTRC = """
set folder="{folder}" spoolfile="{box}" sort=date quit=no pager_index_lines=4 wait_key=no help=yes markers=no
set date_format="%b %d" index_format="%3C %Z %{{%b %d %H:%M}} %-30.30L %s" smart_wrap=yes tilde=no
ignore *
unignore from: to: subject: date: auto-submitted:
hdr_order date: from: to: subject:
color status brightwhite blue
color indicator black cyan
color hdrdefault cyan default
color header brightyellow default "^Subject:"
color attachment green default
"""
COLOURS = ["#1e1e1e", "#e06c75", "#98c379", "#e5c07b", "#3d6fb4", "#c678dd", "#56b6c2", "#d7dae0"]


class Refusing(socketserver.StreamRequestHandler):
    """A server that knows nobody."""

    def handle(self):
        def say(*lines):
            for line in lines:
                self.wfile.write(line.encode() + b"\r\n")

        say("220 mx.far.example ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                say("250-mx.far.example", "250-PIPELINING", "250-8BITMIME", "250-ENHANCEDSTATUSCODES", "250 DSN")
            elif verb == b"RCPT":
                say("550-5.1.1 <bob@far.example>: there is no such mailbox here.", "550 5.1.1 Ask postmaster@far.example if you think there should be.")
            elif verb == b"DATA":
                say("554 5.5.1 for nobody")
            elif verb == b"QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 ok")


def until(holds, what, patience=60):
    end = time.monotonic() + patience
    while not (found := holds()):
        if time.monotonic() > end:
            raise SystemExit(f"it never came: {what}")
        time.sleep(0.05)
    return found


class Terminal:
    """tmux with a program in it, of our own socket."""

    def __init__(self, folder, *command):
        self.tmux = ["tmux", "-S", f"{folder}/tmux"]
        environment = {**os.environ, "TERM": "screen-256color", "LC_ALL": "C.UTF-8", "HOME": folder, "TZ": "UTC"}
        subprocess.run([*self.tmux, "-f", "/dev/null", "new-session", "-d", "-x", str(WIDE), "-y", str(HIGH), *command], check=True, env=environment)

    def keys(self, *keys):
        subprocess.run([*self.tmux, "send-keys", *keys], check=True)

    def screen(self, colours=False):
        return subprocess.run([*self.tmux, "capture-pane", "-p", *(["-e"] if colours else [])], check=True, capture_output=True, text=True).stdout

    def shows(self, text):
        return until(lambda: text in self.screen(), f"{text!r} on the screen, which has:\n{self.screen()}", 30)

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False)


def to_html(screen):
    """The few ways in which tmux says a colour, as a page."""
    def spans(line):
        style, out = {}, []
        for part in re.split(r"(\x1b\[[0-9;]*m)", line):
            if not part.startswith("\x1b"):
                fore, back = style.get("fore", "#d7dae0"), style.get("back", COLOURS[0])
                fore, back = (back, fore) if style.get("turned") else (fore, back)
                weight = ";font-weight:bold" if style.get("bold") else ""
                out.append(f'<span style="color:{fore};background:{back}{weight}">{html.escape(part)}</span>' if part else "")
                continue
            for code in (int(c or 0) for c in part[2:-1].split(";")):
                if code == 0:
                    style = {}
                elif code in (1, 7):
                    style["bold" if code == 1 else "turned"] = True
                elif 30 <= code <= 37 or 90 <= code <= 97:
                    style["fore"] = COLOURS[code % 10]
                elif 40 <= code <= 47 or 100 <= code <= 107:
                    style["back"] = COLOURS[code % 10]
                elif code in (39, 49):
                    style.pop("fore" if code == 39 else "back", None)
        return "".join(out)

    lines = "\n".join(spans(line.ljust(WIDE)) for line in screen.rstrip("\n").split("\n"))
    return f'<meta charset="utf-8"><body style="margin:0;padding:14px;background:{COLOURS[0]}"><pre style="margin:0;font:15px/1.3 \'DejaVu Sans Mono\',monospace">{lines}</pre>'


def take_picture(screen, folder, path):
    with open(f"{folder}/screen.html", "w", encoding="utf-8") as f:
        f.write(to_html(screen))
    subprocess.run(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/chromium", f"--window-size={WIDE * 9 + 32},{HIGH * 20 - 12}",
         f"--screenshot={os.path.abspath(path)}", f"file://{folder}/screen.html"], check=True, capture_output=True, timeout=120)


def run(folder, picture):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as refusing:
        refusing.daemon_threads = True
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        server = Server(f"{folder}/data", sets=[
            "hostname=mail.here.example", 'domains=["here.example"]', "unknown-recipients=accept", 'listeners.smtp.relay-from=["127.0.0.0/8"]',
            f'outbound.routes."*"="smtp://127.0.0.1:{refusing.server_address[1]}"'])
        if not server.start():
            raise SystemExit(f"the server does not start; see {server.log}")
        try:
            with smtplib.SMTP("127.0.0.1", server.port, local_hostname="laptop.here.example") as client:
                client.sendmail(
                    "ann@here.example", ["bob@far.example"],
                    "From: Ann <ann@here.example>\r\nTo: Bob <bob@far.example>\r\nSubject: Lunch on Friday?\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
                    "Message-ID: <lunch@here.example>\r\n\r\nShall we meet at noon?\r\n",
                    mail_options=["ENVID=lunch-1"], rcpt_options=["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;bob@far.example"])
            home = f"{folder}/data/mail/ann@here.example/Maildir"
            until(lambda: os.path.isdir(f"{home}/new") and os.listdir(f"{home}/new"), "the bounce in the mailbox")
        finally:
            server.stop()
        refusing.shutdown()

    box = f"{folder}/ann"
    with open(box, "wb") as f:
        subprocess.run([program(), "mailbox", "export", "ann@here.example", "--set", f"data-dir={folder}/data"], check=True, stdout=f)
    with open(f"{folder}/muttrc", "w", encoding="utf-8") as f:
        f.write(MUTTRC.format(folder=folder, box=box))
    terminal = Terminal(folder, "mutt", "-n", "-F", f"{folder}/muttrc", "-R", "-f", box)
    try:
        terminal.shows("Not delivered: bob@far.example")
        terminal.keys("Enter")
        for text in ("It could not be delivered to:", "550 5.1.1 Ask postmaster@far.example", "Action: failed", "Status: 5.1.1", "Original-Envelope-Id: lunch-1"):
            terminal.shows(text)
        screen = terminal.screen(colours=True)
        terminal.keys("v")
        for part in ("text/plain", "message/delivery-s", "message/rfc822"):
            terminal.shows(part)
        print(terminal.screen().rstrip())
    finally:
        terminal.close()
    if picture:
        take_picture(screen, folder, picture)
        print(f"{picture}: {os.path.getsize(picture)} octets")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", metavar="FILE")
    args = parser.parse_args()
    lacking = [name for name in ("mutt", "tmux", *(["chromium"] if args.picture else [])) if shutil.which(name) is None]
    if lacking:
        print(f"skipped: {', '.join(lacking)} not installed")
        return 77
    folder = tempfile.mkdtemp(prefix="actorsmtp-bounce-")
    try:
        run(folder, args.picture)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("mutt shows the bounce as what it is")
    return 0


if __name__ == "__main__":
    sys.exit(main())
