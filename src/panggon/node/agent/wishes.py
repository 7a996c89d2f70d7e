"""Carries out wishes, and brings to its end what was interrupted; only the journals say what is under way."""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from panggon.core.errors import InvalidError, PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning import journal
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.journal import Position, Problem
from panggon.core.sites.spec import SiteSpec
from panggon.node import runs
from panggon.node.agent.bounds import DailyBounds
from panggon.node.agent.client import Ending, Mode, Portal, Report, Wish
from panggon.node.agent.identity import Identity
from panggon.node.agent.looking import seen
from panggon.node.agent.progress import ProgressSender
from panggon.node.agent.reports import Reporter, refused, report_of
from panggon.node.agent.waiting import Waiting
from panggon.node.clock import now
from panggon.node.fault_words import fault_words
from panggon.node.sites import Sites

# Something that may pass keeps a wish waiting this many times; then its people are told.
ATTEMPTS = 6
# Of each minute, for runs that are not at their end.
GOING_ON_SECONDS = 15.0

log = logging.getLogger(__name__)


class Wishes:
    """`reduced` is what this machine cannot protect; it goes with every report."""

    def __init__(self, sites: Sites, portal: Portal, identity: Identity, *, reduced: tuple[str, ...]) -> None:
        self._sites = sites
        self._identity = identity
        self._reporter = Reporter(portal, Waiting(sites.config.paths.state, identity.enrolment), reduced)
        self._progress = ProgressSender(portal)
        self._bounds = DailyBounds(sites)
        self._attempts: dict[int, int] = {}
        self._went_on = ""  # the site whose run was gone on with last

    def settle(self) -> None:
        """Bring every run that was interrupted to its end, and report it if there is somebody to report to."""
        self._sites.sweep()
        self._settle_each(self._sites.begun())

    def go_on(self) -> None:
        """The same, of those that are known to be under way or were told of before their end: as many as there is time
        for, because the wishes of all others wait. The others have their turn the next time.
        """
        known = sorted(self._sites.under_way() | self._reporter.told().keys())
        turn = [site for site in known if site > self._went_on] + [site for site in known if site <= self._went_on]
        self._settle_each(self._within(GOING_ON_SECONDS, turn))

    def _within(self, seconds: float, sites: Sequence[str]) -> Iterator[str]:
        """One of them, and the next ones as long as no more time has passed."""
        ends = time.monotonic() + seconds
        for site in sites:
            self._went_on = site
            yield site
            if time.monotonic() > ends:
                return

    def answer(self, wish: Wish) -> Report:
        """Carry out the wish, and report how it ended. Errors as `handle`, and those of the portal."""
        report = self.handle(wish)
        self._reporter.report(wish.number, report)
        self._attempts.pop(wish.number, None)
        return report

    def handle(self, wish: Wish) -> Report:
        """How the wish ended. Raises TemporaryError while it has not: it will be offered again."""
        try:
            return self._carry_out(wish)
        except InvalidError as error:
            return refused("spec.invalid", " ".join(map(fault_words, error.faults)))
        except PermanentError as error:
            return self._so_far(wish, Problem(error.code, error.detail))
        except TemporaryError as error:
            attempts = self._attempts[wish.number] = self._attempts.get(wish.number, 0) + 1
            position = self._begun(wish)
            if attempts < ATTEMPTS or (position and position.outcome is None):
                raise
            return refused(error.code, error.detail)
        except Exception as error:
            log.exception("wish %s", wish.number)
            return self._so_far(wish, Problem("node.unexpected", f"{type(error).__name__}: {error}"))

    def _carry_out(self, wish: Wish) -> Report:
        spec = self._sites.parse(wish.spec)
        position = self._sites.position(spec.site)
        if position and self._is_of(position, wish, spec):
            outcome = runs.resume(
                self._sites, spec.site, credentials=wish.credentials, watch=self._progress.watch(wish.number)
            )
            return report_of(position.plan, outcome)
        if position and not position.outcome:
            self._settle(self._sites, spec.site, wish)
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
        self._reporter.give_way(spec.site, to=wish.number)
        return report_of(plan, outcome)

    def _refuse_between(self, site: str) -> None:
        """Nothing newer begins on a site whose run is not at its end; only a closing gives way."""
        position, told = self._sites.position(site), self._reporter.told().get(site)
        if not journal.may_begin(position):
            raise TemporaryError("run.stuck", told.detail if told else "")

    def _verify(self, spec: SiteSpec) -> Report:
        evidence = runs.verify(self._sites, spec)
        failed = "; ".join(f"{check.name}: {check.detail}" for check in evidence if not check.ok)
        problem = Problem("unproven", failed) if failed else None
        return Report(
            Ending.UNPROVEN if failed else Ending.VERIFIED, evidence=evidence, proved_at=now(), problem=problem
        )

    def _settle_each(self, sites: Iterable[str]) -> None:
        """A server of names that is found silent is asked once for all of them."""
        waiting = self._reporter.told()
        together = self._sites.together()
        for site in sites:
            self._settle_alone(together, site, waiting=site in waiting)

    def _settle_alone(self, together: Sites, site: str, *, waiting: bool) -> None:
        try:
            if waiting or not self._sites.is_settled(site):
                self._settle(together, site)
        except PanggonError as error:
            log.warning("%s waits: %s", site, error)
        except Exception:  # with its traceback in the log: one broken journal must not hold up all other sites
            log.exception("%s cannot be resumed", site)

    def _settle(self, sites: Sites, site: str, wish: Wish | None = None) -> None:
        """End an earlier run; the newer `wish` may bring the password's hash that it needs, and no other will."""
        position = self._sites.position(site)
        if position is None:
            return
        told = self._reporter.told().get(site)
        outcome = runs.resume(
            sites,
            site,
            credentials=None if wish is None else wish.credentials,
            watch=self._progress.watch(position.wish),
        )
        report = report_of(position.plan, outcome)
        if told and told.wish != position.wish:  # something else was begun, by somebody at the machine perhaps
            self._reporter.give_way(site, to=position.wish)
            told = None
        if self._is_ours(position) and (told or not position.outcome):
            self._reporter.report_earlier(position.wish, report, told)

    def _is_ours(self, position: Position) -> bool:
        return position.wish > 0 and position.enrolment == self._identity.enrolment

    def _is_of(self, position: Position, wish: Wish, spec: SiteSpec) -> bool:
        """Whether the journal's run is this very wish's."""
        same = position.wish == wish.number and position.plan.spec == spec and wish.mode is Mode.APPLY
        return same and self._is_ours(position)

    def _so_far(self, wish: Wish, problem: Problem) -> Report:
        """The portal keeps the first end that it is told: of a wish whose run has begun that is the run's own, which is
        gone on with until then (`go_on`).
        """
        position = self._begun(wish)
        if position is None:
            return refused(problem.code, problem.detail)
        if position.outcome:
            return report_of(position.plan, position.outcome)
        return Report(Ending.CLOSING, plans.dump(position.plan), position.plan.digest, problem=problem)

    def _begun(self, wish: Wish) -> Position | None:
        """The run of this wish, if one has begun."""
        try:
            spec = self._sites.parse(wish.spec)
            position = self._sites.position(spec.site)
        except PanggonError:
            return None
        return position if position and self._is_of(position, wish, spec) else None
