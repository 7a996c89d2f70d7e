"""The holder of the sockets with real php-fpm and bubblewrap."""

import time
from collections.abc import Iterator

import pytest

from tests.node.stand import Stand

pytestmark = pytest.mark.real


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    stand = Stand("sockets", **getattr(request, "param", {}))
    try:
        stand.start()
        yield stand
    finally:
        stand.close()


def test_the_first_connection_wakes_the_site_as_its_own_user(stand: Stand) -> None:
    site = stand.serve(900100, "echo posix_getuid(), ' ', getenv('PANGGON_GENERATION');", generation=7)
    assert stand.process(site) is None
    began = time.monotonic()
    assert stand.get(site) == f"{stand.settings.uid(site)} 7"
    print(f"cold {1000 * (time.monotonic() - began):.0f} ms")
    assert stand.process(site) is not None
    began = time.monotonic()
    assert stand.get(site) == f"{stand.settings.uid(site)} 7"
    print(f"warm {1000 * (time.monotonic() - began):.0f} ms")
