"""A letter that was uploaded is read by a worker; what it seems to say is proposed, marked, and confirmed by people."""

import re

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.cases import jobs
from panggon.cases.content import readings
from panggon.cases.models import Case, Reading
from panggon.core.cases.procedure import State
from panggon.papers.reading import LetterText, letter_text
from panggon.people.models import Agency
from tests.papers.letters import Letter
from tests.portal.visitor import PEOPLE_PART, at, begin, faults, fill_in, letter, page, send, text, visitor

pytestmark = pytest.mark.usefixtures("office_time")
LETTER = Letter().pdf("official")


def read_by_worker() -> Reading:
    reading = Reading.objects.get()
    assert (
        ProcrastinateJob.objects.filter(task_name="cases.read_letter", args={"reading": str(reading.pk)}).count() == 1
    )
    jobs.read_letter(str(reading.pk))
    reading.refresh_from_db()
    return reading


def poll(client, reading):
    return client.get(f"/permohonan/bacaan/{reading.pk}/")


def section(case, slug):
    return f"/permohonan/{case.number}/isi/{slug}/"


def test_a_letter_is_proposed_to_its_opd_field_by_field(office):
    client = at(office, "applicant")
    blank = {"letter_number": None, "letter_date": None, "letter_subject": None}
    begun = begin(client, letter=letter(LETTER), do="read", **blank)
    case = Case.objects.get()
    assert begun.headers["Location"] == section(case, "surat")
    assert "Panggon sedang membaca surat" in text(client.get(section(case, "surat")))
    assert 'hx-trigger="every 2s"' in poll(client, Reading.objects.get()).content.decode()

    reading = read_by_worker()
    polled = poll(client, reading)
    assert "Isikan yang masih kosong" in text(polled)
    assert "every 2s" not in polled.content.decode()
    case.refresh_from_db()
    assert (case.letter_number, case.machine_read) == ("", [])  # nothing is filled in behind anybody's back

    fill_in(client, case, "surat", do="fill")
    case.refresh_from_db()
    assert (case.letter_number, case.letter_date.isoformat()) == ("500.12/117/2026", "2026-11-20")
    assert case.machine_read == ["letter_date", "letter_number", "letter_subject"]
    shown = client.get(section(case, "surat"))
    assert shown.context["form"].read_by_machine == {"letter_date", "letter_number", "letter_subject"}
    assert "Nomor surat sudah saya periksa" in text(shown)

    fill_in(client, case, "surat", letter_subject="Permohonan Subdomain", confirmed=["letter_number"])
    case.refresh_from_db()
    assert case.machine_read == ["letter_date"]
    assert client.get(section(case, "surat")).context["form"].read_by_machine == {"letter_date"}


def test_going_on_takes_along_what_was_found_and_empties_stay_empty(office):
    client = at(office, "applicant")
    begin(client, letter=letter(LETTER), do="read", letter_number="", letter_date="", letter_subject="Milik saya")
    case = Case.objects.get()
    open_page = client.get(section(case, "surat")).context["form"]  # nothing was read yet
    held = {name: open_page[name].value() or "" for name in open_page.fields if name != "letter"}
    read_by_worker()
    assert client.post(section(case, "surat"), {**held, "do": "next"}).headers["Location"] == section(case, "situs")
    case.refresh_from_db()
    assert (case.letter_number, case.letter_date.isoformat()) == ("500.12/117/2026", "2026-11-20")
    assert (case.letter_subject, case.machine_read) == ("Milik saya", ["letter_date", "letter_number"])
    fill_in(client, case, "surat", letter_number="")  # seen, and emptied on purpose
    case.refresh_from_db()
    assert (case.letter_number, case.machine_read) == ("", ["letter_date"])


def test_a_letter_that_was_read_after_its_page_is_told_before_the_request_goes_out(office):
    client = at(office, "applicant")
    begin(client, letter=letter(LETTER), letter_number="")
    case = Case.objects.get()
    assert "isian yang masih kosong" not in text(page(office, "applicant", case, "kirim-permohonan"))
    read_by_worker()
    review = text(page(office, "applicant", case, "kirim-permohonan"))
    assert "ditemukan isian yang masih kosong: Nomor surat. Lihat dan lengkapi" in review


def test_what_was_typed_is_never_replaced(office):
    client = at(office, "applicant")
    begin(client, letter=letter(LETTER), letter_number="B/7")
    case = Case.objects.get()
    read_by_worker()
    form = client.get(section(case, "surat")).context["form"]
    assert form["letter_number"].value() == "B/7"
    fill_in(client, case, "surat", do="fill")
    case.refresh_from_db()
    assert (case.letter_number, case.machine_read) == ("B/7", [])
    people = client.get(section(case, "orang")).context["form"]
    assert people["contact_name"].value() == "Sri"  # whoever fills it in, before what a letter says


