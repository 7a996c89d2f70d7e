"""What the logs of a site in quarantine say of a break-in stays there, whoever visits it meanwhile."""

import json
from datetime import timedelta

import pytest

from panggon.core.node.logs.logins import KEPT
from panggon.node.logs.logins import LoginWatch, known
from tests.node.logs.place import ONE, Place

pytestmark = pytest.mark.real
SIZE = 20_000
HOST = "satu.kota.example"


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path, size=SIZE)


def put(place: Place, state: str) -> None:
    """As the agent leaves the site in this state."""
    (place.settings.root / "sites" / ONE / "site.json").write_text(json.dumps({"site": ONE, "host": HOST}))
    link = place.settings.root / "live" / HOST
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(f"../{state}/{ONE}")


def flood(place: Place) -> None:
    for _ in range(60):
        for _ in range(4):
            place.visit(ONE, size=300)
        place.now += timedelta(seconds=1)
        place.split()


def test_no_flood_of_visitors_pushes_evidence_out_of_a_log(place: Place) -> None:
    first = place.visit(ONE, words="break-in")
    place.split()
    put(place, "quarantined")
    flood(place)
    kept = place.uris(ONE)
    assert kept[0] == f"{first}break-in"
    assert SIZE / 2 < len(place.read(ONE)) <= SIZE + place.settings.retention.piece
    put(place, "sites")
    flood(place)
    assert not {kept[0]} & set(place.uris(ONE))
    assert len(place.read(ONE)) <= SIZE + place.settings.retention.piece


def test_nobody_pushes_the_last_tries_out_by_knocking(place: Place) -> None:
    watch = LoginWatch(place.settings)
    place._add("sshd.log", f"Accepted password for {ONE} from 192.0.2.66 port 40001 ssh2\n")
    watch.step(place.now)
    put(place, "quarantined")
    for port in range(2 * KEPT):
        place._add("sshd.log", f"Failed password for {ONE} from 192.0.2.7 port {50_000 + port} ssh2\n")
    watch.step(place.now)
    assert [login.address for login in known(place.settings.logins / f"{ONE}.json").tries] == ["192.0.2.66"]


def test_evidence_does_not_grow_too_old(place: Place) -> None:
    put(place, "quarantined")
    first = place.visit(ONE)
    splitter = place.split()
    place.now += timedelta(days=2)
    place.visit(ONE)
    place.split(splitter)
    place.now += timedelta(days=place.settings.days + 5)
    splitter.sink.sweep(ONE, now=place.now)
    assert place.uris(ONE)[0] == first
    put(place, "suspended")
    splitter.sink.sweep(ONE, now=place.now)
    assert place.uris(ONE) == []
