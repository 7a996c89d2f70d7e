from enum import StrEnum

import pytest

from panggon.core.errors import Fault, InvalidError
from panggon.core.schedule.clock import ClockEffect
from panggon.core.state_machine import Condition, Decision, Refusal, Row, Table


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"
    LOCKED = "locked"
    GONE = "gone"


class Move(StrEnum):
    SHUT = "shut"
    LOCK = "lock"
    UNLOCK = "unlock"
    REMOVE = "remove"


class Who(StrEnum):
    GUEST = "guest"
    OWNER = "owner"


class Want(StrEnum):
    KEY = "key"
    WORD = "word"
    PAPER = "paper"


class Sound(StrEnum):
    CLICK = "click"


CONDITIONS: dict[Want, Condition[set[str]]] = {
    Want.KEY: Condition(lambda facts: "key" in facts),
    Want.WORD: Condition(lambda facts: "word" in facts, field="word"),
    Want.PAPER: Condition(lambda facts: "paper" in facts),
}

Shown = Row[Door, Move, Who, Want, Sound]
SHUT: Shown = Row(Move.SHUT, (Door.OPEN,), Door.SHUT, {Who.GUEST: (), Who.OWNER: ()})
LOCK = Row(
    Move.LOCK,
    (Door.SHUT,),
    Door.LOCKED,
    {Who.GUEST: (Want.PAPER,), Who.OWNER: ()},
    needs=(Want.KEY, Want.WORD),
    clock=ClockEffect.PAUSE,
    effects=(Sound.CLICK,),
)
UNLOCK: Shown = Row(Move.UNLOCK, (Door.LOCKED,), Door.OPEN, {Who.OWNER: (Want.KEY,)})
REMOVE: Shown = Row(Move.REMOVE, (Door.OPEN, Door.SHUT), Door.GONE, {Who.OWNER: ()})


def table(*rows, **changes):
    return Table(
        **{
            "states": tuple(Door),
            "actions": tuple(Move),
            "initial": Door.OPEN,
            "finals": frozenset({Door.GONE}),
            "conditions": CONDITIONS,
            "rows": rows or (SHUT, LOCK, UNLOCK, REMOVE),
        }
        | changes
    )


def faults_of(*rows, **changes):
    with pytest.raises(InvalidError) as caught:
        table(*rows, **changes)
    return {(fault.code, *map(str, fault.facts.values())) for fault in caught.value.faults}


def test_a_legal_action_is_decided_with_clock_and_effects():
    assert table().decide(Door.SHUT, Move.LOCK, roles={Who.OWNER}, facts={"key", "word"}) == Decision(
        Door.SHUT, Move.LOCK, Door.LOCKED, Who.OWNER, ClockEffect.PAUSE, (Sound.CLICK,)
    )


def test_every_unmet_need_is_named_at_once_with_its_field():
    assert table().decide(Door.SHUT, Move.LOCK, roles={Who.GUEST}, facts=set()) == Refusal(
        (Fault("need.paper"), Fault("need.key"), Fault("need.word", field="word"))
    )


def test_not_from_this_state():
    refusal = table().decide(Door.OPEN, Move.LOCK, roles={Who.OWNER}, facts={"key", "word"})
    assert refusal == Refusal((Fault("action.not_from_this_state", facts={"state": "open", "action": "lock"}),))


def test_not_your_role_names_who_may():
    refusal = table().decide(Door.LOCKED, Move.UNLOCK, roles={Who.GUEST}, facts={"key"})
    assert refusal == Refusal((Fault("action.not_your_role", facts={"action": "unlock", "roles": ("owner",)}),))
    nobody = table().decide(Door.LOCKED, Move.UNLOCK, roles=(), facts={"key"})
    assert isinstance(nobody, Refusal)


def test_of_several_roles_the_one_acts_that_needs_least():
    decision = table().decide(Door.SHUT, Move.LOCK, roles={Who.GUEST, Who.OWNER}, facts={"key", "word"})
    assert isinstance(decision, Decision)
    assert decision.role is Who.OWNER


def test_offers_tell_what_blocks_from_what_the_form_asks():
    remove, lock = sorted(
        table().offers(Door.SHUT, roles={Who.OWNER}, facts=set()), key=lambda offer: offer.action, reverse=True
    )
    assert (remove.action, remove.possible, remove.blockers, remove.asks) == (Move.REMOVE, True, (), ())
    assert (lock.action, lock.possible, lock.blockers, lock.asks) == (
        Move.LOCK,
        False,
        (Fault("need.key"),),
        (Want.WORD,),
    )
    assert [offer.action for offer in table().offers(Door.SHUT, roles={Who.GUEST}, facts=set())] == [Move.LOCK]
    assert table().offers(Door.GONE, roles=set(Who), facts={"key", "word", "paper"}) == ()


def test_an_unknown_state_is_refused():
    assert faults_of(states=(Door.OPEN, Door.SHUT, Door.GONE)) == {("table.unknown_state", "locked")}


def test_an_unreachable_state_is_refused():
    assert faults_of(SHUT, UNLOCK, REMOVE, actions=(Move.SHUT, Move.UNLOCK, Move.REMOVE)) == {
        ("table.unreachable_state", "locked")
    }


def test_a_state_without_a_way_on_is_refused():
    assert faults_of(SHUT, LOCK, REMOVE, actions=(Move.SHUT, Move.LOCK, Move.REMOVE)) == {("table.no_way_on", "locked")}


def test_a_circle_that_never_ends_is_refused():
    stay = Row(Move.UNLOCK, (Door.LOCKED,), Door.LOCKED, {Who.OWNER: ()})
    assert faults_of(SHUT, LOCK, stay, REMOVE) == {("table.no_way_on", "locked")}


def test_a_final_state_with_a_way_on_is_refused():
    back = Row(Move.SHUT, (Door.GONE,), Door.OPEN, {Who.OWNER: ()})
    assert faults_of(SHUT, LOCK, UNLOCK, REMOVE, back) == {("table.final_with_a_way_on", "gone")}


def test_an_action_without_an_actor_is_refused():
    nobody = Row(Move.UNLOCK, (Door.LOCKED,), Door.OPEN, {})
    assert faults_of(SHUT, LOCK, nobody, REMOVE) == {("table.action_without_role", "unlock")}


def test_an_action_without_a_source_or_a_row_is_refused():
    nowhere = Row(Move.UNLOCK, (), Door.OPEN, {Who.OWNER: ()})
    assert faults_of(SHUT, LOCK, nowhere, REMOVE) == {("table.action_without_source", "unlock")}
    assert faults_of(SHUT, LOCK, REMOVE) == {("table.action_without_row", "unlock")}


def test_two_rows_for_the_same_state_and_action_are_refused():
    again = Row(Move.REMOVE, (Door.LOCKED, Door.SHUT), Door.GONE, {Who.OWNER: ()})
    assert faults_of(SHUT, LOCK, UNLOCK, REMOVE, again) == {("table.two_rows", "shut", "remove")}


def test_a_need_without_a_condition_is_refused():
    without = {need: condition for need, condition in CONDITIONS.items() if need is not Want.PAPER}
    assert faults_of(conditions=without) == {("table.need_without_condition", "paper")}


def test_all_inconsistencies_are_told_at_once():
    nobody = Row(Move.UNLOCK, (Door.LOCKED,), Door.OPEN, {})
    again = Row(Move.SHUT, (Door.OPEN,), Door.GONE, {Who.OWNER: ()})
    assert faults_of(SHUT, LOCK, nobody, REMOVE, again) == {
        ("table.action_without_role", "unlock"),
        ("table.two_rows", "open", "shut"),
    }
