"""What a signed PDF says: is it the same document, was anything but a signature added, whose certificate, is it valid.

Files come from strangers, so they are looked into in a process of its own (`apart`).
"""

import logging
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from panggon.core.papers.signing import Level, Place
from panggon.papers.apart import Limits, look_into

LIMITS = Limits(seconds=40, memory_mebibytes=1024)


@dataclass(frozen=True, slots=True)
class Frozen:
    """The document that was to be signed. `place`: where its stamp belongs, of a file that may be written anew while it
    is signed (`papers.rewritten`); None: the file has to begin with these very bytes.
    """

    data: bytes
    place: Place | None = None

    def begins(self, data: bytes) -> bool:
        return len(data) > len(self.data) and data.startswith(self.data)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates count (DER), and whether it may be asked over the network if they were revoked."""

    roots: tuple[bytes, ...]
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """What the one signature of a document says. `faults` are codes `signing.…`, the gravest first; `page` is that of a
    difference. `rewritten`: the same document, but not the same bytes.
    """

    faults: tuple[str, ...]
    page: int = 0
    rewritten: bool = False
    subject: tuple[str, ...] = ()
    name: str = ""
    issuer: str = ""
    serial: str = ""
    signed_at: datetime | None = None
    timestamped: bool = False
    level: Level = Level.B_B


def look(data: bytes, *, trust: Trust, frozen: Frozen | None = None, limits: Limits = LIMITS) -> Signed:
    """What the signature says; with `frozen` also whether it is that document and nothing but a signature was added."""
    try:
        return look_into(data, partial(look_apart, trust=trust, frozen=frozen), limits=limits)
    except (BrokenProcessPool, MemoryError):
        return Signed(("signing.broken",))


# -- In the other process ------------------------------------------------------------------------------------------


def look_apart(file: Path, *, trust: Trust, frozen: Frozen | None) -> Signed:
    try:
        from panggon.papers.judging import look_here  # noqa: PLC0415 (a quarter of a portal's start, and only used here)
    except ImportError as error:  # its libraries do not fit into the memory of this process
        raise MemoryError from error
    logging.disable()  # what a stranger's file makes a library say is for nobody's log
    return look_here(file, trust=trust, frozen=frozen)
