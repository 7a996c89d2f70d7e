"""What is beside the nine steps: how the demonstration ends, and how the next one begins."""

import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from demo import cleaning, layout
from tests.demo.running import Demonstration, demonstration, serving
from tests.site_numbers import First
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
SECONDS_TO_START = 10  # of its own; what else the machine does is not counted


@pytest.fixture(scope="module")
def made() -> Iterator[Demonstration]:
    with demonstration("ends", first_site=First.DEMO_ENDS) as demo:
        yield demo


def test_it_serves_until_ctrl_c_and_then_nothing_is_left(made: Demonstration) -> None:
    with serving(made.argv()) as process:
        with urllib.request.urlopen(made.evidence["endpoints"]["portal"], timeout=10) as answer:
            assert answer.status == 200
        second = made.run()
        assert (second.returncode, second.stdout) == (
            1,
            "✗ peragaan ini sudah berjalan; hentikan dahulu dengan Ctrl-C\n",
        )
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert made.processes() == []


def test_killed_its_servers_stop_and_the_next_one_works(made: Demonstration) -> None:
    with serving(made.argv()) as process:
        servers = made.processes()
        process.kill()
        until(lambda: made.processes() == [], seconds=60)
    assert len(servers) > 10
    done = made.run("--exit")
    assert done.returncode == 0, done.stdout + done.stderr
    took = re.search(r"Semua server siap dalam ([0-9.]+) detik", done.stdout)
    assert took
    assert float(took[1]) < SECONDS_TO_START * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert made.processes() == []


def test_killed_with_all_its_supervisors_it_is_cleaned_up_by_the_next_one(made: Demonstration) -> None:
    """Nobody is left who knows what runs, but the record."""
    with serving(made.argv()) as process:
        places = layout.load(made.state)
        for pid in (_stack(made), process.pid):
            os.kill(pid, signal.SIGKILL)
    assert made.processes() != []
    cleaning.stop_leftovers(places)
    assert made.processes() == []


def _stack(made: Demonstration) -> int:
    done = subprocess.run(["pgrep", "-f", f"demo.stack {made.state}"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])
