"""A state machine as a table of rows that refuses to exist when it is inconsistent."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from panggon.core.errors import Fault, InvalidError
from panggon.core.schedule.clock import ClockEffect

S = TypeVar("S", bound=StrEnum)  # state
A = TypeVar("A", bound=StrEnum)  # action
R = TypeVar("R", bound=StrEnum)  # role
N = TypeVar("N", bound=StrEnum)  # need
E = TypeVar("E", bound=StrEnum)  # effect
F = TypeVar("F")  # facts


@dataclass(frozen=True, slots=True)
class Condition(Generic[F]):
    """When a need is met. `field` is the input by which the actor meets it; empty: the standing of the thing itself."""

    holds: Callable[[F], bool]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Row(Generic[S, A, R, N, E]):
    """From each of `sources`, `action` leads to `target`.

    `roles` maps each role that may act to what that role needs beyond `needs`, which all need.
    """

    action: A
    sources: tuple[S, ...]
    target: S
    roles: Mapping[R, tuple[N, ...]]
    needs: tuple[N, ...] = ()
    clock: ClockEffect = ClockEffect.NONE
    effects: tuple[E, ...] = ()

    def needs_of(self, role: R) -> tuple[N, ...]:
        return *self.roles[role], *self.needs


@dataclass(frozen=True, slots=True)
class Decision(Generic[S, A, R, E]):
    """The action is legal. `role` is the one, of those that the person has, in which it is done."""

    source: S
    action: A
    target: S
    role: R
    clock: ClockEffect
    effects: tuple[E, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The action is not legal now.

    Codes: `action.not_from_this_state`, `action.not_your_role`, or one `need.<need>` for each unmet need.
    """

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Offer(Generic[S, A, R, N]):
    """An action that a person's role allows in this state.

    `blockers` are unmet needs that no input of the action can meet; `asks` are needs that its form has to meet.
    """

    action: A
    target: S
    role: R
    blockers: tuple[Fault, ...]
    asks: tuple[N, ...]

    @property
    def possible(self) -> bool:
        return not self.blockers


@dataclass(frozen=True, slots=True)
class Table(Generic[S, A, R, N, E, F]):
    """All rows of one procedure. Raises `InvalidError` with every inconsistency when it is built."""

    states: Collection[S]
    actions: Collection[A]
    initial: S
    finals: frozenset[S]
    conditions: Mapping[N, Condition[F]]
    rows: tuple[Row[S, A, R, N, E], ...]

    def __post_init__(self) -> None:
        faults = (*self._row_faults(), *self._unknown_states()) or (*self._path_faults(),)
        if faults:
            raise InvalidError(faults)

    def row(self, state: S, action: A) -> Row[S, A, R, N, E] | None:
        return next((row for row in self.rows if row.action == action and state in row.sources), None)

    def decide(self, state: S, action: A, *, roles: Collection[R], facts: F) -> Decision[S, A, R, E] | Refusal:
        """Whether somebody with these roles may do this now; a refusal names every unmet need at once."""
        row = self.row(state, action)
        if row is None:
            return _refuse("action.not_from_this_state", state=str(state), action=str(action))
        role = self._acting_role(row, roles, facts)
        if role is None:
            return _refuse("action.not_your_role", action=str(action), roles=tuple(map(str, row.roles)))
        unmet = self._unmet(row.needs_of(role), facts)
        if unmet:
            return Refusal(tuple(self._fault(need) for need in unmet))
        return Decision(state, action, row.target, role, row.clock, row.effects)

    def offers(self, state: S, *, roles: Collection[R], facts: F) -> tuple[Offer[S, A, R, N], ...]:
        """What somebody with these roles may press in this state, in the order of the table."""
        return tuple(
            self._offer(row, role, facts)
            for row in self.rows
            if state in row.sources and (role := self._acting_role(row, roles, facts)) is not None
        )

    def _offer(self, row: Row[S, A, R, N, E], role: R, facts: F) -> Offer[S, A, R, N]:
        blockers = tuple(
            self._fault(need) for need in self._unmet(row.needs_of(role), facts) if not self.conditions[need].field
        )
        asks = tuple(need for need in row.needs_of(role) if self.conditions[need].field)
        return Offer(row.action, row.target, role, blockers, asks)

    def _acting_role(self, row: Row[S, A, R, N, E], roles: Collection[R], facts: F) -> R | None:
        """Of several fitting roles the one with the fewest unmet needs, else the first in the row."""
        fitting = [role for role in row.roles if role in roles]
        return min(fitting, key=lambda role: len(self._unmet(row.needs_of(role), facts)), default=None)

    def _unmet(self, needs: tuple[N, ...], facts: F) -> list[N]:
        return [need for need in needs if not self.conditions[need].holds(facts)]

    def _fault(self, need: N) -> Fault:
        return Fault(f"need.{need}", field=self.conditions[need].field)

    def _row_faults(self) -> Iterator[Fault]:
        seen: set[tuple[S, A]] = set()
        for row in self.rows:
            if not row.roles:
                yield Fault("table.action_without_role", facts={"action": str(row.action)})
            if not row.sources:
                yield Fault("table.action_without_source", facts={"action": str(row.action)})
            for source in row.sources:
                if (source, row.action) in seen:
                    yield Fault("table.two_rows", facts={"state": source, "action": row.action})
                seen.add((source, row.action))
            for need in {need for role in row.roles for need in row.needs_of(role)} - set(self.conditions):
                yield Fault("table.need_without_condition", facts={"need": need})
        for action in self.actions:
            if not any(row.action == action for row in self.rows):
                yield Fault("table.action_without_row", facts={"action": action})

    def _unknown_states(self) -> Iterator[Fault]:
        used = {state for row in self.rows for state in (*row.sources, row.target)}
        for state in sorted((used | self.finals | {self.initial}) - set(self.states)):
            yield Fault("table.unknown_state", facts={"state": state})

    def _path_faults(self) -> Iterator[Fault]:
        reachable = self._closure(frozenset({self.initial}), forward=True)
        ending = self._closure(self.finals, forward=False)
        for state in self.states:
            if state not in reachable:
                yield Fault("table.unreachable_state", facts={"state": state})
            if state not in ending:
                yield Fault("table.no_way_on", facts={"state": state})
            if state in self.finals and any(state in row.sources for row in self.rows):
                yield Fault("table.final_with_a_way_on", facts={"state": state})

    def _closure(self, start: frozenset[S], *, forward: bool) -> frozenset[S]:
        """All states on ways from `start`, or on ways to it."""
        pairs = [(source, row.target) for row in self.rows for source in row.sources]
        steps = pairs if forward else [(target, source) for source, target in pairs]
        known = start
        while more := {after for before, after in steps if before in known} - known:
            known |= more
        return known


def _refuse(code: str, **facts: object) -> Refusal:
    return Refusal((Fault(code, facts=facts),))
