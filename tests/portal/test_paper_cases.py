"""A case on paper: the registrar enters every step of an OPD that never signs in, with the signed sheet scanned."""

from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
from django.test import Client
from django.utils import timezone

from panggon.audit.chain import verify
from panggon.cases import selectors, services
from panggon.cases.acting.chain import link
from panggon.cases.archive import log
from panggon.cases.models import File
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import InvalidError
from panggon.people.models import Agency
from tests.portal.office import LETTER, MONDAY
from tests.portal.visitor import faults, text, visitor

SHEET = {"signed_sheet": LETTER}


def refused(act, *arguments, **data):
    with pytest.raises(InvalidError) as raised:
        act(*arguments, **data)
    return [(fault.code, fault.field) for fault in raised.value.faults]


def paper_case(office, **stamp):
    """A letter of Friday that the registrar enters on Monday morning."""
    case = office.draft(applicant=office.registrar)
    return office.act(case, Action.SUBMIT, office.registrar, **stamp)


def test_the_clock_counts_from_the_stamp_and_the_log_keeps_both(office):
    friday = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # 09.00
    case = paper_case(office, stamped_at=friday)
    event = case.events.get(action="submit")
    assert (event.at, event.counts_at) == (office.now, friday)
    assert event.data["stamped_at"] == "2026-11-20T02:00:00+00:00"
    assert (case.submitted_at, case.due_at) == (friday, datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
    clock = selectors.clock_of(case, now=office.now)
    assert clock.started_at == friday
    assert clock.used == timedelta(hours=4) + timedelta(hours=1, minutes=32)
    event.data["stamped_at"] = "2026-11-23T02:00:00+00:00"
    links = [link(row if row.pk != event.pk else event, case=case.number) for row in case.events.order_by("sequence")]
    assert [fault.code for fault in verify(links, head=case.head)] != []


def test_a_stamp_after_office_hours_counts_from_the_next_opening(office):
    case = paper_case(office, stamped_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))  # Friday 15.00, closed at 14.30
    clock = selectors.clock_of(case, now=office.now)
    assert clock.counts_from == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    assert case.due_at == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_a_stamp_that_cannot_be(office):
    case = office.draft(applicant=office.registrar)
    submit = (office.act, case, Action.SUBMIT, office.registrar)
    assert refused(*submit, stamped_at=MONDAY + timedelta(days=1)) == [("stamp.future", "stamped_at")]
    before = datetime(2026, 11, 19, 2, 0, tzinfo=UTC)
    assert refused(*submit, stamped_at=before) == [("stamp.before_letter", "stamp_reason")]
    case.refresh_from_db()
    assert case.state == State.DRAFT
    case = office.act(
        case, Action.SUBMIT, office.registrar, stamped_at=before, stamp_reason="Surat ditulis bertanggal maju"
    )
    assert case.events.last().note == "Surat ditulis bertanggal maju"


def test_an_opd_has_no_stamp(office):
    case = office.draft()
    stamp = MONDAY - timedelta(days=2)
    assert refused(office.act, case, Action.SUBMIT, office.applicant, stamped_at=stamp) == [
        ("stamp.not_desk", "stamped_at")
    ]
    case = office.act(case, Action.SUBMIT, office.applicant)
    assert refused(office.act, case, Action.RECEIVE, office.registrar, stamped_at=stamp) == [
        ("stamp.not_desk", "stamped_at")
    ]


def test_a_correction_counts_from_its_stamp_and_not_before_it_was_asked_for(office):
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Nama belum sesuai")
    asked = case.events.last().at
    office.now += timedelta(hours=3)
    resubmit = (office.act, case, Action.RESUBMIT, office.registrar)
    assert refused(*resubmit, stamped_at=asked - timedelta(minutes=1), **SHEET) == [("stamp.order", "stamped_at")]
    case = office.act(case, Action.RESUBMIT, office.registrar, stamped_at=asked + timedelta(hours=1), **SHEET)
    clock = selectors.clock_of(case, now=office.now)
    assert [(pause.start, pause.end) for pause in clock.pauses] == [(asked, asked + timedelta(hours=1))]


