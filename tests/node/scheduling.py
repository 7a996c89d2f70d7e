"""What the kernel of this machine does of what sched(7) describes."""

import ctypes
import platform
from pathlib import Path

import pytest

from panggon.node import slices

AUTOGROUP = "autogroup"  # of a process, in proc(5)
# A kernel built without it has no such file, and there a priority counts everywhere by itself: nothing is to be set.
shares_by_sessions = pytest.mark.skipif(
    not Path("/proc/self", AUTOGROUP).exists(), reason="this kernel does not share processors out by sessions"
)


def priority_of_session(process: int) -> int:
    """The priority of the session that this process is of, among all others."""
    return int(Path(f"/proc/{process}", AUTOGROUP).read_text().split()[-1])


def slice_of(thread: int) -> float:
    """Seconds for which it works without a break; 0 where the kernel has no such thing."""
    place = ctypes.create_string_buffer(slices._ATTRIBUTES.size)
    slices._call(slices._CALLS[platform.machine()][1], thread, place, ctypes.c_uint(len(place)), ctypes.c_uint(0))
    runtime: int = slices._ATTRIBUTES.unpack(place.raw)[slices._RUNTIME]
    return runtime / 1e9


KNOWS_SLICES = slice_of(0) > 0
