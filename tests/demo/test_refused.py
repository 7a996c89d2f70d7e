"""What `script/demo` says where it cannot run: one sentence, exit status 2, and a way that works."""

import subprocess
from pathlib import Path

import pytest

from demo.layout import REPOSITORY
from tests.demo.unprivileged import unprivileged

SIMULATE = "'script/demo --simulate' menunjukkan sembilan langkah tanpa server dan tanpa root.\n"
# Argument: the file that hides the machine's own, then the program.
OTHER_SYSTEM = 'mount --bind "$1" /etc/os-release; shift; exec "$@"'


@pytest.mark.parametrize(
    ("system", "name"),
    [('ID=fedora\nPRETTY_NAME="Fedora Linux 40"\n', "Fedora Linux 40"), ("ID=arch\n", "sistem lain")],
)
def test_another_system(tmp_path: Path, system: str, name: str) -> None:
    (tmp_path / "os-release").write_text(system)
    around = ["unshare", "--mount", "sh", "-ec", OTHER_SYSTEM, "other", str(tmp_path / "os-release")]
    done = subprocess.run([*around, "script/demo"], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Panggon memerlukan Debian atau Ubuntu, ini {name}; {SIMULATE}"


def test_without_root() -> None:
    with unprivileged() as (_, around):
        done = subprocess.run([*around, "script/demo"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    expected = "Panggon memerlukan root di sini (membuat pengguna Unix, menjalankan server); "
    assert done.stderr == expected + SIMULATE


def test_a_simulation_without_postgresql() -> None:
    hide = 'mount -t tmpfs none /usr/lib/postgresql; exec "$@"'
    with unprivileged() as (_, around):
        argv = ["unshare", "--mount", "sh", "-ec", hide, "hide", *around, "script/demo", "--simulate", "--exit"]
        done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    expected = "Simulasi memerlukan PostgreSQL (initdb dan postgres; di Debian: paket postgresql), "
    assert done.stderr == expected + "yang tidak ada di mesin ini.\n"
