"""The command line on a simulated machine: words, JSON, exit statuses, and input that changes nothing."""

import dataclasses
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509

from panggon.core.errors import TemporaryError
from panggon.core.node.planning.resources import Key, Kind, foreign, ours
from panggon.core.sites.spec import SiteState
from panggon.drivers.certificates import authority
from panggon.drivers.fake import FakeDriver, Killed, Mishap, Moment
from panggon.engine.patience import Patience, Policy
from panggon.node import runs
from panggon.node.agent import identity
from panggon.node.command.cli import cli
from panggon.node.daemons import lock
from panggon.node.sites import Sites
from panggon.node.supervision import units
from tests.node import portal as portals
from tests.node import simulated
from tests.node.portal import CODE, TOKEN
from tests.node.simulated import HOST, SITE, SPEC, document, opened
from tests.node.terminal import Terminal


@pytest.fixture
def terminal(tmp_path):
    return Terminal(tmp_path)


def test_a_plan_is_told_in_sentences_with_its_digest(terminal):
    result = terminal("plan", terminal.spec())
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].startswith(f"1. Membuat pengguna Unix {SITE} (")
    assert lines[-1].startswith("Sidik rencana: ")
    assert len(lines[-1].split()[-1]) == 64
    assert terminal.machine.resources() == {}


def test_no_sentence_is_broken_where_a_program_reads_it(terminal):
    words = ["--config", str(terminal.config), "plan", terminal.spec()]
    lines = CliRunner().invoke(cli, words, env={"COLUMNS": "40"}).stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == [*(f"{number}." for number in range(1, 10)), "Sidik"]


def test_a_site_that_is_to_be_gone_is_proven_by_what_is_left(terminal):
    purged = dataclasses.replace(SPEC, generation=9, state=SiteState.PURGED)
    gone = json.loads(terminal("verify", terminal.spec(document(purged)), "--json").stdout)
    assert gone["evidence"] == [
        {"name": "site.gone", "ok": True, "detail": "tidak ada yang tersisa"},
        {"name": "dns.gone", "ok": True, "detail": f"simulasi: {HOST} milik None"},
    ]
    terminal.machine.put(ours(Key(Kind.DIRECTORY, SITE), uid=1))
    left = terminal("verify", terminal.spec(document(purged)))
    assert (left.exit_code, f"direktori situs {SITE} ada, padahal tidak diminta." in left.stdout) == (1, True)
    terminal("apply", terminal.spec())
    early = terminal("verify", terminal.spec(document(purged)))
    assert (early.exit_code, "node.purge_early" in early.stderr) == (1, True)


def test_applying_makes_and_proves_the_site(terminal):
    result = terminal("apply", terminal.spec())
    assert result.exit_code == 0
    assert "✓ 1/9 Membuat pengguna Unix" in result.stderr
    assert "https.answer" in result.stdout
    assert "Selesai: semua bukti terpenuhi." in result.stdout
    assert terminal.machine.attributes(Key(Kind.HOST, HOST)) == {"site": SITE, "state": "prepared"}
    assert "Semua sudah seperti yang diminta." in terminal("plan", terminal.spec()).stdout


def test_a_generation_may_go_back_as_after_a_backup_of_the_portal(terminal):
    terminal("apply", terminal.spec(document(generation=7)))
    older = terminal.spec(document(generation=4))
    assert "generasi: 7 → 4" in terminal("plan", older).stdout
    assert terminal("apply", older).exit_code == 0
    assert terminal("verify", older).exit_code == 0
    assert Sites.of(terminal.settings).recorded.generations() == {SITE: 4}


def test_programs_get_json(terminal):
    planned = json.loads(terminal("plan", terminal.spec(), "--json").stdout)
    applied = json.loads(terminal("apply", terminal.spec(), "--json").stdout)
    verified = json.loads(terminal("verify", terminal.spec(), "--json").stdout)
    assert planned["plan"]["digest"] == planned["digest"]
    assert (applied["outcome"], applied["digest"], applied["problem"]) == ("applied", planned["digest"], None)
    assert verified["outcome"] == "verified"
    assert [row["name"] for row in verified["evidence"]] == [row["name"] for row in applied["evidence"]]
    assert all(row["ok"] for row in verified["evidence"])


