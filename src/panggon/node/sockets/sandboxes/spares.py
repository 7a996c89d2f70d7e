"""Which spares there are: of what was wanted last, so many each, begun anew when one has become a site's."""

import logging
import math
from collections.abc import Iterator

from panggon.core.errors import PanggonError
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.sandboxes import spare as one
from panggon.node.sockets.sandboxes.launch import Launch
from panggon.node.sockets.sandboxes.spare import Program, Spare
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.walls import Shield

# Sites differ by their versions of PHP and by what they may use; a spare is some 8 MiB of memory.
PROGRAMS_MOST, EACH = 2, 2
# So long the site that has just woken has the processors for itself; then the next one is begun.
PAUSE_SECONDS = 0.1
# A start that is not over by then has failed, and so has one that ended; it is tried again so much later.
START_SECONDS, FAILED_SECONDS = 10.0, 60.0

log = logging.getLogger(__name__)


class Spares:
    """Times are seconds of a monotonic clock."""

    def __init__(self, settings: SocketSettings, shields: frozenset[Shield], groups: ControlGroups) -> None:
        self._settings = settings
        self._shields = shields
        self._groups = groups
        self._waiting: list[Spare] = []
        self._starting: tuple[Spare, float] | None = None  # and since when
        self._wanted: list[Program] = []  # the last one last
        self._failed_until = 0.0
        self.due = math.inf  # when somebody has to `look`

    @property
    def ready(self) -> int:
        """How many there are."""
        return len(self._waiting)

    def take(self, launch: Launch, now: float) -> Spare | None:
        """One that can become this now; from now on some are kept for what is like it."""
        if not one.fits(launch, self._settings.uid(launch.name), self._shields):
            return None
        self._want(launch.program)
        self.due = min(self.due, max(now + PAUSE_SECONDS, self._failed_until))
        for spare in [each for each in self._waiting if each.program == launch.program]:
            self._waiting.remove(spare)
            if spare.is_current(self._settings):
                return spare
            spare.close()
        return None

    def look(self, now: float) -> None:
        """Begin what is missing, one after the other."""
        self.due = math.inf
        if self._starting:
            self._attend(*self._starting, now)
        missing = next(self._missing(), None)
        if missing and not self._starting and now >= self._failed_until:
            self._begin(missing, now)
        if missing:
            self.due = max(now + PAUSE_SECONDS, self._failed_until)

    def close(self) -> None:
        """None is needed any more."""
        for spare in [*self._waiting, *([self._starting[0]] if self._starting else [])]:
            spare.close()
        self._waiting, self._starting, self.due = [], None, math.inf
        self._groups.remove(one.GROUP)

    def _want(self, program: Program) -> None:
        self._wanted = [*(each for each in self._wanted if each != program), program][-PROGRAMS_MOST:]
        for spare in [each for each in self._waiting if each.program not in self._wanted]:
            self._waiting.remove(spare)
            spare.close()

    def _missing(self) -> Iterator[Program]:
        """What was wanted last first."""
        for program in reversed(self._wanted):
            there = sum(spare.program == program for spare in self._waiting)
            yield from [program] * (EACH - there)

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
