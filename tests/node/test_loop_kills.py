"""The agent killed anywhere: runs go on, reports are given once, passwords are neither lost nor kept."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.resources import Key, Kind, ours
from panggon.drivers import user
from panggon.drivers.fake import Killed, Mishap, Moment
from panggon.drivers.user import UserDriver
from panggon.node.agent import identity
from panggon.node.agent.identity import Identity
from panggon.node.state import records
from tests.node import portal as portals
from tests.node import simulated
from tests.node.bench import USER, Bench
from tests.node.portal import TOKEN
from tests.node.simulated import HOST, SITE, SPEC, document, opened
from tests.waiting import until


@pytest.fixture
def bench(tmp_path):
    with portals.running() as portal:
        yield Bench(tmp_path, portal)


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
    bench.portal.token = "another-token"
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


def test_what_a_full_disk_kept_from_the_record_is_put_there_at_the_next_start(bench):
    bench.ask(document())
    record = bench.settings.paths.state / "specs" / f"{SITE}.json"
    former = bench.settings.paths.state / "former" / f"{SITE}.json"
    records.save(former, {"fp": "$6$hash"})
    record.unlink()
    bench.agent().settle()
    assert (bench.sites.applied(SITE), former.exists()) == (SPEC, False)


def test_a_start_reads_no_more_of_a_settled_site_than_it_must(bench, monkeypatch):
    bench.ask(document())
    monkeypatch.setattr(plans, "load", lambda _: pytest.fail("a plan was read"))
    bench.agent().settle()


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
    until(lambda: wanted in {(row["phase"], row["key"]) for row in bench.portal.progress.get(number, [])})
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

    def drivers(self, _spec, known):
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


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05])
def test_a_process_that_is_really_killed_again_and_again_reaches_the_wish(tmp_path, pause):
    path = simulated.toml(tmp_path)
    argv = [str(Path(sys.executable).with_name("panggon-node")), "--config", str(path), "run"]
    state = tmp_path / "state"
    with portals.running() as portal:
        identity.save(state, Identity(portal.url, 1, TOKEN))
        number = portal.wish(document())
        for attempt in range(3):
            agent = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
            while not (state / "journal" / f"{SITE}.jsonl").exists() and number not in portal.reports:
                assert agent.poll() is None
                time.sleep(0.001)
            time.sleep(pause * attempt)
            os.kill(agent.pid, signal.SIGKILL)
            agent.wait()
        agent = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        report = portal.reported(number)
        agent.terminate()
        assert agent.wait(60) == 0
    assert (report["outcome"], report["problem"]) == ("applied", None)
    assert json.loads((state / "specs" / f"{SITE}.json").read_text()) == document()


class RealUser(UserDriver):
    """The real records, in a directory that the system does not look at: so nothing is asked of the system."""

    def probe(self, key, *, spec):
        return ()


def test_going_back_after_a_kill_brings_the_former_password_back(bench):
    first, second = (f"$6$salt${number:086}" for number in (1, 2))
    settings = user.Settings(bench.settings.paths.userdb, bench.settings.sites.uid_base)
    bench.sites = dataclasses.replace(
        bench.sites,
        drivers=lambda _spec, known: {**bench.machine.drivers(), Kind.USER: RealUser(settings, known.get)},
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
