"""A small internet in a network namespace: `python internet.py READY`, started in a namespace of its own.

At 9.9.9.9 it answers every name with that address and every web request with "the internet"; beside it 9.9.9.10 has
nothing but port 25. Its other end is the link `out` in the namespace of the process that started it, where it answers
"the machine" on port 8080; it ends with that process.
"""

import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path

CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
PAGE = b"HTTP/1.0 200 OK\r\n\r\n"
PORTS = (("9.9.9.9", 80), ("9.9.9.9", 8080), ("9.9.9.10", 25))
# A pointer to the question's name, type A, class IN, one minute, four bytes (RFC 1035 section 4.1.3).
ANSWER = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton("9.9.9.9")


def main(ready: Path) -> None:
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    machine = socket.create_server(("", 8080))  # stays where it was made
    assert libc.unshare(CLONE_NEWNET) == 0
    for line in (
        f"link add in type veth peer name out netns {os.getppid()}",
        "addr add 9.9.9.9/24 dev in",
        "addr add 9.9.9.10/24 dev in",
        "link set in up",
    ):
        subprocess.run(["ip", *line.split()], check=True)
    selector = selectors.DefaultSelector()
    for place in PORTS:
        selector.register(socket.create_server(place), selectors.EVENT_READ, lambda door: serve(door, b"the internet"))
    selector.register(machine, selectors.EVENT_READ, lambda door: serve(door, b"the machine"))
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    resolver.bind(("9.9.9.9", 53))
    selector.register(resolver, selectors.EVENT_READ, resolve)
    ready.touch()
    while True:
        for key, _ in selector.select():
            key.data(key.fileobj)


def serve(listener: socket.socket, words: bytes) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(4096)
        client.sendall(PAGE + words)


def resolve(door: socket.socket) -> None:
    question, asker = door.recvfrom(4096)
    end = question.index(b"\0", 12) + 5
    if question[end - 4 : end - 2] == b"\0\1":
        door.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + ANSWER, asker)
    else:
        door.sendto(question[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + question[12:end], asker)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
