"""Who has a file to himself, in whatever process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError
from panggon.drivers.system import turns
from tests.waiting import until

HAVE = """
import sys
from pathlib import Path
from panggon.drivers.system import turns
with turns.taken(Path(sys.argv[1])) as descriptor:
    turns.fill(descriptor, "ours")
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.fixture
def other(path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that has it."""
    with subprocess.Popen([sys.executable, "-c", HAVE, str(path)], stdin=subprocess.PIPE) as process:
        until(lambda: path.exists() and path.read_text() == "ours")
        yield process
        process.kill()


def own(path: Path) -> str:
    with turns.taken(path) as descriptor:
        found = path.read_text()
        turns.fill(descriptor, "mine", mode=0o640)
        assert (path.read_text(), path.stat().st_mode & 0o777) == ("mine", 0o640)
    return found


def test_others_wait_until_it_is_given_away(path: Path, other: "subprocess.Popen[bytes]") -> None:
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(own, path) for _ in range(3)]
        with turns.free(path) as free:
            assert (free, path.read_text()) == (False, "ours")
        assert [each.done() for each in waiting] == [False] * 3
        other.communicate()
        assert [each.result() for each in waiting] == [""] * 3
    assert not path.exists()


def test_a_kill_frees_it_and_what_it_left_goes(path: Path, other: "subprocess.Popen[bytes]") -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert path.read_text() == "ours"
    with turns.free(path) as free:
        assert free
    assert not path.exists()


def test_what_another_has_put_in_its_place_is_left(path: Path) -> None:
    with turns.taken(path):
        path.unlink()
        path.write_text("of somebody else")
    assert path.read_text() == "of somebody else"


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermanentError, match=r"disk\.refused"), turns.taken(path):
        pass
    assert [*tmp_path.iterdir()] == [path]
