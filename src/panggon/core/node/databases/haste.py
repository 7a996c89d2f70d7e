"""Sites that begin more sessions than a database server is to spend itself on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from panggon.core.sites.spec import Engine

# Sessions that a site begins in a second: with more it is hasty. A visit of an application that connects once for each
# page is one, and a site with 100 visits a second at every hour would be the city's largest.
MOST = 200.0
# Of PostgreSQL a session is a process: to begin takes some 5 ms, ten times as long as in MariaDB, and so many of them a
# quarter of each processor.
MOST_OF_PROCESSES = 50.0
# So long it is hasty. Who is at it again as soon as that is over is so for twice as long, and again.
SECONDS, SECONDS_MOST = 20.0, 160.0
# Of those who were hasty so many sessions within a look are looked at at once: all others wait meanwhile.
AGAIN = 40


@dataclass(frozen=True, slots=True)
class Haste:
    """When a site was found to be hasty last, and how many seconds it is from then on."""

    at: float
    seconds: float

    def lasts(self, now: float) -> bool:
        return now - self.at < self.seconds

    def is_known(self, now: float) -> bool:
        """As long again after its end."""
        return now - self.at < 2 * self.seconds


def bound(engine: Engine, processors: int) -> float:
    """How many sessions a site may begin in a second on a machine with so many processors."""
    return MOST if engine is Engine.MARIADB else min(MOST, MOST_OF_PROCESSES * processors)


def found(before: Mapping[str, Haste], begun: Mapping[str, float], *, most: float, now: float) -> dict[str, Haste]:
    """The sites that are hasty or are known to have been, of how many sessions each begins in a second where this is
    the `most`: less while it waits at the door, so that for a while nothing is concluded from few.
    """
    known = {site: haste for site, haste in before.items() if haste.is_known(now)}
    return known | {site: _again(known.get(site), now) for site, sessions in begun.items() if sessions > most}


def _again(before: Haste | None, now: float) -> Haste:
    if before is None:
        return Haste(now, SECONDS)
    return Haste(now, before.seconds if before.lasts(now) else min(SECONDS_MOST, 2 * before.seconds))


def suspects(known: Mapping[str, Haste], *, now: float) -> frozenset[str]:
    """Who was hasty, and is let in again like others."""
    return frozenset(site for site, haste in known.items() if haste.is_known(now) and not haste.lasts(now))


def hasty(known: Mapping[str, Haste], *, now: float) -> frozenset[str]:
    return frozenset(site for site, haste in known.items() if haste.lasts(now))


def confined(engine: Engine, *, heavy: Collection[str], hasty: Collection[str]) -> frozenset[str]:
    """The sites whose sessions share processors with each other. What its door lets in of a hasty one takes a twentieth
    of a processor in MariaDB: to keep new sessions of all others off a processor for that would cost these more.
    """
    return frozenset(heavy) | (frozenset(hasty) if engine is Engine.POSTGRESQL else frozenset())
