"""One demonstration as a person starts it, in places of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import cleaning, layout
from demo.layout import REPOSITORY, Places
from tests import database
from tests.waiting import until

SERVES = "Melayani sampai Ctrl-C"
SERVERS_ARE_THERE = "Semua server siap"  # before the nine steps
SITE_IS_PREPARED = "sebelum.sftp_menolak"  # in the fifth of them: all of its site is there, closed


@dataclass(frozen=True)
class Demonstration:
    """`around` is a command in which it runs."""

    base: Path
    first_site: int
    around: tuple[str, ...] = ()

    @property
    def state(self) -> Path:
        return self.base / "var" / "demo"

    @property
    def hosting(self) -> Path:
        return self.base / "hosting"

    @property
    def evidence(self) -> dict[str, Any]:
        return json.loads((self.state / "evidence.json").read_text())

    def argv(self, *options: str) -> list[str]:
        places = ("--places", str(self.state), str(self.hosting), str(self.first_site))
        return [*self.around, sys.executable, "-m", "demo", *places, *options]

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.argv(*options), cwd=REPOSITORY, capture_output=True, text=True, timeout=300)

    def processes(self) -> list[str]:
        """The command lines of all that runs with this demonstration's directories."""
        return [words for _, words in _command_lines() if str(self.base) in words]

    def running(self) -> set[int]:
        """Their process ids."""
        return {pid for pid, words in _command_lines() if str(self.base) in words}


def exit_status(process: "subprocess.Popen[str]") -> int:
    """Its exit status; to stop many servers takes its time."""
    until(lambda: process.poll() is not None, "it did not end", seconds=300)
    return int(process.returncode)


@contextmanager
def demonstration(name: str, *, first_site: int, around: Sequence[str] = ()) -> Iterator[Demonstration]:
    base = Path(f"/srv/panggon-test-{os.getpid()}-{name}")
    made = Demonstration(base, first_site, tuple(around))
    (base / "var").mkdir(parents=True)
    try:
        _begin(made)
        yield made
    finally:
        cleaning.remove(made.state, hosting=made.hosting, first_site=first_site)
        made.state.with_suffix(".lock").unlink(missing_ok=True)
        (base / "var").rmdir()
        base.rmdir()


def _begin(made: Demonstration) -> None:
    """As one that was started before and has its database."""
    cleaning.reclaim(Places(made.state, made.hosting, made.first_site))
    layout.prepare(state=made.state, hosting=made.hosting, first_site=made.first_site)
    database.copied_to(made.state / "postgres")


@contextmanager
def serving(argv: Sequence[str], *, said: str = SERVES, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """Runs until it has said this; the process is ended at last, however the test went."""
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, **options)
    try:
        seen = []
        for line in process.stdout or ():
            seen.append(line)
            if said in line:
                break
        else:
            raise AssertionError("".join(seen))
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _command_lines() -> Iterator[tuple[int, str]]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield int(path.parent.name), path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
