"""Takes mail by POP3 with Python's poplib: pop3.py PORT starttls|implicit USER PASSWORD [dele]. Prints what it saw as JSON."""
import hashlib
import json
import poplib
import ssl
import sys

port, tls, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if tls == "implicit":
    pop = poplib.POP3_SSL("127.0.0.1", port, context=context, timeout=60)
else:
    pop = poplib.POP3("127.0.0.1", port, timeout=60)
    pop.stls(context)
seen = {"greeting": pop.getwelcome().decode(), "capabilities": pop.capa()}
pop.user(user)
pop.pass_(password)
seen["stat"] = pop.stat()
seen["list"] = [line.decode() for line in pop.list()[1]]
seen["uidl"] = [line.decode() for line in pop.uidl()[1]]
seen["messages"] = []
for number in range(1, seen["stat"][0] + 1):
    lines = pop.retr(number)[1]
    content = b"".join(line + b"\r\n" for line in lines)
    head = pop.top(number, 1)[1]
    seen["messages"].append({
        "octets": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "top": [line.decode("utf-8", "replace") for line in head],
        "first": lines[0].decode("utf-8", "replace"),
    })
    if len(sys.argv) > 5:
        pop.dele(number)
pop.noop()
seen["bye"] = pop.quit().decode()
print(json.dumps(seen))
