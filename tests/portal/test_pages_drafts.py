"""The draft of a request while several pages, people and rounds write in it."""

from uuid import uuid4

import pytest

from panggon.cases.models import Case
from panggon.cases.views import acting
from panggon.core.cases.procedure import Action, State
from panggon.people.models import Agency
from tests.portal.office import LETTER
from tests.portal.visitor import (
    SITE_PART,
    at,
    begin,
    drafted,
    fill_in,
    page,
    saved,
    section,
    text,
    visitor,
)

pytestmark = pytest.mark.usefixtures("office_time")


def opened(client, case):
    """What the page of the site's section sends, as it is when it is opened."""
    form = client.get(section(case, "situs")).context["form"]
    return {**SITE_PART, "version": form["version"].value(), "page": form["page"].value()}


def test_the_page_saves_by_itself_and_is_not_stale_to_itself(office):
    client = at(office, "applicant")
    case = drafted(client)
    values = opened(client, case)
    quiet = client.post(section(case, "situs"), {**values, "title": "Layanan B", "do": "quiet"})
    case.refresh_from_db()
    assert case.title == "Layanan B"
    assert "Tersimpan pukul" in text(quiet)
    assert f'name="version" id="id_version" value="{case.version}" hx-swap-oob="true"' in quiet.content.decode()
    pressed = client.post(section(case, "situs"), {**values, "title": "Layanan C", "do": "next"})
    case.refresh_from_db()
    assert (pressed.status_code, case.title) == (302, "Layanan C")


def test_a_button_pressed_while_the_page_saves_by_itself_leads_on(office, monkeypatch):
    client = at(office, "applicant")
    case = drafted(client)
    values, looks = opened(client, case), acting.is_acceptable

    def crossed(request, form):
        monkeypatch.setattr(acting, "is_acceptable", looks)
        at(office, "applicant").post(section(case, "situs"), {**values, "title": "Layanan B", "do": "quiet"})
        return looks(request, form)

    monkeypatch.setattr(acting, "is_acceptable", crossed)
    pressed = client.post(section(case, "situs"), {**values, "title": "Layanan C", "do": "next"})
    case.refresh_from_db()
    assert (pressed.status_code, pressed["Location"]) == (302, section(case, "orang"))
    assert (case.title, case.version) == ("Layanan C", int(values["version"]) + 2)


def test_what_a_page_sent_by_itself_before_its_button_was_pressed_does_not_undo_it(office):
    client = at(office, "applicant")
    case = drafted(client)
    values = opened(client, case)
    client.post(section(case, "situs"), {**values, "title": "Layanan C", "do": "next"})
    client.post(section(case, "situs"), {**values, "title": "Layanan B", "do": "quiet"})
    case.refresh_from_db()
    assert case.title == "Layanan C"


def test_a_page_whose_own_saving_was_never_answered_saves_by_itself_again(office):
    client = at(office, "applicant")
    case = drafted(client)
    values = opened(client, case)
    for title in ("Layanan B", "Layanan C"):
        client.post(section(case, "situs"), {**values, "title": title, "do": "quiet"})
    case.refresh_from_db()
    assert case.title == "Layanan C"


def test_what_is_saved_quietly_is_only_what_is_right(office):
    client = at(office, "applicant")
    case = drafted(client)
    quiet = fill_in(client, case, "orang", contact_name="Wati", contact_phone="abc", do="quiet")
    case.refresh_from_db()
    assert (case.contact_name, case.contact_phone) == ("Wati", "0812-0000-0001")
    assert "1 isian perlu diperbaiki dan belum tersimpan." in text(quiet)


def test_a_letter_is_not_lost_when_its_page_saved_by_itself_while_it_was_looked_at(office, monkeypatch):
    client, key, looks = at(office, "applicant"), str(uuid4()), acting.is_acceptable

    def crossed(request, form):
        monkeypatch.setattr(acting, "is_acceptable", looks)
        begin(at(office, "applicant"), page=key, do="quiet", letter=None)
        return looks(request, form)

    monkeypatch.setattr(acting, "is_acceptable", crossed)
    answer = begin(client, page=key)
    case = Case.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/permohonan/{case.number}/isi/situs/")
    assert page(office, "registrar", case, "surat").status_code == 404  # still a draft
    assert page(office, "applicant", case, "surat").content == LETTER


def test_a_new_page_begins_one_draft_however_often_it_is_sent(office):
    client = at(office, "applicant")
    key = str(uuid4())
    begin(client, page=key, do="quiet")
    answers = [begin(client, page=key, letter_number="B/2", letter=None) for _ in range(2)]
    case = Case.objects.get()
    assert [answer.headers["Location"] for answer in answers] == [section(case, "situs")] * 2
    assert case.letter_number == "B/2"
    assert saved(case) == ["save_draft", "save_draft"]


