"""Who of the dinas is told of a complaint, and in which words: never what was complained, nor by whom."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from panggon.complaints.models import Complaint
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.vocabulary import COMPLAINT_STATES, SOURCE_LABELS, ComplaintState, Source
from panggon.core.notify.notices import Occasion
from panggon.notify.services import Words, tell_all
from panggon.papers.dates import moment_words
from panggon.people import selectors as people
from panggon.people.models import User

NEW = (_("{number}: pengaduan baru"), _("Pengaduan lewat {source}. Batas penanganan {due}."))
YOURS = (_("{number}: {state}"), _("{next} Batas waktu {due}."))
ADDED = (_("{number}: pelapor menambah keterangan"), _("{state}. {next}"))
RETURNED = (
    _("{number}: email kepada pelapor tidak sampai"),
    _("Alamatnya tidak menerima email. Hubungi pelapor dengan cara lain."),
)
HELD_FOR = (_("{number}: ada email untuk diperiksa"), _("Belum terbukti dari pelapor. Baca, lalu terima atau buang."))
NEAR = (_("{number}: {level}% waktu pengaduan terpakai"), _("Batas waktu {due}. {next}"))
PAST = (_("{number}: batas waktu pengaduan terlampaui"), _("Batas waktu {due} sudah lewat. {next}"))


def holders(complaint: Complaint, *, now: datetime) -> list[User]:
    """Those who have it; of what nobody has taken yet all officers, or the Kepala Dinas where it concerns them all."""
    holder = {
        ComplaintState.HANDLED: complaint.officer,
        ComplaintState.PASSED_ON: complaint.official,
        ComplaintState.ANSWERED: complaint.officer,
        ComplaintState.SETTLED: complaint.official,
    }.get(ComplaintState(complaint.state))
    if holder is not None:
        return [holder]
    officers = people.holders_of(Role.COMPLAINTS_OFFICER, now=now)
    return unconcerned(complaint, officers) or heads(complaint, now=now)


def heads(complaint: Complaint, *, now: datetime) -> list[User]:
    return unconcerned(complaint, people.holders_of(Role.HEAD, now=now))


def unconcerned(complaint: Complaint, whom: Iterable[User]) -> list[User]:
    concerned = set(complaint.concerned.values_list("pk", flat=True))
    return [person for person in whom if person.pk not in concerned]


def tell_of(
    whom: Iterable[User],
    complaint: Complaint,
    words: Words,
    *,
    reference: str,
    occasion: Occasion,
    at: datetime,
    level: int = 0,
) -> None:
    """Never what was complained, nor by whom: that is read behind the sign-in."""
    label = COMPLAINT_STATES[ComplaintState(complaint.state)]
    facts = {
        "number": complaint.number,
        "source": _(SOURCE_LABELS[Source(complaint.source)]),
        "state": _(label.text),
        "next": _(label.next_words),
        "due": moment_words(complaint.due_at) if complaint.due_at else "–",
        "level": level,
    }
    path = reverse("complaints:complaint", args=[complaint.number])
    tell_all(whom, words, facts, reference=reference, path=path, at=at, occasion=occasion)
