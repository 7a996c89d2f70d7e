"""The agent: wishes by mode, the bounds of the node, outages, bugs."""

import dataclasses
import logging
from datetime import UTC, datetime, timedelta

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.health import Health, Server, dump
from panggon.core.node.planning.resources import Key, Kind, foreign, ours
from panggon.core.sites.spec import SiteKind
from panggon.drivers.fake import Mishap, Moment
from panggon.node.agent.client import Portal
from panggon.node.agent.identity import Identity
from panggon.node.agent.loop import Agent
from panggon.node.agent.wishes import ATTEMPTS
from tests.node import portal as portals
from tests.node import simulated
from tests.node.bench import USER, Bench
from tests.node.portal import TOKEN
from tests.node.simulated import HOST, SITE, SPEC, document


@pytest.fixture
def bench(tmp_path):
    with portals.running() as portal:
        yield Bench(tmp_path, portal)


def test_a_plan_is_reported_and_changes_nothing(bench):
    report = bench.ask(document(), "plan")
    assert (report["outcome"], report["problem"], report["evidence"]) == ("planned", None, [])
    assert report["digest"] == report["plan"]["digest"]
    assert len(report["plan"]["changes"]) == 9
    assert bench.machine.resources() == {}


def test_an_approved_plan_is_carried_out_and_proven(bench):
    digest = bench.ask(document(), "plan")["digest"]
    report = bench.ask(document(), approved_digest=digest)
    assert (report["outcome"], report["problem"], report["digest"]) == ("applied", None, digest)
    assert {row["name"] for row in report["evidence"]} >= {"https.answer", "dns.answer", "sftp.login", "php.user"}
    assert all(row["ok"] for row in report["evidence"])
    assert datetime.fromisoformat(report["proved_at"]) > datetime.now(UTC) - timedelta(minutes=1)
    assert report["reduced"] == ["memory: none"]
    assert bench.machine.attributes(Key(Kind.HOST, HOST)) == {"site": SITE, "state": "prepared"}
    assert bench.sites.applied(SITE) == SPEC
    assert bench.sites.recorded.here() == {SITE}


def test_another_world_than_the_approved_one_is_stale(bench):
    digest = bench.ask(document(), "plan")["digest"]
    bench.machine.put(ours(USER, uid=1_900_900_001, password=""))
    report = bench.ask(document(), approved_digest=digest)
    assert (report["outcome"], report["problem"]["code"]) == ("stale", "plan.changed")
    assert report["digest"] != digest
    assert bench.machine.writes == 0


def test_verification_tells_what_no_longer_holds(bench):
    bench.ask(document())
    writes = bench.machine.writes
    assert bench.ask(document(), "verify")["outcome"] == "verified"
    bench.machine.unproven = {Key(Kind.RECORDS, HOST)}
    report = bench.ask(document(), "verify")
    assert (report["outcome"], report["problem"]["code"]) == ("unproven", "unproven")
    assert [row["name"] for row in report["evidence"] if not row["ok"]] == ["dns.answer"]
    assert bench.machine.writes == writes


def test_a_look_proves_and_tells_what_was_seen(bench):
    bench.ask(document())
    report = bench.ask(document(), "look")
    assert (report["outcome"], report["problem"]) == ("verified", None)
    assert sorted(report["seen"]) == ["answers", "logins", "since", "watched"]
    assert report["seen"]["watched"] == {"logins": False, "answers": False}
    assert "seen" not in bench.ask(document(), "verify")


def test_a_report_that_the_portal_does_not_take_holds_up_no_other_wish(bench):
    bench.portal.disliked = {"evidence", "plan"}
    applied = bench.ask(document())
    assert (applied["outcome"], applied["evidence"], applied["plan"], applied["proved_at"]) == (
        "applied",
        [],
        None,
        None,
    )
    assert bench.sites.applied(SITE) == SPEC
    bench.machine.unproven = {Key(Kind.RECORDS, HOST)}
    looked = bench.ask(document(), "look")
    assert (looked["outcome"], looked["problem"]) == ("unproven", {"code": "unproven", "detail": ""})
    assert looked["evidence"] == []
    assert looked["proved_at"] is not None
    assert "seen" not in looked
    planned = bench.ask(document(), "plan")
    assert (planned["outcome"], planned["problem"]["code"]) == ("refused", "report.refused")


def test_a_wish_that_the_portal_knows_no_more_is_told_of(bench):
    bench.portal.disliked = {"outcome"}
    with pytest.raises(PermanentError) as caught:
        bench.ask(document(), "verify")
    assert caught.value.code == "portal.refused"


def test_a_permanent_failure_is_reported_as_restored(bench):
    bench.machine.refused = {Key(Kind.CERTIFICATE, HOST): PermanentError("tls.refused", "no")}
    report = bench.ask(document())
    assert (report["outcome"], report["problem"]) == ("restored", {"code": "tls.refused", "detail": "no"})
    assert bench.machine.resources() == {}
    assert bench.sites.applied(SITE) is None


def test_what_others_made_is_refused(bench, caplog):
    bench.machine.put(foreign(Key(Kind.RECORDS, HOST), "milik lain"))
    with caplog.at_level(logging.INFO):
        report = bench.ask(document())
    assert caplog.messages[-1].endswith(f": refused (plan.foreign: {report['problem']['detail']})")
    assert (report["outcome"], report["problem"]["code"]) == ("refused", "plan.foreign")
    assert bench.machine.writes == 0


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (document(site="s900010"), "site: mesin ini hanya menerima nomor situs 900001 sampai 900009."),
        (document(host="uji.kota.example.org"), "host: mesin ini hanya menerima nama di bawah kota.example."),
        (document(host="kota.example"), "host: mesin ini hanya menerima nama di bawah kota.example."),
        (document(version=2), "version: versi 2 tidak dikenal; yang dikenal hanya versi 1."),
        ({**document(), "command": "rm"}, "command: tidak dikenal."),
        (None, "dokumen: harus berupa objek JSON."),
    ],
)
def test_what_a_portal_may_not_ask_is_refused(bench, spec, sentence):
    report = bench.ask(spec)
    assert (report["outcome"], report["problem"]) == ("refused", {"code": "spec.invalid", "detail": sentence})
    assert bench.machine.calls == 0