def test_colleagues_go_on_with_each_others_drafts_and_a_stale_tab_is_told(office):
    colleague = visitor(office.person("wati", agency=office.agency))
    client = at(office, "applicant")
    case = drafted(client)
    stale = client.get(section(case, "situs")).context["form"]
    fill_in(colleague, case, "situs", title="Dari Wati")
    values = {**SITE_PART, "version": stale["version"].value(), "page": stale["page"].value(), "title": "Dari Sri"}
    told = client.post(section(case, "situs"), {**values, "do": "next"})
    assert "Wati melakukan “Simpan Draf”" in text(told)
    assert told.context["form"]["title"].value() == "Dari Sri"
    quiet = client.post(section(case, "situs"), {**values, "do": "quiet"})
    assert "Wati baru saja mengubah permohonan ini." in text(quiet)
    case.refresh_from_db()
    assert case.title == "Dari Wati"
    version = told.context["form"]["version"].value()
    client.post(section(case, "situs"), {**values, "version": version, "do": "next"})
    case.refresh_from_db()
    assert case.title == "Dari Sri"


def test_two_tabs_of_one_person_are_told_apart(office):
    client = at(office, "applicant")
    case = drafted(client)
    tabs = [client.get(section(case, "situs")).context["form"] for _ in range(2)]
    sent = [
        client.post(
            section(case, "situs"),
            {**SITE_PART, "version": tab["version"].value(), "page": tab["page"].value(), "title": title, "do": "next"},
        )
        for tab, title in zip(tabs, ("Pertama", "Kedua"), strict=True)
    ]
    assert [answer.status_code for answer in sent] == [302, 200]
    assert "sudah berubah" in text(sent[1])
    case.refresh_from_db()
    assert case.title == "Pertama"


def test_saving_again_and_again_is_one_line_of_the_way(office):
    client = at(office, "applicant")
    case = drafted(client)
    assert [entry.what for entry in page(office, "applicant", case).context["entries"]] == ["Simpan Draf"]


@pytest.mark.parametrize("slug", ["surat", "situs", "orang"])
def test_another_agencys_draft_does_not_exist(office, slug):
    case = office.draft()
    other = visitor(office.person("lain", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")))
    assert other.get(section(case, slug)).status_code == 404
    assert other.post(section(case, slug), {"version": case.version, "do": "next"}).status_code == 404
    assert begin(other, page=str(uuid4()), agency=office.agency.pk).status_code == 302
    assert Case.objects.exclude(pk=case.pk).get().agency.short_name == "Dinkes"


def test_what_was_sent_is_not_edited_any_more(office):
    case = office.bring_to(State.SUBMITTED)
    answer = at(office, "applicant").get(section(case, "situs"))
    assert answer.headers["Location"] == f"/permohonan/{case.number}/"


def test_an_incomplete_request_is_mended_in_the_same_sections(office):
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Nama belum sesuai")
    client = at(office, "applicant")
    assert "Nama belum sesuai" in text(client.get(section(case, "situs")))
    fill_in(client, case, "situs", label="dinsos-baru")
    answer = fill_in(client, case, "orang", admin_name="Tono")
    assert answer.headers["Location"] == f"/permohonan/{case.number}/kirim-ulang/"
    case.refresh_from_db()
    client.post(f"/permohonan/{case.number}/kirim-ulang/", {"version": case.version})
    case.refresh_from_db()
    assert (case.state, case.site.host) == (State.VERIFYING, "dinsos-baru.panggon.test")


# -- Taken over


def test_people_are_taken_over_from_the_last_request_with_one_press(office):
    office.act(
        office.draft(responsible_name="Budi", responsible_nip="198001012005011001", vendor_name="CV Maju"),
        Action.SUBMIT,
        office.applicant,
    )
    client = at(office, "applicant")
    begin(client, letter_number="B/2")
    case = Case.objects.get(letter_number="B/2")
    shown = client.get(section(case, "orang"))
    assert "pernah mengajukan HST-2026-0001 dengan narahubung Sri Wahyuni" in text(shown)
    fill_in(client, case, "orang", contact_name="Wati", vendor_name="PT Lain", do="take_over")
    case.refresh_from_db()
    assert (case.contact_name, case.contact_phone) == ("Wati", "0812-0000-0001")
    assert (case.responsible_name, case.responsible_nip) == ("Budi", "198001012005011001")
    assert (case.vendor_name, case.letter_number) == ("PT Lain", "B/2")


def test_nothing_is_taken_over_from_another_agency(office):
    office.act(office.draft(), Action.SUBMIT, office.applicant)
    other = office.person("lain", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    begin(visitor(other))
    case = Case.objects.get(agency=other.agency)
    assert "terdahulu" not in text(visitor(other).get(section(case, "orang")))
    fill_in(visitor(other), case, "orang", do="take_over")
    case.refresh_from_db()
    assert case.contact_name == "Lain"
