"""The agent: pulls wishes, carries them out, reports. It may be killed at any instruction and started again.

Only the journals say what is under way. They are brought to their end first; a report that was lost is given again
when the portal offers the wish again.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from typing import Any

from panggon.core import plan as plans
from panggon.core.errors import InvalidError, PanggonError, PermanentError, TemporaryError
from panggon.core.journal import Outcome, Position, Problem, Word
from panggon.core.plan import Plan
from panggon.core.spec import SiteSpec
from panggon.engine.runner import Progress
from panggon.node import wiring
from panggon.node.bounds import Bounds
from panggon.node.client import Ending, Mode, Pauses, Portal, Report, Wish
from panggon.node.drift import DriftWatch
from panggon.node.identity import Identity
from panggon.node.looking import FirstLogins, seen
from panggon.node.sites import Sites, fault_words, now
from panggon.node.visiting import Visits

VERSION = metadata.version("panggon")
# Something that may pass keeps a wish waiting this many times; then its people are told.
ATTEMPTS = 6
STATUS_SECONDS = 300.0
# An answer "no wish" that comes sooner is not a long poll; asking on at once would be a hot loop.
SOONEST = 1.0
LINES_MOST = 200  # of differences that the portal is told of
WAITING_ENTRIES = 500
BATCH = 50

log = logging.getLogger(__name__)

_ENDINGS = {Word.APPLIED: Ending.APPLIED, Word.RESTORED: Ending.RESTORED, Word.STALE: Ending.STALE}


class ProgressSender:
    """Sends progress beside the work. What does not fit into its queue or does not arrive is lost, without harm."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._queue: queue.Queue[tuple[int, dict[str, Any]]] = queue.Queue(WAITING_ENTRIES)
        threading.Thread(target=self._send, name="progress", daemon=True).start()

    def watch(self, wish: int) -> Callable[[int, Progress], None]:
        def note(number: int, progress: Progress) -> None:
            entry = {
                "sequence": number,
                "phase": progress.phase.value,
                "key": str(progress.key),
                "step": progress.step,
                "steps": progress.steps,
            }
            try:
                self._queue.put_nowait((wish, entry))
            except queue.Full:
                return

        return note

    def _send(self) -> None:
        while True:
            wish, entry = self._queue.get()
            batch = {wish: [entry]}
            while not self._queue.empty() and sum(map(len, batch.values())) < BATCH:
                wish, entry = self._queue.get()
                batch.setdefault(wish, []).append(entry)
            for number, entries in batch.items():
                try:
                    self._portal.progress(number, entries)
                except PanggonError as error:
                    log.info("progress of wish %s was lost: %s", number, error)


