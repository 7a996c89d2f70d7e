"""Carrying out a plan under a journal: stopped anywhere and resumed, it reaches the wish or the former state. Two kinds
of plan have no way back, and once begun reach the wish: a purge, and whatever shuts a site.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial

from panggon.core import closing, journal, plan_words
from panggon.core import plan as plans
from panggon.core.desired import MachineFacts, desired
from panggon.core.driver import Check
from panggon.core.errors import PanggonError, PermanentError
from panggon.core.journal import (
    Failed,
    Finished,
    JournalStore,
    Outcome,
    Position,
    Probed,
    Problem,
    Stage,
    Started,
    Undoing,
    Undone,
    Word,
    Writing,
    Written,
)
from panggon.core.plan import Change, Plan
from panggon.core.resources import Attributes, Key, Observation, Standing
from panggon.core.spec import SiteSpec, SiteState
from panggon.engine.observe import Drivers, driver_of, observe
from panggon.engine.patience import USUAL, Patience, Policy, patiently


class Phase(StrEnum):
    OBSERVING = "observing"
    WRITING = "writing"
    WRITTEN = "written"
    PROBING = "probing"
    PROBED = "probed"
    UNDOING = "undoing"
    UNDONE = "undone"


Checks = tuple[Check, ...]
# Asks the function about each key and gives the answers in the same order: `map`, or something that asks at once.
Together = Callable[[Callable[[Key], Checks], Sequence[Key]], Iterable[Checks]]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, for people who watch: the `step`-th (from 1) of `steps` in this phase."""

    phase: Phase
    key: Key
    step: int
    steps: int


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
    return _Run(store, begun, drivers, now, progress, sleep, policy, together, fresh).outcome()


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
    return position.outcome or _Run(store, position, drivers, now, progress, sleep, policy, together).outcome()


def verify(spec: SiteSpec, facts: MachineFacts, drivers: Drivers, *, together: Together = map) -> Checks:
    """Every proof of the wish, made once; a system that cannot be asked is a proof that does not hold."""
    present = [key for key, after in desired(spec, facts) if after is not None]
    keys = plans.in_order((*present, *plans.stopped(spec)))
    return tuple(check for checks in together(lambda key: _probe(key, spec, drivers), keys) for check in checks)


def drift(spec: SiteSpec, facts: MachineFacts, drivers: Drivers) -> tuple[Change, ...]:
    """What a plan for this wish would change now. Errors as `plan.make`, and TemporaryError from reading."""
    return plans.make(spec, facts, observe(spec, drivers)).changes


class _Stale(Exception):  # noqa: N818 -- a verdict that ends the run, not an error of ours
    """The world is neither as the plan nor as the journal says; nothing more may be touched."""


