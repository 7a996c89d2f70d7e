"""The agent: pulls wishes, has them carried out, and looks at the machine between them. It may be killed at any
instruction and started again.

What was interrupted is brought to its end first, and again every minute, whoever has begun it; a report that was lost
is given again when the portal offers the wish again.
"""

import logging
import threading
import time
from collections.abc import Callable

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.health import Health
from panggon.node import wiring
from panggon.node.agent.client import Ending, Pauses, Portal, Report
from panggon.node.agent.drift import DriftWatch
from panggon.node.agent.forms import Forms
from panggon.node.agent.identity import Identity
from panggon.node.agent.looking import FirstLogins
from panggon.node.agent.visiting import Visits
from panggon.node.agent.wishes import Wishes
from panggon.node.daemons.going_on import going_on
from panggon.node.sites import Sites
from panggon.node.version import VERSION

STATUS_SECONDS = 300.0
# An answer "no wish" that comes sooner is not a long poll; asking on at once would be a hot loop.
SOONEST = 1.0
LOOK_SECONDS = 20.0  # shorter than a long poll, so that there is a look between any two
LINES_MOST = 200  # of differences that the portal is told of
# So often what a run has left, because it failed for now, is tried again.
AGAIN_SECONDS = 60.0

log = logging.getLogger(__name__)


class Agent:
    """`reduced` is what this machine cannot protect; it goes with every report. At each status `worries` tells what
    will fail unless somebody acts, and `health` how the machine is.
    """

    def __init__(
        self,
        sites: Sites,
        portal: Portal,
        identity: Identity,
        *,
        reduced: tuple[str, ...],
        worries: Callable[[], tuple[str, ...]] = tuple,
        health: Callable[[], Health | None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sites = sites
        self._portal = portal
        self._reduced = reduced
        self._worries = worries
        self._health = health
        self._sleep = sleep
        self._pauses = Pauses()
        self._first_logins = FirstLogins(sites.config, portal)
        self._told = self._went_on = 0.0
        self._looked = time.monotonic()
        self._wishes = Wishes(sites, portal, identity, reduced=reduced)
        self._drift = DriftWatch(sites)
        self._forms = Forms(sites)

    def run(self) -> None:
        """For ever. Raises PermanentError `portal.token` when the portal no longer knows this machine."""
        self.settle()
        threading.Thread(target=self._first_logins.watch, name="logins", daemon=True).start()
        outside = wiring.Outside.of(self._sites.config)
        if outside:
            visits = Visits(self._sites, self._portal, outside)
            threading.Thread(target=visits.watch, name="visits", daemon=True).start()
        while True:
            try:
                self.step()
                self._pauses.reset()
            except PanggonError as error:
                if error.code == "portal.token":
                    raise
                self._pause(error)
            except Exception as error:  # a bug ends no agent: nobody would hear of it, nor be served
                log.exception("a step of the agent")
                self._pause(error)

    def _pause(self, error: Exception) -> None:
        pause = self._pauses.next()
        log.warning("waiting %.0f s: %s", pause, error)
        self._sleep(pause)

    def settle(self) -> None:
        """Bring every run that was interrupted to its end, and report it if there is somebody to report to."""
        self._wishes.settle()
        self._went_on = time.monotonic()

    def step(self) -> None:
        """What is to be done here, whether there is a portal or not; then one wish, or one wait for it. Errors:
        TemporaryError and PermanentError of the portal, and TemporaryError of a wish that is to be tried again.
        """
        if not self._went_on or time.monotonic() - self._went_on > AGAIN_SECONDS:
            self._wishes.go_on()
            self._went_on = time.monotonic()
        for site in self._forms.go_on():
            self._drift.look_again(site)
        found = self._found_drift()
        began = time.monotonic()
        if found or not self._told or began - self._told > STATUS_SECONDS:
            # A wish is heard, whatever this machine cannot say of itself.
            with going_on(log, "the status is told later"):
                self._sites.recorded.note_parked()
                self._tell_status()
                self._told = began
        wish = self._portal.wish()
        if wish is None:
            self._sleep(max(0.0, SOONEST - (time.monotonic() - began)))
            return
        log.info("wish %s: %s", wish.number, wish.mode)
        report = self._wishes.answer(wish)
        log.info("wish %s: %s", wish.number, _ended(report))
        if report.ending is Ending.APPLIED and self._drift.look_again(str(wish.spec["site"])):
            self._tell_status()  # a pass comes to it only after hours

    def _found_drift(self) -> bool:
        """By time and not by pauses: nobody hides a difference behind wishes that come without end, or that fail."""
        elapsed = time.monotonic() - self._looked
        if elapsed < LOOK_SECONDS:
            return False
        self._looked += elapsed
        return self._drift.look(elapsed=elapsed)

    def _tell_status(self) -> None:
        """A portal that does not like our words about ourselves may still have wishes."""
        health = None
        with going_on(log, "nothing is told of servers and room"):
            health = self._health()
        try:
            self._portal.status(
                version=VERSION,
                reduced=(*self._reduced, *self._worries()),
                sites=len(self._sites.recorded.here()),
                php_versions=self._sites.php_versions,
                drift=self._drift.lines()[:LINES_MOST],
                generations=self._sites.recorded.generations(),
                health=health,
            )
        except PermanentError as error:
            if error.code == "portal.token":
                raise
            log.warning("the portal refused our status: %s", error)


def _ended(report: Report) -> str:
    """With the reason where it did not go well: who reads the machine's journal has no page of the portal."""
    problem = report.problem
    return f"{report.ending} ({problem.code}: {problem.detail})" if problem else str(report.ending)
