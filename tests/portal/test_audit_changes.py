"""The log of what is changed outside of the cases: whole, or the break is named."""

import pytest
from django.db import DatabaseError, connection, transaction

from panggon.audit import selectors
from panggon.audit.models import Change
from panggon.audit.services import record
from tests.portal.office import MINUTE, MONDAY
from tests.portal.test_audit import tamper

HOLIDAY = "schedule.holiday:2026-12-24"


@pytest.fixture
def changes(office):
    record(HOLIDAY, before=None, after={"name": "Cuti bersama"}, actor=office.registrar, at=MONDAY)
    record(HOLIDAY, before={"name": "Cuti bersama"}, after=None, actor=office.head, at=MONDAY + MINUTE, reason="batal")
    record("people.user:7", before={"active": True}, after={"active": False}, actor=None, at=MONDAY + 2 * MINUTE)
    return list(Change.objects.order_by("sequence"))


def breaks():
    return [(fault.code, fault.facts["sequence"]) for fault in selectors.broken_links()]


def test_the_history_of_a_thing_is_its_own(changes, office):
    assert [(change.actor, change.reason, change.after) for change in selectors.history_of(HOLIDAY)] == [
        (office.head, "batal", None),
        (office.registrar, "", {"name": "Cuti bersama"}),
    ]
    assert [change.subject for change in selectors.history_of("people.user:")] == ["people.user:7"]
    assert [change.sequence for change in changes] == [1, 2, 3]
    assert breaks() == []


def test_nothing_changed_leaves_no_trace(office):
    assert record(HOLIDAY, before={"name": "x"}, after={"name": "x"}, actor=office.head, at=MONDAY) is None
    assert not Change.objects.exists()


@pytest.mark.parametrize("change", ["subject = 'x'", "actor_id = NULL", "at = at - interval '1 hour'"])
def test_a_changed_row_is_found(changes, change):
    tamper(f"UPDATE audit_change SET {change} WHERE sequence = 2")
    assert breaks() == [("chain.changed", 2)]


@pytest.mark.parametrize("change", ["reason = 'x'", "before = NULL", "salt = ''", "salt = 'x', after = '{}'"])
def test_changed_contents_are_found(changes, change):
    tamper(f"UPDATE audit_change SET {change} WHERE sequence = 2")
    assert breaks() == [("chain.words", 2)]


def test_a_removed_row_is_found(changes):
    tamper("DELETE FROM audit_change WHERE sequence = 2")
    assert breaks() == [("chain.missing", 2), ("chain.unlinked", 3)]


def test_contents_can_be_erased_and_the_chain_still_holds(changes):
    Change.objects.filter(sequence=3).update(before=None, after=None, salt="")
    assert breaks() == []


@pytest.mark.parametrize("change", ["DELETE FROM audit_change", "UPDATE audit_change SET subject = 'x'"])
def test_the_database_itself_refuses(changes, change):
    with (
        pytest.raises(DatabaseError, match="never changed or removed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
