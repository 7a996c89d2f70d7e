"""One try after another, each with a fault that chance chose: whatever is reported as a success must truly work."""

import itertools
import logging
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from panggon.core.node.planning.desired import CLOSED
from panggon.core.node.planning.resources import Kind
from panggon.core.sites.spec import Engine, SiteSpec
from tests.crash import prober
from tests.crash.attempts import Attempt
from tests.crash.chances import NONE, Chances
from tests.crash.lives import Step, Way, whole_life
from tests.crash.mischief import take_away
from tests.faults.machine import Machine

log = logging.getLogger(__name__)
# After a server was killed: its supervisor starts it again with pauses.
SECONDS_TO_RECOVER = 60


@dataclass
class Tries:
    machine: Machine
    attempt: Attempt
    chance: random.Random
    ways: Sequence[Way] = tuple(Way)
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)  # how many: kind of fault, the outcome's word
    false: list[str] = field(default_factory=list)  # successes that were none
    stuck: list[str] = field(default_factory=list)  # what could not be brought to its wish afterwards

    def run(self, number: int, count: int, *, seconds: float) -> None:
        """`count` tries with the site of this number, life after life; fewer when the time is over, or one is stuck: no
        later life begins where the one before does not end.
        """
        ends = time.monotonic() + seconds
        for _, step in zip(range(count), self._steps(number), strict=False):
            self._try(step)
            if self.stuck or time.monotonic() > ends:
                return

    def _steps(self, number: int) -> Iterator[Step]:
        """A life of each kind, and then anew; with another database the next time."""
        for engine in itertools.cycle(Engine):
            for way in self.ways:
                yield from whole_life(self.machine, number, engine, way)

    def _try(self, step: Step) -> None:
        attempt = replace(self.attempt, later=step.later)
        if step.later:  # who was killed after the parking has been started again in these days
            self.attempt.resume(step.spec)
        name, act = Chances(self.machine, self.chance).of(attempt, step.spec)
        ended = act()
        if ended.unfinished:
            ended = attempt.resume(step.spec)
        self.ended[name.partition(":")[0], ended.word] += 1
        where = f"{step.name} after {name}: {ended.word} {ended.code}"
        log.info("%s", where)
        wrong = self._wrong(step.spec, patient=name.startswith("server")) if ended.word == "applied" else []
        self.false += [f"{where}: {fault}" for fault in wrong]
        if ended.word != "applied" or wrong:
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
            with suppress(OSError):  # a server that is still away
                take_away(self.machine, step.spec)
            time.sleep(0.5)
        seen = self._seen(step.spec, patient=True) if ended.word == "applied" else [ended.detail]
        if seen:
            self.stuck.append(f"{where}, then {ended.word} {ended.code}: {seen}")

    def _wrong(self, spec: SiteSpec, *, patient: bool) -> list[str]:
        """With a success. A closing says that the site is shut, whatever others do to its records meanwhile
        (core/node/planning/closing.py); the drift has to tell those.
        """
        found = self._seen(spec, patient=patient)
        if found and spec.state in CLOSED and self._tells_of_records(spec):
            return prober.faults_of_doors(self.machine, spec)
        return found

    def _tells_of_records(self, spec: SiteSpec) -> bool:
        told = self.machine.run("drift", self.machine.write_spec(spec), "--json")
        return told.returncode == 1 and f'"{Kind.RECORDS}:{spec.host}"' in told.stdout

    def _seen(self, spec: SiteSpec, *, patient: bool) -> list[str]:
        began = time.monotonic()
        while True:
            try:
                found, ends = prober.faults(self.machine, spec), began + (SECONDS_TO_RECOVER if patient else 0)
            except (OSError, LookupError, ValueError, subprocess.SubprocessError) as error:  # it could not ask
                found, ends = [f"not asked: {error!r}"], began + SECONDS_TO_RECOVER
            if not found or time.monotonic() > ends:
                return found
            time.sleep(0.5)