def test_a_failed_proof_is_a_failed_command(terminal):
    terminal("apply", terminal.spec())
    terminal.machine.put(ours(Key(Kind.HOST, HOST), site=SITE, state="open"))
    result = terminal("verify", terminal.spec(), "--json")
    assert result.exit_code == 1
    assert [row["name"] for row in json.loads(result.stdout)["evidence"] if not row["ok"]] == ["https.answer"]
    told = terminal("verify", terminal.spec()).stdout.splitlines()[-2:]
    assert told[0].endswith("bukti tidak terpenuhi: https.answer.")
    assert "panggon-node drift" in told[1]
    terminal("apply", terminal.spec())
    assert terminal("verify", terminal.spec()).stdout.splitlines()[-1] == "Selesai: semua bukti terpenuhi."


def test_every_site_is_proven_at_once(terminal):
    assert terminal("verify").stdout == "0 dari 0 situs terbukti.\n"
    terminal("apply", terminal.spec())
    result = terminal("verify")
    assert (result.exit_code, result.stdout) == (0, "1 dari 1 situs terbukti.\n")
    terminal.machine.put(ours(Key(Kind.HOST, HOST), site=SITE, state="open"))
    result = terminal("verify")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "0 dari 1 situs terbukti."
    assert result.stdout.splitlines()[1].startswith(f"✗ {SITE}: ada bukti yang tidak terpenuhi: https.answer: ")
    assert json.loads(terminal("verify", "--json").stdout)["problems"][SITE]["code"] == "unproven"


def test_a_simulated_machine_has_nothing_to_back_up(terminal):
    for command in ("backup", "restore"):
        result = terminal(command)
        assert (result.exit_code, result.stderr) == (1, "mesin simulasi tidak menjalankan server (node.simulated)\n")


def test_the_authority_gets_a_new_certificate_of_the_same_name_and_key(terminal):
    refused = terminal("renew-authority")
    assert (refused.exit_code, refused.stderr) == (1, "mesin simulasi tidak menjalankan server (node.simulated)\n")
    terminal.config.write_text(terminal.config.read_text().replace("simulate = true", "simulate = false"))
    missing = terminal("renew-authority")
    assert (missing.exit_code, len(missing.stderr.splitlines())) == (1, 1)
    began = datetime.now(UTC) - timedelta(days=9 * 365)
    made = authority.create_authority(terminal.settings.paths.etc, now=began)
    former, leaf = made.load(), x509.load_pem_x509_certificate(authority.issue(made, HOST, now=datetime.now(UTC)))
    said = terminal("renew-authority")
    renewed = made.load()
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout == (
        f"{made.certificate} berlaku sampai {renewed.not_valid_after_utc:%Y-%m-%d}. "
        "Bagikan kepada semua yang memercayai yang lama.\n"
    )
    assert renewed.not_valid_after_utc - former.not_valid_after_utc > timedelta(days=9 * 365 - 2)
    for each in (former, renewed):
        leaf.verify_directly_issued_by(each)


def test_drift_is_shown_and_not_mended(terminal):
    terminal("apply", terminal.spec())
    assert terminal("drift", terminal.spec()).exit_code == 0
    terminal.machine.put(ours(Key(Kind.HOST, HOST), site=SITE, state="open"))
    result = terminal("drift", terminal.spec(), "--json")
    changes = json.loads(result.stdout)["changes"]
    assert result.exit_code == 1
    assert [(row["key"], row["before"]["state"], row["after"]["state"]) for row in changes] == [
        (f"host:{HOST}", "open", "prepared")
    ]
    assert terminal.machine.attributes(Key(Kind.HOST, HOST))["state"] == "open"


def test_removing_parks_and_keeps_what_the_owner_made(terminal):
    terminal("apply", terminal.spec(document(opened())))
    result = terminal("remove", terminal.spec(document(opened())))
    assert result.exit_code == 0
    kinds = {key.kind for key in terminal.machine.resources()}
    assert kinds == {Kind.USER, Kind.DIRECTORY, Kind.QUOTA, Kind.SITE, Kind.CERTIFICATE}
    assert (counted := json.loads(terminal("status", "--json").stdout)) == {**counted, "sites": 0, "parked": 1}
    assert "Situs: 0, dan 1 diparkir\n" in terminal("status").stdout


