"""Programs of sites that take what the machine has to keep an eye on."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.drivers.conftest import UID_BASE


@contextmanager
def program(
    number: int, script: str, argument: int, *, within: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """The site with this number runs this script of Python, started `within` another command. It has taken what it
    takes when it says an empty line.
    """
    user = str(UID_BASE + number)
    argv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", sys.executable, "-c", script]
    with subprocess.Popen([*within, *argv, str(argument)], stdout=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stdout.readline() == b"\n"
        try:
            yield running
        finally:
            running.kill()
