"""What people are told in the portal, and how they choose to be told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.models import Change
from panggon.cases import jobs as case_jobs
from panggon.core.cases.procedure import ACTION_LABELS, STATE_LABELS, Action, Effect, Role, State
from panggon.core.notify.alerts import AlertKind
from panggon.core.notify.notices import Mailing, Occasion
from panggon.notify import selectors, services
from panggon.notify.models import Notice
from panggon.notify.services import tell
from panggon.people.models import Division, User
from tests.portal.office import LETTER
from tests.portal.visitor import text, visitor

CHOICE = {"mailing": "digest", "phone": "on", "language": "en"}


def told(office, person: User | None = None, reference: str = "x", **changes) -> Notice:
    words = {"subject": "HST-2026-0001: Diajukan", "text": "Isi", "path": "/beranda/", "at": office.later()}
    return tell(person or office.head, reference=reference, **{**words, **changes})


def mails() -> list[int]:
    return [job.args["notice"] for job in ProcrastinateJob.objects.filter(task_name="notify.send_mail")]


def notify(case) -> None:
    """What the worker does after the last act."""
    jobs = ProcrastinateJob.objects.filter(task_name="cases.notify", args__event=case.events.last().pk)
    for job in jobs:
        case_jobs.notify(**job.args)


def test_each_is_told_what_the_table_says(office):
    case = office.bring_to(State.SUBMITTED)
    colleague = office.person("rekan", agency=office.agency)
    notify(case)
    rows = {notice.recipient: (notice.occasion, notice.subject, notice.text) for notice in Notice.objects.all()}
    subject = f"{case.number}: Diajukan"
    words = "Kirim Permohonan. Tata Usaha menerima surat dan memberi nomor agenda."
    assert rows == {colleague: ("progress", subject, words), office.registrar: ("your_turn", subject, words)}


def test_what_waits_for_the_opd_is_its_turn_and_a_failure_is_the_technicians(office):
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Lampirkan NIP.", checklist=[])
    notify(case)
    assert office.applicant.notices.get().occasion == Occasion.YOUR_TURN
    case = office.bring_to(State.PREPARING, label="lain")
    case_jobs.notify(case.events.last().pk, Effect.NOTIFY_TECHNICIAN)  # as after a failure
    assert not office.technician.notices.exists()  # it was the technician's own act


@pytest.mark.parametrize(
    ("state", "action", "actor", "told"),
    [
        (State.SUBMITTED, Action.WITHDRAW, "applicant", {"registrar"}),
        (State.RECEIVED, Action.WITHDRAW, "applicant", {"head"}),
        (State.DISPOSED, Action.REFUSE, "head", {"division_head"}),
        (State.PREPARED, Action.REFUSE, "head", {"division_head", "technician"}),
        (State.AWAITING_APPROVAL, Action.WITHDRAW, "applicant", {"head", "division_head", "technician"}),
        (State.AWAITING_APPROVAL, Action.REFUSE, "head", {"division_head", "technician"}),
    ],
)
def test_the_officials_who_had_a_case_hear_that_it_ended(office, state, action, actor, told):
    office.person("rekan", agency=office.agency)
    office.person("kabid2", Role.DIVISION_HEAD, division=Division.objects.create(name="Bidang Lain"))
    case = office.bring_to(state)
    Notice.objects.all().delete()
    case = office.act(case, action, getattr(office, actor), reasons="Tidak jadi", refusal_letter=LETTER)
    notify(case)
    officials = Notice.objects.filter(recipient__agency=None)
    assert {notice.recipient for notice in officials} == {getattr(office, name) for name in told}
    ended = STATE_LABELS[State(case.state)]
    assert set(officials.values_list("occasion", "subject")) == {("ended", f"{case.number}: {ended.text}")}
    assert {notice.text for notice in officials} == {f"{ACTION_LABELS[action].text}. {ended.next_words}"}


def test_whoever_the_system_takes_a_case_from_hears_of_it_and_who_left_does_not(office):
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Lampirkan NIP.", checklist=[])
    since, at = case.state_since, office.now
    case.alerts.create(kind=AlertKind.UNANSWERED, since=since, level=1, at=at)
    User.objects.filter(pk=office.division_head.pk).update(is_active=False)
    case = office.act(case, Action.WITHDRAW, None)
    notify(case)
    assert set(Notice.objects.values_list("recipient", "occasion")) == {
        (office.applicant.pk, "progress"),
        (office.technician.pk, "ended"),
    }


def test_told_once_and_by_mail_once(office):
    first, again = told(office), told(office)
    assert first == again
    assert mails() == [first.pk]


@pytest.mark.parametrize(
    ("mailing", "occasion", "mailed"),
    [
        (Mailing.AT_ONCE, Occasion.PROGRESS, True),
        (Mailing.DIGEST, Occasion.YOUR_TURN, False),
        (Mailing.NONE, Occasion.YOUR_TURN, True),
        (Mailing.NONE, Occasion.PROGRESS, False),
    ],
)
def test_a_choice_decides_about_mail_and_never_about_the_portal(office, mailing, occasion, mailed):
    services.choose(office.head, mailing=mailing, phone=False, language="id", at=office.now)
    notice = told(office, occasion=occasion)
    assert (notice.pk in mails()) is mailed
    assert selectors.unread(office.head) == 1


def test_who_has_no_address_is_told_in_the_portal(office):
    office.head.email = ""
    office.head.save()
    told(office)
    assert mails() == []


def test_words_are_in_the_recipients_language(office):
    services.choose(office.head, mailing=Mailing.AT_ONCE, phone=False, language="en", at=office.now)
    people = (office.head, office.registrar)
    assert [told(office, person, subject=gettext_lazy("Monday")).subject for person in people] == ["Monday", "Senin"]


def test_the_page_shows_unread_first_and_the_menu_counts(office):
    old, new = told(office, subject="Yang lama"), told(office, reference="y", subject="Yang baru")
    browser = visitor(office.head)
    page = browser.get("/pemberitahuan/")
    assert list(page.context["page"]) == [new, old]
    assert "Pemberitahuan 2" in text(page)
    answer = browser.post(f"/pemberitahuan/{new.pk}/dibaca/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/pemberitahuan/")
    page = browser.get("/pemberitahuan/")
    assert list(page.context["page"]) == [old, new]
    assert "1 belum dibaca" in text(page)


def test_opening_one_reads_it_and_leads_to_its_page(office):
    notice = told(office)
    answer = visitor(office.head).post(f"/pemberitahuan/{notice.pk}/dibaca/", {"buka": "1"})
    assert answer.headers["Location"] == "/beranda/"
    assert selectors.unread(office.head) == 0


def test_reading_all(office):
    for number in range(3):
        told(office, reference=str(number))
    told(office, office.registrar)
    page = visitor(office.head).post("/pemberitahuan/dibaca/", follow=True)
    assert "Semua sudah dibaca" in text(page)
    assert (selectors.unread(office.head), selectors.unread(office.registrar)) == (0, 1)


def test_a_get_reads_nothing_and_a_strangers_notice_is_not_there(office):
    notice = told(office)
    browser = visitor(office.head)
    assert browser.get(f"/pemberitahuan/{notice.pk}/dibaca/").status_code == 405
    assert browser.get("/pemberitahuan/dibaca/").status_code == 405
    assert visitor(office.registrar).post(f"/pemberitahuan/{notice.pk}/dibaca/").status_code == 404
    assert selectors.unread(office.head) == 1


def test_the_page_needs_as_many_queries_for_fifty_as_for_one(office, django_assert_num_queries):
    told(office)
    browser = visitor(office.head)
    with CaptureQueriesContext(connection) as few:
        browser.get("/pemberitahuan/")
    for number in range(50):
        told_quietly(office, number)
    with django_assert_num_queries(len(few)):
        browser.get("/pemberitahuan/?halaman=2")


def test_the_menu_counts_to_ninety_nine(office):
    for number in range(120):
        told_quietly(office, number)
    assert "Pemberitahuan 99+" in text(visitor(office.head).get("/pemberitahuan/"))


def test_choosing_is_kept_and_recorded(office):
    browser = visitor(office.head)
    page = browser.post("/pemberitahuan/pilihan/", CHOICE, follow=True)
    assert "Pilihan Anda disimpan." in text(page)
    chosen = selectors.preference_of(User.objects.get(pk=office.head.pk))
    assert (chosen.mailing, chosen.phone, chosen.user.language) == ("digest", True, "en")
    change = Change.objects.get(subject=f"notify.preference:{office.head.pk}")
    assert (change.before, change.after) == (
        {"mailing": "at_once", "phone": False, "language": "id"},
        {"mailing": "digest", "phone": True, "language": "en"},
    )
    assert "Kadis" in text(page)


def test_each_change_of_a_choice_is_recorded(office):
    for language in ("en", "id"):
        user = User.objects.get(pk=office.head.pk)
        services.choose(user, mailing=Mailing.NONE, phone=False, language=language, at=office.later())
    assert [change.after["language"] for change in Change.objects.all()] == ["id", "en"]


def test_a_choice_that_there_is_not_is_told_at_its_field(office):
    answer = visitor(office.head).post("/pemberitahuan/pilihan/", {**CHOICE, "mailing": "x", "language": "xx"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"mailing", "language"}
    assert not Change.objects.exists()


def test_old_notices_are_removed(office):
    old, new = told(office), told(office, reference="y")
    Notice.objects.filter(pk=old.pk).update(made_at=new.made_at - timedelta(seconds=1))
    assert services.forget_before(new.made_at) == 1
    assert list(Notice.objects.all()) == [new]


def told_quietly(office, number: int) -> None:
    words = {"subject": "Hal", "text": "Isi", "path": "/beranda/"}
    Notice.objects.create(recipient=office.head, reference=f"n{number}", made_at=office.later(), **words)
