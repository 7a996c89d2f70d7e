"""Who came in over SFTP, and what visitors were answered."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.logs.logins import KEPT
from panggon.node.agent.client import Portal
from panggon.node.agent.looking import FirstLogins, seen
from panggon.node.logs.bounds import bound_machine_logs
from panggon.node.logs.logins import LoginWatch, known, sites_with
from tests.node import portal as portals
from tests.node import simulated
from tests.node.logs.place import ONE, TWO, Place

pytestmark = pytest.mark.real


def test_tries_of_each_site_are_kept_whoever_is_killed_in_between(place: Place) -> None:
    def said(*lines: str) -> None:
        for line in lines:
            place._add("sshd.log", f"{line}\n")

    def record(site: str) -> Path:
        return place.settings.logins / f"{site}.json"

    said(
        f"Failed password for {ONE} from 192.0.2.7 port 40001 ssh2",
        f"Accepted password for {ONE} from 192.0.2.7 port 40001 ssh2",
        "Failed password for s999999 from 192.0.2.7 port 40003 ssh2",
    )
    watch = LoginWatch(place.settings)
    assert watch.step(place.now)
    assert not watch.step(place.now)
    assert sorted(sites_with(place.settings.logins)) == [ONE]
    found = known(record(ONE))
    assert [(login.ending, login.port) for login in found.tries] == [("refused", 40001), ("accepted", 40001)]
    assert found.first == found.tries[1]
    place.settings.login_offsets.unlink()  # killed before it was written: the part is read again
    said(f"Accepted password for {ONE} from 192.0.2.9 port 40004 ssh2")
    assert LoginWatch(place.settings).step(place.now)
    again = known(record(ONE))
    assert (again.first, len(again.tries)) == (found.first, 3)
    assert not LoginWatch(place.settings).step(place.now)
    record(ONE).write_text("damaged")
    assert known(record(ONE)).first is None


def test_a_log_that_is_put_aside_is_not_read_again(place: Place) -> None:
    watch = LoginWatch(place.settings)
    for port in range(2 * KEPT):
        place._add("sshd.log", f"Failed password for {ONE} from 192.0.2.7 port {port} ssh2\n")
    assert watch.step(place.now)
    bound_machine_logs(place.settings.logs, most=50)
    place._add("sshd.log", f"Accepted password for {ONE} from 192.0.2.7 port 9999 ssh2\n")
    while watch.step(place.now):
        pass
    found = known(place.settings.logins / f"{ONE}.json").tries
    assert [login.port for login in found] == [*range(KEPT + 1, 2 * KEPT), 9999]


def test_the_portal_is_told_of_each_first_login_until_it_has_heard(place: Place, tmp_path: Path) -> None:
    config = simulated.settings(tmp_path)
    place._add("sshd.log", f"Accepted password for {ONE} from 192.0.2.7 port 40001 ssh2\n")
    place._add("sshd.log", f"Failed password for {TWO} from 192.0.2.7 port 40002 ssh2\n")
    assert LoginWatch(place.settings).step(place.now)
    with portals.running() as portal:
        firsts = FirstLogins(config, Portal(portal.url, token=portals.TOKEN))
        portal.refusing = 503
        with pytest.raises(TemporaryError):
            firsts.tell()
        portal.refusing = 0
        firsts.tell()
        firsts.tell()
        assert [(row["site"], row["address"]) for rows in portal.logins for row in rows] == [(ONE, "192.0.2.7")]
        FirstLogins(config, Portal(portal.url, token=portals.TOKEN)).tell()
        assert len(portal.logins) == 2  # told again by one that was started anew


def test_what_was_seen_of_a_site_is_of_the_last_hour(place: Place, tmp_path: Path) -> None:
    config = simulated.settings(tmp_path)
    folder = place.settings.root / "sites" / ONE / "logs"
    now = datetime.now(UTC)
    lines = [(now, 200), (now, 404), (now - timedelta(hours=2), 500)]
    (folder / "access.log").write_text(
        "".join(json.dumps({"time": at.isoformat(), "status": status, "uri": "/"}) + "\n" for at, status in lines)
    )
    words = "hidden\u2028from\x85the count"
    row = {"time": now.isoformat(), "status": 403, "uri": "/", "agent": words}
    with (folder / "access.log").open("a") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    older = folder / "access-20260101T000000000000Z.log"
    older.write_text(json.dumps({"time": now.isoformat(), "status": 200, "uri": "/"}) + "\n")
    os.utime(older, (1, 1))
    found = seen(config, ONE, now=now)
    assert found["answers"] == {"200": 1, "403": 1, "404": 1}
    assert found["watched"] == {"logins": False, "answers": False}
    assert seen(config, "s900009", now=now)["answers"] == {}
