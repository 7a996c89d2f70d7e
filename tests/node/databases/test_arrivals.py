"""That nobody is at a real server, and that somebody comes."""

import socket

import pytest

from panggon.core.sites.spec import Engine
from panggon.drivers.databases.arrivals import Arrivals
from panggon.drivers.databases.database_server import Watched
from tests.node.databases.place import Place
from tests.waiting import until

pytestmark = pytest.mark.real


def is_alone(watched: Watched) -> bool:
    watched.own()
    return watched.is_alone()


def still(watched: Watched) -> bytes:
    known = watched.arrivals.now()
    return known if is_alone(watched) and watched.arrivals.now() == known else b""


@pytest.mark.parametrize("engine", list(Engine))
def test_it_is_known_that_nobody_is_there_until_somebody_comes(made: tuple[Place, str], engine: Engine) -> None:
    """Also one who does not log in."""
    server = made[0].owner.watch.servers[engine]
    with server.watched() as watched, socket.socket(socket.AF_UNIX) as stranger:
        known = until(lambda: still(watched))
        stranger.connect(str(server.door))
        until(lambda: watched.arrivals.now() != known)
        until(lambda: not is_alone(watched))
        stranger.close()
        until(lambda: still(watched))


def test_of_a_server_that_is_gone_nothing_is_known() -> None:
    with Arrivals.of(2**22 + 1) as arrivals:
        assert arrivals.now() == b""
