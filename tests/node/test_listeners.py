"""Which of the sites' sockets the keeper gets at a start, and which after it."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from panggon.node.sockets.listening import listeners
from panggon.node.sockets.listening.listener import socket_path
from panggon.node.sockets.listening.listeners import Listeners
from panggon.node.sockets.settings import SocketSettings

SITES = tuple(f"s{number}" for number in range(900101, 900107))


class Keeper:
    line = None

    def __init__(self) -> None:
        self.has: list[str] = []

    def kept(self) -> Mapping[str, socket.socket]:
        return {}

    def keep(self, name: str, _listener: socket.socket) -> None:
        self.has.append(name)

    def drop(self, name: str) -> None:
        self.has = [each for each in self.has if each != name]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SocketSettings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.chown", lambda *_: None)
    (tmp_path / "run").mkdir()
    return SocketSettings(root=tmp_path, run=tmp_path, logs=tmp_path, uid_base=1_900_000_000, web_group=33)


@pytest.fixture
def begun(
    settings: SocketSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Listeners, Keeper, list[socket.socket]]]:
    """All sites, of which the keeper is to get two at once, and then two at each tick."""
    monkeypatch.setattr(listeners, "AT_ONCE", 2)
    monkeypatch.setattr(listeners, "AT_A_TICK", 2)
    keeper = Keeper()
    made = Listeners(settings, keeper)
    opened = [made.begin(site) for site in SITES]
    yield made, keeper, opened
    for each in opened:
        each.close()


def test_all_can_be_visited_at_once_and_the_keeper_gets_them_bit_by_bit(
    settings: SocketSettings, begun: tuple[Listeners, Keeper, list[socket.socket]]
) -> None:
    made, keeper, _ = begun
    for site in SITES:
        with socket.socket(socket.AF_UNIX) as visitor:
            visitor.connect(str(socket_path(settings, site).relative_to(settings.root)))
    names = [f"{site}-1" for site in SITES]
    seen = []
    while made.keeps_later:
        seen.append(len(keeper.has))
        made.keep_some()
    assert (seen, keeper.has) == ([2, 4], names)


def test_the_keeper_never_gets_what_was_closed_before(
    begun: tuple[Listeners, Keeper, list[socket.socket]],
) -> None:
    made, keeper, opened = begun
    made.close(opened[4])
    while made.keeps_later:
        made.keep_some()
    assert keeper.has == [f"{site}-1" for site in SITES if site != SITES[4]]


def test_a_site_that_comes_later_is_kept_before_anybody_comes(
    begun: tuple[Listeners, Keeper, list[socket.socket]],
) -> None:
    made, keeper, _ = begun
    with made.open("s900200", former=None):
        assert "s900200-1" in keeper.has
