"""Records that a bad disk or a hand has broken: one site's trouble is its own; what is lost is begun anew, and told."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.parking import Uptime
from panggon.core.sites.spec import SiteState
from panggon.node.agent.bounds import DailyBounds, Measure
from panggon.node.agent.drift import DriftWatch
from panggon.node.agent.waiting import Told, Waiting
from panggon.node.command import status
from panggon.node.state import records
from panggon.node.state.parked import Parked
from tests.node import portal as portals
from tests.node.bench import Bench
from tests.node.simulated import SITE, SPEC, document, opened

OTHER = dataclasses.replace(SPEC, site="s900002", host="lain.kota.example")
BROKEN = ["", "[]", '{"site": "s900001"}', json.dumps(document(OTHER))]


@pytest.fixture
def bench(tmp_path):
    with portals.running() as portal:
        bench = Bench(tmp_path, portal)
        assert bench.ask(document())["outcome"] == bench.ask(document(OTHER))["outcome"] == "applied"
        yield bench


def record_of(bench, site=SITE):
    return bench.settings.paths.state / "specs" / f"{site}.json"


def journal_of(bench, site=SITE):
    return bench.settings.paths.state / "journal" / f"{site}.jsonl"


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_record_of_a_site_is_made_anew_from_its_journal(bench, content):
    record_of(bench).write_text(content)
    assert bench.sites.applied(SITE) == SPEC
    assert bench.sites.recorded.named()[SITE] == {SPEC.host}
    bench.agent().settle()
    assert json.loads(record_of(bench).read_text()) == document()
    assert bench.sites.is_settled(SITE)


@pytest.mark.parametrize("content", BROKEN)
def test_what_no_journal_tells_either_is_that_sites_trouble_alone(bench, content):
    record_of(bench).write_text(content)
    journal_of(bench).unlink()
    agent = bench.agent()
    agent.settle()
    agent.step()
    assert bench.portal.statuses[-1]["sites"] == 2
    assert bench.sites.without_php() == {"8.2": [OTHER.site]}
    bench.sites.recorded.note_parked()
    watch = DriftWatch(bench.sites)
    watch.look(elapsed=watch.pass_seconds)
    (line,) = watch.lines()
    assert line.startswith(f"{SITE}: record.damaged: catatan {record_of(bench)} rusak: ")
    later = [document(dataclasses.replace(spec, generation=2)) for spec in (SPEC, OTHER)]
    refused, applied = map(bench.ask, later)
    assert (refused["outcome"], refused["problem"]["code"]) == ("refused", "record.damaged")
    assert str(record_of(bench)) in refused["problem"]["detail"]
    assert applied["outcome"] == "applied"


@pytest.mark.parametrize("damage", ["first", "plan", "outcome", "nested"])
def test_a_broken_journal_stops_nothing_that_is_asked_of_all(bench, damage):
    first, *rest = journal_of(bench).read_text().splitlines()
    last = json.dumps({**json.loads(rest[-1]), "outcome": "?"})
    broken = {
        "first": ["{}", *rest],
        "plan": [json.dumps({"entry": "started"}), *rest],
        "outcome": [first, *rest[:-1], last, "{}"],
        "nested": [first, "[" * 100_000, *rest],
    }
    journal_of(bench).write_text("\n".join(broken[damage]) + "\n")
    agent = bench.agent()
    agent.settle()
    agent.step()
    assert set(bench.sites.recorded.named()) == {SITE, OTHER.site}
    assert status.status(bench.sites.config, bench.sites).unfinished == (SITE,)
    watch = DriftWatch(bench.sites)
    watch.look(elapsed=watch.pass_seconds)
    assert [line.split(": ")[:3] for line in watch.lines()] == [
        [SITE, "journal.corrupt", "catatan pekerjaan situs ini rusak"]
    ]
    assert bench.ask(document(dataclasses.replace(OTHER, generation=2)))["outcome"] == "applied"


@pytest.mark.parametrize("content", ["{", '{"sites": 1}'])
@pytest.mark.parametrize("name", ["parked", "strays", "counted-changed", "allowed-changed", "counted-made", "waiting"])
def test_what_the_machine_has_noted_is_begun_anew_and_told(bench, name, content):
    path = bench.settings.paths.state / f"{name}.json"
    path.write_text(content)
    agent = bench.agent()
    agent.settle()
    DailyBounds(bench.sites).done(Measure.MADE, now=datetime.now(UTC))
    changed = bench.ask(document(opened()))
    assert changed["outcome"] == "applied"
    bench.ask(document(dataclasses.replace(opened(), state=SiteState.PARKED, generation=3)))
    bench.sites.recorded.note_parked()
    assert bench.sites.strays == {}
    DailyBounds(bench.sites).allowed(now=datetime.now(UTC))
    aside = path.with_name(f"{name}.json.damaged")
    assert records.damaged(bench.settings.paths.state) == (aside,)
    assert aside.read_text() == content
    none = dataclasses.replace(bench.settings.services, run=())
    real = dataclasses.replace(bench.settings, simulate=False, services=none)
    words = f"catatan {aside} rusak dan sudah dimulai dari awal: periksa disk mesin, lalu hapus berkas itu"
    assert status.worries(real, bench.sites)[0] == words


def test_nobody_is_purged_sooner_because_a_record_is_broken(tmp_path):
    days = timedelta(days=40)
    path = tmp_path / "parked.json"
    Parked(path, lambda: Uptime("boot", 0)).begin(SITE, 1)
    later = Parked(path, lambda: Uptime("boot", days.total_seconds()))
    assert later.waited(SITE, 1) == days
    path.write_text("{")
    assert later.waited(SITE, 1) == timedelta()


def test_a_password_that_lies_nowhere_whole_keeps_no_run_from_its_end(bench):
    number = bench.killed(1, document(dataclasses.replace(SPEC, generation=2)))
    records.save(bench.settings.paths.state / "former" / f"{SITE}.json", {})
    (bench.settings.paths.state / "former" / f"{SITE}.json").write_text("{")
    bench.agent().settle()
    assert bench.portal.reports[number]["outcome"] == "applied"


def test_only_what_is_damaged_is_set_aside(tmp_path):
    path = tmp_path / "waiting.json"
    Waiting(tmp_path, "enrolment").note(SITE, Told(17, "closing.shut", "kata"))
    assert Waiting(tmp_path, "enrolment").told() == {SITE: Told(17, "closing.shut", "kata")}
    assert records.damaged(tmp_path) == ()
    path.unlink()
    path.mkdir()  # no file at all: nothing is moved away
    with pytest.raises(PermanentError, match=r"disk\.refused"):
        Waiting(tmp_path, "enrolment").told()
    assert path.is_dir()


def test_a_bug_in_a_step_ends_no_agent(bench, monkeypatch):
    class EnoughError(Exception):
        pass

    def sleep(seconds):
        bench.slept.append(seconds)
        raise EnoughError

    agent = bench.agent()
    monkeypatch.setattr(agent, "_sleep", sleep)
    monkeypatch.setattr(agent, "step", lambda: 1 // 0)
    with pytest.raises(EnoughError):
        agent.run()
    assert len(bench.slept) == 1
