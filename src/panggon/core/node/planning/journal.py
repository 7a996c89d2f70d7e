"""What a run has done so far, as a list of entries, and what follows from it. Pure: keeping them is a store's job.

Every entry is kept before the act that it announces, so that after a kill at any instruction the list says which one
change may be half written.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Any, Protocol

from panggon.core.errors import PermanentError
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.plan import Plan


class Word(StrEnum):
    """How a run ended."""

    APPLIED = "applied"  # everything is as wished, and every proof held
    RESTORED = "restored"  # a permanent failure; the former state is back
    STALE = "stale"  # the world is not what the plan says: nothing more was touched, a person decides
    STUCK = "stuck"  # undoing, or what has no way back, failed for now: the journal stays open and is to be resumed


@dataclass(frozen=True, slots=True)
class Problem:
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`finished` in UTC. `problem` is None exactly when the word is APPLIED."""

    word: Word
    evidence: tuple[Check, ...]
    problem: Problem | None
    finished: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """`enrolment` says whose `wish` it is, "" where it is nobody's. It ends a closing that is not at its end."""

    plan: Plan
    wish: int
    at: datetime
    enrolment: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    index: int


@dataclass(frozen=True, slots=True)
class Written:
    index: int


@dataclass(frozen=True, slots=True)
class Probed:
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The decision to go back, with its reason. From here on a run only undoes."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Undoing:
    index: int


@dataclass(frozen=True, slots=True)
class Undone:
    index: int


@dataclass(frozen=True, slots=True)
class Finished:
    outcome: Outcome


Entry = Started | Writing | Written | Probed | Failed | Undoing | Undone | Finished


class JournalStore(Protocol):
    """Keeps the entries of one site. Errors: TemporaryError when they cannot be kept now."""

    def entries(self) -> tuple[Entry, ...]: ...

    def append(self, entry: Entry) -> None:
        """Return only when the entry would survive a power cut."""
        ...


class Stage(StrEnum):
    """How far one change is; it says what the resource may read as when a run is resumed."""

    PENDING = "pending"  # as before
    WRITING = "writing"  # as before, as after, or half written
    WRITTEN = "written"  # as after
    UNDOING = "undoing"  # as before, as after, or half written
    UNDONE = "undone"  # as before