def test_what_others_made_stops_the_command(terminal):
    terminal.settings.paths.state.mkdir()
    terminal.machine.put(foreign(Key(Kind.RECORDS, HOST), "dibuat tangan"))
    result = terminal("apply", terminal.spec())
    assert result.exit_code == 1
    why = "sudah ada dan bukan milik situs ini, jadi tidak ada yang diubah"
    assert result.stderr == f"{why}: records:{HOST} (dibuat tangan) (plan.foreign)\n"
    assert len(terminal.machine.resources()) == 1


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ({"version": 9}, ["version: versi 9 tidak dikenal; yang dikenal hanya versi 1."]),
        (
            document(site="s1", state="live", limits={"processes": 1}),
            [
                "site: harus huruf s diikuti enam angka.",
                "state: harus salah satu dari: prepared, open, suspended, quarantined, parked, purged.",
                "limits.processes: harus bilangan bulat dari 4 sampai 256.",
            ],
        ),
        (document(site="s000123"), ["site: mesin ini hanya menerima nomor situs 900001 sampai 900009."]),
        ([], ["dokumen: harus berupa objek JSON."]),
    ],
)
@pytest.mark.parametrize("command", ["plan", "apply", "verify", "remove", "drift"])
def test_every_fault_of_a_spec_is_one_line_and_nothing_changes(terminal, command, content, lines):
    result = terminal(command, terminal.spec(content))
    assert result.exit_code == 2
    assert result.stderr.splitlines() == lines
    assert result.stdout == ""
    assert not (terminal.place / "state" / "journal").exists()
    assert terminal.machine.resources() == {}


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "\x00"])
def test_a_file_that_is_not_json_is_one_line(terminal, content):
    path = terminal.place / "spec.json"
    path.write_text(content)
    result = terminal("apply", str(path))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path}: bukan JSON yang benar: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_is_one_line(terminal):
    result = terminal("apply", "/nowhere.json")
    assert (result.exit_code, result.stderr) == (2, "/nowhere.json: tidak dapat dibaca: tidak ada.\n")


@pytest.mark.parametrize("command", ["plan", "apply", "verify", "drift", "remove"])
def test_a_site_stands_for_what_was_applied_to_it_last(terminal, command):
    nothing = "tidak ada berkas ini, dan situs ini belum pernah dibuat di mesin ini"
    asked = terminal(command, SITE)
    assert (asked.exit_code, asked.stderr) == (2, f"{SITE}: {nothing}.\n")
    terminal("apply", terminal.spec())
    last = Sites.of(terminal.settings).recorded.folder / f"{SITE}.json"
    by_file = terminal("plan", str(last)).stdout
    assert (terminal("plan", SITE).stdout, terminal(command, SITE).exit_code) == (by_file, 0)
    state = json.loads(last.read_text())["state"]
    assert state == ("parked" if command == "remove" else "prepared")


def test_a_file_that_is_called_as_a_site_is_the_file(terminal, monkeypatch, tmp_path):
    terminal("apply", terminal.spec())
    monkeypatch.chdir(tmp_path)
    (tmp_path / SITE).write_text("{")
    assert terminal("verify", SITE).stderr.startswith(f"{SITE}: bukan JSON yang benar: ")


def test_wrong_settings_are_told_before_anything_else(terminal):
    terminal.config.write_text('[dns]\nzone = "kota.example"\nipv4 = ["x"]\n')
    result = terminal("status")
    assert (result.exit_code, result.stderr) == (2, "dns.ipv4: harus alamat IPv4, bukan 'x'.\n")


def test_an_interrupted_run_is_ended_first(terminal):
    sites = simulated.sites_on(terminal.settings, machine := terminal.machine)
    machine.at_write = {4: Mishap(Moment.DURING, Killed())}
    with pytest.raises(Killed):
        runs.apply(sites, sites.plan(SPEC))
    assert json.loads(terminal("status", "--json").stdout)["unfinished"] == [SITE]
    wished = dataclasses.replace(SPEC, generation=2)
    result = terminal("apply", terminal.spec(document(wished)))
    assert result.exit_code == 0
    assert f"Menyelesaikan dahulu pekerjaan {SITE} yang terputus." in result.stderr
    assert terminal.machine.attributes(Key(Kind.SITE, SITE))["generation"] == 2
    assert json.loads(terminal("status", "--json").stdout)["unfinished"] == []


