"""What the watch does when, with a server of the test."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.databases.database_size import MEBIBYTE
from panggon.core.sites.spec import Engine
from panggon.drivers.database import load_record
from panggon.drivers.file_systems.storage import open_mark
from panggon.node.databases import watch as watches
from panggon.node.databases.compactor import Compactor
from panggon.node.databases.watch import Databases, Watch
from panggon.node.state import records

SITE, OTHER = "s900001", "s900002"


@dataclass
class Server:
    """`size` and `room` (what was deleted) in MiB, of each site."""

    size: dict[str, int]
    room: dict[str, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    away: bool = False
    fails: str = ""

    def sizes(self, sites: Collection[str]) -> Mapping[str, int]:
        if self.away:
            raise TemporaryError("database.down", "away")
        return {site: self.size[site] * MEBIBYTE for site in sites}

    def used(self, site: str) -> int:
        self._fail("used")
        return (self.size[site] - self.room.get(site, 0)) * MEBIBYTE

    def stop_writing(self, site: str) -> None:
        self.said.append(f"stop {site}")
        self._fail("stop")

    def shut(self, site: str) -> None:
        self.said.append(f"shut {site}")

    def compact(self, site: str) -> None:
        self.said.append(f"compact {site}")

    def _fail(self, what: str) -> None:
        if what == self.fails:
            raise TemporaryError("database.down", "a lock of the site's")

    def let_write(self, site: str) -> None:
        self.said.append(f"go on {site}")


@pytest.fixture
def server() -> Server:
    return Server({SITE: 10, OTHER: 10})


@pytest.fixture
def watch(tmp_path: Path, server: Server) -> Watch:
    for site in (SITE, OTHER):
        for folder in ("run", "logs"):
            (tmp_path / "sites" / site / folder).mkdir(parents=True)
        record = {"site": site, "engine": "mariadb", "mebibytes": 100, "writing": False}
        (tmp_path / "sites" / site / "database.json").write_text(json.dumps(record))
    return made(tmp_path, server)


def made(place: Path, server: Server) -> Watch:
    return Watch({Engine.MARIADB: server}, place / "sites", 1_900_000_000, place / "report.json")  # type: ignore[dict-item]


def look(watch: Watch, *loading: str) -> tuple[str, ...]:
    return watch.look(Databases(watch.sites).whole(), loading=frozenset(loading))


def test_a_record_is_read_again_only_where_it_was_written_since(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    known, record = Databases(watch.sites), watch.sites / SITE / "database.json"
    assert known.whole().keys() == {SITE, OTHER}
    document = {**records.load(record), "mebibytes": 200}
    records.save(record, document)
    monkeypatch.setattr(watches, "load_record", {watch.sites / SITE: load_record(watch.sites / SITE)}.__getitem__)
    assert {site: each.mebibytes for site, each in known.whole().items()} == {SITE: 200, OTHER: 100}
    record.unlink()
    assert known.whole().keys() == {OTHER}


def test_a_full_one_is_stopped_once_told_and_given_back(tmp_path: Path, watch: Watch, server: Server) -> None:
    look(watch)
    assert (server.said, records.load(watch.report)) == ([], [])
    server.size[SITE] = 101
    look(watch)
    look(watch)
    assert server.said == [f"stop {SITE}"]
    assert records.load(watch.report) == [
        f"{SITE}: basis data penuh (101 dari 100 MiB), hanya dapat dibaca dan dihapus"
    ]
    note = (watch.sites / SITE / "logs" / "PENUH-BASIS-DATA.txt").read_text()
    assert "(100 MiB; terpakai 101 MiB)" in note
    anew = made(tmp_path, server)  # killed, it does again what it may not have done
    look(anew)
    assert server.said == [f"stop {SITE}"] * 2
    server.room[SITE] = 5
    look(anew)
    assert len(server.said) == 2, "96 of 100: it would be full again in a moment"
    server.room[SITE] = 50
    look(anew)
    assert server.said[2:] == [f"go on {SITE}"]
    assert records.load(watch.report) == []
    assert not (watch.sites / SITE / "logs" / "PENUH-BASIS-DATA.txt").exists()
    look(anew)
    assert len(server.said) == 3


def test_room_that_the_server_keeps_for_itself_is_no_use_of_the_site(watch: Watch, server: Server) -> None:
    server.size[SITE], server.room[SITE] = 150, 60
    look(watch)
    assert server.said == []


def test_one_that_is_loaded_is_the_callers_matter(watch: Watch, server: Server) -> None:
    server.size = {SITE: 101, OTHER: 10}
    assert look(watch, SITE, OTHER) == (SITE,)
    assert server.said == []


def test_a_server_that_is_away_stops_nobody(watch: Watch, server: Server) -> None:
    server.size[SITE] = 101
    look(watch)
    server.away = True
    look(watch)
    assert server.said == [f"stop {SITE}"]
    assert len(records.load(watch.report)) == 1


def test_half_made_and_unbounded_ones_are_let_be(watch: Watch, server: Server) -> None:
    server.size = {SITE: 101, OTHER: 101}
    for site, change in ((SITE, {"writing": True}), (OTHER, {"mebibytes": 0})):
        path = watch.sites / site / "database.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    look(watch)
    assert server.said == []


def test_a_closed_one_is_let_be_once_nobody_works_in_it_any_more(watch: Watch, server: Server) -> None:
    server.size = {SITE: 101, OTHER: 101}
    for site in (SITE, OTHER):
        path = watch.sites / site / "database.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"locked": True}))
    open_mark(watch.sites / SITE).touch()
    look(watch)
    assert server.said == [f"stop {SITE}"]
    open_mark(watch.sites / SITE).unlink()
    server.size[SITE] = 10
    look(watch)
    assert server.said == [f"stop {SITE}"]


def test_who_keeps_the_server_from_saying_how_much_is_in_use_is_stopped_all_the_same(
    watch: Watch, server: Server
) -> None:
    server.size[SITE], server.room[SITE], server.fails = 150, 60, "used"
    look(watch)
    assert server.said == [f"stop {SITE}"]


def test_one_that_cannot_be_stopped_is_left_for_a_while_and_takes_nobodys_time(
    watch: Watch, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.size = {SITE: 101, OTHER: 101}
    server.fails = "stop"
    look(watch)
    look(watch)
    assert server.said == [f"stop {SITE}", f"stop {OTHER}"]
    server.fails = ""
    monkeypatch.setattr(time, "monotonic", lambda: time.clock_gettime(time.CLOCK_MONOTONIC) + 3600)
    look(watch)
    look(watch)
    assert server.said[2:] == [f"stop {SITE}", f"stop {OTHER}"]


def test_one_that_grows_although_it_is_stopped_is_shut_once(watch: Watch, server: Server) -> None:
    server.size[SITE] = 150
    look(watch)
    for size, said in ((110, []), (130, []), (138, [f"shut {SITE}"]), (170, [])):
        del server.said[:]
        server.size[SITE] = size
        look(watch)
        assert server.said == said, size
    assert records.load(watch.report) == [
        f"{SITE}: basis data penuh (170 dari 100 MiB), ditutup, karena tetap bertambah"
    ]
    server.size[SITE] = 20
    look(watch)
    assert (server.said, records.load(watch.report)) == ([f"go on {SITE}"], [])


def test_one_that_lies_there_twice_while_it_is_compacted_is_not_shut(watch: Watch, server: Server) -> None:
    server.size[SITE] = 150
    look(watch)
    at_most = []

    def compact(site: str) -> None:
        for size in (310, 332):
            server.size[site] = size
            look(watch)
            at_most.append(list(server.said))

    server.compact = compact  # type: ignore[method-assign]
    Compactor(watch).step()
    assert at_most == [[f"stop {SITE}"], [f"stop {SITE}", f"shut {SITE}"]]
    server.size[SITE] = 150
    look(watch)
    watch._shut.clear()
    server.size[SITE] = 200
    look(watch)
    assert server.said[2:] == [f"shut {SITE}"], "afterwards it may not"


def test_a_full_disk_ends_no_look(watch: Watch, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_room(_path: Path, _document: object) -> None:
        raise TemporaryError("disk.full", "no room")

    server.size[SITE] = 101
    with monkeypatch.context() as full:
        full.setattr(records, "save", without_room)
        look(watch)
    assert server.said == [f"stop {SITE}"]
    look(watch)
    assert len(records.load(watch.report)) == 1


def test_who_makes_compacting_long_is_waited_for_by_nobody(watch: Watch, server: Server) -> None:
    server.size = {SITE: 101, OTHER: 101}
    look(watch)
    del server.said[:]
    compactor = Compactor(watch)
    compactor.step()
    compactor.step()
    assert sorted(server.said) == [f"compact {SITE}", f"compact {OTHER}"]
    compactor.step()
    assert len(server.said) == 2, "each rests longer than it took"
    compactor._took, compactor._later = {SITE: 600.0, OTHER: 1.0}, {}
    compactor.step()
    assert server.said[2:] == [f"compact {OTHER}"]
