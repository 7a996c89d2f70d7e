"""What the kernel of this machine does of what sched(7) describes."""

from pathlib import Path

import pytest

AUTOGROUP = "autogroup"  # of a process, in proc(5)
# A kernel built without it has no such file, and there a priority counts everywhere by itself: nothing is to be set.
shares_by_sessions = pytest.mark.skipif(
    not Path("/proc/self", AUTOGROUP).exists(), reason="this kernel does not share processors out by sessions"
)


def priority_of_session(process: int) -> int:
    """The priority of the session that this process is of, among all others."""
    return int(Path(f"/proc/{process}", AUTOGROUP).read_text().split()[-1])
