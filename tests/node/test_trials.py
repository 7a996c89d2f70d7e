"""How the protections of a machine are tried: beside each other, and none is believed to be missing at once."""

import os
import resource
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from panggon.core.errors import PermanentError
from panggon.node.sockets import __main__ as sockets
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.listening.keeper import REFUSED
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


def test_what_did_not_end_in_time_is_tried_until_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is slow: who ended for it would fail `panggon-node init`, or keep all sites away for ever."""
    monkeypatch.setattr(protections, "ATTEMPT_SECONDS", 0.05)
    code, said = protections._attempt(["sleep", "60"])
    assert code is None
    slow = protections.Protection("memory", active=False, reason=said)
    given = protections.Protection("memory", active=True, reason="")
    missing = protections.Protection("cpu", active=False, reason="mesin ini tidak memberi pengendali cpu")
    rounds = [(slow,), (slow,), (given,), (slow, missing), (slow, missing)]
    monkeypatch.setattr(protections, "protections", lambda *_: rounds.pop(0))
    strict, reduced = (cast("SocketSettings", SimpleNamespace(require_all=each, uid_base=0)) for each in (True, False))
    assert protections.demanded(strict, NO_GROUPS) == (given,)
    with pytest.raises(PermanentError, match=r"sockets\.unprotected"):
        protections.demanded(strict, NO_GROUPS)
    assert protections.demanded(reduced, NO_GROUPS) == (slow, missing)


def test_a_holder_without_what_is_demanded_is_started_no_more(monkeypatch, tmp_path) -> None:
    def refuse(*_: object) -> None:
        raise PermanentError("sockets.unprotected")

    monkeypatch.setattr(sys, "argv", ["sockets", "--config", str(tmp_path / "sockets.json"), "--kept-by-systemd"])
    monkeypatch.setattr(sockets, "load", lambda _path: None)
    monkeypatch.setattr(sockets, "BySystemd", lambda: None)
    monkeypatch.setattr(sockets, "Holder", refuse)
    monkeypatch.setattr(os, "umask", lambda _mask: 0)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert sockets.main() == REFUSED


def test_limits_are_tried_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    all_begun = threading.Barrier(len(LIMITS), timeout=60)

    def trial(_groups: ControlGroups) -> str:
        all_begun.wait()
        return ""

    for each in TRIALS:
        monkeypatch.setattr(protections, each, trial if each in LIMITS else failing(0))
    assert protections.active(protections.protections(UID_BASE, NO_GROUPS)) == frozenset(Shield)
