"""Many sites from a list, on a simulated machine: everything or a word for each, and a stop costs nothing."""

import itertools
import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from panggon.core.errors import InvalidError
from panggon.core.node.planning.resources import Key, Kind, absent, foreign, ours
from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import SiteState
from panggon.drivers.fake import Killed, Mishap, Moment
from panggon.node.command import batch, show_many
from panggon.node.command.batch import Ending
from panggon.node.command.cli import cli
from tests.node import simulated

NUMBERS = range(1, 9)
UNFINISHED = "lihat baris 1, kolom 2"


def wish(number, **changes):
    return replace(simulated.SPEC, site=f"s90000{number}", host=f"situs-{number}.kota.example", **changes)


@pytest.fixture
def settings(tmp_path):
    return simulated.settings(tmp_path)


@pytest.fixture
def machine(settings):
    return simulated.machine_of(settings)


@pytest.fixture
def sites(settings, machine):
    return simulated.sites_on(settings, machine)


def folder(place, wishes):
    (place / "daftar").mkdir(exist_ok=True)
    for each in wishes:
        (place / "daftar" / f"{each.site}.json").write_text(json.dumps(specs.dump(each)))
    return place / "daftar"


def endings(results):
    return {result.site: result.ending for result in results}


def test_folder_and_lines_are_the_same_list(tmp_path, sites):
    wishes = tuple(map(wish, NUMBERS))
    lines = tmp_path / "daftar.jsonl"
    lines.write_text("\n\n".join(json.dumps(specs.dump(each)) for each in wishes) + "\n")
    assert batch.read(sites, folder(tmp_path, wishes)) == batch.read(sites, lines) == wishes


def test_every_fault_of_every_spec_is_told_and_nothing_is_done(tmp_path, machine):
    place = folder(tmp_path, [wish(1), wish(2), replace(wish(3), host="situs-1.kota.example"), wish(4)])
    (place / "s900002.json").write_text("{")
    (place / "s900004.json").write_text(json.dumps(specs.dump(wish(4)) | {"kind": "lain"}))
    (place / "s900005.json").write_text(json.dumps(specs.dump(wish(1))))
    done = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "apply", str(place)])
    assert done.exit_code == 2
    assert [line.partition(" harus")[0] for line in done.stderr.splitlines()] == [
        f"s900002.json: bukan JSON yang benar: {UNFINISHED}.",
        "s900004.json: kind:",
        "daftar: situs s900001 disebut dua kali.",
        "daftar: nama situs-1.kota.example disebut dua kali.",
    ]
    assert machine.resources() == {}


@pytest.mark.parametrize("name", ["kosong", "tidak-ada.jsonl"])
def test_a_list_of_nothing_is_refused(tmp_path, sites, name):
    (tmp_path / "kosong").mkdir()
    with pytest.raises(InvalidError):
        batch.read(sites, tmp_path / name)


def test_one_that_fails_stops_no_other(sites, machine):
    machine.put(foreign(Key(Kind.HOST, wish(3).host), "milik orang lain"))
    results = list(batch.apply(sites, [wish(number) for number in NUMBERS]))
    assert endings(results) == {wish(n).site: Ending.FAILED if n == 3 else Ending.APPLIED for n in NUMBERS}
    (problem,) = [result.problem for result in results if result.problem]
    assert problem.code == "plan.foreign"


def test_killed_and_given_again_it_goes_on(sites, machine):
    wishes = [wish(number) for number in NUMBERS]
    machine.at_write = {25: Mishap(Moment.DURING, Killed())}
    with pytest.raises(Killed):
        list(batch.apply(sites, wishes))
    machine.at_write = {}
    before = {spec.site for spec in wishes if sites.applied(spec.site) == spec}
    found = endings(batch.apply(sites, wishes))
    assert {site for site, ending in found.items() if ending is Ending.KEPT} == before
    assert set(found.values()) == {Ending.KEPT, Ending.APPLIED}
    assert [sites.applied(spec.site) for spec in wishes] == wishes
    assert set(endings(batch.apply(sites, wishes)).values()) == {Ending.KEPT}


def test_what_was_changed_by_hand_is_not_passed_over(sites, machine):
    list(batch.apply(sites, [wish(1)]))
    machine.put(absent(Key(Kind.CERTIFICATE, wish(1).host)))
    assert endings(batch.apply(sites, [wish(1)])) == {wish(1).site: Ending.APPLIED}


def test_new_addresses_of_the_machine_reach_every_site_by_one_command(tmp_path, sites):
    list(batch.apply(sites, [wish(number) for number in NUMBERS]))
    list(batch.apply(sites, [replace(wish(1), state=SiteState.PARKED, generation=2)]))
    config = simulated.toml(tmp_path)
    config.write_text(config.read_text().replace("192.0.2.1", "192.0.2.99"))
    argv = ["--config", str(config)]
    unproven = CliRunner().invoke(cli, [*argv, "drift"])
    assert unproven.stdout.endswith(f"; semuanya: panggon-node --config {config} apply --all\n")
    bounded = CliRunner().invoke(cli, [*argv, "apply", "--all"])
    assert bounded.stdout.startswith(
        "4 dibuat dan terbukti, 1 sudah seperti yang diminta, 3 gagal.\n"
    )  # parking counts
    assert "jalankan di mesin ini: panggon-node allow JUMLAH, lalu ulangi" in bounded.stdout
    CliRunner().invoke(cli, [*argv, "allow", "8"])
    again = CliRunner().invoke(cli, [*argv, "apply", "--all"])
    assert (again.exit_code, again.stdout) == (0, "3 dibuat dan terbukti, 5 sudah seperti yang diminta, 0 gagal.\n")
    assert CliRunner().invoke(cli, [*argv, "drift"]).exit_code == 0


