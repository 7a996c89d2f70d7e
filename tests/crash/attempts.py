"""One attempt of the real agent at a wish, in a process of its own, with one fault at one exact moment.

The moments are those that a process can be stopped at from outside: before and after each entry of the journal, at each
operation on a file, each statement to the database, each connection and each program that is started (`sys.audit`
names them). Nothing in the product knows of this.
"""

import errno
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg
from pymysql.cursors import Cursor

from panggon.core.errors import PanggonError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Entry, Failed, Outcome
from panggon.core.sites.spec import SiteSpec
from panggon.engine import journal_file, patience, steps
from panggon.engine.journal_file import JournalFile
from panggon.engine.observe import Drivers
from panggon.node import protections, runs
from panggon.node.clock import now
from panggon.node.settings import config as configs
from panggon.node.sites import Sites
from panggon.node.sockets import Protection
from panggon.node.state import recorded
from tests.waiting import until

# Pauses of the engine's patience are this much shorter where something is made to fail, and so for good. Elsewhere
# nothing fails but what passes by itself, later on a busy machine.
HASTE = 100
SECONDS = 300

_processes = multiprocessing.get_context("fork")  # nothing is imported anew, as it is in an agent that runs


class Moments(StrEnum):
    """Which moments are counted."""

    ENTRIES = "entries"  # twice an entry of the journal: before it is written, and after
    CALLS = "calls"  # whatever changes a file, speaks to a server or starts a program
    WRITES = "writes"  # whatever needs room on a disk


@dataclass(frozen=True, slots=True)
class Fault:
    """At the `number`-th moment (from 0) the process is killed, or, with an `error`, that call and all later ones fail
    so. `number` None: never, the moments are only counted. `back`: counting begins when the run decides to go back.
    """

    moments: Moments
    number: int | None = None
    error: int = 0
    back: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """`word` is the outcome's, "killed", or "error" with the problem's code. `passed`: how many moments went by."""

    word: str
    code: str = ""
    detail: str = ""
    evidence: tuple[Check, ...] = ()
    passed: int = 0

    @property
    def unfinished(self) -> bool:
        """Whether its run may be left for the agent's next start."""
        return self.word in ("killed", "stuck", "error")


@dataclass(frozen=True, slots=True)
class Attempt:
    """`config` is the machine's settings. What the drivers do goes through `around`; `between` happens when the plan is
    made and not begun.
    """

    config: Path
    credentials: Mapping[str, str]
    place: Path  # for temporary files
    around: Callable[[Drivers], Drivers] | None = None
    between: Callable[[], None] | None = None
    known: Mapping[str, tuple[Protection, ...]] | None = None  # what was found out before, and need not be tried again
    later: timedelta = timedelta()  # what the machine's clock is ahead

    def informed(self) -> "Attempt":
        """What this machine protects is not tried anew by each attempt."""
        config = configs.load(self.config)
        known = {
            "_of_nginx": protections._of_nginx(),
            "_of_storage": protections._of_storage(config.paths.root),
            "_of_sandboxes": protections._of_sandboxes(config),
        }
        return replace(self, known=known)

    def apply(self, spec: SiteSpec, fault: Fault) -> Ended:
        """Plan and carry out."""
        return self._run(_apply, spec, fault)

    def resume(self, spec: SiteSpec, fault: Fault = Fault(Moments.ENTRIES)) -> Ended:
        """What the agent does when it is started: bring the site's run to its end. "nothing" where none of this wish
        was begun.
        """
        return self._run(_resume, spec, fault)

    def _run(self, act: "Act", spec: SiteSpec, fault: Fault) -> Ended:
        mine, its = _processes.Pipe(duplex=False)
        process = _processes.Process(target=_work, args=(self, act, spec, fault, its))
        until(_no_thread_is_ending, "a thread that ended is still there")
        process.start()
        its.close()
        try:
            ended = mine.recv() if mine.poll(SECONDS) else None
        except EOFError:
            ended = None
        process.join(SECONDS)
        if process.exitcode == -signal.SIGKILL:
            return Ended("killed")
        assert ended is not None, f"the attempt ended with {process.exitcode}"
        return ended


def _no_thread_is_ending() -> bool:
    """One of which Python knows no more gives back what OpenSSL had for it; the lock that it holds meanwhile would be
    shut for ever in a process that is forked then.
    """
    return len(list(Path("/proc/self/task").iterdir())) == threading.active_count()


Act = Callable[[Sites, SiteSpec, Attempt], Outcome | None]


def _apply(sites: Sites, spec: SiteSpec, attempt: Attempt) -> Outcome | None:
    with runs.planned(sites, spec) as planned:
        if attempt.between:
            attempt.between()
        return planned.carry_out(credentials=attempt.credentials)


def _resume(sites: Sites, spec: SiteSpec, attempt: Attempt) -> Outcome | None:
    ended, position = runs.resume(sites, spec.site, credentials=attempt.credentials), sites.position(spec.site)
    return ended if position and position.plan.spec == spec else None  # an earlier wish's end, told again


