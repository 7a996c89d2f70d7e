"""A sandbox whose program ends between two looks at it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from panggon.core.sites.spec import SiteKind
from panggon.drivers.system import processes
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.sandboxes.sandbox import Machine, Sandbox
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.walls import Shield

MONITOR, MASTER = 4_000_001, 4_000_002  # above pid_max: nobody's


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    settings = SocketSettings(root=tmp_path, run=tmp_path, logs=tmp_path, uid_base=1_900_000_000, web_group=33)
    machine = Machine(settings, frozenset({Shield.SANDBOX}), ControlGroups(None, None, None))
    return Sandbox(machine, "s990001", "s990001", MONITOR, -1, "", None, SiteKind.PHP, "")


@pytest.mark.parametrize("ask", [Sandbox.ask_to_end, lambda sandbox: sandbox.working])
def test_program_that_is_gone_at_the_second_look(
    ask: Callable[[Sandbox], object], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([(MASTER,)])
    asked: list[int] = []

    def children(pid: int) -> tuple[int, ...]:
        asked.append(pid)
        return next(looks, ())

    monkeypatch.setattr(processes, "children", children)
    ask(sandbox)
    assert asked in ([MONITOR], [MONITOR, MASTER])
