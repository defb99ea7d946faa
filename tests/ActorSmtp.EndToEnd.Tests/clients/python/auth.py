"""Logs in by a mechanism that smtplib does not have, written from the RFCs, and prints the last reply.

  auth.py PORT SCRAM-SHA-256-PLUS USER PASSWORD [FLAG]    over STARTTLS; FLAG in place of p=tls-server-end-point, such as y
  auth.py PORT OAUTHBEARER USER TOKEN                     over STARTTLS; prints the JSON of a refusal as well
  auth.py PORT EXTERNAL AUTHZID CERTIFICATE KEY           over TLS from the first byte
"""
import base64
import hashlib
import hmac
import os
import smtplib
import ssl
import sys

port, mechanism, user, secret = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
more = sys.argv[5] if len(sys.argv) > 5 else None
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
if mechanism == "EXTERNAL":
    context.load_cert_chain(secret, more)
    smtp = smtplib.SMTP_SSL("127.0.0.1", port, "client.test", timeout=30, context=context)
else:
    smtp = smtplib.SMTP("127.0.0.1", port, "client.test", timeout=30)
    smtp.starttls(context=context)
smtp.ehlo()
print("offered:", smtp.esmtp_features.get("auth", "").strip())


def b64(octets):
    return base64.b64encode(octets).decode()


def scram():
    # RFC 5929 4.1: the hash of the certificate, SHA-256 for the P-256 and SHA-256 one that the server made itself.
    binding = hashlib.sha256(smtp.sock.getpeercert(binary_form=True)).digest()
    header = f"{more or 'p=tls-server-end-point'},,".encode()
    bound = header + (b"" if more else binding)
    nonce = b64(os.urandom(18))
    first = f"n={user},r={nonce}"
    code, text = smtp.docmd("AUTH", f"{mechanism} {b64(header + first.encode())}")
    if code != 334:
        return code, text
    server_first = base64.b64decode(text).decode()
    parts = dict(p.split("=", 1) for p in server_first.split(","))
    assert parts["r"].startswith(nonce)
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    final = f"c={b64(bound)},r={parts['r']}"
    message = f"{first},{server_first},{final}".encode()
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    proof = bytes(a ^ b for a, b in zip(client_key, signature))
    code, text = smtp.docmd(b64(f"{final},p={b64(proof)}".encode()))
    if code != 334:
        return code, text
    expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
    assert base64.b64decode(text) == b"v=" + b64(expected).encode(), "the server has not proved itself"
    return smtp.docmd("")


def bearer():
    message = f"n,a={user},\x01host=mail.example.com\x01port={port}\x01auth=Bearer {secret}\x01\x01"
    code, text = smtp.docmd("AUTH", f"OAUTHBEARER {b64(message.encode())}")
    if code == 334:
        print("error:", base64.b64decode(text).decode())
        code, text = smtp.docmd("AQ==")
    return code, text


def external():
    return smtp.docmd("AUTH", f"EXTERNAL {b64(user.encode()) if user else '='}")


code, text = {"SCRAM-SHA-256-PLUS": scram, "SCRAM-SHA-256": scram, "OAUTHBEARER": bearer, "EXTERNAL": external}[mechanism]()
print("reply:", code, text.decode())
if code == 235:
    print("mail:", smtp.docmd("MAIL", f"FROM:<{more if mechanism == 'OAUTHBEARER' and more else 'barbie@example.com'}>")[0])
smtp.quit()
