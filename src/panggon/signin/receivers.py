"""What django-allauth tells, kept: for the person to see, and what changes the account also in the log of changes."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in as session_begins
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from panggon.audit.services import record
from panggon.people.models import User
from panggon.signin import clients, services
from panggon.signin.middleware import SEEN
from panggon.signin.models import Happening


@receiver(session_begins)
def session_begun(request: HttpRequest, **_more: Any) -> None:
    """The first page after signing in need not write again what sign-in has written."""
    request.session[SEEN] = timezone.now().isoformat()


@receiver(account.user_logged_in)
def signed_in(request: HttpRequest, response: HttpResponseBase, user: User, **_more: Any) -> None:
    services.note(user, Happening.SIGNED_IN, request, at=timezone.now(), way=_way(request, user))
    clients.remember_device(request, response, user)


@receiver(mfa.authentication_failed)
def wrong_code(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    services.note(user, Happening.WRONG_CODE, request, at=timezone.now(), way=authenticator.type)


@receiver(account.password_changed)
def password_changed(request: HttpRequest, user: User, **_more: Any) -> None:
    _changed(user, Happening.PASSWORD_CHANGED, request)


@receiver(account.password_reset)
def password_reset(request: HttpRequest, user: User, **_more: Any) -> None:
    _changed(user, Happening.PASSWORD_RESET, request)


@receiver(mfa.authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    _changed(user, Happening.FACTOR_ADDED, request, way=authenticator.type)


@receiver(mfa.authenticator_removed)
def factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    _changed(user, Happening.FACTOR_REMOVED, request, way=authenticator.type)


@transaction.atomic
def _changed(user: User, happening: Happening, request: HttpRequest, *, way: str = "") -> None:
    now = timezone.now()
    visit = services.note(user, happening, request, at=now, way=way)
    actor = request.user if request.user.is_authenticated else user
    record(f"people.user:{user.pk}", before=None, after={"door": happening.value, "way": way}, actor=actor, at=now)
    services.tell_owner(visit)


def _way(request: HttpRequest, user: User) -> str:
    """The methods in their order, such as "password, totp", or "kota, mfa" where a provider asked for both factors."""
    return ", ".join(map(_method, get_authentication_records(request, user)))[:40]


def _method(entry: dict[str, Any]) -> str:
    named = {"socialaccount": "provider", "mfa": "type"}.get(entry["method"], "")
    return str(entry.get(named) or entry["method"])
