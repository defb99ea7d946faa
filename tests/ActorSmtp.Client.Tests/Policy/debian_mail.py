"""What others wrote, asked line by line: one JSON document in, one out. Debian's python3-spf and python3-dkim."""
import base64
import json
import sys


def ask_spf(task):
    import spf
    zone = {name: records for name, records in task["zone"].items()}

    def lookup(name, qtype, strict=True, timeout=None, level=0):
        for kind, value in zone.get(name.lower().rstrip("."), []):
            if kind == "FAIL":
                raise spf.TempError("DNS timeout")
            if kind == qtype:
                if kind == "TXT":
                    value = (value.encode("latin-1"),)
                elif kind == "MX":
                    value = tuple(value)
                elif kind == "AAAA":
                    import socket
                    value = socket.inet_pton(socket.AF_INET6, value)
                yield ((name, kind), value)

    spf.DNSLookup = lookup
    query = spf.query(i=task["ip"], s=task["sender"], h=task["helo"], receiver="receiver.test", strict=True)
    result, _, explanation = query.check()
    return {"result": result, "explanation": explanation}


def records(task):
    def find(name, timeout=5):
        name = name.decode() if isinstance(name, bytes) else name
        record = task["txt"].get(name.rstrip("."))
        return None if record is None else record.encode()
    return find


def ask_dkim_verify(task):
    import dkim
    message = base64.b64decode(task["message"])
    count = message.lower().count(b"\ndkim-signature:") + message.lower().startswith(b"dkim-signature:")
    results = []
    for index in range(count):
        try:
            results.append(bool(dkim.DKIM(message, minkey=1024).verify(idx=index, dnsfunc=records(task))))
        except Exception as problem:
            results.append(False if isinstance(problem, dkim.DKIMException) else str(problem))
    return {"results": results}


def ask_dkim_sign(task):
    import dkim
    message = base64.b64decode(task["message"])
    field = dkim.sign(
        message, task["selector"].encode(), task["domain"].encode(), base64.b64decode(task["key"]),
        canonicalize=tuple(form.encode() for form in task["forms"]), signature_algorithm=task["algorithm"].encode(),
        include_headers=[name.encode() for name in task["fields"]] if task.get("fields") else None, length=task.get("length", False))
    return {"field": base64.b64encode(field).decode()}


def ask_arc_verify(task):
    import dkim
    cv, results, reason = dkim.arc_verify(base64.b64decode(task["message"]), dnsfunc=records(task), minkey=1024)
    return {"cv": cv.decode() if cv else "none", "reason": reason}


def ask_arc_sign(task):
    import dkim
    message = base64.b64decode(task["message"])
    lines = dkim.arc_sign(
        message, task["selector"].encode(), task["domain"].encode(), base64.b64decode(task["key"]), task["server"].encode(),
        include_headers=[name.encode() for name in task["fields"]])
    return {"fields": base64.b64encode(b"".join(lines)).decode()}


def ask_authres(task):
    import authres
    header = authres.AuthenticationResultsHeader.parse(task["field"])
    return {"server": header.authserv_id, "results": [[r.method, r.result, [[p.type, p.name, p.value] for p in r.properties]] for r in header.results]}


def ask_ready(task):
    __import__(task["module"])
    return {}


for line in sys.stdin:
    work = json.loads(line)
    try:
        print(json.dumps(globals()["ask_" + work["ask"]](work)), flush=True)
    except Exception as problem:  # told, not hidden: the test fails with it
        print(json.dumps({"error": type(problem).__name__ + ": " + str(problem)}), flush=True)