@dataclass(slots=True)
class _Run:
    """One run under way; `_position` always equals the fold of the journal."""

    _store: JournalStore
    _position: Position
    _drivers: Drivers
    _now: Callable[[], datetime]
    _progress: Callable[[Progress], None]
    _sleep: Callable[[float], None]
    _policy: Policy
    _together: Together
    _fresh: bool = False
    _closes: bool = field(init=False)

    def __post_init__(self) -> None:
        self._closes = self._position.plan.closes

    def outcome(self) -> Outcome:
        try:
            if self._position.problem is not None:
                return self._back_after_stop()
            return self._close() if self._closes else self._forward()
        except _Stale as stale:
            return self._finish(Word.STALE, Problem("stale", str(stale)))

    def _forward(self) -> Outcome:
        try:
            if not self._fresh:
                self._observe(self._policy.writing)
            while (index := self._position.index) is not None:
                self._write(index)
            self._prove()
            self._observe(self._policy.writing)  # somebody may have changed what nobody outside has asked for
        except PanggonError as error:
            if self._cannot_go_back():
                return self._stuck(error)
            self._note(Failed(Problem(error.code, error.detail)))
            return self._back()
        return self._finish(Word.APPLIED, None)

    def _close(self) -> Outcome:
        """Forward only, past whatever fails: what can be shut and stopped is, and what is left is tried at the next
        resumption.
        """
        if not self._begun and not self._fresh:
            try:
                self._observe(self._policy.writing, self._doors)
            except PanggonError as error:
                self._note(Failed(Problem(error.code, error.detail)))
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
        self._prove()
        self._look_again()

    def _shut_again(self) -> None:
        """Doors that are written are so once more: the word of one may not have come to who stands at it, and a kill
        may have left half of one that was being written once more.
        """
        for index in self._doors:
            change = self._position.plan.changes[index]
            if self._position.stages[index] is Stage.WRITTEN:
                self._fault_of(partial(self._make, change.key, change.after, self._policy.writing))

    def _left(self, index: int) -> str:
        """Why this change cannot be made now, "" once it is."""
        fault = self._fault_of(lambda: self._write(index))
        return fault and f"{plan_words.words(self._position.plan)[index].removesuffix('.')} ({fault})"

    def _fault_of(self, act: Callable[[], None]) -> str:
        try:
            act()
        except PanggonError as error:
            return error.detail or error.code
        except _Stale as error:
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
        self._observe(self._policy.writing, frozenset(written))

    @property
    def _doors(self) -> frozenset[int]:
        changes = enumerate(self._position.plan.changes)
        return frozenset(index for index, change in changes if change.key.kind in closing.DOORS)

    @property
    def _begun(self) -> bool:
        return any(stage is not Stage.PENDING for stage in self._position.stages)

    def _cannot_go_back(self) -> bool:
        """What a purge has removed no inverse brings back: it waits, and goes on when it is resumed."""
        return self._begun and self._position.plan.spec.state is SiteState.PURGED

    def _back_after_stop(self) -> Outcome:
        try:
            self._observe(self._policy.undoing)
        except PanggonError as error:
            return self._stuck(error)
        return self._back()

    def _back(self) -> Outcome:
        try:
            while (index := self._position.index) is not None:
                self._undo(index)
        except PanggonError as error:
            return self._stuck(error)
        return self._finish(Word.RESTORED, self._position.problem)

    def _observe(self, patience: Patience, only: Collection[int] | None = None) -> None:
        """Every resource must read as the journal says, or these `only`. What is only kept is looked at too: the plan
        stands on it.
        """
        plan = self._position.plan
        ways = (*plan.changes, *plan.unchanged)
        strange = []
        for index, change in enumerate(ways):
            if only is not None and index not in only:
                continue
            self._progress(Progress(Phase.OBSERVING, change.key, index + 1, len(ways)))
            found = self._read(change.key, patience)
            if not self._expected(index, change, found):
                strange.append(_strange(found))
        if strange:
            raise _Stale("; ".join(strange))

    def _write(self, index: int) -> None:
        change, _ = self._due(index, Phase.WRITING, self._policy.writing)
        if self._position.stages[index] is not Stage.WRITING:
            self._note(Writing(index))
        self._make(change.key, change.after, self._policy.writing)
        self._note(Written(index))
        self._report(Phase.WRITTEN, index)

    def _undo(self, index: int) -> None:
        change, found = self._due(index, Phase.UNDOING, self._policy.undoing)
        if change.mends:
            self._note(Undone(index))
            self._report(Phase.UNDONE, index)
            return
        # A write that was refused has changed nothing, and the same driver would refuse its inverse as well. After an
        # interrupted *undoing* the same reading proves less: what follows the write may be missing, so it is repeated.
        began = self._position.stages[index]
        if began is not Stage.WRITING or not _reads(found, change.before):
            self._note(Undoing(index))
            self._make(change.key, change.before, self._policy.undoing)
        self._note(Undone(index))
        self._report(Phase.UNDONE, index)

    def _due(self, index: int, phase: Phase, patience: Patience) -> tuple[Change, Observation]:
        """The change whose turn it is, looked at once more: others may have been at it since the run began."""
        self._report(phase, index)
        change = self._position.plan.changes[index]
        found = self._read(change.key, patience)
        if not self._expected(index, change, found):
            raise _Stale(_strange(found))
        return change, found

    def _make(self, key: Key, attributes: Attributes | None, patience: Patience) -> None:
        driver = driver_of(key, self._drivers)
        patiently(lambda: driver.write(key, attributes), patience, self._sleep)
        if not _reads(found := self._read(key, patience), attributes):
            raise PermanentError(journal.READBACK, _strange(found))

    def _read(self, key: Key, patience: Patience) -> Observation:
        return patiently(lambda: driver_of(key, self._drivers).read(key), patience, self._sleep)

    def _expected(self, index: int, change: Change, found: Observation) -> bool:
        """May the resource read like this at this point of the journal? (`index` past the changes: kept as it is.)"""
        stages = self._position.stages
        stage = stages[index] if index < len(stages) else Stage.PENDING
        if index == self._position.misread or (stage is Stage.WRITING and self._closes):
            return found.standing is not Standing.FOREIGN
        if change.mends and stage is Stage.UNDONE:  # it was left as it had become by then
            return found.standing is Standing.PARTIAL or _reads(found, change.after)
        if stage in (Stage.WRITING, Stage.UNDOING):
            half = found.standing is Standing.PARTIAL
            return half or _reads(found, change.before) or _reads(found, change.after)
        return _reads(found, change.after if stage is Stage.WRITTEN else change.before)

    def _prove(self) -> None:
        """Every resource that the plan leaves is proven; what fails is asked again while the patience lasts."""
        spec, keys = self._position.plan.spec, self._position.plan.proven
        checks: dict[Key, Checks] = {}

        def ask(key: Key) -> Checks:
            self._progress(Progress(Phase.PROBING, key, keys.index(key) + 1, len(keys)))
            found = _probe(key, spec, self._drivers)
            self._progress(Progress(Phase.PROBED, key, keys.index(key) + 1, len(keys)))
            return found

        for pause in (*self._policy.probing.pauses(), None):
            waiting = [key for key in keys if not _holds(checks.get(key))]
            checks.update(zip(waiting, self._together(ask, waiting), strict=True))
            if pause is None or all(map(_holds, checks.values())):
                break
            self._sleep(pause)
        evidence = tuple(check for key in keys for check in checks[key])
        if evidence != self._position.evidence:
            self._note(Probed(evidence))
        if failed := [f"{check.name}: {check.detail}" for check in evidence if not check.ok]:
            raise PermanentError("unproven", "; ".join(failed))

    def _finish(self, word: Word, problem: Problem | None) -> Outcome:
        outcome = Outcome(word, self._position.evidence, problem, self._now())
        self._note(Finished(outcome))
        return outcome

    def _stuck(self, error: PanggonError) -> Outcome:
        problem = Problem(error.code, error.detail)
        return Outcome(Word.STUCK, self._position.evidence, problem, self._now())

    def _note(self, entry: journal.Entry) -> None:
        self._store.append(entry)
        self._position = journal.advance(self._position, entry)

    def _report(self, phase: Phase, index: int) -> None:
        changes = self._position.plan.changes
        self._progress(Progress(phase, changes[index].key, index + 1, len(changes)))


def _reads(found: Observation, attributes: Attributes | None) -> bool:
    if found.standing is Standing.PARTIAL:
        return attributes == plans.HALF
    if found.standing is Standing.OURS:
        return attributes is not None and plans.same(found.attributes, attributes)
    return found.standing is Standing.ABSENT and attributes is None


def _strange(found: Observation) -> str:
    words = {
        Standing.ABSENT: "tidak ada",
        Standing.OURS: "keadaannya berbeda dari rencana",
        Standing.PARTIAL: "setengah tertulis",
        Standing.FOREIGN: f"bukan buatan Panggon ({found.detail})",
    }
    return f"{found.key}: {words[found.standing]}"


def _probe(key: Key, spec: SiteSpec, drivers: Drivers) -> tuple[Check, ...]:
    try:
        return driver_of(key, drivers).probe(key, spec=spec)
    except PanggonError as error:
        return (Check(f"{key.kind}.probe", ok=False, detail=str(error)),)


def _holds(checks: tuple[Check, ...] | None) -> bool:
    return checks is not None and all(check.ok for check in checks)
