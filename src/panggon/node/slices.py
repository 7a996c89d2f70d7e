"""How long a thread that works keeps who has just woken waiting: its slice (sched_setattr(2), `sched_runtime`; of usual
threads since Linux 6.12, ignored before).

Whoever wakes with a shorter slice goes on at once; with another one when the slice is over, or at the next tick. How
much of a processor each gets does not depend on it. What a thread starts has the same one.
"""

import ctypes
import os
import platform
import struct

# The numbers of the system calls that write and read: the C library knows neither by name.
_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}
# struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period, least and most utilisation.
_ATTRIBUTES = struct.Struct("=IIQiIQQQII")
_RUNTIME = 5
# In seconds. Of heavy sites, their sessions and a database server's own threads, longer than what the kernel gives of
# itself (1.4 to 3 ms): others do not wait for their end. More than a tick (4 ms), within which the kernel does not look
# anyway, is kept from nobody.
USUAL, HEAVY, OWN = 0.0, 0.006, 0.004
# The shortest that the kernel takes, for who has to be in time to put others where they belong: it waits for nobody.
WATCH = 0.0001
_libc = ctypes.CDLL(None, use_errno=True)


def set_slice(thread: int, seconds: float) -> None:
    """All else of the thread stays as it is. Raises OSError when it has ended."""
    if calls := _CALLS.get(platform.machine()):
        write, read = calls
        place = ctypes.create_string_buffer(_ATTRIBUTES.size)
        _call(read, thread, place, ctypes.c_uint(_ATTRIBUTES.size), ctypes.c_uint(0))
        fields = list(_ATTRIBUTES.unpack(place.raw))
        fields[_RUNTIME] = int(seconds * 1e9)
        _call(write, thread, _ATTRIBUTES.pack(*fields), ctypes.c_uint(0))


def _call(number: int, thread: int, *arguments: object) -> None:
    if _libc.syscall(ctypes.c_long(number), ctypes.c_int(thread), *arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
