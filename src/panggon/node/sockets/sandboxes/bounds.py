"""How much a sandbox's processes may have: all together (control groups), and each of them (setrlimit(2))."""

import resource

from panggon.node.sockets.control_groups.groups import GroupBounds
from panggon.node.sockets.served import Description

# Not in Python's `resource`: how many signals may wait, and bytes of POSIX message queues.
RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE = 11, 12
# bubblewrap's own process and the master of php-fpm or gunicorn are not the site's.
OWN_PROCESSES = 2
# Of each process of a site. What control groups do not count: open files, core dumps, locked memory, queues; and of all
# of a user's, signals that wait, a timer (timer_create(2)) counting as one: before Linux 6.13 one that is ignored rings
# in every tick, which is nobody's time.
LIMITS: dict[int, int] = {
    RLIMIT_SIGPENDING: 256,
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_MEMLOCK: 64 * 1024,
    RLIMIT_MSGQUEUE: 0,
}
GATE_BOUNDS = GroupBounds(memory_mebibytes=48, processes=4, cpu_percent=50)


def group_bounds(described: Description) -> GroupBounds:
    """Of all processes of a site together."""
    return GroupBounds(described.memory_mebibytes, described.processes + OWN_PROCESSES, described.cpu_percent)


def process_limits(described: Description) -> dict[int, int]:
    """Of each of them. No single file, the log of what it says included, may take more than all of the site's."""
    storage = described.storage
    return LIMITS | ({resource.RLIMIT_FSIZE: storage.mebibytes * 1024 * 1024} if storage else {})
