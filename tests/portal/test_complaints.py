"""A complaint by each channel to its end, by the four steps of the SK; and what none of them may do."""

from datetime import timedelta

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.selectors import history_of
from panggon.complaints import jobs, measuring, selectors, services
from panggon.complaints.models import Complaint
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.vocabulary import ComplaintAction as A
from panggon.core.complaints.vocabulary import ComplaintState as S
from panggon.core.complaints.vocabulary import Confidentiality, Kind, Source
from panggon.notify.models import Message, Notice
from panggon.office.values import Group
from panggon.surveys.models import Invitation
from tests.portal.complaining import TOLD, act, answered, file, handled
from tests.portal.mailbox import write_messages
from tests.portal.office import fill_in, refused
from tests.portal.visitor import text, visitor

DAY = timedelta(days=1)


def run_jobs() -> None:
    """What the worker would do with the effects of complaints so far."""
    for job in ProcrastinateJob.objects.filter(task_name="complaints.carry_out", status="todo").order_by("id"):
        jobs.carry_out(**job.args)
    ProcrastinateJob.objects.filter(task_name="complaints.carry_out").update(status="succeeded")


@pytest.mark.parametrize("source", Source)
def test_every_channel_goes_from_telling_to_its_end(office, source):
    """Step 1: told; 2: answered by the officer; confirmed. Where the portal reaches nobody, a person has to."""
    entered = None if source is Source.WEBSITE else office.complaints_officer
    complaint = file(office, actor=entered, source=source)
    complaint = act(office, complaint, A.TAKE, office.complaints_officer, kind=Kind.GRIEVANCE)
    by_itself = source in (Source.WEBSITE, Source.EMAIL)
    if not by_itself:
        untold = refused(act, office, complaint, A.RESOLVE, office.complaints_officer, words="Diperbaiki.")
        assert untold == [("need.told_by_its_channel", "told")]
    told = {} if by_itself else {"told": True}
    complaint = act(office, complaint, A.RESOLVE, office.complaints_officer, words="Diperbaiki.", **told)
    assert (complaint.state, complaint.due_at) == (S.ANSWERED, None)
    complaint = act(office, complaint, A.CONFIRM, None)
    assert complaint.state == S.CLOSED
    run_jobs()
    assert [(row.service, row.number) for row in Invitation.objects.all()] == [("complaint", complaint.number)]


def test_an_officer_who_cannot_passes_it_on_and_the_official_solves_it(office):
    """Steps 3 and 4. The officer has no way to end it without a solution."""
    complaint = handled(office)
    assert refused(act, office, complaint, A.DISMISS, office.complaints_officer, reasons="Sulit") == [
        ("action.not_from_this_state", "")
    ]
    without = refused(act, office, complaint, A.PASS_ON, office.complaints_officer)
    assert without == [("need.complaint_reasons", "reasons"), ("need.official", "official")]
    complaint = act(
        office, complaint, A.PASS_ON, office.complaints_officer, reasons="Perlu server baru", official=office.head
    )
    assert (complaint.state, complaint.official) == (S.PASSED_ON, office.head)
    assert refused(act, office, complaint, A.RESOLVE, office.complaints_officer, words="Selesai") == [
        ("action.not_your_role", "")
    ]
    assert refused(act, office, complaint, A.RESOLVE, office.division_head, words="Selesai") == [("need.assigned", "")]
    complaint = act(office, complaint, A.RESOLVE, office.head, words="Server baru sudah dipasang.")
    assert complaint.state == S.SETTLED
    complaint = act(office, complaint, A.REOPEN, None, reasons="Masih lambat")
    assert (complaint.state, complaint.official) == (S.PASSED_ON, office.head)


