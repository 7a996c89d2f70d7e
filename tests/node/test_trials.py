"""How the protections of a machine are tried: beside each other, and none is believed to be missing at once."""

import os
import resource
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.node.sockets import __main__ as sockets
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.listening.keeper import AGAIN, REFUSED
from panggon.node.sockets.settings import SocketSettings
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


def test_what_did_not_end_in_time_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is slow, and might keep all its sites away for ever."""
    monkeypatch.setattr(protections, "ATTEMPT_SECONDS", 0.05)
    code, said = protections._attempt(["sleep", "60"])
    assert code is None
    slow = protections.Protection("memory", active=False, reason=said)
    missing = protections.Protection("cpu", active=False, reason="mesin ini tidak memberi pengendali cpu")
    settings = cast("SocketSettings", SimpleNamespace(require_all=True))
    with pytest.raises(TemporaryError, match=r"sockets\.untried: memory: sleep did not end"):
        protections.demand(settings, [slow])
    with pytest.raises(PermanentError, match=r"sockets\.unprotected"):
        protections.demand(settings, [slow, missing])
    reduced = cast("SocketSettings", SimpleNamespace(require_all=False))
    protections.demand(reduced, [slow, missing])


@pytest.mark.parametrize(
    ("error", "status"), [(TemporaryError("sockets.untried"), AGAIN), (PermanentError("sockets.unprotected"), REFUSED)]
)
def test_a_holder_says_whether_another_one_may_be_tried(monkeypatch, tmp_path, error, status) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["sockets", "--config", str(tmp_path / "sockets.json"), "--kept-by-systemd"])
    monkeypatch.setattr(sockets, "load", lambda _path: None)
    monkeypatch.setattr(sockets, "BySystemd", lambda: None)
    monkeypatch.setattr(sockets, "Holder", refuse)
    monkeypatch.setattr(os, "umask", lambda _mask: 0)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert sockets.main() == status


def test_limits_are_tried_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    all_begun = threading.Barrier(len(LIMITS), timeout=60)

    def trial(_groups: ControlGroups) -> str:
        all_begun.wait()
        return ""

    for each in TRIALS:
        monkeypatch.setattr(protections, each, trial if each in LIMITS else failing(0))
    assert protections.active(protections.protections(UID_BASE, NO_GROUPS)) == frozenset(Shield)
