"""How much of the machine all sites together may have, and which of them makes room when another wants to wake."""

import os
from collections.abc import Iterable

from panggon.core.node.sharing import idleness
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.serving.site import Site
from panggon.node.sockets.settings import SocketSettings

# Of the machine's memory, what all sites together may have: the rest is the servers', and the kernel ends a site's
# program, not a server, when all that is taken. What a site that is awake takes as a rule says how many may be.
MEMORY_SHARE = 0.6
MEBIBYTES_AWAKE = 32
AWAKE_LEAST = 16
# So many programs a processor may be kept at starting, each second.
STARTS_A_SECOND = 8


def memory_for_sites() -> int:
    """In MiB, of all sites together."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE) >> 20


def awake_most(settings: SocketSettings) -> int:
    """How many sites may be awake at once."""
    return settings.awake_most or max(AWAKE_LEAST, memory_for_sites() // MEBIBYTES_AWAKE)


def wakes_most(settings: SocketSettings) -> int:
    """How many sleeping sites visitors may wake in as many seconds as one stays awake for nobody: whoever gets so many
    has them awake beside each other, and wakes no more by asking for them again.
    """
    starts = STARTS_A_SECOND * settings.idle_seconds * (os.cpu_count() or 1)
    return min(awake_most(settings), int(starts))


def idle_seconds(machine: Machine, awake: int, *, most: int) -> float:
    """How long a site stays awake for nobody, where so many are awake: by which part they take of the memory for all
    sites, or of how `most` may be awake. Where that memory is not counted nobody stays longer than he must.
    """
    memory, settings = machine.groups.taken(), machine.settings
    taken = 1.0 if memory is None else max(memory / (memory_for_sites() << 20), awake / most)
    return idleness.patience(taken, least=settings.idle_seconds, most=settings.idle_most_seconds)


def make_room(sites: Iterable[Site], *, most: int, now: float) -> bool:
    """Whether one more may wake. Whoever asks for every site's page wakes them all: of these `sites` the one that has
    been idle longest makes room.
    """
    awake = [site for site in sites if site.stays_awake]
    if len(awake) < most:
        return True
    idle = {since: site for site in awake if (since := site.idle_since(now)) is not None}
    if not idle:
        return False
    idle[min(idle)].end(now)
    return True
