#!/usr/bin/python3
"""Mail signed, and passed on, by other people's programs through the built server, and what the server found read by another one's parser and compared with what yet another one finds. Debian's
python3-dkim, python3-spf, python3-authres and opendkim; the names come from a DNS server of ours (tests/attack/names.py).

  origin.py          prints a line for each message; ends with 1 if one was judged otherwise than it should
"""
import base64
import glob
import os
import shutil
import smtplib
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "crash"), os.path.join(HERE, "..", "attack")]

import authres  # noqa: E402
import dkim  # noqa: E402
import names  # noqa: E402
import spf  # noqa: E402
from server import Server  # noqa: E402

PLAIN = (b"From: Ann <ann@example.com>\r\nTo: bob@mx.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\n"
         b"Message-ID: <1@example.com>\r\n\r\nHello  \r\n\r\n .dots and blanks\t \r\n\r\n\r\n")


def by_dkimpy(header, body):
    def sign(folder, private):
        how = (header.encode(), body.encode())
        return dkim.sign(PLAIN, b"s1", b"example.com", private, canonicalize=how, include_headers=[b"from", b"to", b"subject", b"date"]) + PLAIN
    return sign


def by_opendkim(header, body):
    """OpenDKIM is a milter: it is asked as a mail server would ask it (protocol version 6, the few commands that signing needs)."""
    def sign(folder, private):
        with open(f"{folder}/key.pem", "wb") as f:
            f.write(private)
        os.chmod(f"{folder}/key.pem", 0o600)
        path = f"{folder}/opendkim.sock"
        with open(f"{folder}/opendkim.conf", "w", encoding="ascii") as f:
            f.write(f"Mode s\nDomain example.com\nSelector s1\nKeyFile {folder}/key.pem\nSocket local:{path}\nCanonicalization {header}/{body}\n"
                    "InternalHosts 127.0.0.1\nRequireSafeKeys no\nBackground no\nSyslog no\n")
        process = subprocess.Popen(["/usr/sbin/opendkim", "-f", "-x", f"{folder}/opendkim.conf"])
        try:
            end = time.monotonic() + 30
            while not os.path.exists(path) and time.monotonic() < end:
                time.sleep(0.02)
            return ask(path, PLAIN) + PLAIN
        finally:
            process.terminate()
            process.wait(30)
            if os.path.exists(path):
                os.unlink(path)
    return sign


