"""Python's email package as the other side of a conversation about MIME.

Every line on stdin is one task in base64, every line on stdout its answer in base64.
parse  : a message in, what was understood of it out as JSON.
compose: JSON in, the composed message out.
report : a multipart/report in, its parts and fields out as JSON.
"""
import base64
import json
import sys
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser


def part_of(part):
    content = part.get_payload(decode=True)
    return {
        "type": part.get_content_type(),
        "disposition": part.get_content_disposition(),
        "name": part.get_filename(),
        "id": part["Content-ID"],
        "content": base64.b64encode(content or b"").decode(),
    }


def clean(text):
    """Raw UTF-8 in a header comes out of the parser as lone surrogates."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def addresses(header):
    return [[clean(a.display_name), clean(a.username), clean(a.domain)] for a in header.addresses] if header else []


def parse(task):
    message = BytesParser(policy=policy.default).parsebytes(task)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    defects = [str(d) for p in message.walk() for d in p.defects]
    defects += [f"{n}: {d}" for p in message.walk() for n, v in p.items() for d in v.defects]
    return json.dumps({
        "headers": [[n, clean(str(v))] for n, v in message.items()],
        "from": addresses(message["From"]),
        "to": addresses(message["To"]),
        "text": text.get_content() if text is not None else None,
        "html": html.get_content() if html is not None else None,
        "tree": [p.get_content_type() for p in message.walk()],
        "attachments": [part_of(p) for p in message.walk() if p.get_filename()],
        "defects": defects,
    }).encode()


def compose(task):
    wanted = json.loads(task)
    message = EmailMessage(policy=policy.SMTP)
    for name, value in wanted["headers"]:
        message[name] = value
    message.set_content(wanted["text"], cte=wanted.get("cte"), charset=wanted.get("charset", "utf-8"))
    if wanted.get("html"):
        message.add_alternative(wanted["html"], subtype="html")
    for item in wanted.get("attachments", []):
        main, sub = item["type"].split("/")
        message.add_attachment(base64.b64decode(item["content"]), maintype=main, subtype=sub, filename=item["name"])
    return message.as_bytes()


def report(task):
    """A multipart/report: its parts, and the groups of fields of its delivery status."""
    message = BytesParser(policy=policy.default).parsebytes(task)
    words, status, returned = message.iter_parts()
    if returned.get_content_maintype() == "message":
        back = returned.get_payload()[0].as_bytes(policy=policy.default.clone(linesep="\r\n"))
    else:
        back = returned.get_payload(decode=True)
    return json.dumps({
        "type": message.get_content_type(),
        "reportType": message["Content-Type"].params["report-type"],
        "headers": [[n, clean(str(v))] for n, v in message.items()],
        "tree": [p.get_content_type() for p in (words, status, returned)],
        "words": words.get_content(),
        "fields": [[[n, clean(str(v))] for n, v in group.items()] for group in status.get_payload() if group.items()],
        "returned": base64.b64encode(back).decode(),
        "defects": [str(d) for p in message.walk() for d in p.defects],
    }).encode()


verb = {"parse": parse, "compose": compose, "report": report}[sys.argv[1]]
for line in sys.stdin:
    print(base64.b64encode(verb(base64.b64decode(line))).decode(), flush=True)