def test_nobody_sees_or_handles_a_complaint_about_himself(office):
    other = office.person("wawan", Role.COMPLAINTS_OFFICER)
    complaint = file(office, about="Pak Pengaduan itu", subject="Petugas pengaduan", words="Wawan menolak saya.")
    assert {person.username for person in complaint.concerned.all()} == {"wawan", "pengaduan"}
    for person in (office.complaints_officer, other):
        assert visitor(person).get(f"/pengaduan/{complaint.number}/").status_code == 404
        assert complaint.number not in text(visitor(person).get("/pengaduan/daftar/"))
        assert refused(act, office, complaint, A.TAKE, person, kind=Kind.VIOLATION) == [("need.not_concerned", "")]
    run_jobs()
    assert {notice.recipient for notice in Notice.objects.all()} == {office.head}
    complaint = act(office, complaint, A.TAKE_OVER, office.head, reasons="Menyangkut petugas")
    assert (complaint.state, complaint.official) == (S.PASSED_ON, office.head)


def test_it_is_not_passed_on_to_whom_it_is_about(office):
    office.head.full_name = "Bambang Prasetyo"
    office.head.save()
    complaint = handled(office, words="Kata Bambang Prasetyo tidak bisa.")
    about = refused(act, office, complaint, A.PASS_ON, office.complaints_officer, reasons="x", official=office.head)
    assert about == [("need.official_not_concerned", "official")]
    page = visitor(office.complaints_officer).get(f"/pengaduan/{complaint.number}/pass_on/")
    assert [str(person) for person in page.context["form"].fields["official"].queryset] == ["Kabid"]


def test_deadlines_by_kind_and_by_the_days_that_are_set(office):
    complaint = file(office)
    assert complaint.due_at.date().isoformat() == "2026-11-26"  # three working days after Monday
    complaint = act(office, complaint, A.TAKE, office.complaints_officer, kind=Kind.GRIEVANCE)
    assert complaint.due_at.date().isoformat() == "2026-11-30"
    complaint = act(
        office, complaint, A.CLASSIFY, office.complaints_officer, kind=Kind.VIOLATION, reasons="Ada pungutan"
    )
    assert complaint.due_at.date().isoformat() == "2026-12-11"
    fill_in(Group.COMPLAINTS, unit="calendar", first_response=1)
    assert file(office).due_at.isoformat() == "2026-11-24T17:00:00+00:00"  # midnight in Pekalongan


def test_what_was_promised_when_it_came_in_holds(office):
    """Whatever days are set later: for what is due, for what counts as in time, and for silence."""
    complaint, late = handled(office), handled(office)
    due = complaint.due_at
    fill_in(Group.COMPLAINTS, unit="calendar", grievance=1, silence=1)
    complaint = act(office, complaint, A.REPLY, office.complaints_officer, words="Sedang diperiksa.")
    assert complaint.due_at == due
    office.now = due - timedelta(minutes=1)
    complaint = act(office, complaint, A.RESOLVE, office.complaints_officer, words="Diperbaiki.")
    assert (complaint.due_at, complaint.stopped_at, complaint.was_due_at) == (None, office.now, due)
    office.now = due + timedelta(minutes=1)
    act(office, late, A.RESOLVE, office.complaints_officer, words="Diperbaiki.")
    assert [row.in_time for row in measuring.answered()] == [True, False]
    assert not selectors.is_silent(complaint, now=office.now + 2 * DAY)
    assert handled(office).due_at < office.now + 2 * DAY


def test_the_list_is_ordered_by_what_is_due(office):
    later = handled(office, subject="Belakangan")  # five working days
    told = answered(office, subject="Menunggu pelapor")
    sooner = file(office, subject="Dahulu")  # three, to begin with
    shown = list(selectors.open_to(office.complaints_officer, now=office.now))
    assert shown == [sooner, later, told]


def test_silence_closes_after_the_set_days_and_not_before(office, monkeypatch):
    complaint = answered(office)
    jobs.look_after(complaint, now=office.now + 9 * DAY)
    complaint.refresh_from_db()
    assert complaint.state == S.ANSWERED
    jobs.look_after(complaint, now=office.now + 20 * DAY)
    complaint.refresh_from_db()
    assert complaint.state == S.CLOSED
    assert complaint.events.last().words == "Tidak ada tanggapan pelapor sampai batas waktu."


