"""The journal: what follows from its entries, and its form as lines."""

import itertools
from datetime import UTC, datetime

import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning import journal as subject
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import (
    Failed,
    Finished,
    Next,
    Outcome,
    Probed,
    Problem,
    Stage,
    Started,
    Undoing,
    Undone,
    Word,
    Writing,
    Written,
    fold,
)
from panggon.core.node.planning.plan import Plan, make
from tests.core.node.planning.plans import FACTS, OPEN, PREPARED, QUARANTINED, existing

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PLAN: Plan = make(OPEN, FACTS, existing(PREPARED))  # three changes: user, host, access
START = Started(PLAN, 17, NOW)
CHECKS = (Check("dns.answer", True, "127.0.0.1"), Check("https.answer", False, "502"))
PROBLEM = Problem("unproven", "https.answer: 502")
RESTORED = Outcome(Word.RESTORED, CHECKS, PROBLEM, NOW)
FORWARD = (START, Writing(0), Written(0), Writing(1), Written(1), Writing(2), Written(2), Probed(CHECKS))
BACK = (Failed(PROBLEM), Undoing(2), Undone(2), Undoing(1), Undone(1), Undone(0), Finished(RESTORED))


def step(*entries) -> tuple[Next, int | None]:
    position = fold(entries)
    return position.next, position.index


def test_nothing_begun():
    assert fold(()) is None


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1, (Next.WRITE, 0)),
        (2, (Next.WRITE, 0)),
        (3, (Next.WRITE, 1)),
        (6, (Next.WRITE, 2)),
        (7, (Next.PROBE, None)),
        (8, (Next.PROBE, None)),
        (9, (Next.UNDO, 2)),
        (10, (Next.UNDO, 2)),
        (11, (Next.UNDO, 1)),
        (13, (Next.UNDO, 0)),
        (14, (Next.RESTORED, None)),
        (15, (Next.NOTHING, None)),
    ],
)
def test_what_is_next(length, expected):
    assert step(*(FORWARD + BACK)[:length]) == expected


@pytest.mark.parametrize("length", range(len(FORWARD + BACK) + 1))
def test_how_it_ended_is_what_the_whole_journal_says(length):
    entries = (START, Finished(RESTORED), *(FORWARD + BACK)[:length]) if length else ()
    lines = "".join(map(subject.dump, entries)).encode()
    ended = (Word.RESTORED, plans.dump(PLAN)["spec"]) if length == len(FORWARD + BACK) else None
    assert subject.ended(lines) == ended
    assert subject.ended(lines + b'{"entry": "fin' + bytes(9)) == ended, "torn by a power cut"


def test_stages_tell_which_change_is_under_way():
    assert fold(FORWARD[:4]).stages == (Stage.WRITTEN, Stage.WRITING, Stage.PENDING)
    assert fold(FORWARD + BACK[:4]).stages == (Stage.WRITTEN, Stage.UNDOING, Stage.UNDONE)


def test_only_what_was_begun_is_undone():
    assert step(START, Writing(0), Failed(PROBLEM)) == (Next.UNDO, 0)
    assert step(START, Failed(PROBLEM)) == (Next.RESTORED, None)


def test_misread_lasts_until_it_is_undone():
    misread = (START, Writing(0), Failed(Problem("readback", "")))
    assert fold(misread).misread == 0
    assert fold((*misread, Undoing(0))).misread == 0
    assert fold((*misread, Undoing(0), Undone(0))).misread is None
    assert fold((START, Writing(0), Failed(PROBLEM))).misread is None


def test_finished_run_tells_its_outcome_and_a_new_one_may_follow():
    done = fold(FORWARD + BACK)
    assert (done.outcome, done.problem, done.evidence, done.wish) == (RESTORED, PROBLEM, CHECKS, 17)
    assert step(*FORWARD, *BACK, START) == (Next.WRITE, 0)


@pytest.mark.parametrize(
    "entries",
    [
        (Writing(0),),
        (START, START),
        (START, Writing(1)),
        (START, Undoing(0)),
        (START, Writing(0), Failed(PROBLEM), Written(0)),
        (*FORWARD, *BACK, Writing(0)),
        (*FORWARD, Writing(0)),
    ],
)
def test_what_cannot_be_is_corrupt(entries):
    with pytest.raises(PermanentError, match=r"journal\.corrupt"):
        fold(entries)


def lines(entries) -> bytes:
    return "".join(map(subject.dump, entries)).encode()


def test_lines_read_back_the_same():
    applied = Finished(Outcome(Word.APPLIED, (), None, NOW))
    for entries in (FORWARD + BACK, (START, applied)):
        assert subject.load(lines(entries)) == entries
    assert subject.dump(Writing(3)) == '{"entry": "writing", "index": 3}\n'