def ask(path, message):
    """The DKIM-Signature that a milter adds to a message."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(path)
        stream = s.makefile("rb")

        def say(command, data=b""):
            s.sendall(struct.pack("!I", len(data) + 1) + command + data)

        def hear():
            size = struct.unpack("!I", stream.read(4))[0]
            answer = stream.read(size)
            return answer[:1], answer[1:]

        say(b"O", struct.pack("!III", 6, 0x1FF, 0))
        assert hear()[0] == b"O"
        head, text = message.split(b"\r\n\r\n", 1)
        fields = [tuple(line.split(b": ", 1)) for line in head.split(b"\r\n")]
        for command, data in [(b"C", b"localhost\0" + b"4" + struct.pack("!H", 4321) + b"127.0.0.1\0"), (b"H", b"localhost\0"), (b"M", b"<ann@example.com>\0"), (b"R", b"<bob@mx.test>\0"),
                              *[(b"L", name + b"\0" + value + b"\0") for name, value in fields], (b"N", b""), (b"B", text)]:
            say(command, data)
            assert hear()[0] == b"c", command
        say(b"E")
        signature = None
        while (answer := hear())[0] not in (b"a", b"c"):
            assert answer[0] in b"ihm", answer
            if answer[0] in b"ih":
                name, value = (answer[1][4:] if answer[0] == b"i" else answer[1]).rstrip(b"\0").split(b"\0", 1)
                if name == b"DKIM-Signature":
                    signature = name + b": " + value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n"
        say(b"Q")
        return signature


def sealed(folder, private):
    """As a list passes it on: dkimpy signs, adds what it had found out, changes nothing more and seals."""
    signed = by_dkimpy("relaxed", "relaxed")(folder, private)
    results = b"Authentication-Results: list.test; dkim=pass header.d=example.com\r\n"
    return b"".join(dkim.arc_sign(results + signed, b"s1", b"example.com", private, b"list.test", include_headers=[b"from", b"to", b"subject", b"date"])) + signed


def broken_seal(folder, private):
    return sealed(folder, private).replace(b"Hello", b"Hullo")


def unsigned(folder, private):
    return PLAIN


def spoilt(folder, private):
    return by_dkimpy("relaxed", "relaxed")(folder, private).replace(b"Hello", b"Hullo")


CASES = [
    *[(f"dkimpy {h}/{b}", by_dkimpy(h, b), "ann@example.com", {"spf": "pass", "dkim": "pass", "dmarc": "pass"}) for h in ("relaxed", "simple") for b in ("relaxed", "simple")],
    ("opendkim relaxed/simple", by_opendkim("relaxed", "simple"), "ann@example.com", {"spf": "pass", "dkim": "pass", "dmarc": "pass"}),
    ("opendkim simple/relaxed, passed on by another", by_opendkim("simple", "relaxed"), "list@other.test", {"spf": "fail", "dkim": "pass", "dmarc": "pass"}),
    ("sealed by dkimpy, passed on by another", sealed, "list@other.test", {"spf": "fail", "dkim": "pass", "arc": "pass", "dmarc": "pass"}),
    ("sealed by dkimpy, changed behind that", broken_seal, "ann@example.com", {"spf": "pass", "dkim": "fail", "arc": "fail", "dmarc": "pass"}),
    ("sent by whom SPF leaves open", unsigned, "kim@soft.test", {"spf": "softfail", "dkim": "none", "dmarc": "fail"}),
    ("sent by whom nobody's SPF can be read", unsigned, "kim@wrong.test", {"spf": "permerror", "dkim": "none", "dmarc": "fail"}),
    ("spoilt on the way", spoilt, "ann@example.com", {"spf": "pass", "dkim": "fail", "dmarc": "pass"}),
    ("unsigned, from elsewhere", unsigned, "eve@other.test", {"spf": "fail", "dkim": "none", "dmarc": "fail"}),
]


def main():
    folder = tempfile.mkdtemp(prefix="actorsmtp-interop-")
    private = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    public = base64.b64encode(subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True).stdout).decode()
    records = {
        ("example.com", names.TXT): [names.txt("v=spf1 ip4:127.0.0.1 -all")],
        ("other.test", names.TXT): [names.txt("v=spf1 ip4:192.0.2.1 -all")],
        ("soft.test", names.TXT): [names.txt("v=spf1 exists:%{i}.%{d} include:other.test ~all")],
        ("wrong.test", names.TXT): [names.txt("v=spf1 ip4:300.0.0.1 -all")],
        ("_dmarc.example.com", names.TXT): [names.txt("v=DMARC1; p=quarantine")],
        ("s1._domainkey.example.com", names.TXT): [names.txt(f"v=DKIM1; k=rsa; p={public}")],
    }
    dns = names.Names(lambda name, kind: records.get((name, kind), [] if any(n == name for n, _ in records) else None))
    spf.DNSLookup = lambda name, kind, *_, **__: [((name, kind), (data[1:],)) for data in records.get((name.lower().rstrip("."), names.TXT), []) if kind == "TXT"]
    os.makedirs(f"{folder}/data", mode=0o700)
    server = Server(f"{folder}/data", [
        "hostname=mx.test", "domains=[mx.test]", "unknown-recipients=accept", "listeners.smtp.checks=[\"spf=tag\",\"dkim=tag\",\"arc=tag\",dmarc]",
        f"dns.servers=[\"127.0.0.1:{dns.port}\"]", "dns.hosts=off"])
    wrong = 0
    try:
        if not server.start():
            raise SystemExit(open(server.log).read())
        for number, (name, sign, sender, expected) in enumerate(CASES):
            recipient = f"case{number}@mx.test"
            with smtplib.SMTP("127.0.0.1", server.port, local_hostname="relay.test", timeout=60) as smtp:
                smtp.sendmail(sender, [recipient], sign(folder, private))
            pattern, end = f"{server.data}/mail/{recipient}/Maildir/new/*", time.monotonic() + 60
            while not (found := glob.glob(pattern)) and time.monotonic() < end:
                time.sleep(0.02)
            with open(found[0], "rb") as f:
                text = f.read().decode("latin-1")
            field = text[text.index("Authentication-Results:"):text.index("\nReceived:")].replace("\r", "").rstrip("\n")
            header = authres.AuthenticationResultsHeader.parse(field)
            results = {}
            for r in header.results:
                if r.method != "spf" or any(p.name == "mailfrom" for p in r.properties):
                    results[r.method] = r.result
            theirs = spf.check2(i="127.0.0.1", s=sender, h="relay.test")[0]
            right = header.authserv_id == "mx.test" and results == expected and theirs == results["spf"]
            wrong += not right
            print(f"{'ok   ' if right else 'WRONG'} {name}: {results}, pyspf says {theirs}", flush=True)
    finally:
        server.stop()
        dns.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
