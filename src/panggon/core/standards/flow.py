"""What people do in a procedure, one after the other: the activities of an SOP, read from the table that decides.

Each row of a table that a person can press is in exactly one activity. Rows of one action by the same people that lead
to the same state, or that leave every state as it is, are one activity.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any, Generic, TypeVar

from panggon.core.schedule.clock import ClockEffect
from panggon.core.state_machine import Row, Table

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)
R = TypeVar("R", bound=StrEnum)
N = TypeVar("N", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


RUNS_AFTER = {
    ClockEffect.START: True,
    ClockEffect.RESUME: True,
    ClockEffect.PAUSE: False,
    ClockEffect.STOP: False,
}


class Symbol(StrEnum):
    """The symbols of a flow chart of an SOP (PermenPAN-RB 35/2012), but for arrow and connector, which join them."""

    TERMINATOR = "terminator"
    PROCESS = "process"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Activity(Generic[S, A, R, N, E]):
    """One line of an SOP. `doer` has the turn, `others` may do it too.

    `follows` is the number of the next activity, `otherwise` are those that the doer may choose instead of this one,
    `before` those from which one comes here. `aside`: outside of the way from beginning to end, and so without arrows
    to it. `ends`: nothing comes after it.
    """

    number: int
    rows: tuple[Row[S, A, R, N, E], ...]
    doer: R
    others: tuple[R, ...]
    follows: int | None
    otherwise: tuple[int, ...]
    before: tuple[int, ...]
    aside: bool
    ends: bool

    @property
    def action(self) -> A:
        return self.rows[0].action

    @property
    def source(self) -> S:
        return self.rows[0].sources[0]

    @property
    def symbol(self) -> Symbol:
        if self.otherwise:
            return Symbol.DECISION
        return Symbol.TERMINATOR if not self.aside and (self.ends or not self.before) else Symbol.PROCESS


@dataclass(frozen=True, slots=True)
class Flow(Generic[S, A, R, N, E]):
    """The activities by their numbers, and who has a column in the chart."""

    activities: tuple[Activity[S, A, R, N, E], ...]
    people: tuple[R, ...]

    def activity(self, number: int) -> Activity[S, A, R, N, E]:
        return self.activities[number - 1]


def flow_of(
    table: Table[S, A, R, N, E, Any], *, people: tuple[R, ...], waits_for: Callable[[S], R | None], goal: S
) -> Flow[S, A, R, N, E]:
    """The activities of these people, those on the way to `goal` first.

    In a state, the one that brings nearest to the goal is what is usually done; its doer may choose the others instead.
    """
    return _Reading(table, people, waits_for, goal).flow()


def running_states(table: Table[S, A, R, N, E, Any]) -> frozenset[S]:
    """The states in which the clock of the standard runs."""
    return frozenset(state for state, runs in _clock(table).items() if runs)


# ------------------------------------------------------------------------------------------------------------------


def _clock(table: Table[S, A, R, N, E, Any]) -> Mapping[S, bool]:
    runs: dict[S, bool] = {table.initial: False}
    waiting = [table.initial]
    while waiting:
        state = waiting.pop()
        for row in table.rows:
            if state in row.sources and row.target not in runs:
                runs[row.target] = RUNS_AFTER.get(row.clock, runs[state])
                waiting.append(row.target)
    return runs


class _Reading(Generic[S, A, R, N, E]):
    """One look at a table."""

    def __init__(
        self,
        table: Table[S, A, R, N, E, Any],
        people: tuple[R, ...],
        waits_for: Callable[[S], R | None],
        goal: S,
    ) -> None:
        self.table, self.people, self.waits_for = table, people, waits_for
        self.distance = _distances(table, goal)
        self.groups = self._groups()
        self.usual = {state: found for state in table.states if (found := self._usual(state)) is not None}

    def flow(self) -> Flow[S, A, R, N, E]:
        order = sorted(range(len(self.groups)), key=self._rank)
        number = {group: place for place, group in enumerate(order, start=1)}
        links = {group: (self._follows(group), self._otherwise(group)) for group in order}
        before: dict[int, list[int]] = {}
        for group, (follows, otherwise) in links.items():
            for other in {follows, *otherwise} - {None, group}:
                before.setdefault(other, []).append(number[group])  # type: ignore[arg-type]
        return Flow(
            tuple(
                Activity(
                    number[group],
                    self.groups[group],
                    *self._doers(group),
                    follows=None if follows is None else number[follows],
                    otherwise=tuple(sorted(number[other] for other in otherwise)),
                    before=tuple(sorted(before.get(group, ()))),
                    aside=self._is_aside(group),
                    ends=self.groups[group][0].target in self.table.finals,
                )
                for group, (follows, otherwise) in links.items()
            ),
            tuple(role for role in self.people if any(role in row.roles for rows in self.groups for row in rows)),
        )

    def _groups(self) -> list[tuple[Row[S, A, R, N, E], ...]]:
        groups: dict[Any, list[Row[S, A, R, N, E]]] = {}
        for row in self.table.rows:
            people = self._of(row)
            if people:
                leads_to = None if row.sources == (row.target,) else row.target
                groups.setdefault((row.action, people, leads_to), []).append(row)
        return [tuple(rows) for rows in groups.values()]

    def _of(self, row: Row[S, A, R, N, E]) -> tuple[R, ...]:
        return tuple(role for role in self.people if role in row.roles)

    def _sources(self, group: int) -> Iterator[S]:
        return (source for row in self.groups[group] for source in row.sources)

    def _is_natural(self, group: int) -> bool:
        """Whether it is done only by whoever has the turn."""
        roles = self._of(self.groups[group][0])
        return all(self.waits_for(source) in roles for source in self._sources(group))

    def _is_aside(self, group: int) -> bool:
        stays = all(row.sources == (row.target,) for row in self.groups[group])
        return not self._is_natural(group) or (stays and group not in self.usual.values())

    def _usual(self, state: S) -> int | None:
        found = [
            (self.distance.get(self.groups[group][0].target, inf), group)
            for group in range(len(self.groups))
            if state in self._sources(group) and self._is_natural(group)
        ]
        return min(found)[1] if found else None

    def _rank(self, group: int) -> tuple[bool, int, bool, int]:
        first = min(list(self.table.states).index(source) for source in self._sources(group))
        return self._is_aside(group), first, group not in self.usual.values(), group

    def _doers(self, group: int) -> tuple[R, tuple[R, ...]]:
        roles, turn = self._of(self.groups[group][0]), self.waits_for(next(self._sources(group)))
        doer = turn if turn is not None and turn in roles and not self._is_aside(group) else roles[0]
        return doer, tuple(role for role in roles if role != doer)

    def _follows(self, group: int) -> int | None:
        """What is usually done afterwards; None: nothing, or wherever the procedure was before."""
        row = self.groups[group][0]
        if self._is_aside(group) and row.sources == (row.target,):
            return None
        state: S | None = row.target
        while state is not None and self.usual.get(state) in (None, group):
            state = self._by_itself(state)
        return None if state is None else self.usual[state]

    def _by_itself(self, state: S) -> S | None:
        """Where the system leads from here, nearer to the goal."""
        nearer = [
            row.target
            for row in self.table.rows
            if state in row.sources and self.distance.get(row.target, inf) < self.distance.get(state, inf)
        ]
        return min(nearer, key=lambda target: self.distance[target], default=None)

    def _otherwise(self, group: int) -> tuple[int, ...]:
        states = [state for state, usual in self.usual.items() if usual == group]
        return tuple(
            other
            for other in range(len(self.groups))
            if other != group and not self._is_aside(other) and any(state in self._sources(other) for state in states)
        )


def _distances(table: Table[S, A, R, N, E, Any], goal: S) -> Mapping[S, int]:
    """How many acts it takes at least from each state to the goal."""
    found, reached = {goal: 0}, [goal]
    for state in reached:
        for row in table.rows:
            if row.target == state:
                for source in row.sources:
                    if source not in found:
                        found[source] = found[state] + 1
                        reached.append(source)
    return found
