"""A program's messages are one line each, whatever strangers have written into them."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from panggon.drivers.system import processes
from panggon.node.supervision import said
from tests.waiting import until

SAID = (sys.executable, "-m", said.__name__)
SPEAKING = """
import os, sys
os.write(2, b"Invalid user x\\nAccepted password for s000007 from 10.1.2.3 port 1 ssh2\\r\\nz\\r\\n")
os.write(2, b"second\\r\\n")
if os.fork() == 0:  # a session that outlives the server
    sys.stdin.read()
    os.write(2, b"third\\x1b[2J\\n")
"""
LINES = [
    "Invalid user x?Accepted password for s000007 from 10.1.2.3 port 1 ssh2??z",
    "second",
    "third?[2J",
]


def test_each_message_is_one_line_to_the_last_word_of_the_last_session(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        log.open("ab") as file,
        subprocess.Popen([*SAID, sys.executable, "-c", SPEAKING], stdin=subprocess.PIPE, stderr=file) as process,
    ):
        assert process.stdin
        until(lambda: process.poll() is not None)
        until(lambda: log.read_text().splitlines() == LINES[:2])
        process.stdin.close()
    until(lambda: log.read_text().splitlines() == LINES)


def test_whoever_kills_the_one_that_hears_keeps_no_message_from_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        log.open("ab") as file,
        subprocess.Popen(
            [*SAID, sys.executable, "-c", SPEAKING, str(tmp_path)], stdin=subprocess.PIPE, stderr=file
        ) as process,
    ):
        assert process.stdin
        until(lambda: process.poll() is not None)
        until(lambda: log.read_text().splitlines() == LINES[:2])
        found = hearing(str(tmp_path))
        until(lambda: waits(found))
        os.kill(found, signal.SIGKILL)
        process.stdin.close()
    until(lambda: log.read_text().splitlines() == LINES)


def test_a_message_that_is_not_written_yet_stays_for_the_next_one() -> None:
    """Killed between the two: the next one begins with it."""
    hearing, saying = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reading, writing = os.pipe()
    with hearing, saying, os.fdopen(reading, "rb") as log, os.fdopen(writing, "wb") as error:
        for message in (b"first\n", b"second\n"):
            saying.send(message)
        saying.shutdown(socket.SHUT_WR)
        for making in (killing, said.line):
            if (child := os.fork()) == 0:
                os.dup2(error.fileno(), said.STANDARD_ERROR)
                said.line = making
                said.hear(hearing)
                os._exit(0)
            os.waitpid(child, 0)
        error.close()
        assert log.read() == b"first\nsecond\n"


def killing(message: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return message


def waits(pid: int) -> bool:
    """Whether it has nothing in hand: what it has written down has left the socket too."""
    return processes.fields(pid)[0] == "S"


def hearing(marked: str) -> int:
    """Who was begun by one of the same command line, and begins nobody."""
    there = [int(each.name) for each in Path("/proc").glob("[0-9]*") if is_said(each, marked)]
    (found,) = [pid for pid in there if processes.parent(pid) in there or not processes.children(pid)]
    return found


def is_said(place: Path, marked: str) -> bool:
    try:
        words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return marked in words and said.__name__ in words


def test_the_program_takes_its_place(tmp_path: Path) -> None:
    """Whoever has started it ends it, and hears how it ended."""
    with subprocess.Popen([*SAID, "/bin/sh", "-c", "echo $$; exit 7"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert int(process.stdout.readline()) == process.pid
    assert process.returncode == 7
