from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, F, Func, Q, QuerySet, Subquery, Value

from panggon.audit.chain import verify
from panggon.audit.links import link
from panggon.audit.models import Change, End
from panggon.audit.seals import Head
from panggon.core.errors import Fault

CHANGES = "changes"  # the name of this chain in the seals
SEALS = "audit.seal:"
_AS_SEALED = """
SELECT sealed.sequence, sealed.digest
FROM unnest(%s::bigint[], %s::text[]) AS sealed (sequence, digest)
LEFT JOIN audit_change ON audit_change.sequence = sealed.sequence
WHERE audit_change.digest IS DISTINCT FROM sealed.digest
"""


def history_of(*subjects: str) -> QuerySet[Change]:
    """What was changed of these things, the newest first; a subject that ends with ":" means all of its kind."""
    found = Change.objects.none()
    for subject in subjects:
        match = {"subject__startswith": subject} if subject.endswith(":") else {"subject": subject}
        found |= Change.objects.filter(**match)
    return found.select_related("actor").order_by("-sequence")


def changes(
    *, kind: str = "", actor: str = "", since: datetime | None = None, until: datetime | None = None, before: int | None
) -> QuerySet[Change]:
    """The changes of a kind of thing, by people whose name contains `actor`, from `since` and before `until`, that came
    before the row `before`; the newest first.
    """
    meant = Q(subject__startswith=f"{kind}:") if kind else Q()
    if actor:
        meant &= Q(actor__full_name__icontains=actor)
    bounds = {"at__gte": since, "at__lt": until, "sequence__lt": before}
    meant &= Q(**{name: value for name, value in bounds.items() if value is not None})
    return Change.objects.filter(meant).select_related("actor").order_by("-sequence")


def told_before(moment: datetime, *, kinds: Sequence[str]) -> QuerySet[Change]:
    """The older changes of these kinds of things that still say what they were."""
    meant = Q()
    for kind in kinds:
        meant |= Q(subject__startswith=f"{kind}:")
    return Change.objects.filter(meant, at__lt=moment).exclude(salt="")


def kinds() -> list[str]:
    """The kinds of things that were ever changed, as the subjects name them."""
    kind = Func(F("subject"), Value(":"), Value(1), function="split_part", output_field=CharField())
    return list(
        Change.objects.order_by().annotate(kind=kind).values_list("kind", flat=True).distinct().order_by("kind")
    )


def broken_links() -> tuple[Fault, ...]:
    """Every break of the chain of changes. Rows and end come from one statement, so that it may grow meanwhile."""
    changes = _in_order()
    first = next(changes, None)
    if first is None:
        return verify((), head=_end())
    return verify(map(link, chain([first], changes)), head=first.end or "")


def head() -> Head | None:
    """The end of the chain of changes; None while nothing was changed."""
    end = End.objects.first()
    return Head(CHANGES, end.sequence, end.digest) if end else None


def not_as_sealed(sealed: Sequence[Head]) -> list[Head]:
    """Those of these heads of the chain of changes whose row is gone or has another digest now."""
    values = [[getattr(head, name) for head in sealed] for name in ("sequence", "digest")]
    with connection.cursor() as cursor:
        cursor.execute(_AS_SEALED, values)
        return [Head(CHANGES, *row) for row in cursor.fetchall()]


def recorded_seals() -> dict[str, str]:
    """What the log of changes says of the seals: the digest of each day's file. Rows may have been tampered with."""
    rows = Change.objects.filter(subject__startswith=SEALS).values_list("subject", "after")
    return {
        subject.removeprefix(SEALS): str(after.get("digest")) if isinstance(after, dict) else ""
        for subject, after in rows
    }


def _end() -> str:
    end = head()
    return end.digest if end else ""


def _in_order() -> Iterator[Any]:
    """Row by row over a cursor of the server, which lives in a transaction."""
    with transaction.atomic():
        rows = Change.objects.order_by("sequence").annotate(end=Subquery(End.objects.values("digest")[:1]))
        yield from rows.iterator(chunk_size=5000)
