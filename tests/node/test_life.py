"""A site's life on a simulated machine: what may be asked when, how much of it in a day, and what people changed."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from panggon.core.errors import PermanentError
from panggon.core.node.planning.journal import Word
from panggon.core.node.planning.plan import Plan, make
from panggon.core.node.planning.resources import Key, Kind, absent, ours
from panggon.core.sites.spec import Access, Engine, SiteState
from panggon.core.sites.spec_document import dump
from panggon.node import clock as clocks
from panggon.node import runs
from panggon.node.agent import loop
from panggon.node.agent.bounds import Allowed, DailyBounds, Measure
from panggon.node.agent.drift import DriftWatch
from panggon.node.command.cli import cli
from panggon.node.sites import Sites
from panggon.node.state import records
from tests.core.node.planning.plans import FACTS, existing, nothing
from tests.node import simulated
from tests.node.life import NEW_HOST, OPEN, apply, later
from tests.node.simulated import HOST, SITE, SPEC, document


def test_who_only_plans_changes_nothing_of_what_is_on_record(bench):
    """Also where a full disk has kept the last run's end from it: that is for who holds the site's journal."""
    former = bench.settings.paths.state / "former" / f"{SITE}.json"
    record = bench.settings.paths.state / "specs" / f"{SITE}.json"
    apply(bench, SPEC)
    older = record.read_bytes()
    apply(bench, OPEN)
    record.write_bytes(older)
    records.save(former, {"fingerprint": "hash"})
    with pytest.raises(PermanentError, match=rf"node\.database_engine: {SITE} mempunyai basis data mariadb"):
        bench.sites.plan(later(OPEN, database=Engine.POSTGRESQL))
    assert bench.sites.plan(later(OPEN)).spec == later(OPEN)
    assert (record.read_bytes(), former.exists()) == (older, True)
    with runs.planned(bench.sites, later(OPEN)):
        assert (bench.sites.applied(SITE), former.exists()) == (OPEN, False)


def test_only_what_was_parked_long_enough_is_purged(bench, clock):
    apply(bench, OPEN)
    purged = later(OPEN, state=SiteState.PURGED)
    with pytest.raises(PermanentError, match=rf"node\.purge_early: {SITE} belum diparkir"):
        bench.sites.plan(purged)
    parked = apply(bench, later(OPEN, state=SiteState.PARKED))
    purged = later(parked, state=SiteState.PURGED)
    clock(days=400, jump=True)
    with pytest.raises(PermanentError, match=f"{SITE} sudah diparkir 0 hari selama mesin ini menyala; baru dapat"):
        bench.sites.plan(purged)
    clock(days=29, hours=23)
    with pytest.raises(PermanentError, match="baru dapat dihapus sesudah 30 hari"):
        bench.sites.plan(purged)
    clock(hours=1)
    stranger = ours(Key(Kind.USER, SITE), uid=1, password="")
    user = bench.machine.resources()[stranger.key]
    plan = bench.sites.plan(purged)
    bench.machine.put(stranger)
    assert runs.apply(bench.sites, plan).word is Word.STALE  # in vain, and need not wait anew
    bench.machine.put(user)
    apply(bench, purged)
    assert bench.machine.resources() == {}
    assert bench.sites.recorded.here() == set()
    assert bench.sites.plan(purged).changes == ()


def test_waiting_to_be_purged_goes_on_over_restarts_of_the_agent(bench, clock):
    parked = apply(bench, later(apply(bench, OPEN), state=SiteState.PARKED))
    (bench.settings.paths.state / "parked.json").unlink()  # as after an update from a version that had none
    bench.agent().step()
    clock(days=29, hours=12)
    bench.agent().step()
    bench.sites = simulated.sites_on(bench.settings, bench.machine)
    purged = later(parked, state=SiteState.PURGED)
    assert bench.ask(document(purged))["problem"]["code"] == "node.purge_early"
    clock(hours=12)
    assert bench.ask(document(purged))["outcome"] == "applied"
    bench.agent().step()
    assert json.loads((bench.settings.paths.state / "parked.json").read_text())["sites"] == {}


def test_who_was_killed_before_a_parking_was_counted_counts_it_when_he_is_back(bench, clock):
    """Also where no agent runs, which would count what is parked from time to time."""
    parked = apply(bench, later(apply(bench, OPEN), state=SiteState.PARKED))
    (bench.settings.paths.state / "parked.json").unlink()
    runs.resume(bench.sites, SITE)
    clock(days=20)
    runs.resume(bench.sites, SITE)  # once more is not anew
    clock(days=10)
    apply(bench, later(parked, state=SiteState.PURGED))
    assert bench.machine.resources() == {}


def test_a_database_that_the_site_had_once_goes_with_it(bench, clock):
    apply(bench, OPEN)
    without = apply(bench, later(OPEN, database=None))
    assert Key(Kind.DATABASE, SITE) in bench.machine.resources()
    parked = apply(bench, later(without, state=SiteState.PARKED))
    clock(days=30)
    apply(bench, later(parked, state=SiteState.PURGED))
    assert bench.machine.resources() == {}


def test_a_database_does_not_change_its_engine(bench):
    apply(bench, OPEN)
    other = later(OPEN, database=Engine.POSTGRESQL)
    with pytest.raises(PermanentError, match=rf"node\.database_engine: {SITE} mempunyai basis data mariadb"):
        bench.sites.plan(other)
    apply(bench, replace(other, site="s900009", host="s900009.kota.example"))


def test_a_portal_that_asks_for_too_much_waits_for_a_word(bench, tmp_path):
    sites = [f"s90000{number}" for number in range(1, 8)]
    specs = [replace(OPEN, site=site, host=f"{site}.kota.example") for site in sites]
    for spec in specs:
        apply(bench, spec)
    parking = [later(spec, state=SiteState.PARKED) for spec in specs]
    reports = [bench.ask(document(spec)) for spec in parking[:6]]
    assert [report["outcome"] for report in reports] == ["applied"] * 5 + ["refused"]
    assert reports[-1]["problem"] == {
        "code": "node.bound",
        "detail": "dalam 24 jam sudah 5 situs diubah dan batas mesin ini 5; "
        "bila memang dimaksud, jalankan di mesin ini: panggon-node allow JUMLAH, lalu ulangi",
    }
    assert bench.machine.attributes(Key(Kind.HOST, "s900006.kota.example"))["state"] == "open"
    fresh = replace(SPEC, site="s900008", host="s900008.kota.example")
    assert bench.ask(document(fresh))["outcome"] == "applied"  # a new site disturbs nobody
    said = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "allow", "6"]).stdout
    assert said == "Selama 24 jam portal boleh mengubah sampai 6 situs; 5 di antaranya sudah diubah.\n"
    assert bench.ask(document(parking[5]))["outcome"] == "applied"
    assert bench.ask(document(parking[6]))["outcome"] == "refused"


def test_a_word_and_what_was_counted_last_a_day(bench):
    bounds, now = DailyBounds(bench.sites), clocks.now()
    bounds.allow(Measure.CHANGED, 9, now=now)
    until = now + timedelta(hours=24)
    assert bounds.allowed(now=now + timedelta(hours=23)) == (Allowed(Measure.CHANGED, 9, 0, until),)
    assert bounds.allowed(now=until) == ()
    bounds.allow(Measure.CHANGED, 9, now=now + timedelta(days=365))  # the clock was a year ahead
    assert bounds.allowed(now=now) == ()
    assert bounds.done(Measure.CHANGED, now=now) == 0


def test_a_word_is_told_and_can_be_taken_back(bench, tmp_path):
    """With nothing of it used, and with some: what was counted stays counted."""
    many = replace(SPEC, former_hosts=tuple(f"n{number}.kota.example" for number in range(20)))

    def say(*words):
        return CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), *words])

    def told():
        return [line for line in say("status").stdout.splitlines() if line.startswith("Izin: ")]

    assert (told(), json.loads(say("status", "--json").stdout)["allowed"]) == ([], [])
    say("allow", "40")
    say("allow", "--new", "21")
    rows = json.loads(say("status", "--json").stdout)["allowed"]
    assert [(row["what"], row["number"], row["done"]) for row in rows] == [("changed", 40, 0), ("made", 21, 0)]
    whole = (re.sub(r"^Izin: sampai \d\d-\S+ \S+ \S+ portal boleh ", "", line) for line in told())
    ends = "di antaranya sudah {}. Mencabutnya: panggon-node allow --none"
    assert list(whole) == [
        f"mengubah sampai 40 situs; 0 {ends.format('diubah')}",
        f"membuat sampai 21 nama situs baru; 0 {ends.format('dibuat')}",
    ]
    taken_back = say("allow", "--none")
    assert (taken_back.exit_code, taken_back.stdout) == (
        0,
        "Izin dicabut. Yang berlaku lagi batas mesin ini sendiri.\n",
    )
    assert told() == []
    assert bench.ask(document(many))["problem"]["code"] == "node.bound"
    assert say("allow", "--none").exit_code == 0
    for words in (["--none", "3"], ["--none", "--new"], []):
        assert say("allow", *words).exit_code == 2


def test_a_portal_cannot_make_its_own_bound_grow(tmp_path):
    sites = Sites.of(simulated.settings(tmp_path, sites={"first_site": 900001, "last_site": 900999}))
    bounds, now = DailyBounds(sites), clocks.now()
    specs_of = [replace(OPEN, site=f"s{number}", host=f"s{number}.kota.example") for number in range(900001, 900121)]
    there, new = specs_of[:60], specs_of[60:]
    for spec in there:
        records.save(tmp_path / "state" / "specs" / f"{spec.site}.json", dump(spec))
    bounds.allow(Measure.MADE, 60, now=now)
    for spec in new:
        bounds.admit(make(spec, FACTS, nothing(spec)), now=now)
        records.save(tmp_path / "state" / "specs" / f"{spec.site}.json", dump(spec))
    for number, spec in enumerate(there, 1):
        plan = make(later(spec, state=SiteState.PARKED), FACTS, existing(spec))
        if number > 6:
            with pytest.raises(PermanentError, match=r"sudah 6 situs diubah dan batas mesin ini 6;"):
                bounds.admit(plan, now=now)
        else:
            bounds.admit(plan, now=now)


def test_new_names_have_a_bound_and_a_word_of_their_own(bench, tmp_path):
    many = replace(SPEC, former_hosts=tuple(f"n{number}.kota.example" for number in range(20)))
    refused = bench.ask(document(many))
    assert refused["problem"] == {
        "code": "node.bound",
        "detail": "dalam 24 jam sudah 0 nama situs baru dibuat dan batas mesin ini 20; "
        "bila memang dimaksud, jalankan di mesin ini: panggon-node allow --new JUMLAH, lalu ulangi",
    }
    assert bench.machine.resources() == {}
    said = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "allow", "--new", "21"]).stdout
    assert said == "Selama 24 jam portal boleh membuat sampai 21 nama situs baru; 0 di antaranya sudah dibuat.\n"
    assert bench.ask(document(many))["outcome"] == "applied"
    assert bench.ask(document(replace(SPEC, site="s900002", host="lain.kota.example")))["outcome"] == "refused"


def test_new_names_of_a_site_that_is_there_are_bounded_as_well(bench):
    assert bench.ask(document(SPEC))["outcome"] == "applied"
    one, other = (tuple(f"{word}{number}.kota.example" for number in range(10)) for word in "ab")
    assert bench.ask(document(later(SPEC, former_hosts=one)))["outcome"] == "applied"
    refused = bench.ask(document(later(later(SPEC), former_hosts=(*one, *other))))
    assert (refused["outcome"], refused["problem"]["code"]) == ("refused", "node.bound")
    assert "sudah 11 nama situs baru dibuat dan batas mesin ini 20;" in refused["problem"]["detail"]


def test_a_name_counts_once_however_often_it_is_tried(bench):
    """What was taken back, because it failed, is tried again; what was refused was never made."""
    apply(bench, OPEN)
    bounds = DailyBounds(bench.sites)
    renamed = later(OPEN, host=NEW_HOST, former_hosts=(HOST,))
    bench.machine.refused = {Key(Kind.CERTIFICATE, NEW_HOST): PermanentError("tls.refused", "no")}
    assert [bench.ask(document(renamed))["outcome"] for _ in range(3)] == ["restored"] * 3
    assert [bounds.done(measure, now=clocks.now()) for measure in Measure] == [1, 1]
    for site in (f"s{number}" for number in range(900002, 900006)):
        former = replace(OPEN, site=site, host=f"{site}.kota.example")
        bounds.admit(make(later(former, state=SiteState.PARKED), FACTS, existing(former)), now=clocks.now())
    other = replace(OPEN, site="s900006", host="s900006.kota.example")
    wish = later(other, former_hosts=("lama.kota.example",))
    seen = {found.key: found for found in (*nothing(wish), *existing(other))}
    with pytest.raises(PermanentError, match=r"sudah 5 situs diubah"):
        bounds.admit(make(wish, FACTS, seen.values()), now=clocks.now())
    assert [bounds.done(measure, now=clocks.now()) for measure in Measure] == [5, 1]


def test_nothing_is_lost_of_what_several_count_at_once(bench, monkeypatch):
    def kept_later(path, document):
        time.sleep(0.05)
        save(path, document)

    save, sites = records.save, [f"s{number}" for number in range(900002, 900007)]
    monkeypatch.setattr(records, "save", kept_later)

    def park(site):
        former = replace(OPEN, site=site, host=f"{site}.kota.example")
        plan = make(later(former, state=SiteState.PARKED), FACTS, existing(former))
        DailyBounds(bench.sites).admit(plan, now=clocks.now())

    with ThreadPoolExecutor(len(sites)) as pool:
        list(pool.map(park, sites))
    assert DailyBounds(bench.sites).done(Measure.CHANGED, now=clocks.now()) == len(sites)


def test_whom_a_site_let_in_once_is_not_replaced_for_free(bench):
    apply(bench, replace(SPEC, state=SiteState.OPEN))
    allowed = [bench.ask(document(spec)) for spec in (later(OPEN), later(OPEN, access=Access()), later(OPEN))]
    assert [report["outcome"] for report in allowed] == ["applied"] * 3
    bounds = DailyBounds(bench.sites)
    assert bounds.done(Measure.CHANGED, now=clocks.now()) == 1
    tomorrow = clocks.now() + timedelta(days=1)
    assert bounds.done(Measure.CHANGED, now=tomorrow) == 0
    apply(bench, later(OPEN, access=Access()))
    bounds.admit(bench.sites.plan(later(OPEN)), now=tomorrow)
    assert bounds.done(Measure.CHANGED, now=tomorrow) == 1


def test_what_people_changed_is_found_and_told_and_left_alone(bench):
    apply(bench, OPEN)
    host, records = Key(Kind.HOST, HOST), Key(Kind.RECORDS, HOST)
    bench.machine.put(ours(host, site=SITE, state="prepared"))
    bench.machine.put(absent(records))
    writes = bench.machine.writes
    watch = DriftWatch(bench.sites)
    assert watch.look(elapsed=60.0)
    assert watch.lines() == (
        f"{SITE}: nama situs di server web {HOST} berubah (status: terbuka → sedang disiapkan).",
        f"{SITE}: rekaman DNS {HOST} tidak ada lagi.",
    )
    assert not watch.look(elapsed=60.0)  # nothing new
    found = bench.sites.drift()
    assert isinstance(found[SITE], Plan)
    assert bench.machine.writes == writes
    runs.apply(bench.sites, found[SITE])
    assert watch.look(elapsed=60.0)
    assert watch.lines() == ()


def test_the_portal_is_told_of_differences(bench, monkeypatch):
    monkeypatch.setattr(loop, "LOOK_SECONDS", 0.0)
    apply(bench, OPEN)
    bench.machine.put(absent(Key(Kind.RECORDS, HOST)))
    agent = bench.agent()
    agent.step()
    assert bench.portal.statuses[0]["generations"] == {SITE: OPEN.generation}
    assert bench.portal.statuses[-1]["drift"] == [f"{SITE}: rekaman DNS {HOST} tidak ada lagi."]


def test_wishes_without_pause_hide_no_difference(bench, monkeypatch):
    apply(bench, OPEN)
    bench.machine.put(absent(Key(Kind.RECORDS, HOST)))
    passed = [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: passed[0])
    agent, told = bench.agent(), []
    for _ in range(4):
        bench.portal.wish(document(OPEN), "verify")
        agent.step()
        told.append(bench.portal.statuses[-1]["drift"])
        passed[0] += 8.0
    assert told == [[], [], [], [f"{SITE}: rekaman DNS {HOST} tidak ada lagi."]]
    assert len(bench.portal.reports) == 4


def test_the_portal_is_told_at_once_that_a_site_was_mended(bench, monkeypatch):
    monkeypatch.setattr(loop, "LOOK_SECONDS", 0.0)
    apply(bench, OPEN)
    bench.machine.put(absent(Key(Kind.RECORDS, HOST)))
    agent = bench.agent()
    agent.step()
    number = bench.portal.wish(document(later(OPEN)))
    agent.step()
    assert bench.portal.reports[number]["outcome"] == "applied"
    told = [status["drift"] for status in bench.portal.statuses]
    assert told[-2:] == [[f"{SITE}: rekaman DNS {HOST} tidak ada lagi."], []]


def test_every_site_has_its_turn_in_a_pass(bench):
    for number in range(1, 6):
        apply(bench, replace(OPEN, site=f"s90000{number}", host=f"s90000{number}.kota.example"))
        bench.machine.put(absent(Key(Kind.RECORDS, f"s90000{number}.kota.example")))
    watch = DriftWatch(bench.sites, pass_seconds=100.0)
    found = [(watch.look(elapsed=25.0), len(watch.found))[1] for _ in range(3)]
    assert found == [2, 4, 5]


def test_drift_of_all_sites_on_the_command_line(bench, tmp_path):
    config = simulated.toml(tmp_path)
    apply(bench, OPEN)
    clean = CliRunner().invoke(cli, ["--config", str(config), "drift"])
    assert (clean.exit_code, clean.stdout) == (0, "Semua situs masih seperti yang terakhir disetujui.\n")
    bench.machine.put(absent(Key(Kind.RECORDS, HOST)))
    program = f"panggon-node --config {config}"
    changed = CliRunner().invoke(cli, ["--config", str(config), "drift"])
    assert (changed.exit_code, changed.stdout.splitlines()) == (
        1,
        [
            f"{SITE}: rekaman DNS {HOST} tidak ada lagi.",
            f"Memulihkan situs: {program} apply SITUS; semuanya: {program} apply --all",
        ],
    )
    assert CliRunner().invoke(cli, ["--config", str(config), "apply", SITE]).exit_code == 0
    assert CliRunner().invoke(cli, ["--config", str(config), "drift"]).exit_code == 0
