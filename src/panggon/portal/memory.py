"""Nothing of what a process holds in its memory is ever written to a file: passphrases pass through it."""

import ctypes
import resource

PR_SET_DUMPABLE = 4  # prctl(2)


def keep_out_of_dumps() -> None:
    """No core dump of this process and of those that it starts.

    The limit of 0 is passed on to its children; it does not count where the kernel hands dumps to a program, so that
    the process says itself that it may not be dumped. Nor may another process of the same user read its memory then.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)
