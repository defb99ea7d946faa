#!/usr/bin/env python3
"""A million messages in one real Maildir, or very many mailboxes: how they get there, what they cost the server, and how it is read then.
Python 3, standard library only; the server is $ACTORSMTP, or what was built last. Needs some 5 GB and 1.1 million inodes where --store is.

  million.py                                    1,000,000 messages of 1 KiB for one mailbox
  million.py --messages 100000 --mailboxes 10000     ten for each of 10,000

One JSON object: seconds and rates of filling; the server's largest resident memory while it was filled; then, on what lies there: one more
delivery, the console's pages (first, next, one message, the list of mailboxes), a POP3 login with STAT and the newest message, the memory these
took, and a start of the server. Ends with 1 if a message that was acknowledged is not found.
"""
import argparse
import json
import os
import poplib
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import sustained
from server import Server, program


def memory(server, which):
    """VmRSS: now; VmHWM: the most so far. MiB."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) >> 10 for line in f if line.startswith(which))


def start(folder):
    server = Server(f"{folder}/data", [
        "domains=[\"*\"]", "unknown-recipients=accept", "limits.connections-per-address=10000", "console.bind=127.0.0.1:0",
        "listeners.pop.bind=127.0.0.1:0", "listeners.pop.role=pop3", "listeners.pop.auth=required",
        "storage.journal.segment-size=64MiB", "storage.journal.preallocate=1GiB"])
    began = time.monotonic()
    if not server.start():
        raise SystemExit(f"the server does not start; see {server.log}")
    with open(f"{folder}/data/listeners.json", encoding="utf-8") as f:
        server.listeners = json.load(f)
    return server, time.monotonic() - began


class Steps:
    """What took how long."""

    def __init__(self):
        self.took = {}

    def __call__(self, name, do):
        began = time.monotonic()
        result = do()
        self.took[name] = round(time.monotonic() - began, 3)
        return result


def fill(server, folder, a):
    command = [program(), "bench", "--server", f"127.0.0.1:{server.port}", "--sessions", "100", "--messages", str(a.messages), "--json"]
    if a.mailboxes > 1:
        command += ["--to", "user{n}@bench.test", "--spread", str(a.mailboxes)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    load = json.loads(done.stdout)
    accepted = load["messages"]["ok"] if isinstance(load.get("messages"), dict) else load.get("ok", load.get("accepted"))
    return accepted, f"{folder}/data/mail/*/Maildir/new"


def until_found(pattern, wanted, patience):
    """Looks until so many files are there, or for so long none has come."""
    found, last = sustained.count(pattern), time.monotonic()
    while found < wanted and time.monotonic() - last < patience:
        time.sleep(1)
        now = sustained.count(pattern)
        if now > found:
            found, last = now, time.monotonic()
    return found


def one_more(server, folder, name):
    """From the 250 until it stands in the mailbox."""
    new = f"{folder}/data/mail/{name}/Maildir/new"
    with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as client:
        before = os.stat(new).st_mtime_ns
        client.sendmail("ann@bench.test", [name], "Subject: one more\r\n\r\nx\r\n")
        began = time.monotonic()
        while os.stat(new).st_mtime_ns == before and time.monotonic() - began < 60:
            time.sleep(0.001)
        return round(time.monotonic() - began, 3)


def read(server, name, steps, messages):
    url = "http://" + server.listeners["console"]
    box = urllib.parse.quote(name, safe="")

    def get(path):
        with urllib.request.urlopen(url + "/api/" + path, timeout=600) as answer:
            return json.load(answer)

    first = steps("page_first_s", lambda: get(f"mailboxes/{box}/messages?limit=100"))
    steps("page_again_s", lambda: get(f"mailboxes/{box}/messages?limit=100"))
    if first.get("next"):
        steps("page_next_s", lambda: get(f"mailboxes/{box}/messages?limit=100&cursor=" + urllib.parse.quote(first["next"])))
    steps("one_message_s", lambda: get(f"mailboxes/{box}/messages/{urllib.parse.quote(first['items'][0]['key'])}"))
    steps("mailboxes_page_s", lambda: get("mailboxes?limit=200"))
    host, port = server.listeners["pop"].rsplit(":", 1)
    client = poplib.POP3(host, int(port), timeout=600)
    client.user(name)
    steps("pop3_login_s", lambda: client.pass_("any"))
    count, _ = client.stat()
    steps("pop3_newest_s", lambda: client.retr(count))
    client.quit()
    return {"pop3_messages": count, "all_there": count >= messages}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--messages", type=int, default=1_000_000)
    p.add_argument("--mailboxes", type=int, default=1)
    p.add_argument("--store", help="where the mail goes; the temporary folder unless told")
    p.add_argument("--patience", type=int, default=120, help="so many seconds without a delivery end the wait")
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix="million-", dir=a.store)
    steps, load1 = Steps(), os.getloadavg()[0]
    server, empty_start = start(folder)
    try:
        rss_empty = memory(server, "VmRSS")
        began = time.monotonic()
        accepted, pattern = fill(server, folder, a)
        took = time.monotonic() - began
        found = until_found(pattern, accepted, a.patience)
        all_took = time.monotonic() - began
        row = {
            "messages": a.messages, "mailboxes": a.mailboxes, "load1": load1, "accepted": accepted, "found": found, "accepted_per_s": round(accepted / took),
            "delivered_per_s": round(found / all_took), "rss_empty_mib": rss_empty, "rss_most_filling_mib": memory(server, "VmHWM")}
        name = "rcpt@bench.test" if a.mailboxes == 1 else f"user{a.mailboxes - 1}@bench.test"
        row["one_more_s"] = one_more(server, folder, name)
        row.update(read(server, name, steps, a.messages // a.mailboxes), rss_most_reading_mib=memory(server, "VmHWM"))
        steps("cli_mailbox_list_s", lambda: subprocess.run(
            [program(), "mailbox", "list", "--json", "--set", f"data-dir={folder}/data"], stdout=subprocess.DEVNULL, check=True))
        steps("stop_s", server.stop)
        server, again = start(folder)
        row.update(steps.took, start_empty_s=round(empty_start, 3), start_full_s=round(again, 3), rss_after_start_mib=memory(server, "VmRSS"))
        print(json.dumps(row, indent=1))
        sys.exit(0 if found >= accepted == a.messages and row["all_there"] else 1)
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
