#!/usr/bin/python3
"""The least that filters of others can be, each a process of its own, so that what they cost is told from what asking them costs: a milter that hears all of each message and accepts it, and
an HTTP hook that answers 204. Standard library only.

  with filters.milter() as address: …      # inet:127.0.0.1:PORT
  with filters.hook() as url: …            # http://127.0.0.1:PORT/
"""
import contextlib
import functools
import multiprocessing
import socket
import struct
import threading

NO_REPLY = 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x80 | 0x20000 | 0x40000 | 0x80000      # SMFIP_NR_…: it answers at the end of a message only
SKIPPED = 0x100                                                                                  # SMFIP_NOUNKNOWN


def packets(file):
    while len(head := file.read(4)) == 4:
        data = file.read(struct.unpack("!I", head)[0])
        yield data[:1], data[1:]


def accept_mail(connection, answers_all):
    """sendmail's protocol, version 6: the offer is answered, and each end of a message; where that is wanted, whatever else comes too."""
    with connection, connection.makefile("rb") as file:
        for word, data in packets(file):
            if word == b"O":
                _, _, offered = struct.unpack("!III", data[:12])
                connection.sendall(struct.pack("!IcIII", 13, b"O", 6, 0, offered & (SKIPPED | (0 if answers_all else NO_REPLY))))
            elif word == b"E" or (answers_all and word in b"CHMRTLNB"):
                connection.sendall(struct.pack("!Ic", 1, b"c"))
            elif word == b"Q":
                return


def answer_posts(connection):
    with connection, connection.makefile("rb") as file:
        while file.readline():
            length = 0
            while (line := file.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            file.read(length)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def serve(listener, talk):
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=talk, args=(connection,), daemon=True).start()


@contextlib.contextmanager
def process(talk, form):
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        child = multiprocessing.get_context("fork").Process(target=serve, args=(listener, talk), daemon=True)
        child.start()
        try:
            yield form.format(listener.getsockname()[1])
        finally:
            child.terminate()
            child.join()


def milter(answers_all=False):
    return process(functools.partial(accept_mail, answers_all=answers_all), "inet:127.0.0.1:{}")


def hook():
    return process(answer_posts, "http://127.0.0.1:{}/")
