"""One of a kind on this machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from panggon.core.errors import TemporaryError

AGENT = "agent.lock"  # in the directory of the machine's state


def is_held(path: Path) -> bool:
    try:
        with alone(path, ""):
            return False
    except TemporaryError:
        return True


@contextmanager
def alone(path: Path, words: str) -> Iterator[None]:
    """Hold the lock; a kill frees it. Raises TemporaryError `node.busy` with these words while somebody else has it."""
    with _opened(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TemporaryError("node.busy", words) from error
        yield


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """The same for what lasts a moment: who comes meanwhile waits, be it another process or a thread of this one."""
    with _opened(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
