"""The pages of complaints by e-mail: the mailbox, what is held, and the mails of a complaint."""

from email.message import EmailMessage

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.audit.selectors import history_of
from panggon.complaints import incoming
from panggon.complaints.mailbox import Fetched
from panggon.complaints.models import Complaint, IncomingMail
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.vocabulary import ComplaintAction as A
from panggon.core.complaints.vocabulary import Confidentiality, Kind
from panggon.core.errors import PermanentError, TemporaryError
from tests.portal.complaining import act, file, handled
from tests.portal.mails import PNG, mail
from tests.portal.visitor import text, visitor

BOX = "pengaduan@kota.example imap.kota.example INBOX"


def came(office, message: EmailMessage | bytes, *, uid: int = 1) -> IncomingMail:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    box = incoming.mailbox(BOX)
    incoming.keep(box, Fetched(uid, raw, len(raw)), uid_validity=1, at=office.later())
    row = box.mails.get(uid=uid)
    incoming.read(row.pk, at=office.now)
    row.refresh_from_db()
    return row


@pytest.fixture
def officer(office):
    return visitor(office.complaints_officer)


@pytest.fixture
def mailbox(settings):
    settings.PANGGON_IMAP_HOST, settings.PANGGON_IMAP_USER = "imap.kota.example", "pengaduan@kota.example"
    settings.PANGGON_IMAP_FOLDER, settings.PANGGON_IMAP_PASSWORD = "INBOX", "sangat rahasia"


def decide(client, row: IncomingMail, decision: str):
    return client.post(f"/pengaduan/surel/{row.pk}/{decision}/", follow=True)


def test_what_is_held_is_read_and_taken_with_its_files(office, officer, office_time):
    row = came(office, mail("Obral <b>besar</b>.", files={"a.png": PNG}, Precedence="bulk"))
    shown = text(officer.get("/pengaduan/daftar/"))
    assert "1 email menunggu diperiksa" in shown
    page = officer.get("/pengaduan/surel/")
    assert "Mengaku dari Rina Marlina rina@example.org" in text(page)
    assert "Dari milis, atau email massal." in text(page)
    assert "Obral &lt;b&gt;besar&lt;/b&gt;." in page.content.decode()
    original = officer.get(f"/pengaduan/surel/{row.pk}/asli/")
    assert (original.headers["Content-Type"], original.headers["Content-Disposition"]) == (
        "application/octet-stream",
        f'attachment; filename="surat-{row.pk}.eml"',
    )
    taken = text(decide(officer, row, "terima"))
    complaint = Complaint.objects.get()
    assert f"Email diterima: {complaint.number}." in taken
    assert [file.name for file in complaint.attachments.all()] == ["a.png"]
    assert history_of(f"complaints.mail:{row.pk}")[0].actor == office.complaints_officer
    assert officer.get(f"/pengaduan/surel/{row.pk}/asli/").status_code == 404


def test_to_whom_the_portal_cannot_write_a_person_does(office, officer, office_time):
    row = came(office, "From: 用户 <用户@例え.jp>\nSubject: Situs lambat\n\nSejak kemarin.".encode())
    assert (row.state, row.reason) == (IncomingMail.State.HELD, "beyond_ascii")
    page = text(officer.get("/pengaduan/surel/"))
    assert "Mengaku dari 用户 用户@xn--r8jz45g.jp –" in page
    assert "Jadikan pengaduan, lalu jawab dari program email Anda." in page
    decide(officer, row, "terima")
    complaint = act(office, Complaint.objects.get(), A.TAKE, office.complaints_officer, kind=Kind.GRIEVANCE)
    assert (complaint.name, complaint.email) == ("用户 用户@xn--r8jz45g.jp", "")
    resolve = f"/pengaduan/{complaint.number}/resolve/"
    untold = officer.post(resolve, {"version": complaint.version, "words": "Sudah diperbaiki."})
    assert untold.context["form"].errors == {"told": ["Wajib diisi."]}


def test_what_is_discarded_is_gone_and_decided_once(office, officer, office_time):
    row = came(office, mail("Obral.", Precedence="bulk"))
    assert "Email dibuang." in text(decide(officer, row, "buang"))
    assert decide(officer, row, "terima").status_code == 404
    assert Complaint.objects.count() == 0
    row.refresh_from_db()
    assert (row.state, row.words, row.file_sha256) == ("discarded", "", "")