def test_every_step_of_the_opd_can_be_entered_to_the_end(office):
    case = paper_case(office)
    for step in office.straight_way()[1:4]:
        case = step(case)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Nama belum sesuai")
    case = office.act(case, Action.SAVE_DRAFT, office.registrar, label="dinsos-baru")
    assert case.state == State.INCOMPLETE
    case = office.act(case, Action.RESUBMIT, office.registrar, **SHEET)
    for step in office.straight_way()[4:10]:
        case = step(case)
    case = office.act(case, Action.REPORT_NO_ACCESS, office.registrar, reasons="Peramban menolak")
    case = office.act(case, Action.REPORT_FIXED, office.technician)
    case = office.act(case, Action.CONFIRM, office.registrar, **SHEET)
    assert (case.state, case.site.host) == (State.DONE, "dinsos-baru.panggon.test")
    assert case.files.filter(kind=File.Kind.SIGNED_SHEET).count() == 1
    assert log.broken_links(case) == ()


@pytest.mark.parametrize("state", [State.SUBMITTED, State.VERIFYING, State.AWAITING_APPROVAL])
def test_a_withdrawal_on_paper_needs_the_signed_letter(office, state):
    case = office.bring_to(state)
    assert refused(office.act, case, Action.WITHDRAW, office.registrar) == [("need.signed_sheet", "signed_sheet")]
    case = office.act(case, Action.WITHDRAW, office.registrar, **SHEET)
    assert case.state == State.WITHDRAWN
    assert "signed_sheet" in case.events.last().data["files"]


def test_a_stamped_withdrawal_stops_the_clock_then(office):
    case = office.bring_to(State.SUBMITTED)
    sent = case.events.last().at
    office.now += timedelta(hours=2)
    case = services.act(
        case.pk,
        action=Action.WITHDRAW,
        actor=office.registrar,
        data={"stamped_at": sent + timedelta(hours=1), **SHEET},
        at=office.now,
    )
    assert case.stopped_at == sent + timedelta(hours=1)


def test_the_page_asks_the_registrar_for_the_stamp_and_says_it_in_the_log(office, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: office.now)
    case = office.bring_to(State.DELIVERED)
    path = f"/permohonan/{case.number}/belum-bisa-diakses/"
    office.now += timedelta(days=1)
    browser = visitor(office.registrar)
    assert "Waktu stempel meja" in text(browser.get(path))
    assert "Waktu stempel meja" not in text(visitor(office.applicant).get(path))
    values = {"version": case.version, "reasons": "Peramban menolak"}
    answer = browser.post(path, {**values, "stamped_at": "2026-11-25T09:00"})
    assert faults(answer) == {"stamped_at": ["Waktu stempel meja tidak boleh di masa depan."]}
    browser.post(path, {**values, "stamped_at": "2026-11-24T08:15"})
    case.refresh_from_db()
    assert case.events.last().counts_at == datetime(2026, 11, 24, 1, 15, tzinfo=UTC)
    assert "Stempel meja 24 November 2026, 08.15 WIB" in text(browser.get(f"/permohonan/{case.number}/"))


def read(answer) -> str:
    assert answer.headers["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


def test_the_sample_letter_says_what_the_draft_says(office):
    case = office.draft(admin_name="Tono", storage_mebibytes=2048)
    words = read(visitor(office.applicant).get(f"/permohonan/{case.number}/contoh-surat/"))
    for said in ("DINAS SOSIAL", "500.12/117/2026", "dinsos.panggon.test", "Tono", "2 GiB", "20 November 2026"):
        assert said in words
    other = office.person("lain", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    assert visitor(other).get(f"/permohonan/{case.number}/contoh-surat/").status_code == 404
    assert "Nama narahubung" in read(Client().get("/contoh-surat/"))


def test_the_registrar_prints_the_sheet_of_each_step(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Nama belum sesuai")
    browser = visitor(office.registrar)
    path = f"/permohonan/{case.number}/lembar/kirim-ulang/"
    assert path in browser.get(f"/permohonan/{case.number}/kirim-ulang/").content.decode()
    words = read(browser.get(path))
    assert "Nama belum sesuai" in words
    assert case.number in words
    assert path not in visitor(office.applicant).get(f"/permohonan/{case.number}/kirim-ulang/").content.decode()
    assert browser.get(f"/permohonan/{case.number}/lembar/sahkan/").status_code == 404
