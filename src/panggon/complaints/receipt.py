"""Tanda terima pengaduan: what somebody takes away from the desk (SK, "Permohonan Langsung", step 1)."""

from panggon.complaints.models import Complaint
from panggon.complaints.selectors import tracking_path
from panggon.core.complaints.vocabulary import COMPLAINT_STATES, ComplaintState
from panggon.notify.mail import link
from panggon.papers import services as papers
from panggon.papers.dates import moment_words
from panggon.papers.facts import Person


def receipt_of(complaint: Complaint) -> bytes:
    """It says what was complained, not who complains: it may be lost."""
    rows = [
        ("Nomor pengaduan", complaint.number),
        ("Kode", complaint.token),
        ("Disampaikan lewat", complaint.get_source_display()),
        ("Diterima", moment_words(complaint.filed_at)),
        ("Tentang", complaint.subject),
        ("Batas waktu penanganan", moment_words(complaint.due_at) if complaint.due_at else "–"),
        ("Selanjutnya", COMPLAINT_STATES[ComplaintState(complaint.state)].next_words),
        ("Ikuti pengaduan", link(tracking_path(complaint))),
    ]
    officer = complaint.entered_by
    name, number = (officer.full_name, officer.nip) if officer else ("Portal pengaduan", "")
    signer = Person(role="Petugas penerima", name=name, number=number)
    return papers.complaint_receipt(complaint.number, rows, signer=signer, at=complaint.filed_at)