def test_a_mail_in_a_thread_stands_with_its_complaint(office, officer, office_time):
    complaint = handled(office)
    row = came(office, mail("Saya juga.", subject=complaint.number, sender="Budi <budi@example.org>"))
    page = text(officer.get(f"/pengaduan/{complaint.number}/"))
    assert "Menyebut pengaduan ini, tetapi bukan dari alamat pelapornya." in page
    assert "Alamat pengirim tidak diperiksa: siapa pun dapat menulisnya." in page
    assert "Terima sebagai keterangan pelapor" in page
    decide(officer, row, "tambahkan")
    assert complaint.events.last().words == "Saya juga."


def test_who_complains_in_confidence_is_not_named_by_the_mail(office, officer):
    complaint = file(office, confidentiality=Confidentiality.CONFIDENTIAL)
    came(office, mail("Saya lagi.", subject=complaint.number))
    row = IncomingMail.objects.get()
    secrets = ("rina@", "Rina Marlina", "Saya lagi.", "Terima sebagai")
    for path in (f"/pengaduan/{complaint.number}/", "/pengaduan/surel/"):
        page = text(officer.get(path))
        assert not [part for part in secrets if part in page]
    assert "Pengirim dirahasiakan" in text(officer.get(f"/pengaduan/{complaint.number}/"))
    assert [officer.get(f"/pengaduan/surel/{row.pk}/asli/").status_code, decide(officer, row, "buang").status_code] == [
        404
    ] * 2
    act(office, complaint, A.TAKE, office.complaints_officer, kind=Kind.GRIEVANCE)
    for path in (f"/pengaduan/{complaint.number}/", "/pengaduan/surel/"):
        page = text(officer.get(path))
        assert not [part for part in secrets if part not in page]


def test_nobody_decides_about_a_mail_that_is_about_himself(office, officer):
    row = came(office, mail(f"{office.complaints_officer.full_name} tidak menjawab.", Precedence="bulk"))
    assert "tidak menjawab" not in text(officer.get("/pengaduan/surel/"))
    assert decide(officer, row, "buang").status_code == 404
    assert "tidak menjawab" in text(visitor(office.registrar).get("/pengaduan/surel/"))


def test_the_administrator_sees_how_the_mailbox_does_and_no_mail(office, mailbox):
    administrator = visitor(office.person("admin", Role.ADMINISTRATOR))
    came(office, mail("Obral.", Precedence="bulk"))
    box = incoming.mailbox(BOX)
    page = text(administrator.get("/pengaduan/surel/"))
    assert "pengaduan@kota.example · imap.kota.example · INBOX" in page
    assert "Terakhir diambil belum pernah" in page
    assert "Obral" not in page
    incoming.note_failure(box, PermanentError("mailbox.login"), at=office.now)
    response = administrator.get("/pengaduan/surel/")
    assert "Tidak dapat diambil sejak 23 November 2026, 09.01 WIB. Server email menolak" in text(response)
    assert "sangat rahasia" not in response.content.decode()
    incoming.note_read(box, uid_validity=1, last_uid=1, at=office.now)
    assert "Terakhir diambil 23 November 2026, 09.01 WIB" in text(administrator.get("/pengaduan/surel/"))


def test_every_problem_of_a_mailbox_has_its_words(office, officer, mailbox):
    for code in ("away", "tls", "login", "folder", "refused"):
        incoming.note_failure(incoming.mailbox(BOX), TemporaryError(f"mailbox.{code}"), at=office.now)
        assert "Tidak dapat diambil sejak" in text(officer.get("/pengaduan/surel/"))


def test_the_page_asks_as_much_for_many_mails_as_for_two(office, officer):
    def asked(first: int, last: int) -> int:
        for uid in range(first, last):
            came(office, mail(f"Obral {uid}.", Precedence="bulk", subject=f"PGD-2026-{uid:04d}"), uid=uid)
        with CaptureQueriesContext(connection) as queries:
            officer.get("/pengaduan/surel/")
        return len(queries)

    asked(1, 2)
    assert asked(2, 4) == asked(4, 12)
