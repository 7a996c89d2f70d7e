"""What is beside the nine steps: how the demonstration ends, and how the next one begins."""

import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from demo.layout import load
from tests.demo.running import SERVERS_ARE_THERE, SITE_IS_PREPARED, Demonstration, demonstration, exit_status, serving
from tests.site_numbers import First
from tests.waiting import until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def made() -> Iterator[Demonstration]:
    with demonstration("ends", first_site=First.DEMO_ENDS) as demo:
        yield demo


def test_killed_its_servers_stop(made: Demonstration) -> None:
    with serving(made.argv(), said=SERVERS_ARE_THERE) as process:
        with urllib.request.urlopen(load(made.state).portal_url, timeout=60) as answer:
            assert answer.status == 200
        second = made.run()
        assert (second.returncode, second.stdout) == (
            1,
            "✗ peragaan ini sudah berjalan; hentikan dahulu dengan Ctrl-C\n",
        )
        servers = made.processes()
        assert process.poll() is None
        process.kill()
        until(lambda: made.processes() == [], seconds=60)
    assert len(servers) > 10


def test_killed_with_all_its_supervisors_the_next_one_cleans_up_serves_and_ends_with_ctrl_c(
    made: Demonstration,
) -> None:
    """Nobody is left who knows what runs, but the record; a site was made already."""
    with serving(made.argv(), said=SITE_IS_PREPARED) as process:
        for pid in (_stack(made), process.pid):
            os.kill(pid, signal.SIGKILL)
    left = made.running()
    assert left
    with serving(made.argv()) as process:
        assert made.running() & left == set()
        assert [check for check in made.evidence["checks"] if not check["ok"]] == []
        process.send_signal(signal.SIGINT)
        assert exit_status(process) == 130
    assert made.processes() == []


def _stack(made: Demonstration) -> int:
    done = subprocess.run(["pgrep", "-f", f"demo.stack {made.state}"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])
