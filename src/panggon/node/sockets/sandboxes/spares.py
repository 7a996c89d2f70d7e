"""Which spares there are: of what was wanted last, begun anew when one has become a site's."""

import logging
import math
import time
from collections.abc import Iterator
from itertools import chain

from panggon.core.errors import PanggonError
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.sandboxes import spare as one
from panggon.node.sockets.sandboxes.launch import Launch
from panggon.node.sockets.sandboxes.spare import Program, Spare
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.walls import Shield

# Sites differ by their versions of PHP and by what they may use. A spare is some 10 MiB of memory, and PHP itself is 20
# where no site is awake. There is one of what was wanted last, for a minute two, because sites wake in bursts; and one
# of what was wanted before that, not long ago.
BURST_SECONDS, BEFORE_SECONDS = 60.0, 600.0
IN_A_BURST = 2
# So long the site that has just woken has the processors for itself; then the next one is begun.
PAUSE_SECONDS = 0.1
# A start that is not over by then has failed, and so has one that ended; it is tried again so much later.
START_SECONDS, FAILED_SECONDS = 10.0, 60.0
# Whom the kernel kills is given so long to be gone.
DYING_SECONDS = 0.1

log = logging.getLogger(__name__)


class Spares:
    """Times are seconds of a monotonic clock."""

    def __init__(self, settings: SocketSettings, shields: frozenset[Shield], groups: ControlGroups) -> None:
        self._settings = settings
        self._shields = shields
        self._groups = groups
        self._waiting: list[Spare] = []
        self._starting: tuple[Spare, float] | None = None  # and since when
        self._wanted: dict[Program, float] = {}  # and when; the last one last
        self._failed_until = 0.0
        self.due = math.inf  # when somebody has to `look`

    @property
    def ready(self) -> int:
        """How many there are."""
        return len(self._waiting)

    def take(self, launch: Launch, now: float) -> Spare | None:
        """One that can become this now."""
        if not self.expect(launch, now, wakes=True):
            return None
        for spare in [each for each in self._waiting if each.program == launch.program]:
            self._waiting.remove(spare)
            if spare.is_current(self._settings):
                return spare
            spare.close()
        return None

    def expect(self, launch: Launch, now: float, *, wakes: bool = False) -> bool:
        """From now on some are kept for what is like this, which `wakes` now, or may soon. False where none can become
        it.
        """
        if not one.fits(launch, self._settings.uid(launch.name), self._shields):
            return False
        self._wanted.pop(launch.program, None)
        self._wanted[launch.program] = now if wakes else now - BURST_SECONDS
        self.due = min(self.due, max(now + PAUSE_SECONDS, self._failed_until))
        return True

    def look(self, now: float) -> None:
        """Begin what is missing, one after the other, and end what nobody has wanted for long."""
        if self._starting:
            self._attend(*self._starting, now)
        kept = self._kept(now)
        self._end_others(kept)
        missing = next(self._missing(kept), None)
        if missing and not self._starting and now >= self._failed_until:
            self._begin(missing, now)
        if missing:
            self.due = max(now + PAUSE_SECONDS, self._failed_until)
        else:
            ends = (wish + seconds for wish in self._wanted.values() for seconds in (BURST_SECONDS, BEFORE_SECONDS))
            self.due = min(filter(now.__lt__, ends), default=math.inf)

    def close(self) -> None:
        """None is needed any more. Their group goes when the last of them has, or the last site that was one."""
        spares = [*self._waiting, *([self._starting[0]] if self._starting else [])]
        dying = set(chain.from_iterable(spare.pids() for spare in spares))
        for spare in spares:
            spare.close()
        self._waiting, self._starting, self._wanted, self.due = [], None, {}, math.inf
        ends = time.monotonic() + DYING_SECONDS
        while dying & self._groups.members(one.GROUP) and time.monotonic() < ends:
            time.sleep(0.001)
        self._groups.remove(one.GROUP)

    def _kept(self, now: float) -> dict[Program, int]:
        """How many of each there shall be."""
        newest_first = [*reversed(self._wanted.items())][:2]
        kept = {program: 1 for program, wish in newest_first[1:] if now - wish < BEFORE_SECONDS}
        for program, wish in newest_first[:1]:
            kept = {program: IN_A_BURST if now - wish < BURST_SECONDS else 1, **kept}
        return kept

    def _missing(self, kept: dict[Program, int]) -> Iterator[Program]:
        for program, count in kept.items():
            there = sum(spare.program == program for spare in self._waiting)
            yield from [program] * (count - there)

    def _end_others(self, kept: dict[Program, int]) -> None:
        for program in {spare.program for spare in self._waiting}:
            for spare in [each for each in self._waiting if each.program == program][kept.get(program, 0) :]:
                self._waiting.remove(spare)
                spare.close()
        self._wanted = {program: wish for program, wish in self._wanted.items() if program in kept}

    def _begin(self, program: Program, now: float) -> None:
        try:
            self._starting = one.begin(self._settings, self._shields, self._groups, program), now
        except (OSError, PanggonError) as error:
            self._fail(str(error), now)

    def _attend(self, spare: Spare, since: float, now: float) -> None:
        if spare.is_ready():
            self._waiting.append(spare)
        elif spare.child.running() and now - since < START_SECONDS:
            return
        else:
            spare.close()
            self._fail("it did not get ready", now)
        self._starting = None

    def _fail(self, reason: str, now: float) -> None:
        """Sites start as they would without spares."""
        log.warning("no spare: %s", reason)
        self._failed_until = now + FAILED_SECONDS
