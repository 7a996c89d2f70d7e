"""Acting officials: named by the administrator on the strength of an order, ended early when the need is over."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import localdate

from panggon.audit.services import record
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault, InvalidError
from panggon.core.people.acting import POSTS_TO_ACT_IN, ActingKind, Term, acting_faults
from panggon.people import selectors
from panggon.people.models import ActingOfficial, Division, User
from panggon.people.services.posts import IN_A_DIVISION, take_post

ONE_AT_A_TIME = 0x706C6870  # the advisory lock under which terms of one post are compared


@transaction.atomic
def name_acting_official(
    user: User,
    *,
    kind: ActingKind,
    role: Role,
    division: Division | None = None,
    order_number: str,
    order_date: date,
    first_day: date,
    last_day: date,
    vacates: bool = False,
    actor: User | None,
    at: datetime,
) -> ActingOfficial:
    """Names who acts in a post; one at a time in a post. Raises `InvalidError` with every `acting.…` at once.

    `vacates`: whoever holds the post has left it, so that a Plt begins today and the post is taken from the former.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    incumbents = selectors.posts_on(max(first_day, localdate(at))).filter(user__is_active=True)
    held = incumbents.filter(role=role, division=division).select_related("user").first()
    if held and vacates and kind is ActingKind.PLT and first_day <= localdate(at):
        take_post(held, actor=actor, at=at, reason=order_number)
        held = None
    incumbent = held.user if held else None
    others = ActingOfficial.objects.filter(role=role, division=division, ended_at=None)
    faults = (
        *_person_faults(user, incumbent),
        *_post_faults(role, division),
        *acting_faults(
            kind,
            Term(first_day, last_day),
            order_date=order_date,
            today=localdate(at),
            incumbent=incumbent is not None,
            others=[Term(other.first_day, other.last_day) for other in others],
        ),
    )
    if faults:
        raise InvalidError(faults)
    acting = ActingOfficial.objects.create(
        user=user,
        kind=kind,
        role=role,
        division=division,
        represented=incumbent,
        order_number=order_number,
        order_date=order_date,
        first_day=first_day,
        last_day=last_day,
        named_at=at,
    )
    record(subject_of(acting), before=None, after=values_of(acting), actor=actor, at=at)
    return acting


@transaction.atomic
def end_acting(acting: ActingOfficial, *, actor: User | None, at: datetime, reason: str = "") -> None:
    """From this moment the post is in its holder's hands again; ended already, nothing happens."""
    acting = ActingOfficial.objects.select_for_update().get(pk=acting.pk)
    if acting.ended_at is not None:
        return
    before = values_of(acting)
    acting.ended_at = at
    acting.save(update_fields=["ended_at"])
    record(subject_of(acting), before=before, after=values_of(acting), actor=actor, at=at, reason=reason)


def subject_of(acting: ActingOfficial) -> str:
    """The name of an acting official in the log of changes."""
    return f"people.acting:{acting.pk}"


def values_of(acting: ActingOfficial) -> dict[str, Any]:
    """What the log of changes keeps."""
    return {
        "user": acting.user.full_name,
        "kind": acting.kind,
        "role": acting.role,
        "division": acting.division.name if acting.division else "",
        "represented": acting.represented.full_name if acting.represented else "",
        "order": f"{acting.order_number}, {acting.order_date.isoformat()}",
        "days": f"{acting.first_day.isoformat()}/{acting.last_day.isoformat()}",
        "ended_at": acting.ended_at.isoformat() if acting.ended_at else "",
    }


# ------------------------------------------------------------------------------------------------------------------


def _person_faults(user: User, incumbent: User | None) -> list[Fault]:
    if user == incumbent:
        return [Fault("acting.of_oneself", "user")]
    if user.agency_id is not None or not user.is_active:
        return [Fault("acting.not_of_the_dinas", "user")]
    return []


def _post_faults(role: Role, division: Division | None) -> list[Fault]:
    if role not in POSTS_TO_ACT_IN or (division is not None) != (role in IN_A_DIVISION):
        return [Fault("acting.no_such_post", "post")]
    return []
