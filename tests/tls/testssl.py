#!/usr/bin/env python3
"""testssl.sh against a submission listener (STARTTLS) and one that begins with TLS; ends with 1 if it finds anything to mend.

    testssl.py [starttls|implicit]

Debian: apt-get install testssl.sh. The certificate is of an authority made here, so that what is judged is the server. What testssl.sh says of
such a certificate by itself (no CAA record for a name that exists nowhere, say) is listed as not counted.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from server import Server  # noqa: E402

NAME = "mx.test"

# Of the certificate, its zone and the tool, not of the server.
NOT_COUNTED = {
    "DNS_CAArecord": "the name exists in no DNS",
    "OCSP_stapling": "the authority made here answers no OCSP",
    "certificate_transparency": "the certificate is in no log",
    "cert_validityPeriod": "made for this run",
    "engine_problem": "the openssl that testssl.sh works with",
    "service": "testssl.sh looks into HTTP only",
}


def certificate(folder):
    def openssl(*arguments, text=None):
        subprocess.run(["openssl", *arguments], check=True, input=text, text=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=authority", "-days", "90",
            "-keyout", "ca.key", "-out", "ca.pem", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={NAME}", "-keyout", "mx.key", "-out", "mx.csr")
    with open(f"{folder}/extensions", "w") as f:
        f.write(f"subjectAltName=DNS:{NAME}\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
                "basicConstraints=critical,CA:FALSE\ncrlDistributionPoints=URI:http://authority.test/ca.crl\n")
    openssl("x509", "-req", "-in", "mx.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "90", "-sha256",
            "-extfile", "extensions", "-out", "mx.pem")


def run(tls):
    with tempfile.TemporaryDirectory(prefix="testssl-") as folder:
        certificate(folder)
        server = Server(f"{folder}/data", [
            f"listeners.smtp.tls={tls}", "listeners.smtp.role=submission", f"hostname={NAME}",
            f"tls.certificate={folder}/mx.pem", f"tls.key={folder}/mx.key"])
        if not server.start():
            raise SystemExit(open(server.log).read())
        try:
            command = ["testssl", "--ip", "127.0.0.1", "--add-ca", f"{folder}/ca.pem", "--color", "0", "--quiet", "--warnings", "off", "--nodns", "none",
                       "--openssl", shutil.which("openssl"), "--jsonfile", f"{folder}/found.json", "--logfile", f"{folder}/testssl.log"]
            command += ["--starttls", "smtp"] if tls == "starttls" else []
            print(" ".join(c if folder not in c else os.path.basename(c) for c in command), f"{NAME}:PORT", flush=True)
            subprocess.run(command + [f"{NAME}:{server.port}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=1800)
            with open(f"{folder}/found.json") as f:
                found = json.load(f)
            if os.environ.get("KEEP"):
                shutil.copy(f"{folder}/testssl.log", os.environ["KEEP"] + f"/testssl-{tls}.log")
        finally:
            server.stop()
    bad = [f for f in found if f["severity"] not in ("OK", "INFO")]
    counted = [f for f in bad if f["id"].split(" ")[0] not in NOT_COUNTED]
    good = sum(f["severity"] == "OK" for f in found)
    print(f"{tls}: {len(found)} findings, {good} of them OK, {len(counted)} to mend")
    for f in bad:
        reason = NOT_COUNTED.get(f["id"].split(" ")[0])
        print(f"  {f['severity']:8} {f['id']}: {f['finding']}" + (f"   (not counted: {reason})" if reason else ""))
    return not counted and good > 20


def main():
    if not shutil.which("testssl"):
        print("skipped: testssl.sh is not installed (apt-get install testssl.sh)")
        return
    wanted = sys.argv[1:] or ["starttls", "implicit"]
    if not all([run(tls) for tls in wanted]):
        sys.exit(1)


if __name__ == "__main__":
    main()
