from datetime import datetime

from django.db.models import QuerySet

from panggon.public.models import Follower, Snapshot
from panggon.questions import question


def followers_of(number: str) -> list[int]:
    """Those whose address is confirmed."""
    return list(Follower.objects.filter(number=number).exclude(confirmed_at=None).values_list("pk", flat=True))


def to_ask(follower: int) -> Follower | None:
    """The follower whose address is still to be confirmed."""
    return Follower.objects.filter(pk=follower, confirmed_at=None).first()


def to_tell(follower: int, *, sequence: int) -> Follower | None:
    """None when the follower knows this event already, or is gone."""
    return Follower.objects.filter(pk=follower, told__lt=sequence).exclude(confirmed_at=None).first()


def figures_made_at() -> datetime | None:
    """When the figures were last reckoned; None before they ever were."""
    return next(iter(_made_at()), None)


def snapshot() -> Snapshot:
    """The figures that there are. Raises Snapshot.DoesNotExist before they were ever reckoned."""
    return Snapshot.objects.get(pk=Snapshot.ONLY)


# ------------------------------------------------------------------------------------------------------------------


@question
def _made_at() -> QuerySet[Snapshot, datetime]:
    return Snapshot.objects.filter(pk=Snapshot.ONLY).values_list("made_at", flat=True)
