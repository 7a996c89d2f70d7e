"""What several files of tests start: the real nginx with sites on it, and a simulated machine with its clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from panggon.node import clock as clocks
from panggon.node import runs
from panggon.node.state import recorded
from tests.node import portal as portals
from tests.node.bench import Bench
from tests.node.web_stand import OTHER, OTHER_SITE, WebStand


@pytest.fixture(scope="module", params=["own mounts", "disable_symlinks"])
def server(request: pytest.FixtureRequest) -> Iterator[WebStand]:
    """With each of the two guards against links."""
    own_mounts = request.param == "own mounts"
    with WebStand(f"nginx-{own_mounts}", own_mounts=own_mounts).serving() as stand:
        yield stand


@pytest.fixture
def stand(server: WebStand) -> Iterator[WebStand]:
    server.make()
    server.put("index.html", "<p>Dinas</p>")
    yield server
    server.remove()


@pytest.fixture
def other(stand: WebStand) -> Iterator[WebStand]:
    stand.make(OTHER)
    stand.put("index.html", "<p>Lain</p>", site=OTHER_SITE)
    yield stand
    stand.remove(OTHER)


@pytest.fixture
def bench(tmp_path):
    with portals.running() as portal:
        yield Bench(tmp_path, portal)


@pytest.fixture
def clock(monkeypatch):
    """The machine's time, moved by the test: what it runs, or (`jump`) only what its clock says."""
    ran, jumped = [timedelta()], [timedelta()]
    now, uptime = clocks.now, recorded.uptime
    monkeypatch.setattr(runs, "now", lambda: now() + ran[0] + jumped[0])

    def ran_longer():
        return replace(uptime(), seconds=uptime().seconds + ran[0].total_seconds())

    monkeypatch.setattr(recorded, "uptime", ran_longer)

    def move(*, jump=False, **by):
        (jumped if jump else ran)[0] += timedelta(**by)

    return move