def _work(attempt: Attempt, act: Act, spec: SiteSpec, fault: Fault, pipe: Connection) -> None:
    logging.disable(logging.CRITICAL)
    tempfile.tempdir = str(attempt.place)
    if attempt.around or fault.error:
        _hurry()
    ran = recorded.uptime  # type: ignore[attr-defined]
    runs.now = lambda: now() + attempt.later  # type: ignore[attr-defined]
    recorded.uptime = lambda: replace(  # type: ignore[attr-defined]
        ran(), seconds=ran().seconds + attempt.later.total_seconds()
    )
    for name, found in (attempt.known or {}).items():
        setattr(protections, name, lambda *_, found=found: found)
    sites = Sites.of(configs.load(attempt.config))
    if around := attempt.around:
        real = sites.drivers
        sites = replace(sites, drivers=lambda spec, known, silent=None: around(real(spec, known, silent=silent)))
    points = _Points(fault)
    points.watch()
    try:
        ended = _ended(act(sites, spec, attempt))
    except PanggonError as error:
        ended = Ended("error", error.code, error.detail)
    except OSError as error:  # told apart from what the product has named
        ended = Ended("error", "UNNAMED", repr(error))
    points.over = True
    pipe.send(replace(ended, passed=points.passed))
    pipe.close()


def _ended(outcome: Outcome | None) -> Ended:
    if outcome is None:
        return Ended("nothing")
    problem = outcome.problem
    return Ended(
        outcome.word.value, problem.code if problem else "", problem.detail if problem else "", outcome.evidence
    )


def _hurry() -> None:
    patiently = patience.patiently
    steps.patiently = lambda act, how, sleep: patiently(act, how, lambda pause: sleep(pause / HASTE))  # type: ignore[attr-defined, assignment]
    runs.USUAL = replace(  # type: ignore[attr-defined]
        patience.USUAL, probing=replace(patience.USUAL.probing, first=0.3 / HASTE, longest=2 / HASTE)
    )


class _Points:
    """Counts the moments, and lets the fault happen at its own."""

    def __init__(self, fault: Fault) -> None:
        self.fault, self.passed, self.over = fault, 0, False
        self._counts = not fault.back
        self._counting = threading.RLock()

    def watch(self) -> None:
        journal_file.JournalFile = self._heard_journal()
        if self.fault.moments is Moments.ENTRIES:
            return
        sys.addaudithook(self._heard)
        self._around_unheard()

    def reached(self) -> None:
        with self._counting:
            if not self._counts:
                return
            number, self.passed = self.passed, self.passed + 1
            due = self.fault.number is not None and not self.over
            if due and not self.fault.error and number == self.fault.number:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(SECONDS)
            if due and self.fault.error and number >= int(self.fault.number or 0):
                raise OSError(self.fault.error, os.strerror(self.fault.error))

    def _heard_journal(self) -> type[JournalFile]:
        points, counted = self, self.fault.moments is Moments.ENTRIES

        class Heard(JournalFile):
            def append(self, entry: Entry) -> None:
                points._counts = points._counts or isinstance(entry, Failed)
                if counted:
                    points.reached()
                super().append(entry)
                if counted:
                    points.reached()

        return Heard

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.over:
            return
        if self.fault.moments is Moments.WRITES:
            if _needs_room(event, arguments):
                self.reached()
        elif event in CALLS or (event == "open" and _opens_to_write(arguments)):
            self.reached()

    def _around_unheard(self) -> None:
        """What Python tells no audit hook: that bytes reach a disk, and that a statement reaches the database."""
        fsync, execute, execute_there = os.fsync, Cursor.execute, psycopg.Connection.execute

        def heard_fsync(descriptor: int) -> None:
            if self.fault.error == errno.EROFS or not _is_journal(descriptor):
                self.reached()
            fsync(descriptor)

        def heard_execute(cursor: Cursor, *arguments: Any) -> Any:
            if self.fault.moments is Moments.CALLS:
                self.reached()
            return execute(cursor, *arguments)

        def heard_there(session: psycopg.Connection, *arguments: Any) -> Any:
            if self.fault.moments is Moments.CALLS:
                self.reached()
            return execute_there(session, *arguments)

        os.fsync = heard_fsync  # type: ignore[assignment]
        psycopg.Connection.execute = heard_there  # type: ignore[method-assign, assignment]
        Cursor.execute = heard_execute  # type: ignore[method-assign, assignment]


CALLS = frozenset(
    {
        "os.mkdir",
        "os.rename",
        "os.remove",
        "os.rmdir",
        "os.symlink",
        "os.chmod",
        "os.chown",
        "subprocess.Popen",
        "socket.connect",
    }
)
ROOM = frozenset({"os.mkdir", "os.symlink"})


def _opens_to_write(arguments: tuple[Any, ...]) -> bool:
    path, _mode, flags = arguments
    return _is_path(path) and bool(flags & (os.O_WRONLY | os.O_RDWR)) and path != "/dev/null"


def _needs_room(event: str, arguments: tuple[Any, ...]) -> bool:
    if event != "open":
        return event in ROOM
    path, _mode, flags = arguments
    return _is_path(path) and bool(flags & os.O_CREAT) and not Path(os.fsdecode(path)).exists()


def _is_path(path: Any) -> bool:
    """A descriptor that is made a file is opened already."""
    return isinstance(path, str | bytes | os.PathLike)


def _is_journal(descriptor: int) -> bool:
    """It has kept its room beforehand."""
    return str(Path(f"/proc/self/fd/{descriptor}").readlink()).endswith(".jsonl")
