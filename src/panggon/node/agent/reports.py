"""What the portal is told of runs: how each wish ended, and what became of those that were told before their end."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning import closing
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.journal import Outcome, Problem, Word
from panggon.core.node.planning.plan import Plan
from panggon.core.sites.spec import SiteState
from panggon.node.agent.client import Ending, Portal, Report
from panggon.node.agent.waiting import Told, Waiting

_PURGING = "Penghapusan belum selesai"
_GOING_BACK = "Tidak berhasil, dan keadaan semula belum kembali seluruhnya"

log = logging.getLogger(__name__)

_ENDINGS = {
    Word.APPLIED: Ending.APPLIED,
    Word.RESTORED: Ending.RESTORED,
    Word.STALE: Ending.STALE,
    Word.STUCK: Ending.CLOSING,
}


@dataclass(frozen=True, slots=True)
class Reporter:
    """`reduced` is what this machine cannot protect; it goes with every report."""

    portal: Portal
    waiting: Waiting
    reduced: tuple[str, ...]

    def told(self) -> Mapping[str, Told]:
        """By site, of which runs the portal was told before their end."""
        return self.waiting.told()

    def report(self, wish: int, report: Report) -> None:
        """Of what goes on the end is told too, also when nobody knows whether the portal has this report."""
        if report.ending is Ending.CLOSING and report.plan:
            site = str(report.plan["spec"]["site"])
            known = self.waiting.told().get(site)
            if known is None or known.wish != wish:
                self.waiting.note(site, Told(wish, "", ""))
        self._send(wish, report)
        self._heard(wish, report)

    def report_earlier(self, wish: int, report: Report, told: Told | None) -> None:
        """What became of an earlier run."""
        if told and told == _told_by(wish, report):
            return
        try:
            self.report(wish, report)
        except PanggonError as error:
            log.info("wish %s is reported later: %s", wish, error)

    def give_way(self, site: str, *, to: int) -> None:
        """A closing that is not at its end gave way to something newer, which takes up what is left."""
        told = self.waiting.told().get(site)
        if told is None or told.wish == to:
            return
        problem = Problem("superseded", "permintaan yang lebih baru menggantikannya sebelum selesai")
        try:
            self.portal.report(told.wish, Report(Ending.STALE, problem=problem), reduced=self.reduced)
        except TemporaryError as error:
            log.info("wish %s is reported later: %s", told.wish, error)
            return
        except PermanentError as error:  # one that the portal knows no more holds up no newer one
            log.warning("wish %s: %s", told.wish, error)
        self.waiting.note(site, None)

    def _send(self, wish: int, report: Report) -> None:
        """A report that the portal does not take would leave its wish the oldest one, and nothing else would be asked
        of this machine any more: then it hears how the wish ended, and nothing that a site could have had a part in.
        """
        try:
            self.portal.report(wish, report, reduced=self.reduced)
        except PermanentError as error:
            if error.code != "portal.refused":
                raise
            log.warning("wish %s: %s", wish, error)
            self.portal.report(wish, _bare(report), reduced=self.reduced)

    def _heard(self, wish: int, report: Report) -> None:
        """The portal has the report; of a run that is not at its end another one follows."""
        if report.plan is None:
            return
        site, told = str(report.plan["spec"]["site"]), _told_by(wish, report)
        known = self.waiting.told().get(site)
        if told or (known and known.wish == wish):
            self.waiting.note(site, told)


def report_of(plan: Plan, outcome: Outcome | None) -> Report:
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


def refused(code: str, detail: str) -> Report:
    return Report(Ending.REFUSED, problem=Problem(code, detail))


def _bare(report: Report) -> Report:
    """What did not hold is told with its time: an older proof that held must not stand for now."""
    if report.ending is Ending.PLANNED:
        return refused("report.refused", "rencana ini tidak dapat diterima portal")
    if report.problem is None:
        return Report(report.ending, digest=report.digest)
    problem = Problem(report.problem.code, "")
    return Report(report.ending, digest=report.digest, proved_at=report.proved_at, problem=problem)


def _told_by(wish: int, report: Report) -> Told | None:
    closes = report.ending is Ending.CLOSING and report.problem
    return Told(wish, closes.code, closes.detail) if closes else None
