"""Complaints by e-mail, between a real IMAP server and a real SMTP server."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from panggon.complaints import fetching, incoming, jobs, selectors, services
from panggon.complaints.models import Complaint, IncomingMail
from panggon.complaints.threads import thread_of
from panggon.core.complaints.incoming_mail import Outcome, Reason
from panggon.core.complaints.vocabulary import ComplaintAction as A
from panggon.core.complaints.vocabulary import ComplaintState as S
from panggon.core.complaints.vocabulary import Kind, Source
from panggon.core.people.brakes import MAIL_OF_ALL, MAIL_OF_ONE
from tests.portal.complaining import act, answered, file
from tests.portal.dovecot import ADDRESS
from tests.portal.exchange import held, outcomes, told
from tests.portal.mails import PNG, RINA, answer_to, body_of, bounce_of, mail

pytestmark = pytest.mark.real
FLOOD = 60
DAY = timedelta(days=1)


def handle(office, complaint: Complaint, action: A, **data) -> Complaint:
    return act(office, complaint, action, office.complaints_officer, **data)


# -- A whole one ---------------------------------------------------------------------------------------------------


def test_a_complaint_by_mail_to_its_end(office, post):
    first = mail(files={"layar.png": PNG})
    post.bring(first)
    complaint = Complaint.objects.get()
    assert (complaint.source, complaint.state) == (Source.EMAIL, S.RECEIVED)
    assert (complaint.subject, complaint.description) == ("Situs lambat", "Sejak kemarin halaman depan lambat.")
    assert (complaint.name, complaint.email) == ("Rina Marlina", RINA)
    assert [file.name for file in complaint.attachments.all()] == ["layar.png"]
    (receipt,) = post.sent()
    assert (receipt["From"], receipt["To"], receipt["Auto-Submitted"]) == (ADDRESS, RINA, "auto-replied")
    assert receipt["In-Reply-To"] == first["Message-ID"]
    assert receipt["References"].split() == [f"<{thread_of(complaint)}@localhost>", first["Message-ID"]]
    assert f"nomor {complaint.number}" in body_of(receipt)
    assert f"kode={complaint.token}" in body_of(receipt)

    complaint = handle(office, complaint, A.TAKE, kind=Kind.GRIEVANCE)
    complaint = handle(office, complaint, A.REPLY, words="Halaman yang mana?")
    post.finish()
    _moved, question = post.sent()
    assert question["In-Reply-To"] == first["Message-ID"]
    assert "Halaman yang mana?" in body_of(question)

    reply = answer_to(question, "Halaman depan.", files={"log.pdf": b"%PDF- rusak"})
    post.bring(reply)
    said = complaint.events.last()
    assert (said.action, said.part, said.words) == (A.ADD, "complainant", "Halaman depan.")
    assert "> Halaman yang mana?" in said.data["quoted"]
    assert [(each["name"], each["code"]) for each in said.data["refused"]] == [("log.pdf", "attachment.unsafe")]
    assert told(office.complaints_officer)[-1] == f"{complaint.number}: pelapor menambah keterangan"
    assert post.sent() == []

    complaint.refresh_from_db()
    complaint = handle(office, complaint, A.RESOLVE, words="Server sudah dipindah.")
    post.finish()
    (solution,) = post.sent()
    assert solution["In-Reply-To"] == reply["Message-ID"]
    assert solution["References"].split()[-2:] == [first["Message-ID"], reply["Message-ID"]]
    services.act(complaint.pk, action=A.CONFIRM, actor=None, data={}, at=office.later())
    assert Complaint.objects.get().state == S.CLOSED


def test_who_thanks_for_a_solution_is_read_by_a_person_before_anything_closes(office, post):
    complaint = answered(office)
    post.finish()
    solution = post.sent()[-1]
    post.bring(answer_to(solution, "Terima kasih, tetapi gambar belum tampil."))
    complaint.refresh_from_db()
    assert (complaint.state, complaint.events.last().action) == (S.ANSWERED, A.ADD)
    assert selectors.count_to_do(office.complaints_officer, now=office.now) == 1
    jobs.look_after(complaint, now=office.now + 60 * DAY)
    complaint.refresh_from_db()
    assert complaint.state == S.ANSWERED  # silence is something else
    complaint = handle(office, complaint, A.REOPEN, reasons="Gambar belum tampil.")
    assert complaint.state == S.HANDLED


# -- Who is believed -----------------------------------------------------------------------------------------------


def test_a_stranger_in_a_thread_is_a_note_for_the_officer_and_learns_nothing(office, post):
    complaint = file(office)
    post.finish()
    (receipt,) = post.sent()
    post.bring(answer_to(receipt, "Kirim kodenya ke saya.", sender="budi@example.org"))
    guessed = mail("Apa kabarnya?", In_Reply_To=f"<complaint-{complaint.number}-{'0' * 20}.1@localhost>")
    post.bring(guessed)
    assert held() == [Reason.OTHER_SENDER, Reason.UNPROVEN]
    assert post.sent() == []
    assert complaint.events.count() == 1
    assert [row.complaint for row in IncomingMail.objects.all()] == [complaint, complaint]
    assert told(office.complaints_officer)[-1] == f"{complaint.number}: ada email untuk diperiksa"
    row = IncomingMail.objects.get(reason=Reason.UNPROVEN)
    incoming.take(row, into_complaint=True, actor=office.complaints_officer, at=office.later())
    assert complaint.events.last().words == "Apa kabarnya?"
    row.refresh_from_db()
    assert (row.state, row.words, row.file_sha256) == ("done", "", "")


@pytest.mark.parametrize("way", ["code", "plus", "checked"])
def test_other_ways_to_show_that_one_is_the_complainant(office, post, way):
    complaint = file(office)
    shown = {
        "code": {"subject": f"{complaint.number} {complaint.token}"},
        "plus": {"Cc": f"pengaduan+{thread_of(complaint)}@kota.example"},
        "checked": {"subject": complaint.number, "Authentication_Results": "mx.kota.example; dmarc=pass"},
    }
    post.bring(mail("Satu hal lagi.", **shown[way]))
    assert complaint.events.last().words == "Satu hal lagi."


def test_an_answer_to_what_is_over_is_for_a_person_and_may_become_a_new_complaint(office, post):
    complaint = answered(office)
    act(office, complaint, A.CONFIRM, None)
    post.finish()
    post.bring(answer_to(post.sent()[0], "Lambat lagi."))
    assert held() == [Reason.OVER]
    row = IncomingMail.objects.get()
    new = incoming.take(row, into_complaint=False, actor=office.complaints_officer, at=office.later())
    assert (new.pk != complaint.pk, new.state, new.email) == (True, S.RECEIVED, RINA)


# -- Machines ------------------------------------------------------------------------------------------------------


def test_an_automatic_answer_is_never_answered_however_it_comes(office, post):
    post.bring(mail())
    (receipt,) = post.sent()
    vacation = {"Auto_Submitted": "auto-replied", "In_Reply_To": receipt["Message-ID"]}
    post.bring(mail("Saya cuti.", subject="Cuti", **vacation))
    post.bring(mail("Saya cuti.", subject="Cuti", Auto_Submitted="auto-generated"))
    post.bring(mail("Saya cuti.", subject="Cuti"), sender="")
    post.bring(mail("Obral!", List_Id="<obral.example>", Precedence="bulk"))
    assert post.sent() == []
    assert Complaint.objects.count() == 1
    assert outcomes()[1:] == [
        (Outcome.NOTHING, Reason.AUTOMATIC),
        (Outcome.HELD, Reason.AUTOMATIC),
        (Outcome.HELD, Reason.AUTOMATIC),
        (Outcome.HELD, Reason.LIST),
    ]


@pytest.mark.parametrize("keeps_thread", [True, False])
def test_a_machine_that_does_not_say_so_is_answered_once(office, post, keeps_thread):
    """It answers everything it gets at once; two minutes are more than it needs."""
    post.bring(mail())
    rounds = 0
    while (ours := post.sent()) and rounds < 20:
        rounds += 1
        said = "Terima kasih, surat Anda kami terima."
        post.bring(*(answer_to(each, said) if keeps_thread else mail(said, subject="Diterima") for each in ours))
    assert rounds == 1
    assert Complaint.objects.count() == (1 if keeps_thread else 2)


def test_our_own_mail_that_comes_back_is_no_complaint(office, post):
    post.bring(mail())
    (receipt,) = post.sent()
    post.bring(receipt.as_bytes(), mail(sender=ADDRESS))
    assert outcomes()[1:] == [(Outcome.NOTHING, Reason.OURS)] * 2
    assert post.sent() == []


def test_an_answer_that_does_not_arrive_is_told(office, post):
    post.bring(mail())
    (receipt,) = post.sent()
    post.bring(bounce_of(receipt), bounce_of(mail(Message_ID="<someone@else>")), sender="")
    assert outcomes()[1:] == [(Outcome.BOUNCE, ""), (Outcome.NOTHING, Reason.REPORT)]
    row = IncomingMail.objects.get(outcome=Outcome.BOUNCE)
    assert (row.complaint, row.words) == (Complaint.objects.get(), "550 5.1.1 No such user")
    assert told(office.complaints_officer)[-1] == f"{row.complaint.number}: email kepada pelapor tidak sampai"
    assert post.sent() == []


def test_who_could_not_be_reached_does_not_agree_by_silence(office, post):
    complaint = answered(office)
    post.finish()
    post.bring(bounce_of(post.sent()[-1]), sender="")
    complaint.refresh_from_db()
    jobs.look_after(complaint, now=office.now + 60 * DAY)
    complaint.refresh_from_db()
    assert complaint.state == S.ANSWERED
    assert selectors.count_to_do(office.complaints_officer, now=office.now) == 1


def test_somebody_elses_name_makes_us_write_one_mail_a_day(office, post):
    for number in range(3):
        post.bring(mail(f"Keluhan {number}"))
    assert Complaint.objects.count() == 3
    assert len(post.sent()) == 1
    office.now += DAY
    post.bring(mail("Keluhan lain"))
    assert len(post.sent()) == 1


def test_a_flood_is_kept_for_a_person(office, post, monkeypatch):
    """Of one sender a few become complaints, of all together some more; none is lost, and none makes us a bomb."""
    all_free = 12
    monkeypatch.setattr(incoming, "MAIL_OF_ALL", replace(MAIL_OF_ALL, free=all_free))
    monkeypatch.setattr(timezone, "now", lambda: office.now)
    monkeypatch.setattr(fetching, "MOST", FLOOD // 3)
    post.work()
    post.incoming.deliver(*(mail(f"Obral {n}", sender="toko@example.org") for n in range(FLOOD // 2)))
    post.incoming.deliver(*(mail(f"Obral {n}", sender=f"toko{n}@example.org") for n in range(FLOOD // 2)))
    for _run in range(4):
        post.work()
    taken = Complaint.objects.count()
    assert Complaint.objects.filter(email="toko@example.org").count() == MAIL_OF_ONE.free
    assert taken == all_free
    assert held() == [Reason.FLOOD] * (FLOOD - taken)
    assert told(office.complaints_officer).count("Ada email pengaduan untuk diperiksa") == 1
    assert len(post.sent()) == taken - MAIL_OF_ONE.free + 1


# -- Files ---------------------------------------------------------------------------------------------------------


def test_what_is_not_taken_is_said_and_the_complaint_is_taken(office, post, monkeypatch):
    """The end of a mail with a picture of 30 MB is not even fetched."""
    monkeypatch.setattr("panggon.complaints.mailbox.FETCH_MOST", 100_000)
    files = {f"bukti{n}.png": PNG + bytes([n]) for n in range(6)} | {"situs.exe": b"MZ", "besar.png": PNG * 30_000}
    post.bring(mail(files=files))
    complaint = Complaint.objects.get()
    assert [file.name for file in complaint.attachments.all()] == [f"bukti{n}.png" for n in range(5)]
    refused = [(row["name"], row["code"]) for row in complaint.events.get().data["refused"]]
    assert refused == [
        ("bukti5.png", "attachment.too_many"),
        ("situs.exe", "attachment.type"),
        ("besar.png", "attachment.cut_off"),
    ]
    (receipt,) = post.sent()
    assert "besar.png – Emailnya terlalu besar." in body_of(receipt)
    assert "situs.exe – Lampiran hanya boleh PDF, JPEG, atau PNG." in body_of(receipt)
    assert IncomingMail.objects.get().is_whole is False


# -- What is kept -------------------------------------------------------------------------------------------------


def test_old_mail_and_who_wrote_it_are_forgotten(office, post):
    post.bring(mail())
    post.bring(mail("Obral", Precedence="bulk"))
    complaint = Complaint.objects.get()
    post.bring(mail("Kapan?", subject=complaint.number))
    complaint = handle(office, complaint, A.TAKE, kind=Kind.GRIEVANCE)
    complaint = handle(office, complaint, A.RESOLVE, words="Diperbaiki.")
    act(office, complaint, A.CONFIRM, None)
    services.erase_expired(now=office.now + 800 * DAY)
    held_once, first = IncomingMail.objects.all()
    for row in (held_once, first):
        assert (row.complaint, row.sender, row.name, row.subject, row.message_id) == (complaint, "", "", "", "")
    assert (held_once.state, held_once.words, held_once.file_sha256) == ("discarded", "", "")
