"""Carrying out a plan under a journal: stopped anywhere and resumed, it reaches the wish or the former state. Two kinds
of plan have no way back, and once begun reach the wish: a purge, and whatever shuts a site.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning import closing, journal
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.desired import MachineFacts, desired
from panggon.core.node.planning.journal import (
    Failed,
    Finished,
    JournalStore,
    Outcome,
    Position,
    Problem,
    Stage,
    Started,
    Word,
)
from panggon.core.node.planning.plan import Change, Plan
from panggon.core.node.words import plan_words
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.engine.observe import Drivers, observe
from panggon.engine.patience import USUAL, Policy
from panggon.engine.steps import Checks, Progress, Stale, Steps, Together, probe


def run(
    plan: Plan,
    *,
    store: JournalStore,
    drivers: Drivers,
    now: Callable[[], datetime],
    progress: Callable[[Progress], None],
    wish: int,
    enrolment: str = "",
    fresh: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    policy: Policy = USUAL,
    together: Together = map,
) -> Outcome:
    """Carry out the plan. `now` gives UTC, `wish` and `enrolment` are what the journal keeps; proofs are asked
    `together`, and `progress` is then called from where they are asked. `fresh`: the plan was made of what exists just
    now, and nobody of ours can have come between, so that is not looked at once more before anything is written. Each
    resource still is before its own write, and all of them at the end.

    Raises PermanentError `journal.open` while an earlier run that is no closing is unfinished (resume it first), and
    TemporaryError when the journal cannot be written; the run is then to be resumed.
    """
    earlier = journal.fold(store.entries())
    if earlier and not journal.may_begin(earlier):
        raise PermanentError("journal.open", f"wish {earlier.wish}")
    started = Started(plan, wish, now(), enrolment)
    store.append(started)
    begun = journal.advance(earlier, started)
    return _Run(Steps(begun, store, drivers, progress, sleep, policy, together), now, fresh).outcome()


def resume(
    store: JournalStore,
    *,
    drivers: Drivers,
    now: Callable[[], datetime],
    progress: Callable[[Progress], None],
    sleep: Callable[[float], None] = time.sleep,
    policy: Policy = USUAL,
    together: Together = map,
) -> Outcome:
    """Bring the journal's run to its end; one that has ended gives its outcome again. Errors as `run`, and
    PermanentError `journal.empty` when nothing was begun.
    """
    position = journal.fold(store.entries())
    if position is None:
        raise PermanentError("journal.empty")
    if position.outcome:
        return position.outcome
    return _Run(Steps(position, store, drivers, progress, sleep, policy, together), now).outcome()


def verify(spec: SiteSpec, facts: MachineFacts, drivers: Drivers, *, together: Together = map) -> Checks:
    """Every proof of the wish, made once; a system that cannot be asked is a proof that does not hold."""
    present = [key for key, after in desired(spec, facts) if after is not None]
    keys = plans.in_order((*present, *plans.gone(spec)))
    return tuple(check for checks in together(lambda key: probe(key, spec, drivers), keys) for check in checks)


def drift(spec: SiteSpec, facts: MachineFacts, drivers: Drivers) -> tuple[Change, ...]:
    """What a plan for this wish would change now. Errors as `plan.make`, and TemporaryError from reading."""
    return plans.make(spec, facts, observe(spec, drivers)).changes


@dataclass(frozen=True, slots=True)
class _Run:
    """Which way one run goes, from where its journal is to an outcome."""

    _steps: Steps
    _now: Callable[[], datetime]
    _fresh: bool = False

    def outcome(self) -> Outcome:
        try:
            if self._position.problem is not None:
                return self._back_after_stop()
            return self._close() if self._steps.closes else self._forward()
        except Stale as stale:
            return self._finish(Word.STALE, Problem("stale", str(stale)))

    def _forward(self) -> Outcome:
        try:
            if not self._fresh:
                self._steps.observe()
            leaving, records = self._position.plan.before_leaving
            while (index := self._position.index) is not None:
                if index == leaving and records:
                    self._steps.prove(records)
                self._steps.write(index)
            self._steps.prove()
            self._steps.observe()  # somebody may have changed what nobody outside has asked for
        except PanggonError as error:
            if self._cannot_go_back():
                return self._stuck(error)
            self._steps.note(Failed(Problem(error.code, error.detail)))
            return self._back()
        return self._finish(Word.APPLIED, None)

    def _close(self) -> Outcome:
        """Forward only, past whatever fails: what can be shut and stopped is, and what is left is tried at the next
        resumption.
        """
        if not self._steps.begun and not self._fresh:
            try:
                self._steps.observe(self._doors)
            except PanggonError as error:
                self._steps.note(Failed(Problem(error.code, error.detail)))
                return self._back()
        undone = [fault for index in self._position.unwritten if (fault := self._left(index))]
        unproven = self._fault_of(self._see_shut)
        if unproven:
            self._shut_again()
            unproven = self._fault_of(self._see_shut)
        if not undone and not unproven:
            return self._finish(Word.APPLIED, None)
        return self._stuck(PermanentError(*self._so_far(undone, unproven)))

    def _see_shut(self) -> None:
        self._steps.prove()
        self._look_again()

    def _shut_again(self) -> None:
        """Doors that are written are so once more: the word of one may not have come to who stands at it, and a kill
        may have left half of one that was being written once more.
        """
        for index in self._doors:
            if self._position.stages[index] is Stage.WRITTEN:
                self._fault_of(partial(self._steps.write_again, index))

    def _left(self, index: int) -> str:
        """Why this change cannot be made now, "" once it is."""
        fault = self._fault_of(lambda: self._steps.write(index))
        return fault and f"{plan_words.words(self._position.plan)[index].removesuffix('.')} ({fault})"

    def _fault_of(self, act: Callable[[], None]) -> str:
        try:
            act()
        except PanggonError as error:
            return error.detail or error.code
        except Stale as error:
            return str(error)
        return ""

    def _so_far(self, undone: Sequence[str], unproven: str) -> tuple[str, str]:
        """How far the site is shut while something is left: a code, and words for its people."""
        shut = self._doors.isdisjoint(self._position.unwritten)
        left = (("belum dikerjakan", "; ".join(undone)), ("belum terbukti", unproven))
        words = [f"{name}: {faults}" for name, faults in left if faults]
        if shut:
            return closing.SHUT, f"Situs sudah tertutup, tetapi {'. Juga '.join(words)}"
        return closing.NOT_SHUT, f"Situs belum tertutup seluruhnya; {'. Juga '.join(words)}"

    def _look_again(self) -> None:
        """Whether anybody has changed what was written; what the plan only keeps has no say."""
        written = (index for index, stage in enumerate(self._position.stages) if stage is Stage.WRITTEN)
        self._steps.observe(frozenset(written))

    @property
    def _doors(self) -> frozenset[int]:
        changes = enumerate(self._position.plan.changes)
        return frozenset(index for index, change in changes if change.key.kind in closing.DOORS)

    def _cannot_go_back(self) -> bool:
        """What a purge has removed no inverse brings back: it waits, and goes on when it is resumed."""
        return self._steps.begun and self._position.plan.spec.state is SiteState.PURGED

    def _back_after_stop(self) -> Outcome:
        try:
            self._steps.observe()
        except PanggonError as error:
            return self._stuck(error)
        return self._back()

    def _back(self) -> Outcome:
        try:
            while (index := self._position.index) is not None:
                self._steps.undo(index)
        except PanggonError as error:
            return self._stuck(error)
        return self._finish(Word.RESTORED, self._position.problem)

    def _finish(self, word: Word, problem: Problem | None) -> Outcome:
        outcome = Outcome(word, self._position.evidence, problem, self._now())
        self._steps.note(Finished(outcome))
        return outcome

    def _stuck(self, error: PanggonError) -> Outcome:
        problem = Problem(error.code, error.detail)
        return Outcome(Word.STUCK, self._position.evidence, problem, self._now())

    @property
    def _position(self) -> Position:
        return self._steps.position
