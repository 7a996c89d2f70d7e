"""`python -m panggon.node.supervision.said PROGRAM ARGUMENT…`: become a program whose messages are one line each.

OpenSSH writes into its messages what strangers call themselves, and how they take their leave, and lets line feeds
stand there (`LOG_STDERR_VIS` in its log.c): so a stranger could write any line of anybody. Each message is one
write(2), which a socket here keeps apart from the next; a process beside the program makes a line of each, and ends
with the last who has the socket open, since sessions outlive the server. OpenSSH would go on, unheard, where that is
killed: so another one waits for it, which keeps the socket and has it begun anew. A message leaves the socket when it
is written: whoever is killed between the two has it written twice, not never.
"""

import os
import signal
import socket
import sys
import time
from contextlib import suppress

MESSAGE_MOST = 65_536
STANDARD_ERROR = 2
AGAIN_SECONDS = 0.1
VISIBLE = bytes(byte if 32 <= byte < 127 else ord("?") for byte in range(256))


def main() -> None:
    hearing, saying = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    between = os.fork()
    if between == 0:  # whoever hears is nobody's child, so that the program has none that it does not know
        if os.fork() == 0:
            saying.close()
            attend(hearing)
        os._exit(0)
    os.waitpid(between, 0)
    os.dup2(saying.fileno(), STANDARD_ERROR)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 -- the command line is that of the server


def attend(hearing: socket.socket) -> None:
    """Until nobody can say anything any more, whoever is told to stop meanwhile, or killed."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.fork():
        if os.wait()[1] == 0:
            return
        time.sleep(AGAIN_SECONDS)
    hear(hearing)


def hear(hearing: socket.socket) -> None:
    while message := hearing.recv(MESSAGE_MOST, socket.MSG_PEEK):
        with suppress(OSError):  # a full disk
            os.write(STANDARD_ERROR, line(message))
        hearing.recv(1)  # all of it: a socket that keeps messages apart drops the rest of one


def line(message: bytes) -> bytes:
    return message.rstrip(b"\r\n").translate(VISIBLE) + b"\n"


if __name__ == "__main__":
    main()
