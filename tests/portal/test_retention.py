"""Personal data goes when its time is over, nothing else does, and the chains still hold."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from panggon.audit.models import Change
from panggon.cases import jobs
from panggon.cases.archive import retention
from panggon.cases.models import Case, Correction, Event, File, Reading
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import PermanentError
from panggon.core.people.retention import PersonalData
from panggon.core.surveys.survey import Element
from panggon.notify.models import Notice
from panggon.office import services as offices
from panggon.office.shipped import SHIPPED
from panggon.office.values import Group
from panggon.papers import store
from panggon.people import services as people
from panggon.portal.cli import main
from panggon.sites.models import Site
from panggon.surveys import services as surveys
from panggon.surveys.models import Answer, Service
from tests.portal.office import MONDAY
from tests.portal.once import made_once
from tests.portal.visitor import text, visitor

LATER = MONDAY + timedelta(days=2 * 366)
REASON = "Nomor HP Bu Sri Wahyuni belum ditulis"


@pytest.fixture
@made_once
def ended(office) -> Case:
    """A case that the OPD took back after it was returned with reasons."""
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"contact": REASON})
    return office.act(case, Action.WITHDRAW, office.applicant, note="Kata Pak Budi tidak jadi")


def intact() -> bool:
    return CliRunner().invoke(main, ["audit", "verify"]).exit_code == 0


def erased(*, now=LATER) -> dict[PersonalData, tuple[int, int]]:
    return {due.kind: (due.cases, due.things) for due in retention.erase(now=now)}


def test_words_and_people_go_after_their_period_and_the_chain_holds(ended):
    assert intact()
    assert erased() == {PersonalData.WORDS: (1, 3), PersonalData.CONTACTS: (1, 1)}
    ended.refresh_from_db()
    assert {getattr(ended, name) for name in retention.NAMED} == {""}
    assert not Event.objects.exclude(note="", salt="").exists()
    assert list(Correction.objects.values_list("reason", flat=True)) == [""]
    assert "sri" not in ended.search_words.replace(ended.applicant.full_name.lower(), "")
    assert (ended.label, ended.letter_number) == ("dinsos", "500.12/117/2026"), "what is about no person stays"
    assert intact()


def test_nothing_goes_before_its_time_and_nothing_twice(ended):
    assert erased(now=ended.state_since + timedelta(days=729)) == {}
    assert erased() != {}
    assert erased() == {}


def test_what_was_erased_is_kept_as_numbers_and_dates_only(ended):
    erased()
    changes = list(Change.objects.order_by("subject"))
    assert [change.subject for change in changes] == ["cases.retention:contacts", "cases.retention:words"]
    for change in changes:
        assert set(change.after) == {"cases", "things", "before"}
        assert (change.actor, change.before) == (None, None)


def test_cases_that_go_on_keep_everything(office):
    case = office.bring_to(State.DELIVERED)
    assert erased(now=LATER + timedelta(days=5000)) == {}
    case.refresh_from_db()
    assert case.contact_name == "Sri Wahyuni"


def test_a_live_site_keeps_its_contacts_and_letters(office):
    case = office.bring_to(State.DONE)
    far = LATER + timedelta(days=5000)
    assert set(erased(now=far)) <= {PersonalData.WORDS}
    case.refresh_from_db()
    assert case.contact_name == "Sri Wahyuni"
    assert File.objects.filter(case=case).exists()
    Site.objects.update(released_at=far)
    assert set(erased(now=far + timedelta(days=3000))) == {PersonalData.CONTACTS, PersonalData.LETTERS}


def test_letters_go_with_their_bytes_unless_another_case_needs_them(office, ended):
    other = office.bring_to(State.SUBMITTED, label="dinkes")
    digest = ended.files.get().sha256
    far = LATER + timedelta(days=5 * 366)
    assert erased(now=far)[PersonalData.LETTERS] == (1, 1)
    assert store.get(digest), "the other case has the same letter"
    File.objects.filter(case=other).update(case=ended)
    assert erased(now=far)[PersonalData.LETTERS] == (1, 1)
    with pytest.raises(PermanentError, match=r"file\.missing"):
        store.get(digest)
    assert intact()


def test_stopped_between_the_bytes_and_the_rows_it_goes_on(office, ended):
    store.remove(ended.files.get().sha256, put_before=store.moment())
    assert erased(now=LATER + timedelta(days=5 * 366))[PersonalData.LETTERS] == (1, 1)
    assert not File.objects.exists()


def test_a_draft_that_nobody_goes_on_with_loses_people_words_and_letter(office):
    draft = office.draft(notes="Kata Pak Budi")
    digest = draft.files.get().sha256
    year = timedelta(days=367)
    assert erased(now=MONDAY + timedelta(days=364)) == {PersonalData.UNFILED: (0, 1)}, "what was read in its letter"
    office.now += timedelta(days=200)
    office.act(draft, Action.SAVE_DRAFT, office.applicant, title="Judul baru")
    assert erased(now=MONDAY + year) == {}, "it was saved again in between"
    assert erased(now=office.now + year) == {PersonalData.DRAFTS: (1, 1)}
    draft.refresh_from_db()
    assert (draft.state, draft.notes, {getattr(draft, name) for name in retention.NAMED}) == ("draft", "", {""})
    assert (draft.number, draft.title) == ("HST-2026-0001", "Judul baru")
    assert not File.objects.exists()
    with pytest.raises(PermanentError, match=r"file\.missing"):
        store.get(digest)
    assert erased(now=office.now + year) == {}
    assert intact()


def test_letters_that_were_never_filed_go_and_filed_ones_lose_only_what_was_read(office):
    case = office.bring_to(State.RECEIVED)
    filed = case.files.get().sha256
    unfiled = store.put(b"%PDF-1.7 belum didaftarkan")
    for digest in (filed, unfiled):
        Reading.objects.create(
            sha256=digest, added_by=office.registrar, added_at=MONDAY, proposals=[{"field": "contact_name"}]
        )
    assert PersonalData.UNFILED not in erased(now=MONDAY + timedelta(days=80))
    assert erased(now=MONDAY + timedelta(days=93)) == {PersonalData.UNFILED: (0, 2)}
    assert not Reading.objects.exists()
    assert store.get(filed)
    with pytest.raises(PermanentError, match=r"file\.missing"):
        store.get(unfiled)


def test_bytes_that_a_newer_reading_needs_stay_until_it_goes(office, ended):
    digest = ended.files.get().sha256
    far = LATER + timedelta(days=5 * 366)
    Reading.objects.create(sha256=digest, added_by=office.registrar, added_at=far)
    assert erased(now=far)[PersonalData.LETTERS] == (1, 1)
    assert store.get(digest)
    assert erased(now=far + timedelta(days=100)) == {PersonalData.UNFILED: (0, 1)}
    with pytest.raises(PermanentError, match=r"file\.missing"):
        store.get(digest)


def test_what_was_changed_about_people_goes_and_the_chain_holds(office):
    admin = office.person("admin", Role.ADMINISTRATOR)
    values = {"full_name": "Sri Lestari", "nip": "", "phone": "0812", "email": "sri@example.go.id"}
    people.change_person(office.applicant, values, actor=admin, at=MONDAY)
    offices.change(Group.DELIVERY, replace(SHIPPED.delivery, by_itself=True), actor=admin, at=MONDAY)
    far = MONDAY + timedelta(days=5 * 366)
    assert erased(now=MONDAY + timedelta(days=5 * 365)) == {}
    assert intact()
    assert erased(now=far) == {PersonalData.CHANGES: (0, 1)}
    change = Change.objects.get(subject=f"people.user:{office.applicant.pk}")
    assert (change.actor, change.at, change.before, change.after, change.salt) == (admin, MONDAY, None, None, "")
    assert Change.objects.get(subject="office.setting:delivery").after == {"by_itself": True, "restore_tested": ""}
    assert erased(now=far) == {}
    assert intact()
    page = text(visitor(admin).get(f"/orang/{office.applicant.pk}/"))
    assert "Admin · 23 November 2026, 09.00 Isinya sudah dihapus karena masa simpannya lewat." in page
    Change.objects.filter(pk=change.pk).update(after={"full_name": "Orang lain"})
    assert not intact()


def test_notices_go_after_theirs(office):
    made = office.later()
    Notice.objects.create(recipient=office.head, reference="x", subject="Hal", text="Isi", path="/", made_at=made)
    assert PersonalData.NOTICES not in erased(now=made + timedelta(days=364))
    assert erased(now=made + timedelta(days=367))[PersonalData.NOTICES] == (0, 1)
    assert not Notice.objects.exists()


def test_the_department_says_how_long(ended):
    offices.change(Group.RETENTION, replace(SHIPPED.retention, words_months=60), actor=None, at=MONDAY)
    assert erased() == {PersonalData.CONTACTS: (1, 1)}


def test_a_dry_run_says_what_would_go_and_erases_nothing(ended):
    Case.objects.update(state_since=MONDAY - timedelta(days=4000))
    output = CliRunner().invoke(main, ["retention", "--dry-run"]).output
    assert "Alasan dan catatan yang ditulis orang: 3 (1 permohonan), sebelum " in output
    assert Event.objects.exclude(note="").exists()
    assert not Change.objects.exists()
    jobs.erase_expired(0)
    assert not Event.objects.exclude(note="").exists()
    assert "Tidak ada yang melewati masa simpannya." in CliRunner().invoke(main, ["retention"]).output


def test_the_page_shows_what_would_go_and_what_went(office, ended):
    admin = visitor(office.person("admin", Role.ADMINISTRATOR))
    Case.objects.update(state_since=MONDAY - timedelta(days=4000))
    page = text(admin.get("/pengaturan/penghapusan/"))
    assert "Alasan dan catatan yang ditulis orang 3, dari 1 permohonan disimpan 24 bulan sesudah permohonan" in page
    assert "Draf yang tidak dilanjutkan Tidak ada disimpan 12 bulan sesudah terakhir disimpan: sebelum" in page
    assert "Belum pernah diubah." in page
    retention.erase(now=MONDAY)
    page = text(admin.get("/pengaturan/penghapusan/"))
    assert "Sistem · 23 November 2026" in page
    assert "Sri" not in page
    assert visitor(office.head).get("/pengaturan/penghapusan/").status_code == 403


def test_officials_who_open_a_letter_leave_a_line_and_the_agency_does_not(office, caplog):
    case = office.bring_to(State.RECEIVED)
    with caplog.at_level(logging.INFO, logger="panggon.access"):
        visitor(office.applicant).get(f"/permohonan/{case.number}/surat/")
        visitor(office.registrar).get(f"/permohonan/{case.number}/surat/")
    said = [record.getMessage() for record in caplog.records if record.name == "panggon.access"]
    assert said == [f"letter of {case.number} opened by user {office.registrar.pk}"]


def test_what_respondents_wrote_goes_and_what_they_marked_stays(office):
    best = {element.value: 4 for element in Element}
    for number, words in enumerate(("Pak Budi ramah.", "")):
        invitation = surveys.offer(Service.CASE, f"X-{number}", people=[], email="", at=office.now)
        answer = surveys.answer(invitation, {**best, "words": words}, at=office.now)
        surveys.read(answer, publish=True, actor=office.complaints_officer, at=office.now)
    assert erased(now=MONDAY + timedelta(days=729)) == {}
    assert erased(now=MONDAY + timedelta(days=733)) == {PersonalData.SURVEYS: (0, 1)}
    assert [(row.words, row.time) for row in Answer.objects.all()] == [("", 4), ("", 4)]
    assert erased(now=MONDAY + timedelta(days=733)) == {}