class Next(StrEnum):
    WRITE = "write"
    PROBE = "probe"
    UNDO = "undo"
    RESTORED = "restored"  # all is undone; only the outcome is still to be written
    NOTHING = "nothing"  # finished


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run is. `misread` is a change whose write left something that was not asked for: ours, to be undone."""

    plan: Plan
    wish: int
    started: datetime
    stages: tuple[Stage, ...]
    evidence: tuple[Check, ...] = ()
    problem: Problem | None = None
    misread: int | None = None
    outcome: Outcome | None = None
    enrolment: str = ""

    @property
    def next(self) -> Next:
        if self.outcome:
            return Next.NOTHING
        if self.problem:
            return Next.UNDO if any(stage in _TOUCHED for stage in self.stages) else Next.RESTORED
        return Next.WRITE if any(stage in _AHEAD for stage in self.stages) else Next.PROBE

    @property
    def index(self) -> int | None:
        """The change that the next step is about: the first to write, or the last to undo."""
        if self.next is Next.WRITE:
            return next(index for index, stage in enumerate(self.stages) if stage in _AHEAD)
        if self.next is Next.UNDO:
            return max(index for index, stage in enumerate(self.stages) if stage in _TOUCHED)
        return None

    @property
    def unwritten(self) -> tuple[int, ...]:
        """Every change that is not written, in order."""
        return tuple(index for index, stage in enumerate(self.stages) if stage in _AHEAD)


_AHEAD = (Stage.PENDING, Stage.WRITING)
_TOUCHED = (Stage.WRITING, Stage.WRITTEN, Stage.UNDOING)
READBACK = "readback"


def fold(entries: Iterable[Entry]) -> Position | None:
    """Where the last run of the journal is; None where none has begun. PermanentError `journal.corrupt` otherwise."""
    return reduce(advance, entries, None)


def may_begin(position: Position | None) -> bool:
    """Whether a newer run may begin: nothing is under way but a closing, of which it takes up what is left."""
    return position is None or position.outcome is not None or position.plan.closes


def advance(position: Position | None, entry: Entry) -> Position:
    if isinstance(entry, Started):
        if not may_begin(position):
            raise _corrupt("started twice")
        pending = (Stage.PENDING,) * len(entry.plan.changes)
        return Position(entry.plan, entry.wish, entry.at, pending, enrolment=entry.enrolment)
    if position is None or position.outcome:
        raise _corrupt(f"{type(entry).__name__} outside a run")
    match entry:
        case Probed(checks):
            return replace(position, evidence=checks)
        case Failed(problem):
            return replace(position, problem=problem, misread=position.index if problem.code == READBACK else None)
        case Finished(outcome):
            return replace(position, outcome=outcome)
        case Writing(index) | Written(index) | Undoing(index) | Undone(index):
            return _staged(position, index, *_STEPS[type(entry)])


_STEPS: Mapping[type[Entry], tuple[Next, Stage]] = {
    Writing: (Next.WRITE, Stage.WRITING),
    Written: (Next.WRITE, Stage.WRITTEN),
    Undoing: (Next.UNDO, Stage.UNDOING),
    Undone: (Next.UNDO, Stage.UNDONE),
}


def _staged(position: Position, index: int, step: Next, stage: Stage) -> Position:
    if position.next is not step or index not in _due(position, step):
        raise _corrupt(f"{stage} {index} where {position.next} {position.index} was due")
    stages = (*position.stages[:index], stage, *position.stages[index + 1 :])
    settled = stage is Stage.UNDONE and index == position.misread
    return replace(position, stages=stages, misread=None if settled else position.misread)


def _due(position: Position, step: Next) -> tuple[int | None, ...]:
    """What the next step may be about: of a closing whatever is not written, because what fails holds up nothing."""
    if step is Next.WRITE and position.plan.closes:
        return position.unwritten
    return (position.index,)


def dump(entry: Entry) -> str:
    """The entry as one line of JSON, with its end. In ASCII: what a site said may hold characters that are no text."""
    return json.dumps({"entry": _NAMES[type(entry)], **_members(entry)}) + "\n"


def load(data: bytes) -> tuple[Entry, ...]:
    """The entries of a journal. A last line that a power cut has torn was never acted upon and is left out; damage
    anywhere else raises PermanentError `journal.corrupt`.
    """
    return tuple(_entry(line) for line in data[: sound_length(data)].splitlines())


def sound_length(data: bytes) -> int:
    """How many bytes hold whole entries: where the next one is to be written. What a power cut kept out is zeros, and
    ends them.
    """
    data = data.partition(b"\0")[0]
    end = data.rfind(b"\n") + 1
    start = data.rfind(b"\n", 0, max(end - 1, 0)) + 1
    try:
        if end:
            _entry(data[start:end])
    except PermanentError:
        return start
    return end


def ended(data: bytes) -> tuple[Word, Any] | None:
    """How the last run of a journal has ended, and its spec as a document; None where it has not. All else is passed
    over: this is asked of every site of a machine at once. Raises PermanentError `journal.corrupt`.
    """
    lines = data[: sound_length(data)].splitlines()
    if not lines or not lines[-1].startswith(_FINISHED):
        return None
    try:
        started = next((line for line in reversed(lines) if line.startswith(_STARTED)), b"")
        spec, _ = _DECODER.raw_decode(started.partition(_SPEC)[2].decode())
        return Word(json.loads(lines[-1])["outcome"]), spec
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _corrupt(str(error)) from error


def applied(entries: Iterable[Entry]) -> Plan | None:
    """The plan of the last run that has reached its wish."""
    begun = found = None
    for entry in entries:
        match entry:
            case Started(plan=plan):
                begun = plan
            case Finished(Outcome(word=Word.APPLIED)):
                found = begun
    return found


def is_shutting(entries: Iterable[Entry]) -> bool:
    """Whether a closing was left before its end, and nothing that was begun since has reached its wish: the doors may
    be shut, whatever was applied last.
    """
    return _left_closing(entries) is not None


def kept(entries: Sequence[Entry], begun: Started) -> tuple[Entry, ...]:
    """The journal when another run begins: the last one is kept, and of a closing that was left before (`is_shutting`)
    its beginning.
    """
    last = next((index for index in reversed(range(len(entries))) if isinstance(entries[index], Started)), 0)
    left = _left_closing((*entries, begun))
    earlier = (left,) if left and left in entries[:last] else ()
    return (*earlier, *entries[last:], begun)


def _left_closing(entries: Iterable[Entry]) -> Started | None:
    left: Started | None = None
    closing: Started | None = None  # the run that is looked at, where it is one and under way
    for entry in entries:
        match entry:
            case Started(plan=plan):
                left, closing = closing or left, entry if plan.closes else None
            case Finished(Outcome(word=Word.APPLIED)):
                left = closing = None
            case Finished(Outcome(word=word)):
                left = left or (closing if word is Word.STALE else None)
                closing = None
    return left


def _corrupt(what: str) -> PermanentError:
    return PermanentError("journal.corrupt", f"catatan pekerjaan situs ini rusak: {what}")


def _members(entry: Entry) -> dict[str, Any]:
    match entry:
        case Started(plan, wish, at, enrolment):
            return {"plan": plans.dump(plan), "wish": wish, "at": at.isoformat(), "enrolment": enrolment}
        case Probed(checks):
            return {"checks": [_check_row(check) for check in checks]}
        case Failed(problem):
            return {"problem": _problem_row(problem)}
        case Finished(outcome):
            return {
                "outcome": outcome.word.value,
                "evidence": [_check_row(check) for check in outcome.evidence],
                "problem": _problem_row(outcome.problem) if outcome.problem else None,
                "finished": outcome.finished.isoformat(),
            }
        case Writing(index) | Written(index) | Undoing(index) | Undone(index):
            return {"index": index}


def _entry(line: bytes) -> Entry:
    try:
        row = json.loads(line)
        entry: Entry = _READERS[row["entry"]](row)
        return entry
    except (ValueError, KeyError, TypeError, RecursionError, PermanentError) as error:
        raise _corrupt(str(error)) from error


def _check_row(check: Check) -> dict[str, Any]:
    return {"name": check.name, "ok": check.ok, "detail": check.detail}


def _problem_row(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "detail": problem.detail}


def _checks(rows: Iterable[Mapping[str, Any]]) -> tuple[Check, ...]:
    return tuple(Check(row["name"], row["ok"], row["detail"]) for row in rows)


def _problem(row: Mapping[str, Any] | None) -> Problem | None:
    return Problem(row["code"], row["detail"]) if row else None


def _failed(row: Mapping[str, Any]) -> Failed:
    return Failed(Problem(row["problem"]["code"], row["problem"]["detail"]))


def _finished(row: Mapping[str, Any]) -> Finished:
    at = datetime.fromisoformat(row["finished"])
    return Finished(Outcome(Word(row["outcome"]), _checks(row["evidence"]), _problem(row["problem"]), at))


_NAMES: Mapping[type[Entry], str] = {
    kind: kind.__name__.lower() for kind in (Started, Writing, Written, Probed, Failed, Undoing, Undone, Finished)
}
_DECODER, _SPEC = json.JSONDecoder(), b'"spec": '  # of its plan, which says nothing longer before
_STARTED, _FINISHED = (json.dumps({"entry": _NAMES[kind]})[:-1].encode() for kind in (Started, Finished))
_READERS: Mapping[str, Any] = {
    "started": lambda row: Started(
        plans.load(row["plan"]), row["wish"], datetime.fromisoformat(row["at"]), row.get("enrolment", "")
    ),
    "writing": lambda row: Writing(row["index"]),
    "written": lambda row: Written(row["index"]),
    "probed": lambda row: Probed(_checks(row["checks"])),
    "failed": _failed,
    "undoing": lambda row: Undoing(row["index"]),
    "undone": lambda row: Undone(row["index"]),
    "finished": _finished,
}
