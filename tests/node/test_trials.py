"""How the protections of a machine are tried: beside each other, and none is believed to be missing at once."""

import threading
from collections.abc import Callable

import pytest

from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.shields import protections
from panggon.node.sockets.shields.walls import Shield
from tests.node.stand import UID_BASE

TRIALS = ("_try_walls", "_try_calls", "_try_outgoing", "_try_memory", "_try_processes", "_try_cpu")
LIMITS = ("_try_memory", "_try_processes", "_try_cpu")
NO_GROUPS = ControlGroups(None, None, None)


def failing(times: int) -> Callable[..., str]:
    """A trial that gives a reason so often, then none."""
    reasons = ["busy"] * times
    return lambda *_: reasons.pop() if reasons else ""


@pytest.mark.parametrize("name", TRIALS)
def test_what_a_busy_machine_fails_once_is_not_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each in TRIALS:
        monkeypatch.setattr(protections, each, failing(1 if each == name else 0))
    assert protections.active(protections.protections(UID_BASE, NO_GROUPS)) == frozenset(Shield)


def test_what_fails_again_is_missing_and_whatever_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in TRIALS:
        monkeypatch.setattr(protections, each, failing(2 if each in ("_try_walls", "_try_cpu") else 0))
    found = protections.protections(UID_BASE, NO_GROUPS)
    assert {each.name: each.reason for each in found if not each.active} == {
        "sandbox": "busy",
        "network": "busy",
        "nested-namespaces": "busy",
        "system-calls": "busy",
        "cpu": "busy",
        "outgoing": "busy",
    }


def test_limits_are_tried_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    all_begun = threading.Barrier(len(LIMITS), timeout=60)

    def trial(_groups: ControlGroups) -> str:
        all_begun.wait()
        return ""

    for each in TRIALS:
        monkeypatch.setattr(protections, each, trial if each in LIMITS else failing(0))
    assert protections.active(protections.protections(UID_BASE, NO_GROUPS)) == frozenset(Shield)
