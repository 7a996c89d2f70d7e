"""A closing at the agent: told how far it is, gone on with, given up only for something newer."""

import dataclasses
import errno

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.planning import closing
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.life import SITE_STATE_LABELS
from panggon.core.sites.spec import SiteState
from panggon.drivers.fake import Killed, Mishap, Moment
from panggon.engine import journal_file
from panggon.engine.patience import Patience, Policy
from panggon.node import runs
from panggon.node.agent import loop
from panggon.node.state import records
from tests.node import portal as portals
from tests.node import simulated
from tests.node.bench import Bench
from tests.node.simulated import HOST, SITE, SPEC, document

DOWN = TemporaryError("dns.down", "server DNS tidak menjawab")
LINK, RECORDS, CERTIFICATE = (Key(kind, HOST) for kind in (Kind.HOST, Kind.RECORDS, Kind.CERTIFICATE))
OPEN = simulated.opened()
TAKEN_BACK = document(dataclasses.replace(OPEN, generation=9))


def closed(state):
    return document(dataclasses.replace(OPEN, state=state, generation=3))


@pytest.fixture(autouse=True)
def in_haste(monkeypatch):
    """Whatever fails here fails for good, and each step comes a minute after the one before it."""
    once = Patience(attempts=1, first=0, longest=0)
    for name in ("USUAL", "BRIEF"):
        monkeypatch.setattr(runs, name, Policy(once, once, once))
    monkeypatch.setattr(loop, "AGAIN_SECONDS", 0.0)


@pytest.fixture
def bench(tmp_path):
    with portals.running() as portal:
        bench = Bench(tmp_path, portal)
        assert bench.ask(document(SPEC))["outcome"] == bench.ask(document(OPEN))["outcome"] == "applied"
        yield bench


def test_told_that_it_is_shut_and_what_is_left_then_how_it_ended(bench):
    bench.machine.refused = {RECORDS: DOWN}
    number = bench.portal.wish(closed(SiteState.PARKED))
    agent = bench.agent()
    agent.step()
    told = bench.portal.reports[number]
    assert (told["outcome"], told["problem"]["code"]) == ("closing", closing.SHUT)
    assert told["problem"]["detail"].startswith("Situs sudah tertutup, tetapi belum dikerjakan: ")
    assert "(server DNS tidak menjawab)" in told["problem"]["detail"]
    assert LINK not in bench.machine.resources()
    other = document(dataclasses.replace(SPEC, site="s900002", host="lain.kota.example"))
    waiting = bench.portal.wish(other)
    agent.step()
    assert bench.portal.reports[waiting]["outcome"] == "applied", "one site's closing holds up no other site"
    bench.machine.refused = {}
    bench.portal.wish(document(SPEC, site="s900003", host="ketiga.kota.example"))
    bench.agent().step()  # another one: it was killed meanwhile
    assert (bench.portal.reports[number]["outcome"], bench.portal.reports[number]["problem"]) == ("applied", None)
    assert RECORDS not in bench.machine.resources()
    assert bench.sites.applied(SITE).state is SiteState.PARKED
    assert bench.sites.is_settled(SITE)


@pytest.mark.parametrize("state", [SiteState.SUSPENDED, SiteState.QUARANTINED, SiteState.PARKED])
def test_what_has_nothing_to_do_with_the_door_is_not_even_asked(bench, state):
    """A certificate that ran out, DNS and database that are away: nobody is kept from shutting a site by them."""
    bench.machine.put(
        dataclasses.replace(bench.machine.read(CERTIFICATE), attributes={"issuer": "local", "valid": False})
    )
    bench.machine.unproven = {CERTIFICATE, RECORDS}
    bench.machine.refused = {CERTIFICATE: DOWN, RECORDS: DOWN}
    read = bench.machine.read

    def away(key):
        if key.kind in (Kind.RECORDS, Kind.DATABASE):
            raise DOWN
        return read(key)

    bench.machine.read = away
    report = bench.ask(closed(state))
    bench.machine.read = read
    link = bench.machine.attributes(LINK).get("state")
    assert link == (None if state is SiteState.PARKED else state.value)
    assert report["outcome"] == ("closing" if state is SiteState.PARKED else "applied")


@pytest.mark.parametrize("state", [SiteState.SUSPENDED, SiteState.QUARANTINED, SiteState.PARKED])
def test_nobody_goes_into_a_closed_site_to_prove_that_it_is_open(bench, state):
    """A proof logs in and lays down a file: what a portal knows of that machine may be old, or a lie."""
    bench.machine.unproven = {Key(Kind.USER, SITE)}  # it is about to be closed, and then it is
    for expected in ("closing", "applied"):
        assert bench.ask(closed(state))["outcome"] == expected
        report = bench.ask(document(OPEN), "verify")
        evidence = [(row["name"], row["ok"], row["detail"]) for row in report["evidence"]]
        assert evidence == [("site.state", False, f"di mesin ini situs itu {SITE_STATE_LABELS[state].lower()}")]
        assert report["outcome"] == "unproven"
        bench.machine.unproven = frozenset()
    assert bench.ask(closed(state), "verify")["outcome"] == "verified"


