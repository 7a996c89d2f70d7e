"""What `script/demo` knows of its options before anything is installed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.__main__ import _arguments
from demo.layout import REPOSITORY

HELP = (REPOSITORY / "demo" / "help.txt").read_text()
POINTER = "'script/demo --help' menunjukkan semua pilihan.\n"
PLACES = f"Sesudah --places harus ada dua folder dan satu angka dari 800001 sampai 990000. {POINTER}"
NO_DEMONSTRATION = 'mount -t tmpfs none /srv; exec "$@"'
INSTALLS = "#!/bin/sh\necho installs: $*\nexit 9\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Nothing is installed in it; installing says so and fails."""
    for name in ("script/demo", "demo/help.txt"):
        file = tmp_path / name
        file.parent.mkdir()
        file.write_bytes((REPOSITORY / name).read_bytes())
    installs = tmp_path / "script" / "bootstrap"
    installs.write_text(INSTALLS)
    for program in installs.parent.iterdir():
        program.chmod(0o755)
    return tmp_path


def demo(checkout: Path, *options: str) -> tuple[int, str, str]:
    argv = ["unshare", "--mount", "sh", "-ec", NO_DEMONSTRATION, "demo", str(checkout / "script" / "demo"), *options]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_help_comes_at_once(checkout: Path) -> None:
    assert demo(checkout, "--simulate", "--help") == (0, HELP, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--wrong"], f"Pilihan '--wrong' tidak dikenal. {POINTER}"),
        (["--exit", "surat.pdf"], f"Pilihan 'surat.pdf' tidak dikenal. {POINTER}"),
        (["--sim"], f"Pilihan '--sim' tidak dikenal. {POINTER}"),
        (["--packages"], f"Pilihan '--packages' hanya ada bersama --clean. {POINTER}"),
        (["--places", "a", "b", "c"], PLACES),
        (["--places", "a", "b"], PLACES),
        (["--places", "a", "b", "1"], PLACES),  # users of a real machine's sites have such numbers
        (["--clean", "--places", "a", "b", "990001"], PLACES),
    ],
)
def test_a_wrong_option_is_said_before_anything_is_installed(checkout: Path, options: list[str], words: str) -> None:
    assert demo(checkout, *options) == (2, "", words)


@pytest.mark.parametrize(
    ("options", "installs"),
    [
        ([], ""),
        (["--exit", "--simulate"], "--simulate"),
        (["--places", "--clean", "--simulate", "910001"], ""),  # folders, whatever they are called
    ],
)
def test_what_is_installed_is_what_the_options_need(checkout: Path, options: list[str], installs: str) -> None:
    assert demo(checkout, *options) == (9, f"installs: {installs}".rstrip() + "\n", "")


def test_cleaning_without_libraries_says_what_it_needs(checkout: Path) -> None:
    assert demo(checkout, "--clean") == (0, "Tidak ada sisa peragaan di sini.\n", "")
    nothing_then_packages = "Tidak ada sisa peragaan di sini.\ninstalls: --remove\n"
    assert demo(checkout, "--clean", "--packages") == (9, nothing_then_packages, "")
    (checkout / "var" / "demo").mkdir(parents=True)
    needs = "Menghapus {} memerlukan .venv, yang tidak ada: script/bootstrap memasangnya, lalu ulangi.\n"
    assert demo(checkout, "--clean", "--packages") == (2, "", needs.format("var/demo"))
    state = checkout / "lain"
    assert demo(checkout, "--clean", "--places", str(state), "/srv/x", "910001")[0] == 0
    state.mkdir()
    said = demo(checkout, "--clean", "--places", str(state), "/srv/x", "910001")
    assert said == (2, "", needs.format(state))


def test_the_help_lists_what_the_program_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    named = re.findall(r"^  (--[a-z]+)( [A-Z ]+)?", HELP, re.MULTILINE)
    told = {option: words.split() for option, words in named if option != "--help"}
    monkeypatch.setattr(sys, "argv", ["demo", *(word for option, words in told.items() for word in (option, *words))])
    assert {f"--{name}" for name, value in vars(_arguments()).items() if value} == told.keys()
