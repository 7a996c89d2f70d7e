"""Whose copy is made when, where more wish one than there are places; no program runs."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from panggon.core.sites.spec import Engine
from panggon.drivers.file_systems.storage import open_mark
from panggon.node.databases import jobs, owner
from panggon.node.databases.owner import Owner
from panggon.node.databases.watch import Watch
from panggon.node.databases.wishes import Todo, Wish
from tests.node.databases.ended import Program

SITES = ("s900001", "s900002", "s900003", "s900004")


@dataclass
class Server:
    def sizes(self, sites: Collection[str]) -> dict[str, int]:
        return {}


class Everybody:
    """Each site always wishes a copy again."""

    def wishes(self, site: str, *, now: float) -> tuple[Wish, ...]:
        return (Wish(site, Todo.DUMP, "minta-salinan"),)

    def make(self, site: str) -> None: ...


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Owner]:
    for site in SITES:
        (tmp_path / "sites" / site).mkdir(parents=True)
        record = {"site": site, "engine": "mariadb", "mebibytes": 100, "writing": False}
        (tmp_path / "sites" / site / "database.json").write_text(json.dumps(record))
    monkeypatch.setattr(owner, "is_let_in", lambda _sites, _site: True)
    watch = Watch({Engine.MARIADB: Server()}, tmp_path / "sites", 1_900_000_000, tmp_path / "report.json")  # type: ignore[dict-item]
    found = Owner(watch, lambda _wish: Program(), tmp_path / "control", tmp_path / "alive")
    found._folders = Everybody()  # type: ignore[assignment]
    found._turns = {site: float(turn) for turn, site in enumerate(SITES)}
    yield found
    end(found)


def end(found: Owner, *, late: bool = False) -> None:
    for job in list(found.running.values()):
        job.began -= jobs.DUMP_SECONDS + 1 if late else 0
        job._said += b"{}"
        found._ended(job)


def test_who_had_no_turn_longest_comes_first(made: Owner) -> None:
    turns = []
    for _ in range(4):
        made.look()
        turns.append([*made.running])
        end(made)
    assert turns == [[*SITES[:2]], [*SITES[2:]], [*SITES[:2]], [*SITES[2:]]]


def test_those_who_take_too_long_never_have_every_place(made: Owner) -> None:
    made.look()
    end(made, late=True)
    made.look()
    end(made)
    made.look()
    assert [*made.running] == [SITES[0], SITES[2]]
    end(made)
    made.look()
    assert [*made.running] == [SITES[1], SITES[3]]


def test_a_database_of_a_server_that_runs_here_no_more_holds_up_no_other(made: Owner) -> None:
    gone = made.watch.sites / "s900000"
    (gone / "run").mkdir(parents=True)
    record = {"site": gone.name, "engine": "postgresql", "mebibytes": 100, "writing": False, "locked": True}
    (gone / "database.json").write_text(json.dumps(record))
    open_mark(gone).touch()
    made.look()
    assert [*made.running] == [*SITES[:2]]
    assert open_mark(gone).exists()


def test_what_fails_for_one_site_costs_no_other_its_turn(made: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def take(wish: Wish, _record: object) -> str:
        taken.append(wish.site)
        if wish.site == SITES[0]:
            raise RecursionError("odd")
        return ""

    monkeypatch.setattr(Owner, "_take", lambda _self, wish, record: take(wish, record))
    made.look()
    assert taken == [*SITES]


@pytest.mark.parametrize("said", [b"[" * 60_000, b'{"ok": true, "words": []', b'{"ok": true}', b"7", b"", b"\xff"])
def test_whatever_a_program_says_at_last_a_copy_has_an_end(said: bytes) -> None:
    job = jobs.Job(Wish(SITES[0], Todo.LOAD, "muat.sql"), Program())
    job._said += b"first\n" + said
    result = job.result()
    assert result["done"] is False
    assert result["words"].startswith("terhenti, status 1")
