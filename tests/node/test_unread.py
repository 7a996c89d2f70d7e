"""A site that leaves connections unaccepted, and what it was sent in them unread."""

import subprocess
import sys
from pathlib import Path

import pytest

from panggon.node.sockets.guards import unread
from panggon.node.sockets.guards.unread import Unread, is_short
from panggon.node.sockets.sandboxes.lookups import Users
from tests.drivers.conftest import UID_BASE
from tests.node.programs import program
from tests.waiting import until

pytestmark = pytest.mark.real
FILLS = """
import socket, sys, time
door = socket.create_server(("127.0.0.1", 0), backlog=64)
held, sent = [], 0
while sent < int(sys.argv[1]):
    one = socket.create_connection(door.getsockname())
    one.setblocking(False)
    held.append(one)
    try:
        while sent < int(sys.argv[1]):
            sent += one.send(bytes(65536))
    except BlockingIOError:
        pass
print(flush=True)
time.sleep(600)
"""
OWN_NETWORK = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")


@pytest.mark.parametrize(("short", "left"), [(True, 1), (False, 2)])
def test_where_memory_is_short_who_has_most_is_ended_and_nobody_else(short: bool, left: int) -> None:
    with (
        program(900873, FILLS, 40 << 20, within=OWN_NETWORK) as greedy,
        program(900874, FILLS, 2 << 20, within=OWN_NETWORK) as modest,
    ):
        Unread(Users(), UID_BASE, lambda: short).look()
        until(lambda: sum(each.poll() is None for each in (greedy, modest)) == left)
        assert modest.poll() is None


@pytest.mark.parametrize(("taken", "short"), [(100, False), (101, True)])
def test_what_the_kernel_says_of_all_connections_counts(
    taken: int, short: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, said in (
        ("net/sockstat", f"sockets: used 9\nTCP: inuse 9 orphan 0 tw 1 alloc 9 mem {taken}\nUDP: inuse 2 mem 999\n"),
        ("sys/net/ipv4/tcp_mem", "300\t400\t600\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(said)
    monkeypatch.setattr(unread, "PROC", tmp_path)
    assert is_short() is short


def test_in_a_network_of_its_own_nothing_is_looked_at() -> None:
    """There the kernel does not say from when on it saves."""
    script = "from panggon.node.sockets.guards.unread import is_short; print(is_short())"
    argv = ["unshare", "--net", sys.executable, "-c", script]
    said = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_this_kernel_says_it_so_and_has_room() -> None:
    assert is_short() is False
