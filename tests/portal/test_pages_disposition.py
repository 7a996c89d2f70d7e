"""Steps 2 and 3: the disposition sheet, filled in for the usual case, and the technician with room for more."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.core.cases.procedure import Action, Role, State
from panggon.people.models import Division
from tests.portal.visitor import at, faults, page, post, text

pytestmark = pytest.mark.usefixtures("office_time")
SHEET, ASSIGN = "terbitkan-disposisi", "teruskan-ke-petugas-teknis"


def sent(office, case, **values):
    """What a browser sends of the sheet as it is shown, but for `values`."""
    form = page(office, "head", case, SHEET).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    filled = {name: value for name, value in {**shown, **values}.items() if value not in (None, "")}
    return post(office, "head", case, SHEET, **filled)


def test_the_usual_case_is_open_and_send(office):
    case = office.bring_to(State.RECEIVED)
    sent(office, case)
    case.refresh_from_db()
    assert (case.state, case.division) == (State.DISPOSED, office.division)
    assert (case.instruction, case.nature) == ("Selesaikan/tindak lanjuti", "Biasa")
    assert (case.disposition_due, case.disposition_note) == (date(2026, 11, 25), "")


def test_the_letters_own_nature_and_the_last_division_are_proposed(office):
    other = Division.objects.create(name="Bidang Aplikasi")
    office.person("kabid2", Role.DIVISION_HEAD, division=other)
    earlier = office.bring_to(State.RECEIVED, label="lama")
    office.act(earlier, Action.DISPOSE, office.head, division=other, instruction="Pantau")
    case = office.bring_to(State.RECEIVED, letter_nature="Segera")
    form = page(office, "head", case, SHEET).context["form"]
    assert (form["division"].value(), form["nature"].value()) == (other.pk, "Segera")


def test_chips_and_ready_phrases_become_one_instruction_and_one_note(office):
    case = office.bring_to(State.RECEIVED)
    phrase = "Segera dikerjakan dan laporkan hasilnya."
    sent(office, case, instruction=["Pelajari/kaji", "Koordinasikan"], phrases=[phrase], note="Hubungi saya.")
    case.refresh_from_db()
    assert case.instruction == "Pelajari/kaji; Koordinasikan"
    assert case.disposition_note == f"{phrase} Hubungi saya."
    shown = text(page(office, "division_head", case, ASSIGN))
    assert "Pelajari/kaji; Koordinasikan" in shown
    assert f"{phrase} Hubungi saya." in shown


def test_a_deadline_that_is_over_is_a_fault_at_its_field_and_nothing_is_lost(office):
    case = office.bring_to(State.RECEIVED)
    answer = sent(office, case, disposition_due="2026-11-22", note="Hubungi saya.")
    assert faults(answer) == {"disposition_due": ["Batas penyelesaian sudah lewat."]}
    assert answer.context["form"]["note"].value() == "Hubungi saya."


def test_a_sheet_without_an_instruction_is_refused_at_the_chips(office):
    case = office.bring_to(State.RECEIVED)
    assert faults(sent(office, case, instruction=[])) == {"instruction": ["Wajib diisi."]}


def test_the_least_loaded_technician_comes_first_and_is_proposed(office):
    idle = office.person("baru", Role.TECHNICIAN, division=office.division)
    office.person("luar", Role.TECHNICIAN, division=Division.objects.create(name="Bidang Lain"))
    office.bring_to(State.VERIFYING, label="satu")
    office.bring_to(State.DELIVERED, label="dua")
    case = office.bring_to(State.DISPOSED)
    shown = page(office, "division_head", case, ASSIGN)
    field = shown.context["form"].fields["technician"]
    assert [(person, person.open_cases) for person in field.queryset] == [(idle, 0), (office.technician, 1)]
    assert shown.context["form"]["technician"].value() == idle.pk
    words = text(shown)
    assert "Baru Usulan Tidak ada permohonan berjalan" in words
    assert "Teknis 1 permohonan berjalan · tertua sejak 23 November · batas terdekat 25 November, 16.30" in words


def test_any_number_of_technicians_is_one_question(office):
    case = office.bring_to(State.DISPOSED)
    client, path = at(office, "division_head"), f"/permohonan/{case.number}/{ASSIGN}/"
    counts = []
    for batch in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts.append(len(queries))
        for number in range(3):
            office.person(f"teknis-{batch}-{number}", Role.TECHNICIAN, division=office.division)
    assert counts[0] == counts[1]
