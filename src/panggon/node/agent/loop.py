"""The agent: pulls wishes, carries them out, reports. It may be killed at any instruction and started again.

Only the journals say what is under way. They are brought to their end first, and again every minute, whoever has begun
them; a report that was lost is given again when the portal offers the wish again.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import metadata
from typing import Any

from panggon.core import closing, journal
from panggon.core import plan as plans
from panggon.core.errors import InvalidError, PanggonError, PermanentError, TemporaryError
from panggon.core.journal import Outcome, Position, Problem, Word
from panggon.core.plan import Plan
from panggon.core.spec import SiteSpec, SiteState
from panggon.engine.steps import Progress
from panggon.node import runs, wiring
from panggon.node.agent.bounds import Bounds
from panggon.node.agent.client import Ending, Mode, Pauses, Portal, Report, Wish
from panggon.node.agent.drift import DriftWatch
from panggon.node.agent.forms import Forms
from panggon.node.agent.identity import Identity
from panggon.node.agent.looking import FirstLogins, seen
from panggon.node.agent.visiting import Visits
from panggon.node.agent.waiting import Told, Waiting
from panggon.node.clock import now
from panggon.node.fault_words import fault_words
from panggon.node.sites import Sites

VERSION = metadata.version("panggon")
# Something that may pass keeps a wish waiting this many times; then its people are told.
ATTEMPTS = 6
STATUS_SECONDS = 300.0
# An answer "no wish" that comes sooner is not a long poll; asking on at once would be a hot loop.
SOONEST = 1.0
LOOK_SECONDS = 20.0  # shorter than a long poll, so that there is a look between any two
LINES_MOST = 200  # of differences that the portal is told of
WAITING_ENTRIES = 500
BATCH = 50
# So often what a run has left, because it failed for now, is tried again.
AGAIN_SECONDS = 60.0

_PURGING = "Penghapusan belum selesai"
_GOING_BACK = "Tidak berhasil, dan keadaan semula belum kembali seluruhnya"

log = logging.getLogger(__name__)

_ENDINGS = {
    Word.APPLIED: Ending.APPLIED,
    Word.RESTORED: Ending.RESTORED,
    Word.STALE: Ending.STALE,
    Word.STUCK: Ending.CLOSING,
}


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
        self._told = self._went_on = 0.0
        self._looked = time.monotonic()
        self._waiting = Waiting(sites.config.paths.state, identity.enrolment)
        self._bounds = Bounds(sites)
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
        self._sites.sweep()
        self._settle_each(self._sites.begun())

    def _settle_each(self, sites: Iterable[str]) -> None:
        waiting = self._waiting.told()
        for site in sites:
            self._settle_alone(site, waiting=site in waiting)

    def _settle_alone(self, site: str, *, waiting: bool) -> None:
        try:
            if waiting or not self._sites.is_settled(site):
                self._settle(site)
        except PanggonError as error:
            log.warning("%s waits: %s", site, error)
        except Exception:  # with its traceback in the log: one broken journal must not hold up all other sites
            log.exception("%s cannot be resumed", site)

    def step(self) -> None:
        """What is to be done here, whether there is a portal or not; then one wish, or one wait for it. Errors:
        TemporaryError and PermanentError of the portal, and TemporaryError of a wish that is to be tried again.
        """
        if not self._went_on or time.monotonic() - self._went_on > AGAIN_SECONDS:
            self._settle_each(sorted(self._sites.under_way() | self._waiting.told().keys()))
            self._went_on = time.monotonic()
        for site in self._forms.go_on():
            self._drift.look_again(site)
        found = self._found_drift()
        began = time.monotonic()
        if found or not self._told or began - self._told > STATUS_SECONDS:
            self._sites.recorded.note_parked()
            self._tell_status()
            self._told = began
        wish = self._portal.wish()
        if wish is None:
            self._sleep(max(0.0, SOONEST - (time.monotonic() - began)))
            return
        log.info("wish %s: %s", wish.number, wish.mode)
        report = self.handle(wish)
        self._report(wish.number, report)
        self._attempts.pop(wish.number, None)
        log.info("wish %s: %s", wish.number, report.ending)
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
        try:
            self._portal.status(
                version=VERSION,
                reduced=(*self._reduced, *self._worries()),
                sites=len(self._sites.recorded.here()),
                php_versions=self._sites.php_versions,
                drift=self._drift.lines()[:LINES_MOST],
                generations=self._sites.recorded.generations(),
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
            outcome = runs.resume(
                self._sites, spec.site, credentials=wish.credentials, watch=self._progress.watch(wish.number)
            )
            return _report_of(position.plan, outcome)
        if position and not position.outcome:
            self._settle(spec.site, wish)
        if wish.mode is Mode.VERIFY:
            return self._verify(spec)
        if wish.mode is Mode.LOOK:
            return replace(self._verify(spec), seen=seen(self._sites.config, spec.site, now=now()))
        self._refuse_between(spec.site)
        if wish.mode is Mode.PLAN:
            plan = self._sites.plan(spec)
            return Report(Ending.PLANNED, plans.dump(plan), plan.digest)
        with runs.planned(self._sites, spec) as planned:
            plan = planned.plan
            if wish.approved_digest and plan.digest != wish.approved_digest:
                problem = Problem("plan.changed", "keadaan mesin berubah sejak rencana disetujui")
                return Report(Ending.STALE, plans.dump(plan), plan.digest, problem=problem)
            self._bounds.admit(plan, now=now())
            outcome = planned.carry_out(
                wish=wish.number,
                enrolment=self._identity.enrolment,
                credentials=wish.credentials,
                watch=self._progress.watch(wish.number),
            )
        self._give_way(spec.site, to=wish.number)
        return _report_of(plan, outcome)

    def _refuse_between(self, site: str) -> None:
        """Nothing newer begins on a site whose run is not at its end; only a closing gives way."""
        position, told = self._sites.position(site), self._waiting.told().get(site)
        if not journal.may_begin(position):
            raise TemporaryError("run.stuck", told.detail if told else "")

    def _verify(self, spec: SiteSpec) -> Report:
        evidence = runs.verify(self._sites, spec)
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
        told = self._waiting.told().get(site)
        outcome = runs.resume(
            self._sites,
            site,
            credentials=None if wish is None else wish.credentials,
            watch=self._progress.watch(position.wish),
        )
        report = _report_of(position.plan, outcome)
        if told and told.wish != position.wish:  # something else was begun, by somebody at the machine perhaps
            self._give_way(site, to=position.wish)
            told = None
        if self._is_ours(position) and (told or not position.outcome):
            self._tell(position.wish, report, told)

    def _tell(self, wish: int, report: Report, told: Told | None) -> None:
        """What became of an earlier run."""
        if told and told == _told_by(wish, report):
            return
        try:
            self._report(wish, report)
        except PanggonError as error:
            log.info("wish %s is reported later: %s", wish, error)

    def _report(self, wish: int, report: Report) -> None:
        """Of what goes on the end is told too, also when nobody knows whether the portal has this report."""
        if report.ending is Ending.CLOSING and report.plan:
            site = str(report.plan["spec"]["site"])
            known = self._waiting.told().get(site)
            if known is None or known.wish != wish:
                self._waiting.note(site, Told(wish, "", ""))
        self._portal.report(wish, report, reduced=self._reduced)
        self._heard(wish, report)

    def _heard(self, wish: int, report: Report) -> None:
        """The portal has the report; of a run that is not at its end another one follows."""
        if report.plan is None:
            return
        site, told = str(report.plan["spec"]["site"]), _told_by(wish, report)
        known = self._waiting.told().get(site)
        if told or (known and known.wish == wish):
            self._waiting.note(site, told)

    def _give_way(self, site: str, *, to: int) -> None:
        """A closing that is not at its end gave way to something newer, which takes up what is left."""
        told = self._waiting.told().get(site)
        if told is None or told.wish == to:
            return
        problem = Problem("superseded", "permintaan yang lebih baru menggantikannya sebelum selesai")
        try:
            self._portal.report(told.wish, Report(Ending.STALE, problem=problem), reduced=self._reduced)
        except TemporaryError as error:
            log.info("wish %s is reported later: %s", told.wish, error)
            return
        except PermanentError as error:  # one that the portal knows no more holds up no newer one
            log.warning("wish %s: %s", told.wish, error)
        self._waiting.note(site, None)

    def _is_ours(self, position: Position) -> bool:
        return position.wish > 0 and position.enrolment == self._identity.enrolment

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
    """Of a run that has failed for now, how far it is: its wish is not in the way of others, it is tried again, and its
    people are told. Raises TemporaryError where nothing can be said.
    """
    if outcome is None:
        raise TemporaryError("run.stuck")
    return Report(
        _ENDINGS[outcome.word],
        plans.dump(plan),
        plan.digest,
        outcome.evidence,
        outcome.finished if outcome.evidence else None,
        _so_far(plan, outcome),
    )


def _so_far(plan: Plan, outcome: Outcome) -> Problem | None:
    problem = outcome.problem
    if outcome.word is not Word.STUCK or problem is None or problem.code in closing.CODES:
        return problem
    what = _PURGING if plan.spec.state is SiteState.PURGED else _GOING_BACK
    return Problem(problem.code, f"{what}: {problem.detail or problem.code}")


def _told_by(wish: int, report: Report) -> Told | None:
    closes = report.ending is Ending.CLOSING and report.problem
    return Told(wish, closes.code, closes.detail) if closes else None


def _refused(code: str, detail: str) -> Report:
    return Report(Ending.REFUSED, problem=Problem(code, detail))
