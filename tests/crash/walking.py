"""The whole life again and again, each time with a fault at another moment of each of its steps."""

from dataclasses import dataclass, field, replace

from panggon.core.spec import Engine
from tests.crash import prober, world
from tests.crash.attempts import Attempt, Ended, Fault, Moments
from tests.crash.lives import Step, ending, whole_life
from tests.crash.world import World
from tests.faults.machine import Machine


@dataclass(slots=True)
class Walk:
    """`worlds` is what stands before the first step and after each one of a life without faults; the moments of each
    step are counted from `starts` to `counts`.
    """

    machine: Machine
    attempt: Attempt
    steps: tuple[Step, ...]
    worlds: list[World] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    faults: int = 0
    refuted: Attempt | None = None  # of which nothing can be proven, in whose place the attempts with faults go

    @classmethod
    def of(cls, machine: Machine, attempt: Attempt, number: int, moments: Moments, engine: Engine) -> "Walk":
        """With the life without faults behind it."""
        walk = cls(machine, attempt, whole_life(machine, number, engine))
        walk._clean(Fault(moments))
        return walk

    def _clean(self, fault: Fault) -> None:
        self.worlds.append(self.world())
        for step in self.steps:
            ended = self.of_step(step).apply(step.spec, fault)
            assert ended.word == "applied", (step.name, ended)
            self.counts[step.name] = ended.passed
            self.worlds.append(self.world())
            seen = prober.faults(self.machine, step.spec)
            assert not seen, (step.name, seen)

    def go_back(self, refuted: Attempt, moments: Moments) -> None:
        """From now on nothing can be proven; only moments of the way back count."""
        self.refuted, self.starts = refuted, dict(self.counts)
        for step in self.steps:
            self.counts[step.name] = self.of_step(step, faulty=True).apply(step.spec, Fault(moments)).passed
            self.of_step(step).apply(step.spec, Fault(moments))

    @property
    def most(self) -> int:
        """Moments of the step that has the most."""
        return max(count - self.starts.get(name, 0) for name, count in self.counts.items())

    def world(self) -> World:
        return world.seen(self.machine, self.attempt.place)

    def of_step(self, step: Step, *, faulty: bool = False) -> Attempt:
        return replace((self.refuted if faulty else None) or self.attempt, later=step.later)

    def life(self, fault: Fault, *, proven: bool = True) -> None:
        """One life with the fault in each step that has so many moments; what is wrong afterwards is `found`."""
        faults = [replace(fault, number=self.starts.get(step.name, 0) + int(fault.number or 0)) for step in self.steps]
        due = [int(each.number or 0) < self.counts[step.name] for each, step in zip(faults, self.steps, strict=True)]
        last = max(number for number, is_due in enumerate(due) if is_due)
        for number, step in enumerate(self.steps[: last + 1]):
            if not due[number]:
                self.of_step(step).apply(step.spec, Fault(fault.moments))
                continue
            self.faults += 1
            its = faults[number]
            self.judge(number, its, self.of_step(step, faulty=True).apply(step.spec, its))
            if proven:
                self.found += [f"{step.name} {its}: {each}" for each in prober.faults(self.machine, step.spec)]
        for step in ending(self.steps[last].spec):
            self.of_step(step).apply(step.spec, Fault(fault.moments))

    def judge(self, number: int, fault: Fault, ended: Ended) -> None:
        """After the agent's next start: the wish or the former state. Then on to the wish."""
        step, attempt = self.steps[number], self.of_step(self.steps[number])
        named, ended = ended, self.of_step(step, faulty=True).resume(step.spec)
        if named.code == "UNNAMED" or ended.word == "stuck":
            self.found.append(f"{step.name} {fault}: {named} then {ended}")
        now = self.world()
        where = f"{step.name} {fault.moments} {fault.number} {ended.word} {ended.code} {ended.detail}"
        wished = self.worlds[number + 1] if ended.word == "applied" else self.worlds[number]
        if between := world.difference(wished, now):
            self.found.append(f"{where}\n{between}")
        if ended.word != "applied":
            again = attempt.apply(step.spec, Fault(fault.moments))
            if again.word != "applied":
                self.found.append(f"{where}: then {again}")
            if between := world.difference(self.worlds[number + 1], self.world()):
                self.found.append(f"{where}: then\n{between}")
