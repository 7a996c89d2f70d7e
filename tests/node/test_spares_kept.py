"""Which spares there are, and for how long: by a clock of the test's, without any process."""

import math
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from panggon.core.errors import PermanentError
from panggon.node.sockets.sandboxes import spare as one
from panggon.node.sockets.sandboxes.spares import (
    BEFORE_SECONDS,
    BURST_SECONDS,
    FAILED_SECONDS,
    IN_A_BURST,
    PAUSE_SECONDS,
    START_SECONDS,
    Spares,
)


class Fake:
    """Of a program; `ready` and `running` as the test wants it."""

    def __init__(self, program: one.Program) -> None:
        self.program = program
        self.ready = self.running = self.current = True
        self.closed = False
        self.child = SimpleNamespace(running=lambda: self.running)

    def pids(self) -> tuple[int, ...]:
        return (id(self),)

    def is_ready(self) -> bool:
        return self.ready

    def is_current(self, settings: object) -> bool:
        return self.current

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Fake]:
    made: list[Fake] = []

    def begin(settings: object, shields: object, groups: object, program: one.Program) -> Fake:
        made.append(Fake(program))
        return made[-1]

    monkeypatch.setattr(one, "begin", begin)
    monkeypatch.setattr(one, "fits", lambda launch, uid, shields: launch.program != ("never",))
    return made


@pytest.fixture
def kept() -> Spares:
    settings: Any = SimpleNamespace(uid=lambda name: 1)
    return Spares(settings, frozenset(), SimpleNamespace(remove=lambda name: None, members=lambda name: frozenset()))  # type: ignore[arg-type]


def wants(kept: Spares, name: str, now: float) -> Any:
    launch: Any = SimpleNamespace(program=(name,), name="s000001")
    return kept.take(launch, now)


def passes(kept: Spares, now: float) -> float:
    """Whatever is due at once; when that was over."""
    while kept.due <= now + START_SECONDS:
        now = max(now, kept.due)
        kept.look(now)
    return now


def test_none_is_begun_before_anybody_wants_one(kept: Spares, begun: list[Fake]) -> None:
    assert math.isinf(kept.due)
    assert wants(kept, "never", 1.0) is None
    kept.look(2.0)
    assert (begun, math.isinf(kept.due)) == ([], True)


def test_who_wakes_is_not_disturbed_by_the_next_ones(kept: Spares, begun: list[Fake]) -> None:
    assert wants(kept, "one", 1.0) is None
    assert kept.due == 1.0 + PAUSE_SECONDS
    assert passes(kept, 1.0) == pytest.approx(1.0 + (1 + IN_A_BURST) * PAUSE_SECONDS)
    assert ([each.program for each in begun], kept.ready) == ([("one",)] * IN_A_BURST, IN_A_BURST)
    assert wants(kept, "one", 5.0) is begun[0]
    passes(kept, 5.0)
    assert (len(begun), kept.ready) == (IN_A_BURST + 1, IN_A_BURST)


def test_what_was_wanted_last_is_kept(kept: Spares, begun: list[Fake]) -> None:
    taken = []
    for place, name in enumerate(("one", "two", "one", "three")):
        taken.append(wants(kept, name, place))
        passes(kept, place)
    left = sorted(each.program for each in begun if not each.closed and each not in taken)
    assert left == sorted([("three",)] * IN_A_BURST + [("one",)])
    assert kept.ready == len(left)


def test_when_no_site_wakes_for_long_one_is_enough(kept: Spares, begun: list[Fake]) -> None:
    for place, name in enumerate(("one", "two")):
        wants(kept, name, place)
        passes(kept, place)
    there = {}
    while not math.isinf(kept.due):
        now = kept.due
        kept.look(now)
        there[now] = kept.ready
    ends = {BURST_SECONDS: IN_A_BURST + 1, 1 + BURST_SECONDS: 2, BEFORE_SECONDS: 1, 1 + BEFORE_SECONDS: 1}
    assert there == ends, "of the first one there is only one from the second one's wish on"
    assert [each.program for each in begun if not each.closed] == [("two",)]
    assert wants(kept, "two", 1000.0) is not None


def test_before_anybody_comes_there_is_one(kept: Spares, begun: list[Fake]) -> None:
    launch: Any = SimpleNamespace(program=("one",), name="s000001")
    assert kept.expect(launch, 5.0)
    passes(kept, 5.0)
    assert kept.ready == 1
    assert wants(kept, "one", 7.0) is begun[0]
    passes(kept, 7.0)
    assert kept.ready == IN_A_BURST


def test_one_that_is_not_what_it_would_be_now_is_nobodys(kept: Spares, begun: list[Fake]) -> None:
    wants(kept, "one", 0.0)
    passes(kept, 0.0)
    begun[0].current = False
    assert wants(kept, "one", 1.0) is begun[1]
    assert [each.closed for each in begun] == [True, False]


@pytest.mark.parametrize("running", [True, False])
def test_one_that_does_not_get_ready_is_tried_again_later(kept: Spares, begun: list[Fake], running: bool) -> None:
    wants(kept, "one", 0.0)
    kept.look(0.1)
    begun[0].ready, begun[0].running = False, running
    kept.look(0.2)
    kept.look(11.0)
    assert (begun[0].closed, len(begun), kept.ready) == (True, 1, 0)
    assert wants(kept, "one", 12.0) is None
    assert kept.due == pytest.approx((11.0 if running else 0.2) + FAILED_SECONDS)
    passes(kept, kept.due)
    assert kept.ready == (1 if running else IN_A_BURST)


def test_a_machine_that_can_have_none_is_not_asked_all_the_time(
    kept: Spares, begun: list[Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def refused(*what: object) -> None:
        tries.append(what)
        raise PermanentError("runtime.preload", "")

    monkeypatch.setattr(one, "begin", refused)
    for second in range(int(2 * FAILED_SECONDS)):
        wants(kept, "one", second)
        kept.look(second + 0.5)
    assert len(tries) == 2


def test_at_the_end_the_killed_are_waited_for_and_no_site_that_was_a_spare(begun: list[Fake]) -> None:
    asked: list[bool] = []

    def members(name: str) -> frozenset[int]:
        asked.append(all(each.closed for each in begun))
        return frozenset({1, *((id(begun[0]),) if len(asked) < 3 else ())})

    settings: Any = SimpleNamespace(uid=lambda name: 1)
    groups: Any = SimpleNamespace(remove=lambda name: asked.append(False), members=members)
    kept = Spares(settings, frozenset(), groups)
    wants(kept, "one", 0.0)
    passes(kept, 0.0)
    kept.close()
    assert asked == [True, True, True, False], "the group is removed when those that were killed have left it"


def test_what_is_too_long_to_be_told_is_not_told_in_part() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    spare = one.Spare((), SimpleNamespace(), ours, ())  # type: ignore[arg-type]
    launch: Any = SimpleNamespace(
        name="s000001", texts={"/etc/long": "x" * one.MESSAGE_BYTES}, places=(), environment={}
    )
    settings: Any = SimpleNamespace(uid=lambda name: 1)
    with theirs, pytest.raises(OSError, match="too much to be told"):
        spare.become(settings, launch, descriptors=[0], limits={})
    ours.close()
