"""Reads a message file with Python's email package and prints what it sees as one JSON document; contents in base64."""
import base64
import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.default)

leaves = [part for part in message.walk() if not part.is_multipart()]
print(json.dumps({
    "subject": message.get("Subject", ""),
    "from": message.get("From", ""),
    "to": message.get("To", ""),
    "defects": [repr(defect) for part in message.walk() for defect in part.defects],
    "parts": [{
        "type": part.get_content_type(),
        "fileName": part.get_filename(),
        "content": base64.b64encode(part.get_payload(decode=True) or b"").decode(),
    } for part in leaves],
}))
