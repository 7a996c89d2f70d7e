"""Whose connections to a server's socket are, before anybody has logged in by them."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from panggon.drivers.system import processes
from panggon.node.databases import crowd
from tests.drivers.conftest import UID_BASE
from tests.named import NO_TEXT, named
from tests.waiting import until

pytestmark = pytest.mark.real
ONE, OTHER = "s900871", "s900872"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    path = Path(f"/tmp/panggon-test-{os.getpid()}.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(50)
        yield listener
    path.unlink()


def connected(door: Path, *, times: int) -> list[socket.socket]:
    found = [socket.socket(socket.AF_UNIX) for _ in range(times)]
    for each in found:
        each.connect(str(door))
    return found


@pytest.mark.parametrize("name", [b"php-fpm", NO_TEXT])
def test_who_connects_is_known_whatever_it_calls_itself(server: socket.socket, name: bytes) -> None:
    door = Path(server.getsockname())
    one, other = (UID_BASE + int(site[1:]) for site in (ONE, OTHER))
    with (
        named(name, one, holding=lambda: connected(door, times=5)) as many,
        named(b"php-fpm", other, holding=lambda: connected(door, times=2)) as few,
        ExitStack() as accepted,
    ):
        for _ in range(7):
            accepted.enter_context(server.accept()[0])
        found = crowd.connections([os.getpid()], door, UID_BASE)
        assert found == {ONE: {many: 5}, OTHER: {few: 2}}
        assert crowd.total(found) == {ONE: 5, OTHER: 2}
        crowd.end(one, [many])
        until(lambda: not processes.of_user(one))
        assert processes.of_user(other) == {few}
