"""The whole life again and again, each time with a fault at another moment of each of its steps."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from panggon.core.sites.spec import Engine
from panggon.engine.observe import Drivers
from tests.crash import prober, world
from tests.crash.attempts import Attempt, Ended, Fault, Moments
from tests.crash.lives import Step, Way, ending, whole_life
from tests.crash.world import World
from tests.faults.machine import Machine

Obstacle = Callable[[Drivers], Drivers]


@dataclass(slots=True)
class Walk:
    """`worlds` is what stands before the first step and after each one of a life without faults. With an `obstacle`
    steps fail by themselves and go back, and only moments of the way back count.
    """

    machine: Machine
    attempt: Attempt
    steps: tuple[Step, ...]
    moments: Moments
    worlds: list[World] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)  # moments of each step
    found: list[str] = field(default_factory=list)
    faults: int = 0
    obstacle: Obstacle | None = None

    @classmethod
    def of(
        cls, machine: Machine, attempt: Attempt, number: int, moments: Moments, engine: Engine, way: Way = Way.PHP
    ) -> "Walk":
        """With the life without faults behind it."""
        walk = cls(machine, attempt, whole_life(machine, number, engine, way), moments)
        walk.worlds.append(walk.world())
        for step in walk.steps:
            ended = walk.of_step(step).apply(step.spec, walk.never)
            assert ended.word == "applied", (step.name, ended)
            walk.counts[step.name] = ended.passed
            walk.worlds.append(walk.world())
            seen = prober.faults(machine, step.spec)
            assert not seen, (step.name, seen)
        return walk

    def meet(self, obstacle: Obstacle) -> None:
        """From now on this is in the way."""
        self.obstacle = obstacle
        for step in self.steps:
            self.counts[step.name] = self.of_step(step, hindered=True).apply(step.spec, self.never).passed
            self.of_step(step).resume(step.spec)  # a purge that was hindered waits
            self.of_step(step).apply(step.spec, self.never)

    @property
    def never(self) -> Fault:
        return Fault(self.moments, back=self.obstacle is not None)

    @property
    def most(self) -> int:
        """Moments of the step that has the most."""
        return max(self.counts.values())

    def world(self) -> World:
        return world.seen(self.machine, self.attempt.place)

    def of_step(self, step: Step, *, hindered: bool = False) -> Attempt:
        return replace(self.attempt, later=step.later, around=self.obstacle if hindered else None)

    def life(self, number: int, *, error: int = 0, proven: bool = True) -> None:
        """One life with the fault at the moment of this number in each step that has so many; what is wrong afterwards
        is `found`.
        """
        fault = replace(self.never, number=number, error=error)
        due = [number < self.counts[step.name] for step in self.steps]
        last = max(index for index, is_due in enumerate(due) if is_due)
        for index, step in enumerate(self.steps[: last + 1]):
            if not due[index]:
                self.of_step(step).apply(step.spec, self.never)
                continue
            self.judge(index, str(fault), self.of_step(step, hindered=True).apply(step.spec, fault))
            if proven:
                self.found += [f"{step.name} {fault}: {each}" for each in prober.faults(self.machine, step.spec)]
        for step in ending(self.steps[last].spec):
            self.of_step(step).apply(step.spec, self.never)

    def struck_twice(self, choose: Callable[[], Fault]) -> None:
        """One life in which the agent, started again after each step's fault, meets another one on its way to the end
        of that run.
        """
        for index, step in enumerate(self.steps):
            first, second = choose(), choose()
            happened = [self.of_step(step, hindered=True).apply(step.spec, first)]
            if happened[0].unfinished:
                happened.append(self.of_step(step).resume(step.spec, second))
            self.judge(index, f"{first}, {second}", *happened)

    def judge(self, index: int, faults: str, *happened: Ended) -> None:
        """After the agent's next start: the wish or the former state. Then on to the wish."""
        self.faults += len(happened)
        step, attempt = self.steps[index], self.of_step(self.steps[index])
        ended = attempt.resume(step.spec)
        if any(each.code == "UNNAMED" for each in happened) or ended.word in ("stuck", "stale"):
            self.found.append(f"{step.name} {faults}: {happened} then {ended}")
        now = self.world()
        where = f"{step.name} {faults} {self.obstacle or ''}: {ended.word} {ended.code} {ended.detail}"
        wished = self.worlds[index + 1] if ended.word == "applied" else self.worlds[index]
        if between := world.difference(wished, now):
            self.found.append(f"{where}\n{between}")
        if ended.word != "applied":
            again = attempt.apply(step.spec, self.never)
            if again.word != "applied":
                self.found.append(f"{where}: then {again}")
            if between := world.difference(self.worlds[index + 1], self.world()):
                self.found.append(f"{where}: then\n{between}")
