"""Two people act on one case at the same moment: one of them did it, the other one is told."""

import threading

import pytest

pytestmark = pytest.mark.real


def opened_page(office, course, role, button):
    """The form of this button in front of its person, and how it is sent."""
    person = office.people[role]
    page = person.browser.open(person.case(course.number).link(button))
    return lambda **values: person.browser.submit(page, page.form("version"), values)


def at_once(*acts):
    """All let go at the same moment; what each one saw then."""
    start, seen = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index):
        start.wait()
        seen[index] = acts[index]()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def events(office, course):
    rows = office.sql(
        "SELECT action FROM cases_event JOIN cases_case ON cases_case.id = case_id WHERE number = %s ORDER BY sequence",
        course.number,
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize("attempt", range(3))
def test_one_withdraws_while_another_receives(office, attempt):
    course = office.submitted()
    before = events(office, course)
    receive = opened_page(office, course, "registrar", "Terima Surat")
    withdraw = opened_page(office, course, "applicant", "Batalkan")
    seen = at_once(lambda: receive(agenda_number=f"1/{course.number}"), lambda: withdraw(note="Tidak jadi."))
    assert len(events(office, course)) == len(before) + 1
    winner, loser = (seen[0], seen[1]) if events(office, course)[-1] == "receive" else (seen[1], seen[0])
    assert not loser.address.endswith("/beranda/")
    assert "sudah dilakukan" in winner.text
    assert "sudah dilakukan" not in loser.text
    assert "Permohonan ini sudah berubah" in loser.text or "Langkah itu tidak diperlukan lagi" in loser.text


def test_one_button_pressed_twice(office):
    course = office.submitted()
    before = events(office, course)
    receive = opened_page(office, course, "registrar", "Terima Surat")
    at_once(*[lambda: receive(agenda_number=f"2/{course.number}")] * 2)
    assert events(office, course) == [*before, "receive"]
