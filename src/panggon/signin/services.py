"""The writers of what happens at the door."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import override

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.core.notify.messages import MessageKind
from panggon.core.people.brakes import Brake
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.people.models import User
from panggon.signin import clients
from panggon.signin.models import Braked, Happening, Visit
from panggon.signin.selectors import braked, factors_of, sessions_of

Guess = tuple[Brake, str]  # the brake, and who tries what


@transaction.atomic
def count_failure(guesses: Iterable[Guess], *, at: datetime) -> datetime | None:
    """Count one more try as failed, before it is looked at; `forgive` takes it back when it was right.

    When one of the brakes holds, nothing is counted and the answer is until when. Tries at the same moment are let
    through one after the other, so that a crowd of them is no way around the brake.
    """
    rows = sorted((_key(brake, who), brake) for brake, who in guesses)
    Braked.objects.bulk_create(
        [Braked(key=key, failures=0, last=at - brake.forgets_after) for key, brake in rows], ignore_conflicts=True
    )
    found = {row.key: row for row in Braked.objects.select_for_update().filter(key__in=dict(rows)).order_by("key")}
    held = [brake.held_until(found[key].failures, last=found[key].last, now=at) for key, brake in rows]
    if until := max(filter(None, held), default=None):
        return until
    for key, brake in rows:
        found[key].failures = brake.after_failure(found[key].failures, last=found[key].last, now=at)
        found[key].last = at
    Braked.objects.bulk_update(found.values(), ["failures", "last"])
    return None


def held_until(guesses: Iterable[Guess], *, at: datetime) -> datetime | None:
    """Until when one of the brakes holds; None: none does. Counts nothing."""
    brakes = {_key(brake, who): brake for brake, who in guesses}
    held = (brakes[row.key].held_until(row.failures, last=row.last, now=at) for row in braked(brakes))
    return max(filter(None, held), default=None)


def forgive(brake: Brake, who: str) -> None:
    """All is forgotten: the right answer was given."""
    Braked.objects.filter(key=_key(brake, who)).delete()


@transaction.atomic
def take_back(brake: Brake, who: str) -> None:
    """One try less; one's own success does not wipe out what one guessed at others."""
    rows = Braked.objects.filter(key=_key(brake, who))
    rows.update(failures=F("failures") - 1)
    rows.filter(failures=0).delete()


def spend_code(user: User, code: str) -> bool:
    """Mark a code as used; False: it was used before (RFC 6238, section 5.2).

    For as long as the code is taken: django-allauth itself forgets it after one period, whatever the tolerance.
    """
    lives_seconds = app_settings.TOTP_PERIOD * (1 + 2 * app_settings.TOTP_TOLERANCE)
    digest = hashlib.sha256(normalize_user_code(code).encode()).hexdigest()  # "123-456" is the same code
    return bool(cache.add(f"signin.code:{user.pk}:{digest}", True, timeout=lives_seconds))


def note(user: User, happening: Happening, request: HttpRequest, *, at: datetime, way: str = "") -> Visit:
    return Visit.objects.create(
        user=user,
        happening=happening,
        at=at,
        address=clients.address_of(request),
        device=clients.device_of(request),
        way=way,
    )


@transaction.atomic
def end_sessions(user: User, sessions: Collection[int], request: HttpRequest, *, at: datetime) -> int:
    """End these of the person's own sessions, but never the one of the request; how many there were."""
    current = request.session.session_key
    ended = [session for session in sessions_of(user) if session.pk in sessions and session.session_key != current]
    for session in ended:
        session.end()
        note(user, Happening.SESSION_ENDED, request, at=at, way=session.user_agent[:40])
    return len(ended)


def forget_phone(user: User) -> None:
    """The secret of the authenticator app goes; another one comes in the same transaction."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()


@transaction.atomic
def release_factors(user: User, *, actor: User | None, at: datetime, reason: str) -> None:
    """For somebody who lost the phone and has no codes: all second factors go, and all sessions end.

    `actor` None is the command line. Raises `InvalidError` `factors.own`, `factors.none`.
    """
    if user == actor:
        raise InvalidError((Fault("factors.own"),))
    released = list(factors_of(user).values_list("type", flat=True))
    if not released:
        raise InvalidError((Fault("factors.none"),))
    factors_of(user).delete()
    for session in sessions_of(user):
        session.end()
    visit = Visit.objects.create(user=user, happening=Happening.FACTORS_RELEASED, at=at)
    record(f"people.user:{user.pk}", before={"door": released}, after={"door": []}, actor=actor, at=at, reason=reason)
    tell_owner(visit)


def tell_owner(visit: Visit) -> None:
    """By mail, of what changes an account: whoever has got into one would do just this."""
    owner = visit.user
    if not owner.email:
        return
    with override(owner.language):
        what = visit.get_happening_display()
    defer(
        "notify.write",
        kind=MessageKind.ACCOUNT_CHANGED.value,
        reference=f"visit:{visit.pk}",
        to=owner.email,
        language=owner.language,
        facts={"name": owner.full_name, "what": what, "moment": visit.at.isoformat()},
    )


def touch_session(request: HttpRequest, *, at: datetime) -> None:
    """Keep when and from where this session was last used."""
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=at, ip=clients.address_of(request), user_agent=clients.device_of(request)
    )


def tidy(*, now: datetime) -> None:
    """Remove what is too old to matter."""
    Visit.objects.filter(at__lt=now - timedelta(days=office().retention.visits_days)).delete()
    Braked.objects.filter(last__lt=now - timedelta(days=1)).delete()


def _key(brake: Brake, who: str) -> str:
    return hashlib.sha256(f"{brake.name}\n{who}".encode()).hexdigest()
