"""What the kernel says of how long a thread works without a break: `panggon.node.databases.slices`."""

import ctypes
import platform

from panggon.node.databases import slices


def slice_of(thread: int) -> float:
    """Seconds; 0 where the kernel has no such thing."""
    place = ctypes.create_string_buffer(slices._ATTRIBUTES.size)
    slices._call(slices._CALLS[platform.machine()][1], thread, place, ctypes.c_uint(len(place)), ctypes.c_uint(0))
    runtime: int = slices._ATTRIBUTES.unpack(place.raw)[slices._RUNTIME]
    return runtime / 1e9


KNOWS_SLICES = slice_of(0) > 0
