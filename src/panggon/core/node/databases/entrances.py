"""Entrances of a database server: sockets that lead to it, so that no site's connections wait behind another's.

A socket has one queue of connections that nobody has taken in yet, those among them whose program has gone again; who
finds it full is turned away by the kernel, whoever has filled it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from panggon.core.node.databases.database_load import STRANGERS_MOST
from panggon.core.sites.spec import Engine

# Besides the machine's own. PostgreSQL listens on no more than 64 sockets (MAXLISTEN in its postmaster.c). MariaDB asks
# each of them before it takes somebody in: with 1,000 a session takes half as much of a processor again to begin.
ENTRANCES: Mapping[Engine, int] = {Engine.MARIADB: 250, Engine.POSTGRESQL: 60}
# So many connections may wait at one: no application has so many that begin at the same moment. Who has more for so
# long, and not fewer than before, makes them faster than they are taken in; nobody comes in there for a while.
QUEUE_MOST, QUEUE_SECONDS = STRANGERS_MOST, 0.5
# The programs of some have gone before they were taken in. That happens to an application once; to who is found so at
# nearly every look, so many times more often than not, nobody opens for a while either. Where a server takes nobody in,
# those who gave up waiting are found again: meanwhile they must have become fewer so many times.
GONE_LOOKS, FEWER_TIMES = 8, 2
SHUT_SECONDS = 60.0
# MariaDB takes in all who wait at one before it looks at the next, always in the same order
# (`handle_connections_sockets` of its mysqld.cc): who has somebody waiting all the time is put behind all others.
UNFAIR = frozenset({Engine.MARIADB})
WAITING_SECONDS = 1.0
# Connections that a server refuses in a second, for a wrong password or because their program went: with more, it is
# looked so often whose they are, and who has one at so many glances has them.
REFUSED_MOST, REFUSED_GLANCES, REFUSED_EACH = 200.0, 8, 4


@dataclass(frozen=True, slots=True)
class Queue:
    """One that is too long: since when it has not become shorter than this."""

    since: float
    length: int


@dataclass(frozen=True, slots=True)
class Left:
    """Whose programs have gone, at one entrance: the looks that found some, less those that found none; how many there
    were at the last one; and how often there were fewer than the look before.
    """

    looks: int = 0
    gone: int = 0
    fewer: int = 0


def in_order(number: int, sharing: Sequence[int]) -> tuple[int, ...]:
    """The entrances, those first that are best for the site with this number: that nobody has, or fewest share;
    `sharing` tells how many sites have each.
    """
    return tuple(sorted(range(len(sharing)), key=lambda each: (sharing[each], (each - number) % len(sharing))))


def long_queues(before: Mapping[int, Queue], lengths: Mapping[int, int], *, now: float) -> dict[int, Queue]:
    """By entrance. What a server that was away finds becomes shorter, and begins anew at each look."""
    found = {}
    for entrance, length in lengths.items():
        if length > QUEUE_MOST:
            known = before.get(entrance)
            found[entrance] = known if known and known.length <= length else Queue(now, length)
    return found


def always_waiting(before: Mapping[int, float], lengths: Mapping[int, int], *, now: float) -> dict[int, float]:
    """By entrance, since when somebody has waited there at each look."""
    return {number: before.get(number, now) for number, length in lengths.items() if length}


def to_be_last(waiting: Mapping[int, float], *, now: float) -> tuple[int, ...]:
    """The entrances that are to be put behind all others."""
    return tuple(number for number, since in waiting.items() if now - since >= WAITING_SECONDS)


def left(before: Mapping[int, Left], gone: Mapping[int, int]) -> dict[int, Left]:
    """By entrance, after a look that found so many whose programs have gone."""
    found = {}
    for entrance, number in gone.items():
        known = before.get(entrance, Left())
        looks = min(GONE_LOOKS, known.looks + (1 if number else -1))
        if looks > 0:
            found[entrance] = Left(looks, number, known.fewer + (number < known.gone))
    return found


def deserted(found: Mapping[int, Left]) -> tuple[int, ...]:
    """The entrances that are to be shut because nobody means to come in."""
    return tuple(entrance for entrance, each in found.items() if each.looks >= GONE_LOOKS and each.fewer >= FEWER_TIMES)


def flooded(queues: Mapping[int, Queue], *, now: float) -> tuple[int, ...]:
    """The entrances that are to be shut."""
    return tuple(entrance for entrance, queue in queues.items() if now - queue.since >= QUEUE_SECONDS)


def refused_most(strangers: Mapping[str, int], *, glances: int) -> str:
    """The site whose connections are refused, where more are than may be: who has had most that nobody had logged in by
    at these glances; "" while it is not known. One that works for nobody anyway.
    """
    site = max(strangers, key=lambda each: strangers[each], default="")
    known = glances >= REFUSED_GLANCES and strangers.get(site, 0) * REFUSED_EACH >= glances
    return site if known else ""