def test_newer_wish_takes_over_and_the_older_one_is_told(bench):
    bench.machine.unproven = {LINK}
    first = bench.portal.wish(closed(SiteState.SUSPENDED))
    agent = bench.agent()
    agent.step()
    assert bench.portal.reports[first]["outcome"] == "closing"
    looked = bench.ask(closed(SiteState.SUSPENDED), "verify")
    assert looked["outcome"] == "unproven"
    assert bench.portal.reports[first]["outcome"] == "closing"
    bench.machine.unproven = {CERTIFICATE}
    second = bench.portal.wish(TAKEN_BACK)
    agent.step()
    assert bench.portal.reports[first]["outcome"] == "applied", "it came to its end when it was tried once more"
    assert bench.portal.reports[second]["outcome"] == "restored"
    assert bench.machine.attributes(LINK)["state"] == "suspended"


def test_one_that_cannot_come_to_its_end_gives_way(bench):
    bench.machine.unproven = {Key(Kind.USER, SITE)}
    first = bench.portal.wish(closed(SiteState.QUARANTINED))
    bench.agent().step()
    second = bench.portal.wish(document(dataclasses.replace(OPEN, state=SiteState.PARKED, generation=4)))
    bench.agent().step()
    told = bench.portal.reports[first]
    assert (told["outcome"], told["problem"]["code"]) == ("stale", "superseded")
    assert bench.portal.reports[second]["outcome"] == "closing"
    assert LINK not in bench.machine.resources()


def test_what_an_earlier_closing_has_left_is_gone_on_with_by_the_same_wish_given_again(bench):
    """Its doors are shut already: what is left has no way back either, and nobody is told of an end before it."""
    bench.machine.refused = {RECORDS: DOWN}
    first = bench.portal.wish(closed(SiteState.PARKED))
    agent = bench.agent()
    agent.step()
    bench.machine.unproven = {CERTIFICATE}
    again = bench.portal.wish(document(dataclasses.replace(OPEN, state=SiteState.PARKED, generation=4)))
    agent.step()
    assert [bench.portal.reports[number]["outcome"] for number in (first, again)] == ["stale", "closing"]
    bench.machine.refused = {}
    bench.agent().settle()
    assert bench.portal.reports[again]["outcome"] == "applied"
    assert RECORDS not in bench.machine.resources()
    assert bench.sites.applied(SITE).generation == 4


def test_report_of_the_end_that_is_lost_with_the_agent_is_given_again(bench):
    bench.machine.unproven = {LINK}
    number = bench.portal.wish(closed(SiteState.QUARANTINED))
    agent = bench.agent()
    agent.step()
    bench.machine.unproven = set()
    runs.resume(bench.sites, SITE)  # and killed before it could tell
    bench.agent().settle()
    assert bench.portal.reports[number]["outcome"] == "applied"


@pytest.mark.parametrize("write", range(4))
def test_killed_at_any_write_it_goes_on_shutting(bench, write):
    number = bench.portal.wish(closed(SiteState.QUARANTINED))
    bench.machine.at_write = {bench.machine.writes + write: Mishap(Moment.AFTER, Killed())}
    with pytest.raises(Killed):
        bench.agent().step()
    bench.machine.at_write = {}
    bench.machine.unproven = {CERTIFICATE, RECORDS}
    bench.agent().settle()
    assert bench.portal.reports[number]["outcome"] == "applied"
    assert bench.machine.attributes(LINK)["state"] == "quarantined"


@pytest.mark.parametrize("killed", [False, True])
def test_without_a_portal_it_goes_on_and_is_told_later(bench, killed):
    """Its first report does not get through, and then nobody answers at all."""
    bench.machine.refused = {RECORDS: DOWN}
    number = bench.portal.wish(closed(SiteState.PARKED))
    agent = bench.agent()
    bench.portal.losing_reports = 1
    with pytest.raises(TemporaryError):
        agent.step()
    bench.portal.refusing = 503
    if killed:
        records.save(bench.settings.paths.state / "waiting.json", {})  # before it could note it
        agent = bench.agent()
        agent.settle()
    with pytest.raises(TemporaryError):
        agent.step()
    assert RECORDS in bench.machine.resources()
    bench.machine.refused = {}
    with pytest.raises(TemporaryError):
        agent.step()
    assert RECORDS not in bench.machine.resources()
    assert bench.sites.applied(SITE).state is SiteState.PARKED
    bench.portal.refusing = 0
    bench.portal.wish(document(dataclasses.replace(SPEC, site="s900002", host="lain.kota.example")))
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "applied"


