"""Where the sessions of a site work, on processes in the place of a server's."""

import errno
import os
import subprocess

import pytest

from panggon.core.node.databases.database_load import Session
from panggon.core.sites.spec import Engine
from panggon.node.databases.placement import Placement
from tests.node.scheduling import priority_of_session, shares_by_sessions


@shares_by_sessions
def test_a_priority_holds_beyond_the_kernels_own_session_too() -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as backend:
        sessions = [Session("s000001", number, backend.pid, active=True) for number in range(8)]
        Placement().look(Engine.POSTGRESQL, sessions, {})
        found = priority_of_session(backend.pid)
        backend.kill()
    assert found == 9


def test_what_the_kernel_has_against_it_is_known_until_it_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    placement = Placement()
    with subprocess.Popen(["sleep", "60"]) as server:
        with monkeypatch.context() as forbidden:
            forbidden.setattr(os, "sched_setaffinity", _forbid)
            placement.look(Engine.MARIADB, [], {}, process=server.pid)
            assert placement.faults == {Engine.MARIADB: "Operation not permitted"}
        placement.look(Engine.MARIADB, [], {}, process=server.pid)
        server.kill()
    placement.look(Engine.POSTGRESQL, [], {}, process=server.pid)
    assert placement.faults == {Engine.MARIADB: "", Engine.POSTGRESQL: ""}


def _forbid(*_: object) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