def test_warnings_go_out_once_each_and_to_the_next_level_when_it_is_late(office):
    complaint = handled(office)
    due = complaint.due_at
    Notice.objects.all().delete()
    for moment in (due - DAY, due - DAY, due + timedelta(minutes=1), due + DAY):
        jobs.look_after(complaint, now=moment)
    told = [(notice.recipient, notice.subject) for notice in Notice.objects.order_by("pk")]
    assert told == [
        (office.complaints_officer, f"{complaint.number}: 80% waktu pengaduan terpakai"),
        (office.complaints_officer, f"{complaint.number}: batas waktu pengaduan terlampaui"),
        (office.head, f"{complaint.number}: batas waktu pengaduan terlampaui"),
    ]


def test_the_complainant_is_written_to_and_every_answer_is_kept(office):
    complaint = answered(office)
    run_jobs()
    write_messages()
    kinds = [message.kind for message in Message.objects.order_by("pk")]
    assert kinds == ["complaint_received", "complaint_moved", "complaint_reply"]
    reply = Message.objects.get(kind="complaint_reply")
    assert reply.to == TOLD["email"]
    assert reply.facts["words"].startswith("Server sudah dipindah")
    assert reply.facts["path"] == selectors.tracking_path(complaint)
    assert [event.action for event in complaint.events.all()] == [A.FILE, A.TAKE, A.RESOLVE]
    assert len(history_of(f"complaints.complaint:{complaint.number}")) == 3


def test_who_is_anonymous_is_kept_nowhere(office):
    complaint = file(office, confidentiality=Confidentiality.ANONYMOUS)
    kept = str(Complaint.objects.filter(pk=complaint.pk).values()) + str(list(complaint.events.values()))
    assert not [part for part in ("Rina", "rina@", "0812-1111") if part in kept]


def test_who_is_confidential_is_seen_by_who_handles_it_only(office):
    other = office.person("wawan", Role.COMPLAINTS_OFFICER)
    complaint = handled(office, confidentiality=Confidentiality.CONFIDENTIAL)
    path = f"/pengaduan/{complaint.number}/"
    assert "Rina Marlina" in text(visitor(office.complaints_officer).get(path))
    for person in (other, office.head):
        page = text(visitor(person).get(path))
        assert "Rina" not in page
        assert "Rahasia: hanya yang menangani" in page


def test_what_it_says_of_people_goes_when_its_time_is_over(office):
    complaint = answered(office, about="Kadis")
    act(office, complaint, A.CONFIRM, None)
    open_one = handled(office)
    assert services.erase_expired(now=office.now + 700 * DAY) == 0
    assert services.erase_expired(now=office.now + 800 * DAY) == 1
    kept = str(Complaint.objects.filter(pk=complaint.pk).values()) + str(list(complaint.events.values()))
    assert not [
        part for part in ("Rina", "rina@", "0812-1111", "Situs lambat", "Server sudah", "Kadis") if part in kept
    ]
    complaint.refresh_from_db()
    assert (complaint.state, complaint.kind, complaint.concerned.count()) == (S.CLOSED, Kind.GRIEVANCE, 0)
    open_one.refresh_from_db()
    assert open_one.name == "Rina Marlina"
    assert services.erase_expired(now=office.now + 800 * DAY) == 0


def test_two_officers_at_once_the_second_is_told(office):
    complaint = file(office)
    seen = complaint.version
    act(office, complaint, A.TAKE, office.complaints_officer, kind=Kind.GRIEVANCE)
    late = refused(
        services.act,
        complaint.pk,
        action=A.TAKE,
        actor=office.registrar,
        data={"kind": Kind.GRIEVANCE},
        at=office.later(),
        expected_version=seen,
    )
    assert late == [("complaint.changed", "")]


def test_somebody_without_a_part_in_it_sees_none(office):
    complaint = file(office)
    for person in (office.applicant, office.technician):
        for path in ("/pengaduan/daftar/", f"/pengaduan/{complaint.number}/", "/pengaduan/catat/"):
            assert visitor(person).get(path).status_code == 403, path
    assert Client().get(f"/pengaduan/{complaint.number}/").status_code == 302