def test_a_kind_that_the_machine_does_not_take_is_refused(bench, tmp_path):
    bench.settings = simulated.settings(
        tmp_path, sites={"first_site": 900001, "last_site": 900009, "kinds": ["static"]}
    )
    bench.sites = simulated.sites_on(bench.settings, bench.machine)
    assert bench.ask(document())["problem"]["detail"] == "kind: mesin ini hanya menerima jenis static."
    static = dataclasses.replace(SPEC, kind=SiteKind.STATIC)
    assert bench.ask(document(static))["outcome"] == "applied"


def test_what_may_pass_is_tried_again_and_then_told(bench):
    bench.machine.refused = {}
    number = bench.portal.wish(document(), "plan")
    away = Mishap(Moment.BEFORE, TemporaryError("dns.down", "ns1 is away"))
    bench.machine.at_call = dict.fromkeys(range(1000), away)
    agent = bench.agent()
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(TemporaryError, match=r"dns\.down"):
            agent.step()
    assert number not in bench.portal.reports
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "refused"
    assert bench.portal.reports[number]["problem"] == {"code": "dns.down", "detail": "ns1 is away"}


def test_a_bug_is_told_and_the_next_wish_is_served(bench):
    def broken(_spec, _known):
        raise ZeroDivisionError("a bug")

    sound, bench.sites = bench.sites, dataclasses.replace(bench.sites, drivers=broken)
    report = bench.ask(document(), "plan")
    assert (report["outcome"], report["problem"]["code"]) == ("refused", "node.unexpected")
    assert report["problem"]["detail"] == "ZeroDivisionError: a bug"
    bench.sites = sound
    assert bench.ask(document(), "plan")["outcome"] == "planned"


def test_a_damaged_journal_stops_only_its_own_site(bench):
    bench.ask(document())
    journal = bench.settings.paths.state / "journal" / f"{SITE}.jsonl"
    journal.write_text("{}\n" + journal.read_text())
    other = document(dataclasses.replace(SPEC, site="s900002", host="lain.kota.example"))
    bench.agent().settle()
    assert bench.ask(document())["problem"]["code"] == "journal.corrupt"
    assert bench.ask(other)["outcome"] == "applied"


def test_a_portal_that_is_away_is_asked_with_growing_pauses(bench):
    class EnoughError(Exception):
        pass

    def sleep(seconds):
        bench.slept.append(seconds)
        if len(bench.slept) == 8:
            raise EnoughError

    bench.portal.refusing = 503
    me = Identity(bench.portal.url, 1, TOKEN)
    agent = Agent(bench.sites, Portal(me.url, token=TOKEN), me, reduced=(), sleep=sleep)
    with pytest.raises(EnoughError):
        agent.run()
    limits = [1, 2, 4, 8, 16, 32, 60, 60]
    assert all(limit / 2 <= pause <= limit for pause, limit in zip(bench.slept, limits, strict=True))


def test_an_unknown_machine_stops_with_words(bench):
    me = Identity(bench.portal.url, 1, "forgotten")
    agent = Agent(bench.sites, Portal(me.url, token=me.token), me, reduced=())
    with pytest.raises(PermanentError, match="daftarkan lagi dengan panggon-node enroll"):
        agent.run()


@pytest.mark.parametrize("trouble", [ZeroDivisionError("a bug"), TemporaryError("runtime.holder", "silent")])
def test_what_it_cannot_say_of_itself_keeps_no_wish_away(bench, trouble):
    def worries():
        raise trouble

    me = Identity(bench.portal.url, 1, TOKEN)
    agent = Agent(bench.sites, Portal(me.url, token=TOKEN), me, reduced=(), worries=worries)
    number = bench.portal.wish(document())
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "applied"
    assert bench.portal.statuses == []


def test_what_is_no_text_is_told_all_the_same(bench):
    me = Identity(bench.portal.url, 1, TOKEN)
    said = ("nginx: \ud800 \0berhenti", "x" * 5000)
    agent = Agent(bench.sites, Portal(me.url, token=TOKEN), me, reduced=(), worries=lambda: said)
    bench.portal.wish(document(), "plan")
    agent.step()
    assert bench.portal.statuses[0]["reduced"] == ["nginx: ? berhenti", "x" * 500]


def test_it_says_how_the_machine_is_and_goes_on_where_it_cannot(bench):
    """The portal takes what it did not know before by the member that an older one passes over."""
    me = Identity(bench.portal.url, 1, TOKEN)
    found = Health(servers=(Server("knot", running=False, since="", restarts=3),))

    def broken():
        raise OSError(5, "Input/output error")

    for health in (lambda: found, broken):
        bench.portal.wish(document(), "plan")
        Agent(bench.sites, Portal(me.url, token=TOKEN), me, reduced=(), health=health).step()
    first, second = bench.portal.statuses
    assert first["health"] == dump(found)
    assert "health" not in second
    assert second["version"]


def test_it_says_how_it_is(bench):
    bench.ask(document())
    said = {"version": "0.1.0", "reduced": ["memory: none"], "sites": 0, "drift": [], "php_versions": []}
    assert bench.portal.statuses[0] == {**said, "generations": {}}
