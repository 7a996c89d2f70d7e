"""The steps of one run, each under its journal: resources are looked at, changes written or undone, proofs made.

Which of them are taken, and in which order, is said by `runner`.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning import journal
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import JournalStore, Position, Probed, Stage, Undoing, Undone, Writing, Written
from panggon.core.node.planning.plan import Change
from panggon.core.node.planning.resources import Attributes, Key, Kind, Observation, Standing
from panggon.core.sites.spec import SiteSpec
from panggon.engine.observe import Drivers, driver_of
from panggon.engine.patience import Patience, Policy, patiently, tries


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


class Stale(Exception):  # noqa: N818 -- a verdict that ends the run, not an error of ours
    """The world is neither as the plan nor as the journal says; nothing more may be touched."""


@dataclass(slots=True)
class Steps:
    """`position` always equals the fold of the journal, but for the words of the evidence."""

    position: Position
    _store: JournalStore
    _drivers: Drivers
    _progress: Callable[[Progress], None]
    _sleep: Callable[[float], None]
    _policy: Policy
    _together: Together
    closes: bool = field(init=False)

    def __post_init__(self) -> None:
        self.closes = self.position.plan.closes

    @property
    def begun(self) -> bool:
        return any(stage is not Stage.PENDING for stage in self.position.stages)

    def note(self, entry: journal.Entry) -> None:
        self._store.append(entry)
        self.position = journal.advance(self.position, entry)

    def observe(self, only: Collection[int] | None = None) -> None:
        """Every resource must read as the journal says, or these `only`. What is only kept is looked at too: the plan
        stands on it.
        """
        plan = self.position.plan
        ways = (*plan.changes, *plan.unchanged)
        strange = []
        for index, change in enumerate(ways):
            if only is not None and index not in only:
                continue
            self._progress(Progress(Phase.OBSERVING, change.key, index + 1, len(ways)))
            found = self._read(change.key)
            if not self._expected(index, change, found):
                strange.append(_strange(found))
        if strange:
            raise Stale("; ".join(strange))

    def write(self, index: int) -> None:
        change, found = self._due(index, Phase.WRITING)
        if self.position.stages[index] is not Stage.WRITING:
            self.note(Writing(index))
        if not _is_left_to_others(found, change.after):
            self._make(change.key, change.after)
        self.note(Written(index))
        self._report(Phase.WRITTEN, index)

    def write_again(self, index: int) -> None:
        """What is written already."""
        change = self.position.plan.changes[index]
        self._make(change.key, change.after)

    def undo(self, index: int) -> None:
        change, found = self._due(index, Phase.UNDOING)
        if change.mends:
            self.note(Undone(index))
            self._report(Phase.UNDONE, index)
            return
        # A write that was refused has changed nothing, and the same driver would refuse its inverse as well. After an
        # interrupted *undoing* the same reading proves less: what follows the write may be missing, so it is repeated.
        began = self.position.stages[index]
        if began is not Stage.WRITING or not _reads(found, change.before):
            self.note(Undoing(index))
            if not _is_left_to_others(found, change.before):
                self._make(change.key, change.before)
        self.note(Undone(index))
        self._report(Phase.UNDONE, index)

    def _due(self, index: int, phase: Phase) -> tuple[Change, Observation]:
        """The change whose turn it is, looked at once more: others may have been at it since the run began."""
        self._report(phase, index)
        change = self.position.plan.changes[index]
        found = self._read(change.key)
        if not self._expected(index, change, found):
            raise Stale(_strange(found))
        return change, found

    def _make(self, key: Key, attributes: Attributes | None) -> None:
        driver = driver_of(key, self._drivers)
        patiently(lambda: driver.write(key, attributes), self._patience, self._sleep)
        found = self._read(key)
        if not _reads(found, attributes) and not _is_left_to_others(found, attributes):
            raise PermanentError(journal.READBACK, _strange(found))

    def _read(self, key: Key) -> Observation:
        return patiently(lambda: driver_of(key, self._drivers).read(key), self._patience, self._sleep)

    @property
    def _patience(self) -> Patience:
        """Once a run goes back, nothing is written any more."""
        return self._policy.undoing if self.position.problem else self._policy.writing

    def _expected(self, index: int, change: Change, found: Observation) -> bool:
        """May the resource read like this at this point of the journal? (`index` past the changes: kept as it is.)"""
        stages = self.position.stages
        stage = stages[index] if index < len(stages) else Stage.PENDING
        goal = change.after if stage in (Stage.WRITING, Stage.WRITTEN) else change.before
        if stage is not Stage.PENDING and _is_left_to_others(found, goal):
            return True
        if index == self.position.misread or (stage is Stage.WRITING and self.closes):
            return found.standing is not Standing.FOREIGN
        if change.mends and stage is Stage.UNDONE:  # it was left as it had become by then
            return found.standing is Standing.PARTIAL or _reads(found, change.after)
        if stage in (Stage.WRITING, Stage.UNDOING):
            half = found.standing is Standing.PARTIAL
            return half or _reads(found, change.before) or _reads(found, change.after)
        former = change.after if stage is Stage.WRITTEN else change.before
        return _reads(found, former) or _has_run_out(found, former)

    def prove(self, only: tuple[Key, ...] | None = None) -> None:
        """Every resource that the plan leaves is proven, or these `only`; what fails is asked again while the patience
        lasts.
        """
        spec, keys = self.position.plan.spec, self._provable if only is None else only
        checks: dict[Key, Checks] = {}

        def ask(key: Key) -> Checks:
            self._progress(Progress(Phase.PROBING, key, keys.index(key) + 1, len(keys)))
            found = probe(key, spec, self._drivers)
            self._progress(Progress(Phase.PROBED, key, keys.index(key) + 1, len(keys)))
            return found

        for _ in tries(self._policy.probing, self._sleep):
            waiting = [key for key in keys if not _holds(checks.get(key))]
            checks.update(zip(waiting, self._together(ask, waiting), strict=True))
            if all(map(_holds, checks.values())):
                break
        evidence = tuple(check for key in keys for check in checks[key])
        if _verdicts(evidence) != _verdicts(self.position.evidence):
            self.note(Probed(evidence))
        self.position = replace(self.position, evidence=evidence)  # its words are others each time
        if failed := [f"{check.name}: {check.detail}" for check in evidence if not check.ok]:
            raise PermanentError("unproven", "; ".join(failed))

    @property
    def _provable(self) -> tuple[Key, ...]:
        """Records that could not be taken away are not asked for: what kept them is said already."""
        plan = self.position.plan
        left = {plan.changes[index].key for index in self.position.unwritten}
        return tuple(key for key in plan.proven if key.kind is not Kind.RECORDS or key not in left)

    def _report(self, phase: Phase, index: int) -> None:
        changes = self.position.plan.changes
        self._progress(Progress(phase, changes[index].key, index + 1, len(changes)))


def _reads(found: Observation, attributes: Attributes | None) -> bool:
    if found.standing is Standing.PARTIAL:
        return plans.is_half(attributes)
    if found.standing is Standing.OURS:
        return attributes is not None and plans.same(found.attributes, attributes)
    return found.standing is Standing.ABSENT and attributes is None


def _is_left_to_others(found: Observation, wished: Attributes | None) -> bool:
    """Whether nothing of ours shall be there, and is: at one name of a zone others may have records beside ours, and
    keep them when ours go.
    """
    return wished is None and found.key.kind is Kind.RECORDS and found.standing is Standing.FOREIGN


def _has_run_out(found: Observation, former: Attributes | None) -> bool:
    """Whether it is a certificate that only the clock has changed, as one that is set may at any moment."""
    if found.key.kind is not Kind.CERTIFICATE or found.attributes is None:
        return False
    return former is not None and plans.same({**former, "valid": False}, found.attributes)


def _strange(found: Observation) -> str:
    words = {
        Standing.ABSENT: "tidak ada",
        Standing.OURS: "keadaannya berbeda dari rencana",
        Standing.PARTIAL: found.detail or "setengah tertulis",
        Standing.FOREIGN: f"bukan buatan Panggon ({found.detail})",
    }
    return f"{found.key}: {words[found.standing]}"


def probe(key: Key, spec: SiteSpec, drivers: Drivers) -> Checks:
    """A system that cannot be asked is a proof that does not hold."""
    try:
        return driver_of(key, drivers).probe(key, spec=spec)
    except PanggonError as error:
        return (Check(f"{key.kind}.probe", ok=False, detail=str(error)),)


def _verdicts(checks: Checks) -> list[tuple[str, bool]]:
    return [(check.name, check.ok) for check in checks]


def _holds(checks: Checks | None) -> bool:
    return checks is not None and all(check.ok for check in checks)
