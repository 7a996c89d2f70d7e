"""Sites whose sessions keep a database server's processors busy: on which of them, how nice, how long new ones wait."""

from collections.abc import Collection, Mapping, Set
from math import log

from panggon.core.node.sharing.lanes import shared

# Each step of niceness weighs so much less (sched(7)), and there are no more steps than these.
STEP, NICE_MOST = 1.25, 19
# Processors that a site's sessions keep busy: with more it is heavy, until it has kept less than LIGHT busy so long.
HEAVY, LIGHT, LIGHT_SECONDS = 0.7, 0.3, 5.0
# So long a new session of such a site waits before it may do anything, some looks of who puts it where it belongs
# (`node.databases`); and of a hasty one (`haste`), so that its 25 places are worth so many sessions in a second: each
# wakes a handful of threads, and beside a hundred one in eight pages of others was four times as slow
# (docs/node-inside.md, "Logins").
HEAVY_DOOR, HASTY_DOOR = 0.03, 1.0


def niceness(active: int) -> int:
    """With this each of so many sessions that work, all of them weigh as much as one of another site."""
    return min(NICE_MOST, round(log(max(active, 1), STEP)))


def heavy(before: Mapping[str, float], busy: Mapping[str, float], *, now: float) -> dict[str, float]:
    """The sites that are heavy, with when each was found to be so last, of the processors that each keeps busy and of
    those that were so before.
    """
    found = {site for site, processors in busy.items() if processors > (LIGHT if site in before else HEAVY)}
    recent = {site: at for site, at in before.items() if now - at < LIGHT_SECONDS}
    return recent | dict.fromkeys(found, now)


def doors(heavy: Collection[str], hasty: Collection[str]) -> dict[str, float]:
    """How long each new session of these sites waits."""
    return dict.fromkeys(heavy, HEAVY_DOOR) | dict.fromkeys(hasty, HASTY_DOOR)


def lanes(heavy: Collection[str], processors: Set[int]) -> dict[str, int]:
    """The one of the shared processors that the sessions of each heavy site have; nothing where there is none."""
    there = shared(processors)
    return {site: there[place % len(there)] for place, site in enumerate(sorted(heavy))} if there else {}


def beginning(heavy: Collection[str], processors: Set[int]) -> Set[int]:
    """Where new sessions begin, and short ones stay: where no heavy ones are, but on half of the processors at least.
    Who sleeps and wakes again and again beside those who never sleep waits for a whole tick now and then.
    """
    taken = set(lanes(heavy, processors).values())
    free = sorted(processors, key=lambda each: (each in taken, each))
    return set(free[: max(len(processors) - len(taken), (len(processors) + 1) // 2)])


def lane_of_server(heavy: Collection[str], processors: Set[int]) -> Set[int]:
    """Where the server does what it does for all: while somebody is heavy mostly for him, and so where he is."""
    return frozenset(shared(processors) if heavy else ()) or processors
