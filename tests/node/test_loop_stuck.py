"""A run that has failed for now, on its way back or in a purge: told, tried again, and in nobody's way."""

import dataclasses

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import SiteState
from panggon.drivers.fake import Mishap, Moment
from panggon.engine.patience import Patience, Policy
from panggon.node import runs
from panggon.node.agent import drift, loop, wishes
from panggon.node.agent.drift import DriftWatch
from tests.node import portal as portals
from tests.node import simulated
from tests.node.bench import Bench
from tests.node.simulated import HOST, SITE, SPEC, document

AWAY = TemporaryError("dns.down", "server DNS tidak menjawab")
OPEN = simulated.opened()
OTHER = document(dataclasses.replace(SPEC, site="s900002", host="lain.kota.example"))


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Whatever fails here fails for good, and each step comes a minute after the one before it."""
    once = Patience(attempts=1, first=0, longest=0)
    for name in ("USUAL", "BRIEF"):
        monkeypatch.setattr(runs, name, Policy(once, once, once))
    monkeypatch.setattr(loop, "AGAIN_SECONDS", 0.0)
    with portals.running() as portal:
        bench = Bench(tmp_path, portal)
        at_once = dataclasses.replace(bench.settings.sites, purge_days=0)
        bench.settings = dataclasses.replace(bench.settings, sites=at_once)
        bench.sites = simulated.sites_on(bench.settings, bench.machine)
        assert bench.ask(document(SPEC))["outcome"] == bench.ask(document(OPEN))["outcome"] == "applied"
        yield bench


def wish(bench, state, generation, **more):
    return document(dataclasses.replace(OPEN, state=state, generation=generation, **more))


def test_a_purge_that_is_stuck_is_told_tried_again_and_in_nobodys_way(bench):
    assert bench.ask(wish(bench, SiteState.PARKED, 3))["outcome"] == "applied"
    bench.machine.refused = {Key(Kind.DIRECTORY, SITE): AWAY}
    number = bench.portal.wish(wish(bench, SiteState.PURGED, 4))
    agent = bench.agent()
    agent.step()
    told = bench.portal.reports[number]
    assert (told["outcome"], told["problem"]) == (
        "closing",
        {"code": "dns.down", "detail": "Penghapusan belum selesai: server DNS tidak menjawab"},
    )
    waiting = bench.portal.wish(OTHER)
    agent.step()
    assert bench.portal.reports[waiting]["outcome"] == "applied"
    assert bench.portal.reports[number] is told, "what is known already is not told again"
    bench.machine.refused = {}
    bench.portal.wish(OTHER, "verify")
    bench.agent().step()  # another one: it was killed meanwhile
    assert (bench.portal.reports[number]["outcome"], bench.portal.reports[number]["problem"]) == ("applied", None)
    assert not [key for key in bench.machine.resources() if key.name in (SITE, HOST)]
    assert bench.sites.applied(SITE).state is SiteState.PURGED


def renamed(bench):
    """A change that fails, and whose way back fails, too; its number."""
    bench.machine.unproven = {Key(Kind.USER, SITE)}
    first = bench.machine.writes
    bench.machine.at_write = {first + number: Mishap(Moment.BEFORE, AWAY) for number in range(6, 40)}
    return bench.portal.wish(wish(bench, SiteState.OPEN, 3, host="baru.kota.example", former_hosts=(HOST,)))


def test_a_way_back_that_is_stuck_is_told_and_in_nobodys_way(bench):
    number = renamed(bench)
    agent = bench.agent()
    agent.step()
    told = bench.portal.reports[number]
    assert told["outcome"] == "closing"
    assert told["problem"]["detail"].startswith("Tidak berhasil, dan keadaan semula belum kembali seluruhnya: ")
    bench.machine.unproven, bench.machine.at_write = set(), {}
    bench.machine.refused = {Key(Kind.HOST, "baru.kota.example"): AWAY}
    waiting = bench.portal.wish(OTHER)
    agent.step()
    assert bench.portal.reports[waiting]["outcome"] == "applied"
    bench.machine.refused = {}
    bench.portal.wish(OTHER, "verify")
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "restored"
    assert bench.sites.applied(SITE) == OPEN
    assert bench.machine.attributes(Key(Kind.HOST, HOST)) == {"site": SITE, "state": "open"}


def test_nothing_newer_begins_on_a_site_that_is_between(bench):
    number = renamed(bench)
    agent = bench.agent()
    agent.step()
    assert bench.ask(wish(bench, SiteState.OPEN, 4), "verify")["outcome"] == "unproven", "to look is no matter"
    newer = bench.portal.wish(wish(bench, SiteState.OPEN, 4))
    with pytest.raises(TemporaryError, match=r"run\.stuck: Tidak berhasil"):
        agent.step()
    bench.machine.unproven, bench.machine.at_write = set(), {}
    agent.step()
    assert [bench.portal.reports[each]["outcome"] for each in (number, newer)] == ["restored", "applied"]


def test_refusals_are_told_as_before(bench):
    bench.machine.refused = {Key(Kind.RECORDS, HOST): PermanentError("dns.refused", "no")}
    assert bench.ask(wish(bench, SiteState.OPEN, 3, sends_mail=True))["outcome"] == "restored"


def test_of_many_that_are_stuck_each_has_its_turn_and_the_wishes_of_others_do_not_wait_for_all(bench, monkeypatch):
    """Each of them takes as long as a server of names that says nothing."""
    clock, turns = [0.0], list[str]()

    def settled(_self, _sites, site, **_):
        turns.append(site)
        clock[0] += 10.0

    agent, stuck = bench.agent(), [f"s90000{number}" for number in range(1, 6)]
    monkeypatch.setattr(wishes.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(wishes.Wishes, "_settle_alone", settled)
    monkeypatch.setattr(type(bench.sites), "under_way", lambda _self: frozenset(stuck))
    rounds = []
    for _ in range(4):
        agent._wishes.go_on()
        rounds.append(turns.copy())
        turns.clear()
    assert rounds == [stuck[:2], stuck[2:4], [stuck[4], stuck[0]], stuck[1:3]]


def test_where_each_look_takes_long_fewer_sites_are_looked_at_and_none_is_left_out(bench, monkeypatch):
    assert bench.ask(OTHER)["outcome"] == "applied"
    clock, looks = [0.0], list[str]()

    def looked(_self, site):
        looks.append(site)
        clock[0] += 11.0

    monkeypatch.setattr(drift.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(DriftWatch, "_look_at", looked)
    watch = DriftWatch(bench.sites)
    for _ in range(4):
        watch.look(elapsed=drift.PASS_SECONDS)
    assert looks == [SITE, "s900002"] * 2


@pytest.mark.parametrize("error", [PermanentError("disk.refused", "Input/output error"), RuntimeError("no thread")])
def test_what_goes_wrong_beside_a_run_that_has_begun_does_not_end_it(bench, monkeypatch, error):
    """The portal would keep that for ever, whatever the run comes to."""

    def fails(*_args, **_more):
        raise error

    agent, number = bench.agent(), bench.portal.wish(wish(bench, SiteState.SUSPENDED, 3))
    with monkeypatch.context() as broken:
        broken.setattr(runs.runner._Run, "_finish", fails)
        agent.step()
    told = bench.portal.reports[number]
    assert (told["outcome"], told["plan"]["spec"]["state"]) == ("closing", "suspended")
    assert told["problem"]["code"] in ("disk.refused", "node.unexpected")
    agent.step()
    assert (bench.portal.reports[number]["outcome"], bench.portal.reports[number]["problem"]) == ("applied", None)


def test_what_goes_wrong_behind_the_end_of_a_run_does_not_change_it(bench, monkeypatch):
    def fails(recorded, spec):
        if spec.state is SiteState.SUSPENDED:
            raise OSError(30, "Read-only file system")
        keep(recorded, spec)

    keep = type(bench.sites.recorded).keep
    agent, number = bench.agent(), bench.portal.wish(wish(bench, SiteState.SUSPENDED, 3))
    monkeypatch.setattr(type(bench.sites.recorded), "keep", fails)
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "applied"
