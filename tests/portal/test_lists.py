"""What waits for whom, and who is told."""

from panggon.cases import jobs, selectors
from panggon.core.cases.procedure import Action, State
from tests.portal.office import MINUTE


def test_waiting_for_asks_the_same_number_of_questions_for_any_number_of_cases(office, django_assert_num_queries):
    office.bring_to(State.VERIFYING)
    with django_assert_num_queries(5):
        assert len(selectors.waiting_for(office.technician, now=office.now)) == 1
    for number in range(4):
        office.bring_to(State.VERIFYING, label=f"situs{number}")
    with django_assert_num_queries(5):
        assert len(selectors.waiting_for(office.technician, now=office.now)) == 5


def test_the_most_urgent_comes_first_and_the_resubmitted_before_all(office):
    old = office.bring_to(State.VERIFYING, label="lama")
    office.now += 60 * MINUTE
    young = office.bring_to(State.VERIFYING, label="muda")
    back = office.bring_to(State.VERIFYING, label="kembali")
    office.act(back, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    office.act(back, Action.RESUBMIT, office.applicant)
    rows = selectors.waiting_for(office.technician, now=office.now)
    assert [case.pk for case in rows] == [back.pk, old.pk, young.pk]
    assert rows[0].returned
    assert rows[1].clock.share > rows[2].clock.share > 0


def test_lists_hold_what_is_in_ones_hands(office):
    case = office.bring_to(State.RECEIVED)
    everybody = (office.applicant, office.registrar, office.head, office.division_head, office.technician)
    assert [selectors.waiting_for(person, now=office.now) == [case] for person in everybody] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_tracking_needs_number_and_token(office):
    case = office.bring_to(State.RECEIVED)
    status = selectors.public_status(case.number, case.token)
    assert (status.label, status.step, [state for _, state in status.steps]) == (
        "Diterima",
        2,
        [State.SUBMITTED, State.RECEIVED],
    )
    assert selectors.public_status(case.number, "x") is None
    assert selectors.public_status("HST-2026-9999", case.token) is None
    draft = office.draft()
    assert selectors.public_status(draft.number, draft.token) is None


def test_people_are_told_once(office):
    case = office.bring_to(State.RECEIVED)
    event = case.events.last()
    for _ in range(2):
        jobs.notify(event.pk, "notify_next")
        jobs.notify(event.pk, "notify_applicant")
    assert [(notice.recipient, notice.subject) for notice in office.head.notices.all()] == [
        (office.head, "HST-2026-0001: Diterima")
    ]
    assert office.applicant.notices.count() == 1
    assert office.registrar.notices.count() == 0
