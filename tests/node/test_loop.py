"""The agent: wishes by mode, the bounds of the node, lost reports, kills, a portal that is away."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Key, Kind, foreign, ours
from panggon.core.spec import SiteKind
from panggon.drivers import user
from panggon.drivers.fake import Killed, Mishap, Moment
from panggon.drivers.user import UserDriver
from panggon.node import identity
from panggon.node.client import Portal
from panggon.node.identity import Identity
from panggon.node.loop import ATTEMPTS, Agent
from tests.node import portal as portals
from tests.node import simulated
from tests.node.portal import TOKEN
from tests.node.simulated import HOST, SITE, SPEC, document, opened

ENROLLED = datetime(2026, 11, 2, tzinfo=UTC)
USER = Key(Kind.USER, SITE)


class Bench:
    """A simulated machine, a portal, and agents that can be killed and started again on them."""

    def __init__(self, place, portal):
        self.settings = simulated.settings(place)
        self.machine = simulated.machine_of(self.settings)
        self.sites = simulated.sites_on(self.settings, self.machine)
        self.portal = portal
        self.slept = []
        self.enrolled = ENROLLED

    def agent(self, sites=None):
        me = Identity(self.portal.url, 1, TOKEN, self.enrolled)
        portal = Portal(me.url, token=TOKEN)
        return Agent(sites or self.sites, portal, me, reduced=("memory: none",), sleep=self.slept.append)

    def ask(self, spec, mode="apply", **more):
        """Offer a wish and let an agent carry it out; its report."""
        number = self.portal.wish(spec, mode, **more)
        self.agent().step()
        return self.portal.reports[number]

    def killed(self, write, spec=None):
        """An agent that is killed at this write of a wish; the wish's number."""
        number = self.portal.wish(spec or document())
        self.machine.at_write = {self.machine.writes + write: Mishap(Moment.DURING, Killed())}
        with pytest.raises(Killed):
            self.agent().step()
        self.machine.at_write = {}
        return number


@pytest.fixture
def bench(tmp_path):
    with portals.running() as portal:
        yield Bench(tmp_path, portal)


def test_a_plan_is_reported_and_changes_nothing(bench):
    report = bench.ask(document(), "plan")
    assert (report["outcome"], report["problem"], report["evidence"]) == ("planned", None, [])
    assert report["digest"] == report["plan"]["digest"]
    assert len(report["plan"]["changes"]) == 8
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
    assert bench.sites.count() == 1


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


def test_a_permanent_failure_is_reported_as_restored(bench):
    bench.machine.refused = {Key(Kind.CERTIFICATE, HOST): PermanentError("tls.refused", "no")}
    report = bench.ask(document())
    assert (report["outcome"], report["problem"]) == ("restored", {"code": "tls.refused", "detail": "no"})
    assert bench.machine.resources() == {}
    assert bench.sites.applied(SITE) is None


def test_what_others_made_is_refused(bench):
    bench.machine.put(foreign(Key(Kind.RECORDS, HOST), "milik lain"))
    report = bench.ask(document())
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


def test_a_lost_report_is_given_again_without_doing_the_work_again(bench):
    bench.portal.losing_reports = 1
    number = bench.portal.wish(document())
    with pytest.raises(TemporaryError):
        bench.agent().step()
    writes = bench.machine.writes
    bench.agent().step()
    assert bench.portal.reports[number]["outcome"] == "applied"
    assert bench.machine.writes == writes


def test_a_former_life_of_the_portal_proves_nothing(bench):
    """Wish numbers begin again with a new portal: what the journal says of number 17 is about another wish."""
    bench.ask(document())
    bench.portal.reports.clear()
    bench.enrolled = datetime.now(UTC) + timedelta(seconds=1)
    calls = bench.machine.calls
    bench.agent().step()
    assert bench.portal.reports[17]["outcome"] == "applied"
    assert bench.machine.calls > calls


@pytest.mark.parametrize("write", range(8))
def test_a_killed_agent_goes_on_when_it_is_started_again(bench, write):
    number = bench.killed(write)
    bench.agent().settle()
    report = bench.portal.reports[number]
    assert (report["outcome"], report["problem"]) == ("applied", None)
    assert bench.machine.attributes(Key(Kind.HOST, HOST)) == {"site": SITE, "state": "prepared"}
    assert bench.sites.applied(SITE) == SPEC


def test_going_on_does_not_wait_for_the_portal(bench):
    number = bench.killed(3)
    bench.portal.refusing = 503
    bench.agent().settle()
    assert bench.sites.applied(SITE) == SPEC
    bench.portal.refusing = 0
    bench.agent().step()
    assert bench.portal.reports[number]["outcome"] == "applied"


def test_progress_goes_on_behind_what_was_sent_before_a_kill(bench):
    number = bench.killed(5)
    bench.agent().settle()
    wanted = ("written", "records:" + HOST)
    deadline = time.monotonic() + 10
    while wanted not in {(row["phase"], row["key"]) for row in bench.portal.progress.get(number, [])}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    sequences = [row["sequence"] for row in bench.portal.progress[number]]
    assert len(set(sequences)) == len(sequences)
    assert all(0 <= sequence <= 1_000_000 for sequence in sequences)


class NeedsPassword:
    """The user driver's side of passwords: without the hash it refuses."""

    def __init__(self, bench):
        self.bench = bench
        self.known = {}

    def sites(self):
        return dataclasses.replace(self.bench.sites, drivers=self.drivers)

    def drivers(self, known):
        self.known = dict(known)
        missing = {USER: PermanentError("user.password_unknown", "no hash")}
        self.bench.machine.refused = {} if "fp" in known else missing
        return self.bench.machine.drivers()