@pytest.mark.parametrize("refusing", [404, 503])
def test_a_portal_that_does_not_take_the_older_report_keeps_nobody_from_the_newer_wish(bench, monkeypatch, refusing):
    bench.machine.unproven = {Key(Kind.USER, SITE)}
    first = bench.portal.wish(closed(SiteState.SUSPENDED))
    agent = bench.agent()
    agent.step()
    second = bench.portal.wish(document(dataclasses.replace(OPEN, state=SiteState.QUARANTINED, generation=4)))
    answer = bench.portal.answer

    def forgetful(method, path, body, token):
        stale = path == f"wish/{first}/report" and body["outcome"] == "stale"
        return (refusing, {"error": "x"}) if stale else answer(method, path, body, token)

    monkeypatch.setattr(bench.portal, "answer", forgetful)
    agent.step()
    assert bench.portal.reports[second]["outcome"] == "closing"
    assert bench.machine.attributes(LINK)["state"] == "quarantined"


def of(state, generation=4):
    return dataclasses.replace(OPEN, state=state, generation=generation)


def test_what_was_begun_at_the_machine_is_gone_on_with_too(bench):
    bench.machine.refused = {RECORDS: DOWN}
    runs.apply(bench.sites, bench.sites.plan(of(SiteState.PARKED)))
    bench.machine.refused = {}
    bench.portal.refusing = 503
    with pytest.raises(TemporaryError, match=r"portal\.down"):
        bench.agent().step()
    assert RECORDS not in bench.machine.resources()
    assert bench.sites.applied(SITE).state is SiteState.PARKED


def test_a_change_that_a_full_disk_stopped_goes_on_without_a_portal(bench, monkeypatch):
    bench.portal.wish(TAKEN_BACK)
    agent = bench.agent()
    with monkeypatch.context() as full:
        full.setattr(journal_file.JournalFile, "_extend", disk_full)
        with pytest.raises(TemporaryError, match=r"journal\.unwritable"):
            agent.step()
    assert bench.sites.under_way() == {SITE}
    bench.portal.refusing = 503
    with pytest.raises(TemporaryError, match=r"portal\.down"):
        agent.step()
    assert (bench.sites.under_way(), bench.sites.applied(SITE).generation) == (frozenset(), 9)


def disk_full(*_):
    raise OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("error", [Killed(), OSError(errno.ENOSPC, "full")])
def test_a_closing_is_given_up_only_for_what_has_begun(bench, monkeypatch, error):
    """A newer run that does not get so far: the older one stays, and shuts the site."""
    bench.machine.refused = {LINK: DOWN}
    number = bench.portal.wish(closed(SiteState.QUARANTINED))
    bench.agent().step()
    assert bench.portal.reports[number]["outcome"] == "closing"

    def stopped(*_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(journal_file.JournalFile, "_begin", stopped)
        newer = bench.portal.wish(document(of(SiteState.SUSPENDED)))
        with pytest.raises((Killed, TemporaryError)):
            bench.agent().step()
        with pytest.raises((Killed, TemporaryError)):
            runs.apply(bench.sites, bench.sites.plan(of(SiteState.PARKED)))
    assert (bench.sites.position(SITE).wish, bench.sites.under_way()) == (number, {SITE})
    assert bench.portal.reports[number]["outcome"] == "closing"
    bench.machine.refused = {}
    bench.portal.reports[newer] = {"outcome": "cancelled by the portal"}
    bench.agent().settle()
    assert bench.portal.reports[number]["outcome"] == "applied"
    assert bench.machine.attributes(LINK)["state"] == "quarantined"


def test_a_newer_wish_that_is_killed_when_it_has_begun_is_the_one_that_goes_on(bench, monkeypatch):
    bench.machine.refused = {LINK: DOWN}
    first = bench.portal.wish(closed(SiteState.SUSPENDED))
    bench.agent().step()
    newer = bench.portal.wish(document(of(SiteState.QUARANTINED)))
    write = bench.machine.write

    def killed(key, after):
        if bench.sites.position(SITE).wish == newer:
            raise Killed
        write(key, after)

    with monkeypatch.context() as patched:
        patched.setattr(bench.machine, "write", killed)
        with pytest.raises(Killed):
            bench.agent().step()
    bench.machine.refused = {}
    bench.agent().settle()
    told = {number: bench.portal.reports[number]["outcome"] for number in (first, newer)}
    assert told == {first: "stale", newer: "applied"}


def test_enrolled_again_what_waits_is_no_more_this_portals(bench):
    """It offers what it still wishes under numbers that this machine gets to know then."""
    bench.machine.refused = {RECORDS: DOWN}
    number = bench.portal.wish(closed(SiteState.PARKED))
    bench.agent().step()
    assert bench.portal.reports.pop(number)["outcome"] == "closing"
    bench.portal.token = "another-token"
    bench.machine.refused = {}
    agent = bench.agent()
    agent.settle()
    assert number not in bench.portal.reports
    assert bench.sites.applied(SITE).state is SiteState.PARKED
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "applied"
