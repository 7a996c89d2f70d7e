"""Complaints on their way, for the tests."""

from typing import Any

from panggon.complaints import services
from panggon.complaints.models import Complaint
from panggon.core.complaints.vocabulary import ComplaintAction, Kind, Source
from panggon.people.models import User
from tests.portal.office import Office

TOLD = {
    "source": Source.WEBSITE,
    "subject": "Situs lambat",
    "words": "Sejak kemarin halaman depan lambat.",
    "name": "Rina Marlina",
    "email": "rina@example.org",
    "phone": "0812-1111-2222",
}


def file(office: Office, *, actor: User | None = None, **changes: Any) -> Complaint:
    return services.file({**TOLD, **changes}, actor=actor, at=office.later())


def act(office: Office, complaint: Complaint, action: ComplaintAction, actor: User | None, **data: Any) -> Complaint:
    return services.act(complaint.pk, action=action, actor=actor, data=data, at=office.later())


def handled(office: Office, **changes: Any) -> Complaint:
    """A complaint in the officer's hands."""
    complaint = file(office, **changes)
    return act(office, complaint, ComplaintAction.TAKE, office.complaints_officer, kind=Kind.GRIEVANCE)


def answered(office: Office, **changes: Any) -> Complaint:
    complaint = handled(office, **changes)
    words = {"words": "Server sudah dipindah; halaman depan kini terbuka dalam satu detik.", "told": True}
    return act(office, complaint, ComplaintAction.RESOLVE, office.complaints_officer, **words)
