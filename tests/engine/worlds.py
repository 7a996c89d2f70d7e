"""A machine in memory with a history, a wish for it, and a journal that can be killed too."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.desired import ALIVE, CLOSED, MachineFacts
from panggon.core.node.planning.journal import Entry, Outcome, Word
from panggon.core.node.planning.plan import Plan
from panggon.core.node.planning.resources import Key, Kind, Observation, ours
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.fake import Killed, Machine, Mishap, Moment
from panggon.engine.observe import observe
from panggon.engine.runner import resume, run
from panggon.engine.steps import Progress
from tests.core.sites.site_specs import specs

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
FACTS = MachineFacts(
    uid_base=70000, ipv4=("127.0.0.1",), ipv6=("::1",), issuer="Uji CA", root="/srv/uji", sandboxed=True
)
OTHERS = ours(Key(Kind.USER, "s900777"), uid=970777, password="")


class MortalJournal:
    """Keeps entries through kills; `at_append` says before or after which append one comes."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self.appends = 0
        self.at_append: dict[int, Moment] = {}

    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def append(self, entry: Entry) -> None:
        moment = self.at_append.get(self.appends)
        self.appends += 1
        if moment is Moment.BEFORE:
            raise Killed
        self._entries.append(entry)
        if moment is Moment.AFTER:
            raise Killed


@dataclass
class World:
    """`former` is what exists before the plan is carried out; `fresh`: the plan was made of it just now."""

    machine: Machine
    plan: Plan
    former: dict[Key, Observation]
    fresh: bool = False
    journal: Any = field(default_factory=MortalJournal)
    pauses: list[float] = field(default_factory=list)
    seen: list[Progress] = field(default_factory=list)
    on_progress: Callable[[Progress], None] = lambda _: None

    def run(self, **options: Any) -> Outcome:
        return run(
            self.plan,
            store=self.journal,
            drivers=self.machine.drivers(),
            now=lambda: NOW,
            progress=self._progress,
            wish=17,
            fresh=self.fresh,
            sleep=self.pauses.append,
            **options,
        )

    def resume(self) -> Outcome:
        return resume(
            self.journal,
            drivers=self.machine.drivers(),
            now=lambda: NOW,
            progress=self._progress,
            sleep=self.pauses.append,
        )

    def to_the_end(self) -> Outcome:
        """Run, and start again after every kill."""
        while True:
            try:
                return self.resume() if self.journal.entries() else self.run()
            except Killed:
                continue

    def wished(self) -> dict[Key, Observation]:
        """What must exist once the plan is carried out: the wish, and all that the plan does not speak of."""
        spoken = {change.key: change.after for change in (*self.plan.changes, *self.plan.unchanged)}
        kept = {key: found for key, found in self.former.items() if key not in spoken}
        return kept | {key: ours(key, **after) for key, after in spoken.items() if after is not None}

    def _progress(self, progress: Progress) -> None:
        self.seen.append(progress)
        self.on_progress(progress)


def world(wish: SiteSpec, *, before: SiteSpec | None = None) -> World:
    machine = Machine()
    machine.put(OTHERS)
    if before:
        history = World(machine, plan_for(before, machine), machine.resources())
        assert history.run().word is Word.APPLIED
        machine.calls = machine.writes = 0
    return World(machine, plan_for(wish, machine), machine.resources())


def plan_for(spec: SiteSpec, machine: Machine) -> Plan:
    return plans.make(spec, FACTS, observe(spec, machine.drivers()))


going_back = specs.filter(lambda spec: spec.state is not SiteState.PURGED)
purging = specs.map(lambda spec: replace(spec, state=SiteState.PURGED))


@st.composite
def worlds(draw: st.DrawFn, *, wishes: st.SearchStrategy[SiteSpec] = going_back) -> World:
    made = world(draw(wishes), before=draw(st.none() | specs))
    made.machine.calls, made.fresh = 0, draw(st.booleans())
    return made


ordinary = worlds().filter(lambda world: not world.plan.closes)
shut = st.sampled_from(CLOSED)
alive = st.sampled_from(ALIVE)


@st.composite
def closing_worlds(draw: st.DrawFn) -> World:
    """A site that visitors or its owner reach is to be shut."""
    former = replace(draw(specs), state=draw(alive), former_hosts=(), retired_hosts=())
    made = world(replace(former, state=draw(shut), generation=former.generation + 1), before=former)
    made.machine.calls, made.fresh = 0, draw(st.booleans())
    return made


moments = st.sampled_from(Moment)
# A run with the plan of a new site makes some 70 calls and 20 appends; each kill adds the calls of a new look around.
call_kills = st.dictionaries(st.integers(0, 150), moments, max_size=8)
append_kills = st.dictionaries(st.integers(0, 45), st.sampled_from([Moment.BEFORE, Moment.AFTER]), max_size=6)


def beset(world: World, calls: dict[int, Moment], appends: dict[int, Moment]) -> None:
    world.machine.at_call |= {number: Mishap(moment, Killed()) for number, moment in calls.items()}
    world.journal.at_append |= appends