class Agent:
    """`reduced` is what this machine cannot protect; it goes with every report. `worries` tells, at each status, what
    will fail unless somebody acts.
    """

    def __init__(
        self,
        sites: Sites,
        portal: Portal,
        identity: Identity,
        *,
        reduced: tuple[str, ...],
        worries: Callable[[], tuple[str, ...]] = tuple,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sites = sites
        self._portal = portal
        self._identity = identity
        self._reduced = reduced
        self._worries = worries
        self._sleep = sleep
        self._pauses = Pauses()
        self._progress = ProgressSender(portal)
        self._first_logins = FirstLogins(sites.config, portal)
        self._attempts: dict[int, int] = {}
        self._told = 0.0
        self._bounds = Bounds(sites.config.paths.state)
        self._drift = DriftWatch(sites)

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
                pause = self._pauses.next()
                log.warning("waiting %.0f s: %s", pause, error)
                self._sleep(pause)

    def settle(self) -> None:
        """Bring every run that was interrupted to its end, and report it if there is somebody to report to."""
        self._sites.sweep()
        for site in self._sites.begun():
            try:
                if not self._sites.is_settled(site):
                    self._settle(site)
            except PanggonError as error:
                log.warning("%s waits: %s", site, error)
            except Exception:  # with its traceback in the log: one broken journal must not hold up all other sites
                log.exception("%s cannot be resumed", site)

    def step(self) -> None:
        """One wish, or one wait for it. Errors: TemporaryError and PermanentError of the portal, and TemporaryError
        of a wish that is to be tried again.
        """
        began = time.monotonic()
        if not self._told or began - self._told > STATUS_SECONDS:
            self._tell_status()
            self._told = began
        wish = self._portal.wish()
        if wish is None:
            self._sleep(max(0.0, SOONEST - (time.monotonic() - began)))
            if self._drift.look(elapsed=time.monotonic() - began):
                self._tell_status()
            return
        log.info("wish %s: %s", wish.number, wish.mode)
        report = self.handle(wish)
        self._portal.report(wish.number, report, reduced=self._reduced)
        self._attempts.pop(wish.number, None)
        log.info("wish %s: %s", wish.number, report.ending)
        if report.ending is Ending.APPLIED and self._drift.look_again(str(wish.spec["site"])):
            self._tell_status()  # a pass comes to it only after hours

    def _tell_status(self) -> None:
        """A portal that does not like our words about ourselves may still have wishes."""
        try:
            self._portal.status(
                version=VERSION,
                reduced=(*self._reduced, *self._worries()),
                sites=self._sites.count(),
                php_versions=self._sites.php_versions,
                drift=self._drift.lines()[:LINES_MOST],
            )
        except PermanentError as error:
            if error.code == "portal.token":
                raise
            log.warning("the portal refused our status: %s", error)

    def handle(self, wish: Wish) -> Report:
        """How the wish ended. Raises TemporaryError while it has not: it will be offered again."""
        try:
            return self._carry_out(wish)
        except InvalidError as error:
            return _refused("spec.invalid", " ".join(map(fault_words, error.faults)))
        except PermanentError as error:
            return _refused(error.code, error.detail)
        except TemporaryError as error:
            attempts = self._attempts[wish.number] = self._attempts.get(wish.number, 0) + 1
            if attempts < ATTEMPTS or self._under_way(wish):
                raise
            return _refused(error.code, error.detail)
        except Exception as error:
            log.exception("wish %s", wish.number)
            return _refused("node.unexpected", f"{type(error).__name__}: {error}")

    def _carry_out(self, wish: Wish) -> Report:
        spec = self._sites.parse(wish.spec)
        position = self._sites.position(spec.site)
        if position and self._is_of(position, wish, spec):
            outcome = self._sites.resume(
                spec.site, credentials=wish.credentials, watch=self._progress.watch(wish.number)
            )
            return _report_of(position.plan, outcome)
        if position and not position.outcome:
            self._settle(spec.site, wish)
        if wish.mode is Mode.VERIFY:
            return self._verify(spec)
        if wish.mode is Mode.LOOK:
            return replace(self._verify(spec), seen=seen(self._sites.config, spec.site, now=now()))
        plan = self._sites.plan(spec)
        document = plans.dump(plan)
        if wish.mode is Mode.PLAN:
            return Report(Ending.PLANNED, document, plan.digest)
        if wish.approved_digest and plan.digest != wish.approved_digest:
            problem = Problem("plan.changed", "keadaan mesin berubah sejak rencana disetujui")
            return Report(Ending.STALE, document, plan.digest, problem=problem)
        self._bounds.admit(plan, sites=len(self._sites.known()), now=now())
        watch = self._progress.watch(wish.number)
        return _report_of(plan, self._sites.apply(plan, wish=wish.number, credentials=wish.credentials, watch=watch))

    def _verify(self, spec: SiteSpec) -> Report:
        evidence = self._sites.verify(spec)
        failed = "; ".join(f"{check.name}: {check.detail}" for check in evidence if not check.ok)
        problem = Problem("unproven", failed) if failed else None
        return Report(
            Ending.UNPROVEN if failed else Ending.VERIFIED, evidence=evidence, proved_at=now(), problem=problem
        )

    def _settle(self, site: str, wish: Wish | None = None) -> None:
        """End an earlier run; the newer `wish` may bring the password's hash that it needs, and no other will."""
        position = self._sites.position(site)
        if position is None:
            return
        credentials = None if wish is None else wish.credentials
        outcome = self._sites.resume(site, credentials=credentials, watch=self._progress.watch(position.wish))
        report = _report_of(position.plan, outcome)
        if position.outcome or not self._is_ours(position):
            return
        try:
            self._portal.report(position.wish, report, reduced=self._reduced)
        except PanggonError as error:
            log.info("wish %s is reported when it is offered again: %s", position.wish, error)

    def _is_ours(self, position: Position) -> bool:
        return position.wish > 0 and position.started >= self._identity.enrolled_at

    def _is_of(self, position: Position, wish: Wish, spec: SiteSpec) -> bool:
        """Whether the journal's run is this very wish's."""
        same = position.wish == wish.number and position.plan.spec == spec and wish.mode is Mode.APPLY
        return same and self._is_ours(position)

    def _under_way(self, wish: Wish) -> bool:
        """Whether a run of this wish has begun: then only its end may be reported."""
        try:
            spec = self._sites.parse(wish.spec)
            position = self._sites.position(spec.site)
        except PanggonError:
            return False
        return position is not None and position.outcome is None and self._is_of(position, wish, spec)


def _report_of(plan: Plan, outcome: Outcome | None) -> Report:
    """Raises TemporaryError while the run is stuck half-way: nothing has ended yet."""
    if outcome is None or outcome.word is Word.STUCK:
        raise TemporaryError("run.stuck", outcome.problem.detail if outcome and outcome.problem else "")
    return Report(
        _ENDINGS[outcome.word],
        plans.dump(plan),
        plan.digest,
        outcome.evidence,
        outcome.finished if outcome.evidence else None,
        outcome.problem,
    )


def _refused(code: str, detail: str) -> Report:
    return Report(Ending.REFUSED, problem=Problem(code, detail))
