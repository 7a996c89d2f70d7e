"""One try after another, each with a fault that chance chose: whatever is reported as a success must truly work."""

import errno
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from panggon.core.resources import Kind
from panggon.core.spec import SiteSpec
from tests.crash import prober
from tests.crash.attempts import Attempt, Ended, Fault, Moments
from tests.crash.lives import Step, whole_life
from tests.crash.mischief import MEDDLINGS, Failing, Lying, Meddled, Meddling, take_away
from tests.faults.machine import Machine, kill

SERVERS = ("nginx", "mariadb", "knot", "sshd", "holder", "sockets")
NONE = Fault(Moments.ENTRIES)
# Only its owner can bring a lost password back.
MENDABLE = [name for name in MEDDLINGS if name not in ("database.ini empty", "another database password")]
# After a server was killed: its supervisor starts it again with pauses.
SECONDS_TO_RECOVER = 60
# More moments than any step has are looked at, so some faults come too late; those count as tries without one.
MOMENTS = {Moments.ENTRIES: 40, Moments.CALLS: 250, Moments.WRITES: 40}


@dataclass
class Tries:
    machine: Machine
    attempt: Attempt
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    false: list[str] = field(default_factory=list)  # successes that were none
    stuck: list[str] = field(default_factory=list)  # what could not be brought to its wish afterwards

    def run(self, number: int, count: int) -> None:
        """`count` tries with the site of this number, life after life."""
        steps = self._steps(number)
        for _ in range(count):
            self._try(next(steps))

    def _steps(self, number: int) -> Iterator[Step]:
        while True:
            yield from whole_life(self.machine, number)

    def _try(self, step: Step) -> None:
        attempt = replace(self.attempt, later=step.later)
        name, act = self._fault(attempt, step.spec)
        self.done[name.partition(":")[0]] += 1
        ended = act()
        if ended.word in ("killed", "stuck", "error"):
            ended = attempt.resume(step.spec)
        self.ended[ended.word] += 1
        where = f"{step.name} after {name}: {ended.word} {ended.code}"
        if ended.word == "applied":
            self.false += [f"{where}: {fault}" for fault in self._seen(step.spec, patient=name.startswith("server"))]
        self._settle(attempt, step, where)

    def _settle(self, attempt: Attempt, step: Step, where: str) -> None:
        """What was meddled with is put right by a plan, as a person would approve it."""
        ends = time.monotonic() + SECONDS_TO_RECOVER
        while True:
            attempt.resume(step.spec)
            ended = attempt.apply(step.spec, NONE)
            if ended.word == "applied" or time.monotonic() > ends:
                break
            # It is not Panggon's to take away what no longer bears its mark, nor to open what its owner has closed.
            take_away(self.machine, step.spec)
            time.sleep(0.5)
        seen = self._seen(step.spec, patient=True) if ended.word == "applied" else [ended.detail]
        if seen:
            self.stuck.append(f"{where}, then {ended.word} {ended.code}: {seen}")

    def _seen(self, spec: SiteSpec, *, patient: bool) -> list[str]:
        ends = time.monotonic() + (SECONDS_TO_RECOVER if patient else 0)
        while True:
            with suppress(Exception):
                found = prober.faults(self.machine, spec)
                if not found or time.monotonic() > ends:
                    return found
            time.sleep(0.5)

    def _fault(self, attempt: Attempt, spec: SiteSpec) -> "tuple[str, Callable[[], Ended]]":
        """One of them by chance, and the attempt that meets it."""
        chance = self.chance
        kind = chance.choice(list(Kind))
        meddling = Meddling(self.machine, spec, chance.choice(MENDABLE))
        moments = chance.choice(list(Moments))
        at = chance.randrange(MOMENTS[moments])
        verb, times = chance.choice(("read", "write", "probe")), chance.choice((1, 2, 3, 99))
        failing = Failing(kind, verb, times, permanent=chance.random() < 0.4, late=chance.random() < 0.5)
        server, freeze = chance.choice(SERVERS), chance.random() < 0.3
        return chance.choice(
            [
                (f"killed: {moments} {at}", lambda: attempt.apply(spec, Fault(moments, at))),
                (f"no room: {at}", lambda: attempt.apply(spec, Fault(Moments.WRITES, at, errno.ENOSPC))),
                (f"driver fails: {failing}", lambda: replace(attempt, around=failing).apply(spec, NONE)),
                (f"driver lies: {kind}", lambda: replace(attempt, around=Lying(kind)).apply(spec, NONE)),
                (
                    f"meddled before: {meddling.name}",
                    lambda: replace(attempt, between=meddling).apply(spec, NONE),
                ),
                (
                    f"meddled within: {meddling.name} after {kind}",
                    lambda: replace(attempt, around=Meddled(kind, meddling)).apply(spec, NONE),
                ),
                (
                    f"server {'frozen' if freeze else 'killed'}: {server}",
                    lambda: self._beside(attempt, spec, server, freeze=freeze),
                ),
            ]
        )

    def _beside(self, attempt: Attempt, spec: SiteSpec, server: str, *, freeze: bool) -> Ended:
        with self._struck(server, self.chance.uniform(0, 2), freeze=freeze):
            return attempt.apply(spec, NONE)

    @contextmanager
    def _struck(self, server: str, after: float, *, freeze: bool) -> Iterator[None]:
        """The server is killed, or hangs for a second, while the block runs."""

        def strike() -> None:
            pid = self.machine.servers().get(server)
            if pid and freeze:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    time.sleep(1)
                    os.kill(pid, signal.SIGCONT)
            elif pid:
                kill(pid)

        timer = threading.Timer(after, strike)
        timer.start()
        try:
            yield
        finally:
            timer.join()
