"""Where a site's entrance is, that it keeps it, and who is given that of one of which nothing runs."""

import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from panggon.core.node.databases.entrances import ENTRANCES
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.entrances import SHUT, Entrances

THERE = "s000001", "s000061", "s000121"
# As many as there are entrances, and two more.
ALL = tuple(f"s{each:06d}" for each in range(1, ENTRANCES[Engine.POSTGRESQL] + 1))
MORE, MOST = "s000900", "s000901"


@pytest.fixture
def made(tmp_path: Path) -> Entrances:
    entrances = Entrances(tmp_path / "pgsql", Engine.POSTGRESQL)
    for place in entrances.all:
        place.mkdir(parents=True)
    return entrances


@pytest.fixture
def taken(made: Entrances) -> Entrances:
    for site in ALL:
        number(made, site)
    return made


def nobody_asks() -> Collection[str]:
    pytest.fail("what runs is looked for")


def number(entrances: Entrances, site: str, running: Collection[str] | None = None) -> int:
    return int(entrances.of(site, running=nobody_asks if running is None else lambda: running).name)


def others(*asleep: str) -> Collection[str]:
    return {*ALL, MORE, MOST} - {*asleep}


def test_each_site_has_its_own_and_keeps_it_and_nobody_asks_what_runs(made: Entrances) -> None:
    assert [number(made, site) for site in THERE] == [1, 2, 3]
    assert [number(made, site) for site in reversed(THERE)] == [3, 2, 1]
    assert (made.sites(2), made.sites(4)) == (("s000061",), ())
    assert [made.number(site) for site in (*THERE, "s000002")] == [1, 2, 3, None]


def test_with_its_database_a_site_gives_its_entrance_back(made: Entrances) -> None:
    assert [number(made, site) for site in THERE] == [1, 2, 3]
    made.forget("s000061")
    made.forget("s000061")
    assert (made.sites(2), number(made, "s000002")) == ((), 2)


def test_where_none_is_free_one_of_which_nothing_runs_gives_its_own_and_gets_another(taken: Entrances) -> None:
    assert number(taken, MORE, others(ALL[6], ALL[7])) == 7
    assert (taken.sites(7), taken.number(ALL[6]), taken.is_own(MORE)) == ((MORE,), None, True)
    assert number(taken, ALL[6]) == 8, "what others have had is free too, and nobody asks again"
    assert number(taken, ALL[7], others(ALL[0])) == 1
    assert [taken.is_own(site) for site in ALL] == [site != ALL[0] for site in ALL]


def test_where_something_of_all_runs_two_share_one_and_both_are_known(taken: Entrances) -> None:
    assert number(taken, "s000061", {*ALL, "s000061"}) == 1
    assert taken.sites(1) == (ALL[0], "s000061")
    assert [taken.is_own(site) for site in (ALL[0], ALL[1], "s000061", "s999999")] == [False, True, False, False]


def test_who_shares_one_has_his_own_when_he_begins_anew_and_one_is_free(taken: Entrances) -> None:
    shared = number(taken, MORE, others())
    assert number(taken, MORE, others(ALL[6])) == shared, "something of it runs, and comes in there"
    assert number(taken, MORE, others(MORE)) == shared
    assert number(taken, MORE, others(MORE, ALL[6])) == 7
    assert [taken.is_own(site) for site in (*ALL, MORE)] == [site != ALL[6] for site in (*ALL, MORE)]


def listening(place: Path, mode: int) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(place / "a.sock"))
    (place / "a.sock").chmod(mode)


@pytest.mark.parametrize("how", ["shut", "last"])
def test_one_that_is_shut_or_put_last_is_given_to_nobody_and_nobody_gets_rid_of_it(taken: Entrances, how: str) -> None:
    if how == "shut":
        listening(taken.all[7], SHUT)
    else:
        taken.moved(7).touch()
    listening(taken.all[8], 0o777)
    assert number(taken, MORE, others(ALL[6], ALL[7])) == 8
    assert taken.sites(7) == (ALL[6],)
    assert number(taken, ALL[6], others(ALL[6])) == 7
    taken.forget(ALL[6])
    assert number(taken, MOST, others()) not in {7, 8}
    taken.forget(MORE)
    taken.keep(MORE, taken.all[7])
    taken.keep(ALL[6], taken.all[7])
    assert (number(taken, MORE, set()), taken.sites(7)) == (7, (ALL[6], MORE)), "also where it shares it"


def test_who_began_when_its_own_was_given_away_shares_it_until_either_begins_anew(taken: Entrances) -> None:
    begun = taken.of(ALL[6], running=nobody_asks)
    assert number(taken, MORE, others(ALL[6])) == 7
    assert taken.keep(ALL[6], begun)
    assert taken.sites(7) == (ALL[6], MORE)
    assert [taken.is_own(site) for site in (ALL[6], MORE)] == [False, False]
    taken.forget(ALL[0])
    assert number(taken, ALL[6], others(ALL[6])) == 1
    assert taken.is_own(MORE)


def test_for_whom_another_process_has_chosen_meanwhile_has_that_one(taken: Entrances) -> None:
    begun = taken.of(ALL[6], running=nobody_asks)
    assert number(taken, MORE, others(ALL[6])) == 7
    assert number(taken, ALL[6], others(ALL[6], ALL[0])) == 1
    assert not taken.keep(ALL[6], begun)
    assert taken.keep(ALL[6], taken.all[1])
    assert taken.sites(7) == (MORE,)


def test_what_many_choose_at_once_is_each_ones_own(taken: Entrances) -> None:
    """As several processes do: each opens the lock for itself."""
    new = [f"s{each:06d}" for each in range(100, 100 + len(ALL))]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda site: number(taken, site, set(new)), new))
    assert sorted(found) == list(range(len(ALL)))
    assert {site for each in range(len(ALL)) for site in taken.sites(each)} == {*new}


def test_before_there_are_any_a_site_has_the_machines_own(tmp_path: Path) -> None:
    entrances = Entrances(tmp_path / "pgsql", Engine.POSTGRESQL)
    own = entrances.of("s000001", running=nobody_asks)
    assert (own, entrances.keep("s000001", own)) == (tmp_path / "pgsql", True)
    assert list(tmp_path.iterdir()) == []
    assert entrances.sites(1) == ()


def test_one_that_cannot_be_kept_goes_by_the_sites_number(made: Entrances) -> None:
    made.run.with_name("pgsql.entrances").touch()
    assert number(made, "s000061") == 1
    assert (made.number("s000061"), made.is_own("s000061")) == (None, False)
    assert made.keep("s000061", made.all[1])
