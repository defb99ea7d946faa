"""Sends one message with smtplib: python3 send.py PORT RECIPIENT ATTACHMENT [USER PASSWORD]. Exit code 3: the login was refused."""
import email.message
import smtplib
import sys

port, recipient, attachment = int(sys.argv[1]), sys.argv[2], sys.argv[3]
message = email.message.EmailMessage()
message["From"] = "Ann <ann@client.test>"
message["To"] = recipient
message["Subject"] = "Grüße aus Python"
message.set_content("A line\n.a line with a dot in front\n.\nthe last line\n")
with open(attachment, "rb") as file:
    message.add_attachment(file.read(), maintype="application", subtype="octet-stream", filename="beigefügt.bin")

with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
    server.ehlo("client.test")
    if len(sys.argv) > 4:
        server.user, server.password = sys.argv[4], sys.argv[5]
        try:
            server.auth("LOGIN", server.auth_login)
        except smtplib.SMTPAuthenticationError as refused:
            print(refused.smtp_code, refused.smtp_error.decode())
            sys.exit(3)
    sender = f"{sys.argv[4]}@example.com" if len(sys.argv) > 4 else None          # who is logged in sends as itself
    refused = server.send_message(message, from_addr=sender)
    assert refused == {}, refused
