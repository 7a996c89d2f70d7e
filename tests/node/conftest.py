"""The real nginx, once with each of its two guards against links, and sites on it."""

from collections.abc import Iterator

import pytest

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