def test_what_was_interrupted_is_ended_before_all_are_made_as_they_were_last(sites, machine):
    newer = replace(wish(1), generation=2, state=SiteState.OPEN)
    list(batch.apply(sites, [wish(1)]))
    machine.at_write = {machine.writes + 1: Mishap(Moment.DURING, Killed())}
    with pytest.raises(Killed):
        list(batch.apply(sites, [newer]))
    machine.at_write = {}
    assert endings(batch.restore(sites)) == {wish(1).site: Ending.KEPT}
    assert sites.applied(wish(1).site) == newer


@pytest.mark.parametrize("words", [[], ["daftar.jsonl", "--all"]], ids=["neither", "both"])
def test_all_sites_are_made_anew_only_by_that_word(tmp_path, sites, words):
    list(batch.apply(sites, [wish(1)]))
    refused = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "apply", *words])
    assert (refused.exit_code, refused.stdout) == (2, "")


@pytest.mark.parametrize("failing", [0, 8])
def test_how_far_a_list_is_stands_in_a_line_every_ten_seconds(tmp_path, settings, monkeypatch, failing):
    """Where nobody sits at a terminal: of eight sites that take four seconds each."""
    seconds = itertools.count(0, 4)
    monkeypatch.setattr(show_many, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    for number in NUMBERS[:failing]:
        simulated.machine_of(settings).put(foreign(Key(Kind.HOST, wish(number).host), "milik orang lain"))
    place = folder(tmp_path, map(wish, NUMBERS))
    done = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "apply", str(place)])
    assert [line for line in done.stderr.splitlines() if line.endswith("detik lagi")] == [
        f"3 dari 8 situs, {min(3, failing)} gagal, kira-kira 20 detik lagi",
        f"6 dari 8 situs, {min(6, failing)} gagal, kira-kira 8 detik lagi",
    ]


def test_a_list_is_bounded_like_the_portal(tmp_path, settings):
    config = str(simulated.toml(tmp_path))
    list_of = lambda **changes: str(folder(tmp_path, [wish(number, **changes) for number in NUMBERS]))  # noqa: E731
    assert CliRunner().invoke(cli, ["--config", config, "apply", list_of(state=SiteState.OPEN)]).exit_code == 0
    closed = list_of(state=SiteState.SUSPENDED, generation=2)
    refused = CliRunner().invoke(cli, ["--config", config, "apply", closed, "--json"])
    told = json.loads(refused.stdout)
    assert (refused.exit_code, told["applied"], told["failed"]) == (1, 5, 3)
    assert {problem["code"] for problem in told["problems"].values()} == {"node.bound"}
    CliRunner().invoke(cli, ["--config", config, "allow", "8"])
    again = CliRunner().invoke(cli, ["--config", config, "apply", closed])
    assert "3 dibuat dan terbukti, 5 sudah seperti yang diminta, 0 gagal." in again.stdout
    assert again.exit_code == 0


def test_of_all_sites_who_is_purged_is_neither_proven_nor_counted(tmp_path, sites):
    parked, purged = (replace(wish(2), state=state, generation=2) for state in (SiteState.PARKED, SiteState.PURGED))
    list(batch.apply(sites, [wish(1), wish(2), wish(3)]))
    list(batch.apply(sites, [parked]))
    sites.recorded.keep(replace(purged, site=wish(3).site, host=wish(3).host))
    assert endings(batch.verify(sites)) == {wish(1).site: Ending.PROVEN, wish(2).site: Ending.PROVEN}
    told = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "verify"]).stdout
    assert told == "2 dari 2 situs terbukti.\n"


def test_at_a_terminal_each_failure_is_said_once(tmp_path, sites, machine):
    list(batch.apply(sites, [wish(1)]))
    machine.put(ours(Key(Kind.HOST, wish(1).host), site=wish(1).site, state="open"))
    shown = at_a_terminal("--config", str(simulated.toml(tmp_path)), "verify")
    assert shown.count(f"✗ {wish(1).site}: ada bukti yang tidak terpenuhi") == 1
    assert shown.count(" situs terbukti.") == 1


def at_a_terminal(*words):
    """What a person reads there."""
    ours_end, its_end = pty.openpty()
    program = "from panggon.node.command.cli import main; main()"
    with subprocess.Popen([sys.executable, "-c", program, *words], stdin=its_end, stdout=its_end, stderr=its_end):
        os.close(its_end)
        shown = b""
        with suppress(OSError), os.fdopen(ours_end, "rb", buffering=0) as screen:  # as Linux says that nobody writes
            while part := screen.read(65_536):
                shown += part
    return shown.decode()
