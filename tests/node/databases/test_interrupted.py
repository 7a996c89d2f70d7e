"""What a load that was cut off, or what only looks like one, lets a full database write; no program runs."""

import json
import socket
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from panggon.core.node.databases.database_size import MEBIBYTE
from panggon.core.sites.spec import Engine
from panggon.drivers.file_systems.storage import database_mark
from panggon.drivers.system import files
from panggon.node.databases import owner, wishes
from panggon.node.databases.brake import Brake
from panggon.node.databases.jobs import Job
from panggon.node.databases.owner import CLOSED, Owner
from panggon.node.databases.watch import LOADS_MOST, Watch
from panggon.node.databases.wishes import INTERRUPTED, TAKEN, Todo, loading_mark
from panggon.node.state import records
from tests.node.databases.ended import Program
from tests.waiting import until

SITE, OTHER, UID_BASE = "s900001", "s900002", 1_900_000_000
DONE = b'{"ok": true, "words": "selesai", "file": ""}\n'


@dataclass
class Server:
    """`size` in MiB, of the site."""

    size: int = 10
    asked: list[str] = field(default_factory=list)

    def sizes(self, sites: Collection[str]) -> Mapping[str, int]:
        self.asked += sites
        return dict.fromkeys(sites, self.size * MEBIBYTE)

    def used(self, site: str) -> int:
        return self.size * MEBIBYTE

    def stop_writing(self, site: str) -> None: ...

    def let_write(self, site: str) -> None: ...


@dataclass
class Place:
    owner: Owner
    server: Server
    site: Path

    @property
    def folder(self) -> Path:
        return self.site / "private" / "database"

    def look(self) -> Todo | None:
        """What has begun."""
        self.owner.look()
        return job.wish.todo if (job := self.job) else None

    @property
    def job(self) -> Job | None:
        return self.owner.running.get(SITE)

    def end(self, said: bytes = b"", why: str = "") -> None:
        job = self.job
        assert job
        job._said += said
        if why:
            job.end(why)
        self.owner._ended(job)

    @property
    def full(self) -> bool:
        return database_mark(self.site).exists()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    site = tmp_path / "sites" / SITE
    for folder in ("run", "logs"):
        (site / folder).mkdir(parents=True)
    files.directory(site / "private", uid=UID_BASE + 900001)
    record = {"site": SITE, "engine": "mariadb", "mebibytes": 100, "writing": False}
    (site / "database.json").write_text(json.dumps(record))
    monkeypatch.setattr(owner, "is_let_in", lambda _sites, _site: True)
    monkeypatch.setattr(wishes, "SETTLED_SECONDS", -1.0)
    server = Server()
    watch = Watch({Engine.MARIADB: server}, tmp_path / "sites", UID_BASE, tmp_path / "report.json")  # type: ignore[dict-item]
    made = Place(Owner(watch, lambda _wish: Program(), tmp_path / "control", tmp_path / "alive"), server, site)
    made.look()
    yield made
    if made.job:
        made.end()


def test_a_file_of_the_sites_own_lets_a_full_database_write_nothing(place: Place) -> None:
    (place.folder / INTERRUPTED).touch()
    place.server.size = 101
    assert [(place.look(), place.full) for _ in range(3)] == [(None, True)] * 3


def test_a_load_that_was_cut_off_is_taken_back_once(place: Place) -> None:
    (place.folder / "muat.sql").touch()
    assert place.look() is Todo.LOAD
    (place.folder / INTERRUPTED).touch()
    (place.folder / "muat.sql").unlink()
    place.end()
    assert place.look() is Todo.RESTORE
    place.end(why=CLOSED)
    place.server.size = 101
    assert (place.look(), place.full) == (Todo.RESTORE, False), "it may be what made it full"
    place.end()
    assert [(place.look(), place.full) for _ in range(3)] == [(None, True)] * 3


@pytest.mark.parametrize("taken", TAKEN)
def test_a_load_that_was_cut_off_before_it_changed_anything_is_told(place: Place, taken: str) -> None:
    """Nobody would hear of it, nor load the file again."""
    (place.folder / "muat.sql").touch()
    assert place.look() is Todo.LOAD
    (place.folder / "muat.sql").rename(place.folder / taken)
    place.end(why="dihentikan bersama layanan")
    assert place.look() is Todo.RESTORE
    place.end()
    assert [place.look() for _ in range(2)] == [None, None]


def test_a_load_that_is_done_is_not_taken_back(place: Place) -> None:
    (place.folder / "muat.sql").touch()
    assert place.look() is Todo.LOAD
    (place.folder / INTERRUPTED).touch()
    (place.folder / "muat.sql").unlink()
    place.end(DONE)
    assert (place.look(), loading_mark(place.site).exists()) == (None, False)


def test_a_full_database_is_loaded_into_some_times_and_then_wants_room(place: Place) -> None:
    place.server.size = 101
    (place.folder / "muat.sql").touch()
    for _ in range(LOADS_MOST):
        assert (place.look(), place.full) == (Todo.LOAD, False)
        place.end(DONE)
    assert [(place.look(), place.full) for _ in range(3)] == [(None, True)] * 3
    assert not loading_mark(place.site).exists()
    place.server.size = 20
    assert (place.look(), place.full) == (Todo.LOAD, False)
    place.end(DONE)
    place.server.size = 101
    assert (place.look(), place.full) == (Todo.LOAD, False), "counted anew since it had room"


def test_who_has_sessions_is_looked_at_between_the_looks_at_all(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of thousands those are minutes apart."""
    monkeypatch.setattr(owner, "LEAST_SECONDS", 0.02)
    monkeypatch.setattr(owner, "REST", 1e9)
    place.owner._brake = Brake({}, UID_BASE)
    (tmp_path / "sites" / OTHER / "run").mkdir(parents=True)
    (tmp_path / "sites" / OTHER / "database.json").write_text(
        (place.site / "database.json").read_text().replace(SITE, OTHER)
    )
    ending, here = socket.socketpair()
    with ending, ThreadPoolExecutor() as pool, here:
        running = pool.submit(place.owner.run, ending)
        until(lambda: OTHER in place.server.asked)
        place.server.size = 101
        del place.server.asked[:]
        place.owner._brake._seen.put(frozenset({SITE}))
        until(lambda: place.full)
        here.close()
        running.result()
    assert place.server.asked == [SITE]


def test_that_sessions_cannot_be_kept_apart_is_reported(place: Place) -> None:
    place.owner._brake.placement.faults[Engine.MARIADB] = "Operation not permitted"
    place.look()
    (said,) = records.load(place.owner.watch.report)
    assert said.startswith("sesi mariadb tidak dapat dibagi atas prosesor (Operation not permitted): ")
