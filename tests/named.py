"""Processes of other users, which may call themselves as they like."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import until

PR_SET_NAME = 15
NO_TEXT = b"\xff\xfe"  # in no encoding that anybody uses for names


@contextmanager
def named(name: bytes, uid: int, *, holding: Callable[[], object] = lambda: None) -> Iterator[int]:
    """A process of this user with this name, which keeps what `holding` gives."""
    libc = ctypes.CDLL(None)
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        held = holding()
        libc.prctl(PR_SET_NAME, name, 0, 0, 0)
        time.sleep(60)
        os._exit(held is not None)
    try:
        until(lambda: Path(f"/proc/{pid}/comm").read_bytes() == name + b"\n")
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
