"""Whose demonstration `--clean` removes, and whose it leaves alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import cleaning
from demo.layout import REPOSITORY, SIMULATION_STATE, Places
from panggon.core.errors import TemporaryError
from panggon.node.daemons.lock import alone
from tests.demo.unprivileged import NOBODY, unprivileged
from tests.site_numbers import First

# Argument: the directory below /srv that stays there beside root's demonstration.
ROOTS = """
mount --rbind "$1" /mnt
mount -t tmpfs -o mode=755 none /srv
mkdir -p "$1" /srv/panggon-demo/sites/acme
echo -n /root/panggon/var/demo > /srv/panggon-demo/belongs-to
mount --rbind /mnt "$1"
shift
exec "$@"
"""
BESIDE_ROOTS = ("unshare", "--mount", "bash", "-ec", ROOTS, "roots")
REMOVED = "Semua yang dibuat peragaan sudah dihapus.\n"


@pytest.fixture
def ours(tmp_path: Path) -> Places:
    return Places(tmp_path / "ours" / "var" / "demo", tmp_path / "hosting", First.DEMO_CLEANED)


@pytest.fixture
def theirs(tmp_path: Path) -> Places:
    """A demonstration of another checkout on the same sites."""
    made = Places(tmp_path / "theirs" / "var" / "demo", tmp_path / "hosting", First.DEMO_CLEANED)
    put(made)
    return made


@pytest.fixture
def server() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def put(places: Places) -> None:
    for directory in (places.state, places.hosting / "sites" / "acme"):
        directory.mkdir(parents=True)
    layout = {"hosting": str(places.hosting), "first_site": places.first_site, "ports": {}}
    (places.state / "layout.json").write_text(json.dumps(layout))
    (places.hosting / "belongs-to").write_text(str(places.state))


def note(record: Path, process: "subprocess.Popen[bytes]") -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps([{"pid": process.pid, "started": cleaning._start_time(process.pid)}]))


def clean(places: Places) -> tuple[int, str]:
    """As a person does it."""
    named = ("--places", str(places.state), str(places.hosting), str(int(places.first_site)))
    argv = [sys.executable, "-m", "demo", "--clean", *named]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_our_own_is_removed(ours: Places) -> None:
    put(ours)
    status, said = clean(ours)
    assert (status, said.splitlines()[0] + "\n") == (0, REMOVED)
    assert not ours.hosting.exists()
    assert [*ours.state.parent.iterdir()] == []


def test_our_own_is_not_removed_while_it_runs(ours: Places) -> None:
    put(ours)
    with alone(ours.state.with_suffix(".lock"), ""):
        words = f"✗ peragaan {ours.state} sedang berjalan; hentikan dahulu dengan Ctrl-C\n"
        assert clean(ours) == (1, words)
    assert (ours.hosting / "sites" / "acme").exists()
    assert ours.state.exists()


@pytest.mark.parametrize("mine_too", [False, True])
def test_that_of_another_checkout_is_named_and_left(
    ours: Places, theirs: Places, mine_too: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if mine_too:
        ours.state.mkdir(parents=True)
        layout = (theirs.state / "layout.json").read_text()
        (ours.state / "layout.json").write_text(layout)
    assert cleaning.clean([ours], packages=False) == 1
    words = f"✗ {ours.hosting} milik peragaan {theirs.state}; hapus dari sana dengan script/demo --clean\n"
    assert capsys.readouterr().out == words
    assert (theirs.hosting / "sites" / "acme").exists()
    assert theirs.state.exists()
    assert not ours.state.with_suffix(".lock").exists()


def test_who_begins_where_a_stopped_one_of_another_checkout_lies_says_so_first(
    ours: Places, theirs: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, bool]] = []
    monkeypatch.setattr(cleaning, "say", lambda words: said.append((words, (theirs.hosting / "sites").exists())))
    cleaning.reclaim(ours)
    cleaning.reclaim(ours)
    words = f"{ours.hosting} berisi situs peragaan {theirs.state}, yang tidak berjalan lagi: situs itu dihapus dahulu."
    assert said == [(words, True)]
    assert not (ours.hosting / "sites").exists()
    assert theirs.state.exists()


@pytest.mark.parametrize("record", ["demo.json", "stack.json"])
def test_nothing_of_a_running_one_is_ended_neither_by_cleaning_nor_by_starting(
    ours: Places, theirs: Places, server: "subprocess.Popen[bytes]", record: str, capsys: pytest.CaptureFixture[str]
) -> None:
    note(theirs.state / record, server)
    note(theirs.hosting / "sockets" / "services.json", server)
    ours.state.mkdir(parents=True)
    (ours.state / "layout.json").write_text((theirs.state / "layout.json").read_text())
    assert cleaning.clean([ours], packages=False) == 1
    words = f"peragaan {theirs.state} masih berjalan di {theirs.hosting} (proses {server.pid}); hentikan dahulu"
    assert capsys.readouterr().out == f"✗ {words}\n"
    with pytest.raises(TemporaryError) as refused:
        cleaning.reclaim(ours)
    assert (refused.value.code, refused.value.detail) == ("demo.busy", words)
    assert server.poll() is None
    assert (theirs.hosting / "sites" / "acme").exists()


def test_an_orphan_is_removed_once_nothing_of_it_runs(
    ours: Places, theirs: Places, server: "subprocess.Popen[bytes]"
) -> None:
    cleaning._remove_tree(theirs.state.parent.parent)
    note(theirs.hosting / "sockets" / "services.json", server)
    assert cleaning.clean([ours], packages=False) == 1
    assert theirs.hosting.exists()
    assert server.poll() is None
    server.kill()
    server.wait()
    assert cleaning.clean([ours], packages=False) == 0
    assert not theirs.hosting.exists()


def test_a_refusal_of_one_does_not_keep_the_other(tmp_path: Path, ours: Places, theirs: Places) -> None:
    simulated = Places(ours.state.with_name("demo-simulasi"), tmp_path / "simulated", First.DEMO_CLEANED)
    put(simulated)
    assert cleaning.clean([ours, simulated], packages=False) == 1
    assert theirs.hosting.exists()
    assert not simulated.hosting.exists()
    assert not simulated.state.exists()


@pytest.mark.parametrize("named", ["state", "hosting"])
def test_directories_that_no_demonstration_made_are_not_touched(tmp_path: Path, ours: Places, named: str) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "surat.pdf").touch()
    places = Places(**{**vars(ours), named: letters})
    words = f"✗ {letters} bukan buatan peragaan dan tidak disentuh; pilih folder yang kosong\n"
    assert clean(places) == (1, words)
    assert (letters / "surat.pdf").exists()


def test_a_user_removes_a_simulation_and_roots_demonstration_stays() -> None:
    with unprivileged() as (var, around):
        state = var / "demo-simulasi"
        put(Places(state, state / "machine"))
        (state / "machine" / "belongs-to").write_text(str(SIMULATION_STATE))  # as the user sees it
        given(state)
        done = subprocess.run(
            [*BESIDE_ROOTS, str(var), *around, "script/demo", "--clean"], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        stays = "Yang dibuat root di /srv/panggon-demo tetap ada; hanya root dapat menghapusnya.\n"
        assert done.stdout == REMOVED + stays
        assert [*var.iterdir()] == []


@pytest.mark.parametrize("options", [["--simulate", "--exit"], ["--clean"]])
def test_what_is_another_users_is_said_in_one_sentence(options: list[str]) -> None:
    with unprivileged() as (var, around):
        os.chown(var, 0, 0)
        (var / "demo-simulasi").mkdir()
        done = subprocess.run([*around, "script/demo", *options], capture_output=True, text=True)
    lock = REPOSITORY / "var" / "demo-simulasi.lock"
    words = f"✗ {lock} bukan milik pengguna ini; jalankan sebagai pemiliknya\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, words, "")


def given(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
