"""The archive: every kept file is as it was, which is looked at on each reading and once a month; cases may be held."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from panggon.audit.services import record
from panggon.cases.models import Case, File, Hold
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.core.notify.notices import Occasion
from panggon.notify.services import tell
from panggon.outbox import defer
from panggon.papers import selectors as papers
from panggon.papers import store
from panggon.people import selectors as people
from panggon.people.models import User

ARCHIVE, HOLDS = "cases.file_check", "cases.hold"


@dataclass(frozen=True, slots=True)
class Checked:
    """How many files were read, and which of them (SHA-256) are lost or otherwise than they were."""

    files: int
    damaged: tuple[str, ...]


def check(*, at: datetime) -> Checked:
    """Read every kept file; the administrators are told of each that is damaged, and the check itself is recorded."""
    count, damaged = 0, []
    for digest in _digests():
        count += 1
        if not is_whole(digest):
            damaged.append(digest)
            tell_of_damage(digest, at=at)
    found = Checked(count, tuple(damaged))
    with transaction.atomic():
        after = {"files": found.files, "damaged": list(found.damaged), "at": at.isoformat()}
        record(f"{ARCHIVE}:{at:%Y-%m}", before=None, after=after, actor=None, at=at)
    return found


def is_whole(digest: str) -> bool:
    try:
        store.get(digest)
    except PermanentError:
        return False
    return True


def read(digest: str) -> bytes:
    """A kept file. Raises PermanentError `file.…` when it is damaged, and has the administrators told of it."""
    try:
        return store.get(digest)
    except PermanentError:
        defer("cases.report_damage", once=f"damage-{digest}", digest=digest)
        raise


def tell_of_damage(digest: str, *, at: datetime) -> None:
    """Once a month of each file, as long as it is damaged."""
    for person in people.holders_of(Role.ADMINISTRATOR, now=at):
        tell(
            person,
            occasion=Occasion.WARNING,
            reference=f"damage:{digest}:{at:%Y-%m}",
            subject=_("Arsip: satu berkas rusak atau hilang"),
            text=format_lazy(
                _("Berkas {digest} tidak lagi seperti saat disimpan. Pulihkan dari cadangan; naskah: {papers}."),
                digest=digest,
                papers=", ".join(_owners(digest)) or "–",
            ),
            path=reverse("administration"),
            at=at,
        )


# -- Holds


def holds() -> QuerySet[Hold]:
    return Hold.objects.filter(lifted_at=None).select_related("case__agency", "placed_by")


def held_cases() -> QuerySet[Hold, Any]:
    """The keys of cases of which nothing is erased now."""
    return Hold.objects.filter(lifted_at=None).values("case")


@transaction.atomic
def hold(number: str, *, reason: str, actor: User, at: datetime) -> Hold:
    """From now on nothing of the case is erased. Raises `InvalidError` `hold.no_case`, `hold.held`."""
    case = Case.objects.select_for_update().filter(number=number.strip()).first()
    if case is None:
        raise InvalidError((Fault("hold.no_case", "number"),))
    if Hold.objects.filter(case=case, lifted_at=None).exists():
        raise InvalidError((Fault("hold.held", "number"),))
    placed = Hold.objects.create(case=case, reason=reason, placed_by=actor, placed_at=at)
    record(f"{HOLDS}:{case.number}", before=None, after={"held": True}, actor=actor, at=at, reason=reason)
    return placed


@transaction.atomic
def release(key: int, *, actor: User, at: datetime) -> None:
    """The periods count again. Released twice it is released once."""
    held = Hold.objects.select_for_update(of=("self",)).select_related("case").filter(pk=key, lifted_at=None).first()
    if held is None:
        return
    held.lifted_at, held.lifted_by = at, actor
    held.save(update_fields=["lifted_at", "lifted_by"])
    record(f"{HOLDS}:{held.case.number}", before={"held": True}, after=None, actor=actor, at=at)


# ------------------------------------------------------------------------------------------------------------------


def _digests() -> Iterator[str]:
    yield from papers.all_digests()
    yield from File.objects.values_list("sha256", flat=True).distinct().order_by("sha256").iterator()


def _owners(digest: str) -> Iterator[str]:
    paper = papers.paper_with(digest)
    if paper is not None:
        yield f"{paper} ({paper.case_number})"
    for file in File.objects.select_related("case").filter(sha256=digest):
        yield f"{file.get_kind_display()} ({file.case.number})"