def test_a_closing_that_nobody_goes_on_with_says_so_and_what_is_left(terminal, monkeypatch):
    once = Patience(attempts=1, first=0, longest=0)
    for name in ("USUAL", "BRIEF"):
        monkeypatch.setattr(runs, name, Policy(once, once, once))
    assert terminal("apply", terminal.spec(document(opened()))).exit_code == 0

    def away(*_words):
        raise TemporaryError("dns.down", "ns1 is away")

    write = FakeDriver.write
    with monkeypatch.context() as broken:
        broken.setattr(FakeDriver, "write", lambda *words: (away if words[1].kind is Kind.RECORDS else write)(*words))
        alone = terminal("remove", terminal.spec(document(opened())))
        with lock.alone(terminal.settings.paths.state / lock.AGENT, "the agent"):
            accompanied = terminal("remove", terminal.spec(document(opened())))
    assert (alone.exit_code, accompanied.exit_code) == (1, 1)
    assert "Tidak ada agen yang berjalan di mesin ini" in alone.stdout
    assert "ns1 is away" in alone.stdout
    assert "agen mesin ini mencobanya lagi setiap menit" in accompanied.stdout
    done = terminal("remove", terminal.spec(document(opened())))
    assert (done.exit_code, "Selesai" in done.stdout) == (0, True)


def test_a_machine_is_enrolled_once_and_keeps_its_token_to_itself(terminal):
    with portals.running() as portal:
        result = terminal("enroll", portal.url, CODE, "--name", "satu")
    kept = terminal.settings.paths.state / "node.json"
    enrolled, *what_next = result.stdout.splitlines()
    assert (result.exit_code, enrolled) == (0, f"Mesin satu terdaftar di {portal.url} dengan nomor 1.")
    assert what_next == (
        []
        if units.installed()
        else ["Tanpa systemd: jalankan `panggon-node run`, yang mengambil permintaan dari portal."]
    )
    assert identity.load(terminal.settings.paths.state).token == TOKEN
    assert kept.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in result.output
    assert f"Portal: {portal.url}" in terminal("status").stdout


def test_a_wrong_code_enrols_nothing(terminal):
    with portals.running() as portal:
        result = terminal("enroll", portal.url, "wrong")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "portal tidak menerima kode ini" in result.stderr
    assert not (terminal.settings.paths.state / "node.json").exists()


def test_a_machine_that_is_not_enrolled_says_how(terminal):
    result = terminal("run")
    assert result.exit_code == 1
    assert result.stderr == "mesin ini belum terdaftar: jalankan `panggon-node enroll URL KODE` (node.unknown)\n"


def test_status_says_that_it_is_a_simulation(terminal):
    found = json.loads(terminal("status", "--json").stdout)
    assert (found["simulated"], found["servers"]) == (True, [])
    assert [(row["name"], row["active"]) for row in found["protections"]] == [("simulation", False)]
    assert terminal("services", "run").exit_code == 1


def without_mounting(*argv):
    """Run as root without the right to mount: what a container that forbids it gives."""
    command = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.real
def test_a_protection_that_cannot_be_had_is_named_and_refused(tmp_path):
    assert os.geteuid() == 0
    config = simulated.toml(tmp_path)
    config.write_text(config.read_text().replace("simulate = true", ""))
    node = (str(Path(sys.executable).with_name("panggon-node")), "--config", str(config))
    rows = {row["name"]: row for row in json.loads(without_mounting(*node, "status", "--json").stdout)["protections"]}
    refused = without_mounting(*node, "services", "run")
    assert rows["symlinks"]["active"] is False
    assert rows["symlinks"]["reason"] != ""
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("perlindungan ini tidak dapat diberikan di mesin ini: ")
    assert "symlinks: " in refused.stderr
    assert not (tmp_path / "root").exists()


def test_a_journal_that_cannot_be_written_is_one_sentence_and_nothing_changes(terminal):
    (terminal.settings.paths.state / "journal" / f".{SITE}.jsonl.new").mkdir(parents=True)  # where its draft goes
    result = terminal("apply", terminal.spec())
    assert result.exit_code == 1
    assert result.stderr.startswith("catatan pekerjaan tidak dapat ditulis, jadi tidak ada yang dikerjakan: ")
    assert "berupa folder (galat 21)" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert terminal.machine.resources() == {}


def test_a_folder_whose_name_is_no_text_is_told_of_by_a_command_that_ends_well(terminal):
    assert terminal("apply", terminal.spec()).exit_code == 0
    folder = terminal.settings.paths.root / "sites" / SITE / "public" / os.fsdecode(b"\xff\x1b[31m")
    folder.mkdir(parents=True)
    (folder / ".htaccess").write_text("Deny from all\n")
    for more in ((), ("--json",)):
        result = terminal("htaccess", SITE, *more)
        assert (result.exit_code, result.exception.__class__, "Deny" in result.stdout) == (1, SystemExit, True)
        assert all(each.isprintable() or each == "\n" for each in result.stdout)
