"""When a certificate is renewed, when a renewal that failed is tried again, and when people have to know."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

# Of its life: renewed from two thirds on, each name up to a twentieth earlier, so that many do not ask at once.
JITTER = 20
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)
SHORTEST_PAUSE = timedelta(minutes=10)
# A bought certificate is renewed by people; an office needs about this long for it.
BOUGHT_NOTICE = timedelta(days=30)
# The authority of a machine is carried to every computer that shall believe it.
AUTHORITY_NOTICE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Lifetime:
    begins: datetime
    ends: datetime

    @property
    def life(self) -> timedelta:
        return self.ends - self.begins


def due(lifetime: Lifetime, name: str) -> datetime:
    """When the certificate of this name is to be renewed; always the same for the same name and certificate."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    return lifetime.begins + lifetime.life * 2 / 3 - lifetime.life / JITTER * share


def wanted(lifetime: Lifetime, name: str, *, now: datetime) -> bool:
    """Also for a certificate that is not valid yet: it was issued while the clock was wrong."""
    return now < lifetime.begins or now >= due(lifetime, name)


def waits(again: datetime | None, *, now: datetime) -> bool:
    """Whether the pause after a failure lasts. One that lasts longer than any was reckoned by a wrong clock."""
    return again is not None and now < again <= now + LONGEST_PAUSE


def pause(failures: int, *, left: timedelta) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, sooner when little life is left."""
    grown = min(FIRST_PAUSE * int(2 ** min(failures - 1, 10)), LONGEST_PAUSE)
    return max(SHORTEST_PAUSE, min(grown, left / 10))


def authority_ends(ends: datetime, *, now: datetime) -> bool:
    """Whether people have to know that the machine's own authority comes to its end."""
    return now >= ends - AUTHORITY_NOTICE


def worries(lifetime: Lifetime, *, failures: int, bought: bool, now: datetime) -> bool:
    """Whether people have to know: a renewal fails while a third of the life is left, what was bought is not taken, or
    the end comes near.
    """
    notice = BOUGHT_NOTICE if bought else lifetime.life / 4
    return failures > 1 or now >= lifetime.ends - notice