def test_what_nobody_has_confirmed_is_marked_where_it_is_sent(office):
    client = at(office, "applicant")
    begin(client, letter=letter(LETTER), letter_number="")
    case = Case.objects.get()
    read_by_worker()
    fill_in(client, case, "surat")
    fill_in(client, case, "situs", label="dinsos")
    fill_in(client, case, "orang", **PEOPLE_PART)
    case.refresh_from_db()
    assert case.machine_read == ["letter_number"]
    review = text(page(office, "applicant", case, "kirim-permohonan"))
    assert "500.12/117/2026 dibaca mesin" in review
    assert "dengan mengirim, Anda menyatakan isian itu benar" in review
    send(client, case)
    case.refresh_from_db()
    assert (case.state, case.machine_read) == (State.SUBMITTED, [])
    assert not Reading.objects.exists()  # people have written down what counts of it


def test_reading_blocks_nothing(office):
    client = at(office, "applicant")
    begin(client, letter=letter(LETTER))
    case = Case.objects.get()
    fill_in(client, case, "situs", label="dinsos")
    fill_in(client, case, "orang", **PEOPLE_PART)
    waiting = str(Reading.objects.get().pk)
    send(client, case)
    jobs.read_letter(waiting)  # too late, and no harm
    case.refresh_from_db()
    assert (case.state, case.machine_read, Reading.objects.count()) == (State.SUBMITTED, [], 0)


def test_what_is_read_of_a_request_that_is_sent_meanwhile_is_forgotten(office, monkeypatch):
    client = at(office, "applicant")
    begin(client, letter=letter(LETTER))
    case, reading = Case.objects.get(), Reading.objects.get()
    fill_in(client, case, "situs", label="dinsos")
    fill_in(client, case, "orang", **PEOPLE_PART)

    def meanwhile(data: bytes) -> LetterText:
        send(client, case)
        return letter_text(data)

    monkeypatch.setattr(readings, "letter_text", meanwhile)
    jobs.read_letter(str(reading.pk))
    case.refresh_from_db()
    assert (case.state, Reading.objects.count()) == (State.SUBMITTED, 0)


def test_the_registrar_uploads_first_and_the_sender_is_proposed(office):
    client = at(office, "registrar")
    blank = {"letter_number": "", "letter_date": "", "letter_subject": ""}
    told = begin(client, letter=letter(LETTER), do="read", **blank)
    assert (told.status_code, faults(told)) == (200, {})  # nothing else is asked of who brings a letter
    reading = read_by_worker()
    assert told.context["form"]["reading"].value() == str(reading.pk)
    assert faults(begin(client, letter=None, reading=str(reading.pk), **blank)).keys() == {"agency"}
    filled = begin(client, letter=None, reading=str(reading.pk), do="fill", **blank)
    case = Case.objects.get()
    assert filled.headers["Location"] == section(case, "surat")
    assert (case.agency, case.letter_number, case.files.count()) == (office.agency, "500.12/117/2026", 1)
    assert set(case.machine_read) >= {"agency", "letter_number", "letter_date"}


def test_what_was_read_of_a_letter_is_offered_again_to_who_brings_it_again(office):
    client = at(office, "registrar")
    blank = {"letter_number": "", "letter_date": "", "letter_subject": ""}
    begin(client, letter=letter(LETTER), do="read", **blank)
    reading = read_by_worker()
    again = begin(client, letter=letter(LETTER), do="read", **blank)
    assert "Isikan yang masih kosong" in text(again)
    assert "perlu Anda periksa" not in text(again)
    filled = begin(client, letter=None, reading=str(reading.pk), do="fill", **blank)
    assert filled.status_code == 302
    assert "Isikan yang masih kosong" not in text(client.get(filled.headers["Location"]))
    assert Case.objects.get().letter_number == "500.12/117/2026"


def test_without_scripts_a_link_leads_to_what_was_read(office):
    client = at(office, "registrar")
    told = begin(client, letter=letter(LETTER), do="read", letter_number="")
    link = re.search(r'<noscript><p><a href="([^"]+)"', told.content.decode())[1]
    read_by_worker()
    form = client.get(f"/permohonan/baru/{link}").context["form"]
    assert (form["letter_number"].value(), form["agency"].value()) == ("500.12/117/2026", str(office.agency.pk))


@pytest.mark.parametrize("who", ["registrar", "applicant"])
def test_what_was_read_is_offered_beside_a_fault_of_another_field(office, who):
    begin(at(office, who), letter=letter(LETTER), do="read")
    read_by_worker()
    told = begin(at(office, who), letter=letter(LETTER), do="read", letter_number="", letter_date="kemarin")
    assert faults(told).keys() == {"letter_date"}
    assert "Isikan yang masih kosong" in text(told)


def test_a_letter_that_cannot_be_read_is_said_so(office):
    client = at(office, "applicant")
    begin(client)
    reading = Reading.objects.get()
    reading.sha256 = "0" * 64  # its bytes are gone
    reading.save()
    jobs.read_letter(str(reading.pk))
    assert "tidak dapat dibaca mesin" in text(poll(client, reading))


def test_a_reading_is_for_who_brought_it_and_who_sees_the_case(office):
    begin(at(office, "applicant"))
    reading = Reading.objects.get()
    other = office.person("lain", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    colleague = office.person("wati", agency=office.agency)
    found = [poll(visitor(person), reading).status_code for person in (office.applicant, colleague, other)]
    assert found == [200, 200, 404]
    stolen = begin(visitor(other), letter=None, reading=str(reading.pk))
    assert stolen.status_code == 302
    assert Case.objects.get(agency=other.agency).files.count() == 0
