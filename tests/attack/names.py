"""A DNS server for trials: what it knows it answers at once, the rest does not exist. UDP and TCP on one free loopback port; standard library only."""
import socket
import socketserver
import struct
import sys
import threading

A, PTR, MX, TXT = 1, 12, 15, 16
SILENCE = "silence"         # in place of records: no answer


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.rstrip(".").split(".")) + b"\0"


def txt(text):
    data = text.encode()
    return b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))


def address(text):
    return socket.inet_aton(text)


class Names:
    """`zone` answers (name in lower case, type) with a list of record data, None where there is no such name, or SILENCE. With `soa` it may be remembered
    what does not exist (RFC 2308)."""

    def __init__(self, zone, ttl=3600, soa=False):
        self.zone, self.ttl, self.soa, self.asked = zone, ttl, soa, 0
        outer = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self):
                reply = outer.answer(self.request[0], 1232)
                if reply:
                    self.request[1].sendto(reply, self.client_address)

        class Stream(socketserver.StreamRequestHandler):
            def handle(self):
                while len(head := self.rfile.read(2)) == 2:
                    reply = outer.answer(self.rfile.read(struct.unpack("!H", head)[0]), 65535)
                    if reply:
                        self.wfile.write(struct.pack("!H", len(reply)) + reply)

        class Tcp(socketserver.ThreadingTCPServer):
            daemon_threads, request_queue_size = True, 128

        class Udp(socketserver.UDPServer):
            max_packet_size = 4096

        self.tcp = Tcp(("127.0.0.1", 0), Stream)
        self.port = self.tcp.server_address[1]
        self.udp = Udp(("127.0.0.1", self.port), Datagram)
        for server in (self.tcp, self.udp):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def answer(self, query, most):
        if len(query) < 17:
            return None
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += 1 + query[at]
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        question = query[12:at + 5]
        self.asked += 1
        records = self.zone(".".join(labels), kind)
        if records == SILENCE:
            return None
        code = 3 if records is None else 0
        authority = b"" if records or not self.soa else b"\0" + struct.pack("!HHIH", 6, 1, self.ttl, 22) + b"\0\0" + struct.pack("!IIIII", 1, 3600, 600, 86400, self.ttl)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl, len(data)) + data for data in records or [])
        if len(body) + len(question) + 12 > most:
            return query[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + question
        return query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records or []), int(bool(authority)), 0) + question + body + authority

    def stop(self):
        for server in (self.tcp, self.udp):
            server.shutdown()
            server.server_close()


def main():
    """Lines NAME A|PTR|TXT DATA from standard input up to a lone dot; then the port on standard output; ends with standard input."""
    records, names = {}, set()
    kinds = {"A": (A, address), "PTR": (PTR, name), "TXT": (TXT, txt)}
    for line in sys.stdin:
        if line.strip() == ".":
            break
        owner, kind, data = line.rstrip("\n").split(" ", 2)
        kind, encode = kinds[kind]
        records.setdefault((owner, kind), []).append(encode(data))
        names.add(owner)
    server = Names(lambda owner, kind: records.get((owner, kind), [] if owner in names else None))
    print(server.port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
