"""Reads a bounce (RFC 3464) with Python's email package and prints its fields as one JSON document."""
import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.default)

words, status, original = message.get_payload()
blocks = [{name.lower(): str(value) for name, value in block.items()} for block in status.get_payload()]
print(json.dumps({
    "type": message.get_content_type(),
    "reportType": message.get_param("report-type"),
    "to": message.get("To"),
    "autoSubmitted": message.get("Auto-Submitted"),
    "defects": [repr(defect) for part in message.walk() for defect in part.defects],
    "words": words.get_content(),
    "message": blocks[0],
    "recipients": blocks[1:],
    "original": original.get_content_type(),
    "originalSubject": (original.get_payload(0) if original.is_multipart() else email.message_from_string(original.get_payload(), policy=email.policy.default)).get("Subject"),
}))