@pytest.mark.parametrize("cut", range(1, len(subject.dump(Writing(1)))))
def test_torn_last_line_is_left_out(cut):
    whole = lines(FORWARD[:3])
    torn = whole + subject.dump(Writing(1)).encode()[:cut]
    assert subject.load(torn) == FORWARD[:3]
    assert subject.sound_length(torn) == len(whole)


@pytest.mark.parametrize("rest", [b"rusak\n", b"\0\0\0", b"{}\n", b'{"entry": "lain"}\n', b"\xff\n", b"rusak\n\0\0"])
def test_damaged_last_line_counts_as_torn(rest):
    whole = lines(FORWARD[:3])
    assert subject.load(whole + rest) == FORWARD[:3]
    assert subject.sound_length(whole + rest) == len(whole)


def test_what_a_power_cut_kept_out_ends_what_is_sound():
    whole, later = lines(FORWARD[:3]), lines(FORWARD[4:5])
    assert subject.load(whole + bytes(40) + later) == FORWARD[:3]
    assert subject.sound_length(whole + bytes(40) + later) == len(whole)


def test_damage_before_the_last_line_is_refused():
    with pytest.raises(PermanentError, match=r"journal\.corrupt"):
        subject.load(lines(FORWARD[:2]) + b"rusak\n" + lines(FORWARD[2:3]))


def test_nothing_at_all():
    assert subject.load(b"") == ()
    assert subject.load(b"\0\0") == ()
    assert subject.sound_length(b"\n") == 0


def test_damage_is_refused_also_by_who_asks_only_for_the_end():
    finished = lines((Finished(Outcome(Word.APPLIED, (), None, NOW)),))
    for rest in (b"", b"rusak\n", b'{"entry": "started"}\n', b'{"entry": "started", "plan": 1}\n'):
        with pytest.raises(PermanentError, match=r"journal\.corrupt"):
            subject.ended(rest + finished)


def run_of(plan, word):
    """One that did not come to its end, where no word says how it ended."""
    return (Started(plan, 1, NOW), *((Finished(Outcome(word, (), None, NOW)),) if word else ()))


SHUTTING = make(QUARANTINED, FACTS, existing(OPEN))


@pytest.mark.parametrize(
    ("words", "shutting", "applied"),
    [
        ((), False, None),
        ((Word.APPLIED,), False, SHUTTING),
        ((None,), False, None),
        ((None, None), True, None),
        ((Word.STALE,), True, None),
        ((Word.RESTORED,), False, None),
        ((None, Word.RESTORED), True, None),
        ((None, Word.APPLIED), False, SHUTTING),
        ((Word.APPLIED, Word.STALE), True, SHUTTING),
        ((Word.STALE, Word.RESTORED), True, None),
    ],
)
def test_what_the_runs_have_left(words, shutting, applied):
    assert SHUTTING.closes
    entries = [entry for word in words for entry in run_of(SHUTTING, word)]
    assert (subject.is_shutting(entries), subject.applied(entries)) == (shutting, applied)


def test_only_a_closing_gives_way_to_a_newer_run():
    again = Started(SHUTTING, 2, NOW, "other")
    position = fold((*run_of(SHUTTING, None), Writing(0), again))
    assert (position.wish, position.enrolment, set(position.stages)) == (2, "other", {Stage.PENDING})
    with pytest.raises(PermanentError, match=r"journal\.corrupt"):
        fold((Started(make(OPEN, FACTS, existing(PREPARED)), 1, NOW), again))


def test_a_plan_that_shuts_nothing_leaves_nothing_shut():
    assert not subject.is_shutting(run_of(make(OPEN, FACTS, existing(PREPARED)), Word.STALE))


def test_what_is_kept_of_the_runs_before_says_whether_the_doors_may_be_shut():
    """However many runs came between: of those that have gone back, or were left, only the last one is kept whole."""
    opening = make(OPEN, FACTS, existing(PREPARED))
    ends = (Word.APPLIED, Word.STALE, Word.RESTORED)
    ways = [(SHUTTING, None), *((plan, word) for plan in (SHUTTING, opening) for word in ends)]
    for runs in itertools.product(ways, repeat=4):
        whole, kept = [], ()
        for plan, word in runs:
            begun, *end = run_of(plan, word)
            whole += [begun, *end]
            kept = (*subject.kept(kept, begun), *end)
            assert subject.is_shutting(kept) == subject.is_shutting(whole), runs
            assert fold(kept) == fold(whole)
        assert sum(isinstance(entry, Started) for entry in kept) <= 3
