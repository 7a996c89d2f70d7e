"""What older code has left gets today's form without a person; what a person has undone is only told."""

import dataclasses

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.planning.resources import Key, Kind, ours
from panggon.core.sites.spec import Engine, SiteState
from panggon.engine.patience import Patience, Policy
from panggon.node import runs
from panggon.node.agent.drift import DriftWatch
from tests.node import portal as portals
from tests.node import simulated
from tests.node.bench import Bench
from tests.node.simulated import SITE, document, opened

SPEC = dataclasses.replace(simulated.SPEC, database=Engine.MARIADB)
DATABASE = Key(Kind.DATABASE, SITE)
CLOSED = (SiteState.SUSPENDED, SiteState.QUARANTINED, SiteState.PARKED)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    once = Patience(attempts=1, first=0, longest=0)
    monkeypatch.setattr(runs, "USUAL", Policy(once, once, once))
    with portals.running() as portal:
        yield Bench(tmp_path, portal)


def unlocked(bench):
    """As the code before there were locks has left it, and as somebody leaves it who unlocks it by hand."""
    attributes = dict(bench.machine.attributes(DATABASE))
    assert attributes.pop("locked") is True
    bench.machine.put(ours(DATABASE, **attributes))


def closed(bench, state):
    for spec in (SPEC, opened(SPEC), dataclasses.replace(opened(SPEC), state=state, generation=3)):
        runs.apply(bench.sites, bench.sites.plan(spec))
    unlocked(bench)


def told(bench):
    watch = DriftWatch(bench.sites)
    watch.look(elapsed=watch.pass_seconds)
    return watch.lines()


@pytest.mark.parametrize("state", CLOSED)
def test_a_site_that_older_code_has_closed_is_locked_once(bench, state):
    closed(bench, state)
    assert len(told(bench)) == 1
    bench.agent().step()
    assert bench.machine.attributes(DATABASE)["locked"] is True
    assert told(bench) == ()
    unlocked(bench)
    bench.agent().step()
    assert "locked" not in bench.machine.attributes(DATABASE), "this a person has done"
    assert len(told(bench)) == 1


def test_what_is_changed_besides_waits_for_a_person(bench):
    closed(bench, SiteState.SUSPENDED)
    bench.machine.put(ours(DATABASE, **{**bench.machine.attributes(DATABASE), "connections": 99}))
    bench.agent().step()
    assert "locked" not in bench.machine.attributes(DATABASE)


def test_what_cannot_be_locked_now_is_at_the_next_start(bench):
    closed(bench, SiteState.QUARANTINED)
    bench.machine.refused = {DATABASE: TemporaryError("database.down", "MariaDB tidak menjawab")}
    number = bench.portal.wish(document(dataclasses.replace(simulated.SPEC, site="s900002", host="lain.kota.example")))
    bench.agent().step()
    assert bench.portal.reports[number]["outcome"] == "applied"
    bench.machine.refused = {}
    agent = bench.agent()
    agent.settle()
    agent.step()
    assert bench.machine.attributes(DATABASE)["locked"] is True
    assert told(bench) == ()
