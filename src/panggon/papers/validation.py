"""What a signed PDF says: is it the same document, was anything but a signature added, whose certificate, is it valid.

Files come from strangers, so they are looked into in a process of its own (`apart`).
"""

import logging
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from panggon.papers.apart import Limits, look_into
from panggon.papers.signed import Frozen, Signed, Trust

LIMITS = Limits(seconds=40, memory_mebibytes=1024)


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
