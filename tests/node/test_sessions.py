"""The control groups of SFTP sessions: they go when the last of their site has ended, however slowly it dies."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from panggon.drivers.system import processes
from panggon.node.sockets.control_groups.groups import GroupBounds
from panggon.node.sockets.guards import sessions
from panggon.node.sockets.guards.sessions import Sessions

UID_BASE = 1_900_000_000
GROUP = "s000007-sftp"
PID = 4711


class Groups:
    """Those of a kernel that lets a group go only when it is not `dying`."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.dying = True

    def enter(self, name: str, bounds: GroupBounds, pids: Iterable[int]) -> None:
        self.there.add(name)

    def has(self, name: str) -> bool:
        return name in self.there

    def remove(self, name: str) -> None:
        if not self.dying:
            self.there.discard(name)


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The processes of site 7 that have not ended, all of them sessions."""
    pids = {PID}
    monkeypatch.setattr(sessions, "_is_session", lambda _: True)
    monkeypatch.setattr(processes, "start_time", lambda pid: int(pid in pids))
    monkeypatch.setattr(processes, "parent", lambda _: 1)
    return pids


def guarded(groups: Groups, alive: set[int]) -> Sessions:
    machine = SimpleNamespace(
        groups=groups,
        settings=SimpleNamespace(uid_base=UID_BASE),
        users=SimpleNamespace(running=lambda: {UID_BASE + 7: frozenset(alive)}),
    )
    return Sessions(cast("Any", machine), cast("Any", SimpleNamespace(since=lambda _: 0)))


def test_a_group_that_was_still_dying_goes_at_a_later_look(alive: set[int]) -> None:
    groups = Groups()
    watch = guarded(groups, alive)
    watch.look()
    alive.clear()
    watch.look()
    assert groups.there == {GROUP}
    groups.dying = False
    watch.look()
    assert groups.there == set()


def test_the_group_of_who_came_and_went_between_two_looks_goes_too(alive: set[int]) -> None:
    groups = Groups()
    groups.dying = False
    watch = guarded(groups, alive)
    alive.clear()
    watch._attend(7, frozenset({PID}), new={PID})
    watch.look()
    assert groups.there == set()


def test_with_the_holder_goes_what_nobody_uses_any_more(alive: set[int]) -> None:
    groups = Groups()
    watch = guarded(groups, alive)
    watch.look()
    watch.close()
    assert groups.there == {GROUP}
    groups.dying = False
    watch.close()
    assert groups.there == set()