def test_a_run_that_needs_a_password_waits_for_its_wish_to_be_offered_again(bench):
    bench.ask(document())
    wish = {"credentials": {"fp": "$6$hash"}}
    needs = NeedsPassword(bench)
    bench.sites = needs.sites()
    number = bench.portal.wish(document(opened(password_fingerprint="fp")), **wish)
    bench.machine.at_write = {bench.machine.writes: Mishap(Moment.BEFORE, Killed())}
    with pytest.raises(Killed):
        bench.agent().step()
    bench.machine.at_write = {}
    journal = (bench.settings.paths.state / "journal" / f"{SITE}.jsonl").read_text()

    agent = bench.agent()
    agent.settle()
    assert number not in bench.portal.reports, "without the hash it would only have gone back"
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "applied"
    assert bench.machine.attributes(USER)["password"] == "fp"
    assert "$6$hash" not in journal
    assert not [path for path in bench.settings.paths.state.rglob("*") if path.is_file() and "$6$" in path.read_text()]


def test_a_newer_wish_ends_a_run_whose_password_is_gone(bench):
    """The owner was quicker: the hash that the interrupted run needs will never be offered again."""
    bench.ask(document())
    needs = NeedsPassword(bench)
    bench.sites = needs.sites()
    number = bench.portal.wish(document(opened(password_fingerprint="fp")))
    bench.machine.at_write = {bench.machine.writes: Mishap(Moment.BEFORE, Killed())}
    with pytest.raises(Killed):
        bench.agent().step()
    bench.machine.at_write = {}
    bench.portal.reports[number] = {"outcome": "cancelled by the portal"}

    newer = bench.ask(document(dataclasses.replace(opened(), generation=3)))
    assert newer["outcome"] == "applied"
    assert bench.machine.attributes(USER)["password"] == ""


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
    def broken(_known):
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
    me = Identity(bench.portal.url, 1, TOKEN, ENROLLED)
    agent = Agent(bench.sites, Portal(me.url, token=TOKEN), me, reduced=(), sleep=sleep)
    with pytest.raises(EnoughError):
        agent.run()
    limits = [1, 2, 4, 8, 16, 32, 60, 60]
    assert all(limit / 2 <= pause <= limit for pause, limit in zip(bench.slept, limits, strict=True))


def test_an_unknown_machine_stops_with_words(bench):
    me = Identity(bench.portal.url, 1, "forgotten", ENROLLED)
    agent = Agent(bench.sites, Portal(me.url, token=me.token), me, reduced=())
    with pytest.raises(PermanentError, match="daftarkan lagi dengan panggon-node enroll"):
        agent.run()


def test_it_says_how_it_is(bench):
    bench.ask(document())
    assert bench.portal.statuses[0] == {"version": "0.1.0", "reduced": ["memory: none"], "sites": 0}


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05])
def test_a_process_that_is_really_killed_again_and_again_reaches_the_wish(tmp_path, pause):
    path = simulated.toml(tmp_path)
    argv = [str(Path(sys.executable).with_name("panggon-node")), "--config", str(path), "run"]
    state = tmp_path / "state"
    with portals.running() as portal:
        identity.save(state, Identity(portal.url, 1, TOKEN, ENROLLED))
        number = portal.wish(document())
        for attempt in range(3):
            agent = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + 20
            while not (state / "journal" / f"{SITE}.jsonl").exists() and number not in portal.reports:
                assert agent.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.001)
            time.sleep(pause * attempt)
            os.kill(agent.pid, signal.SIGKILL)
            agent.wait()
        agent = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        report = portal.reported(number)
        agent.terminate()
        assert agent.wait(20) == 0
    assert (report["outcome"], report["problem"]) == ("applied", None)
    assert json.loads((state / "specs" / f"{SITE}.json").read_text()) == document()


class RealUser(UserDriver):
    """The real records, in a directory that the system does not look at: so nothing is asked of the system."""

    def probe(self, key, *, spec):
        return ()


def test_going_back_after_a_kill_brings_the_former_password_back(bench):
    first, second = (f"$6$salt$hash-number-{number}" for number in (1, 2))
    settings = user.Settings(bench.settings.paths.userdb, bench.settings.sites.uid_base)
    bench.sites = dataclasses.replace(
        bench.sites,
        drivers=lambda known: {**bench.machine.drivers(), Kind.USER: RealUser(settings, known.get)},
    )
    bench.machine.put(ours(USER, uid=1_900_900_001))  # the simulated tree wants to belong to somebody
    site = opened(password_fingerprint=user.fingerprint(first))
    assert bench.ask(document(site), credentials={user.fingerprint(first): first})["outcome"] == "applied"

    changed = dataclasses.replace(opened(site, password_fingerprint=user.fingerprint(second)), generation=3)
    number = bench.portal.wish(document(changed), credentials={user.fingerprint(second): second})
    bench.machine.at_write = {bench.machine.writes: Mishap(Moment.BEFORE, Killed())}
    with pytest.raises(Killed):
        bench.agent().step()
    bench.machine.at_write = {}
    record = bench.settings.paths.userdb / f"{SITE}.user-privileged"
    assert second in record.read_text()

    bench.machine.refused = {Key(Kind.SITE, SITE): PermanentError("site.refused", "no")}
    bench.agent().step()
    assert bench.portal.reports[number]["outcome"] == "restored"
    assert first in record.read_text()
    assert list((bench.settings.paths.state / "former").iterdir()) == []
