"""What a machine that is started again needs before its servers start: whatever the settings and the disk are like."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.node.settings import config as configs
from panggon.node.version import VERSION
from tests.node import simulated

pytestmark = pytest.mark.real
NODE = Path(sys.executable).with_name("panggon-node")
# Arguments: the directory of all, its settings, the command. What `run` holds is gone when a machine starts.
ON_A_FULL_DISK = """
base=$1 settings=$2; shift 2
mount -t tmpfs -o size=4m,mode=755 tmpfs "$base"
printf %s "$settings" >"$base/node.toml"
mkdir -p "$base/state/mariadb" "$base/state/postgresql" "$base/run"
mount -t tmpfs -o mode=755 tmpfs "$base/run"
"$@"
umount "$base/run"
mount -t tmpfs -o mode=755 tmpfs "$base/run"
dd if=/dev/zero of="$base/full" bs=1k 2>/dev/null && exit 3
"$@"
cd "$base/run"
find . -type d
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """Below directories that are root's alone, or it would be refused."""
    with tempfile.TemporaryDirectory(prefix="panggon-test-prepare-", dir="/srv") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def settings(place: Path, *servers: str) -> str:
    text = simulated.toml(place).read_text().replace("simulate = true", "")
    return f"{text}[services]\nrun = {json.dumps(servers)}\n"


def prepare(place: Path) -> subprocess.CompletedProcess[str]:
    argv = (NODE, "--config", place / "node.toml", "services", "prepare")
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_settings_that_are_refused_leave_the_machine_with_those_that_were_accepted_last(place):
    good = settings(place, "logs")
    (place / "node.toml").write_text(good)
    assert prepare(place).returncode == 0
    kept = (place / "etc/logs.json").read_bytes()
    shutil.rmtree(place / "run")
    for name in ("logs.json", "prepared"):
        (place / "etc" / name).unlink()
    (place / "node.toml").write_text(good.replace("kota.example", "Kota!") + "[logs]\ndays = 10\n")
    refused = prepare(place)
    assert (refused.returncode, refused.stderr.startswith("dns.zone: ")) == (2, True)
    assert (place / "run").is_dir()
    assert (place / "etc/logs.json").read_bytes() == kept
    assert (place / "etc/prepared").read_text() == f"{VERSION}\n"


def test_settings_that_were_never_accepted_prepare_nothing(place):
    (place / "node.toml").write_text(settings(place, "logs").replace("kota.example", "Kota!"))
    assert prepare(place).returncode == 2
    assert [path.name for path in place.iterdir()] == ["node.toml"]


def test_a_machine_with_a_full_disk_can_be_started_again(place):
    command = (NODE, "--config", place / "node.toml", "services", "prepare")
    argv = (
        "unshare",
        "--mount",
        "sh",
        "-ec",
        ON_A_FULL_DISK,
        "full",
        place,
        settings(place, *configs.SERVERS),
        *command,
    )
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"./mariadb", "./pgsql", "./knot", "./nginx"} <= set(done.stdout.split())
