"""Where a site's entrance is, and that it keeps it."""

from pathlib import Path

import pytest

from panggon.core.node.entrances import ENTRANCES
from panggon.core.sites.spec import Engine
from panggon.drivers.entrances import Entrances

THERE = "s000001", "s000061", "s000121"


@pytest.fixture
def made(tmp_path: Path) -> Entrances:
    entrances = Entrances(tmp_path / "pgsql", Engine.POSTGRESQL)
    for place in entrances.all:
        place.mkdir(parents=True)
    return entrances


def number(entrances: Entrances, site: str, there: tuple[str, ...] = THERE) -> str:
    return entrances.of(site, is_there=there.__contains__).name


def test_each_site_has_its_own_and_keeps_it(made: Entrances) -> None:
    assert [number(made, site) for site in THERE] == ["1", "2", "3"]
    assert [number(made, site) for site in reversed(THERE)] == ["3", "2", "1"]
    assert (made.sites(2), made.sites(4)) == (("s000061",), ())
    assert [made.number(site) for site in (*THERE, "s000002")] == [1, 2, 3, None]


def test_what_a_site_had_that_is_gone_is_free(made: Entrances) -> None:
    assert number(made, "s000001") == "1"
    assert number(made, "s000061", ("s000061",)) == "1"
    assert made.sites(1) == ("s000061",)


def test_with_its_database_a_site_gives_its_entrance_back(made: Entrances) -> None:
    assert [number(made, site) for site in THERE] == ["1", "2", "3"]
    made.forget("s000061")
    made.forget("s000061")
    assert (made.sites(2), number(made, "s000002", ("s000001", "s000002", "s000121"))) == ((), "2")


def test_where_all_are_taken_two_share_one(made: Entrances) -> None:
    sites = tuple(f"s{each:06d}" for each in range(1, ENTRANCES[Engine.POSTGRESQL] + 2))
    found = [number(made, site, sites) for site in sites]
    assert len(set(found)) == len(sites) - 1
    assert made.sites(1) == (sites[0], sites[-1])
    assert [made.is_own(site) for site in (sites[0], sites[1], sites[-1], "s999999")] == [False, True, False, False]


def test_before_there_are_any_a_site_has_the_machines_own(tmp_path: Path) -> None:
    entrances = Entrances(tmp_path / "pgsql", Engine.POSTGRESQL)
    assert entrances.of("s000001", is_there=lambda _: True) == tmp_path / "pgsql"
    assert list(tmp_path.iterdir()) == []
    assert entrances.sites(1) == ()


def test_one_that_cannot_be_kept_goes_by_the_sites_number(made: Entrances) -> None:
    made.run.with_name("pgsql.entrances").touch()
    assert number(made, "s000061") == "1"
    assert (made.number("s000061"), made.is_own("s000061")) == (None, False)
