"""The log of events: whole, or the break is named."""

import pytest
from django.db import DatabaseError, connection, transaction

from panggon.audit.chain import Link, digest_of, salted, verify
from panggon.cases.archive.log import broken_links
from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import Action, State
from tests.portal.once import made_once


def tamper(sql: str, *values) -> None:
    """What somebody with all rights on the database could do: past the trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


def breaks(case) -> list[tuple[str, int]]:
    return [(fault.code, fault.facts["sequence"]) for fault in broken_links(Case.objects.get(pk=case.pk))]


@pytest.fixture
@made_once
def case(office):
    return office.bring_to(State.VERIFYING)


def test_an_untouched_log_is_whole(case):
    assert case.events.count() == 5
    assert breaks(case) == []


@pytest.mark.parametrize(
    "change", ["action = 'refuse'", "actor_id = NULL", "at = at - interval '1 hour'", "data = '{\"x\": 1}'"]
)
def test_a_changed_row_is_found(case, change):
    tamper(f"UPDATE cases_event SET {change} WHERE case_id = %s AND sequence = 3", case.pk)
    assert breaks(case) == [("chain.changed", 3)]


def test_a_changed_row_with_a_fitting_digest_is_found_at_the_next(case):
    event = case.events.get(sequence=3)
    forged = digest_of({"forged": True}, previous=event.previous)
    tamper("UPDATE cases_event SET digest = %s WHERE case_id = %s AND sequence = 3", forged, case.pk)
    assert breaks(case) == [("chain.changed", 3), ("chain.unlinked", 4)]


def test_a_removed_row_is_found(case):
    tamper("DELETE FROM cases_event WHERE case_id = %s AND sequence = 3", case.pk)
    assert breaks(case) == [("chain.missing", 3), ("chain.unlinked", 4)]


def test_a_cut_end_is_found(case):
    tamper("DELETE FROM cases_event WHERE case_id = %s AND sequence = 5", case.pk)
    assert breaks(case) == [("chain.cut", 4)]


def test_words_can_be_erased_and_the_chain_still_holds(office, case):
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Budi lupa nomor HP")
    event = case.events.last()
    assert event.data["words"] == salted("Budi lupa nomor HP", salt=event.salt)
    assert "Budi" not in str(event.data)
    Event.objects.filter(pk=event.pk).update(note="", salt="")
    assert breaks(case) == []


@pytest.mark.parametrize("change", ["DELETE FROM cases_event", "UPDATE cases_event SET target = 'done'"])
def test_the_database_itself_refuses_to_change_the_log(case, change):
    with (
        pytest.raises(DatabaseError, match="never changed or removed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
    assert breaks(case) == []


def test_a_chain_of_values():
    first = digest_of({"n": 1}, previous="")
    second = digest_of({"n": 2}, previous=first)
    links = [Link(1, {"n": 1}, "", first), Link(2, {"n": 2}, first, second)]
    assert verify(links, head=second) == ()
    assert verify([], head="") == ()
    assert [fault.code for fault in verify([], head=second)] == ["chain.cut"]
    assert [fault.code for fault in verify([links[1]], head=second)] == ["chain.missing", "chain.unlinked"]
