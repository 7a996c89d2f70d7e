"""Accounts and their second factors."""

from collections.abc import Mapping
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.people.models import Agency, Division, Theme, User

PERSONAL = ("full_name", "nip", "phone", "email")


@transaction.atomic
def create_account(
    username: str,
    *,
    full_name: str,
    email: str,
    password: str,
    agency: Agency | None = None,
    division: Division | None = None,
    nip: str = "",
    phone: str = "",
) -> User:
    """A new account. There is no open sign-up: TU or the administrator makes the first one on an agency's letter.

    Raises `InvalidError` with `username.taken`, `email.taken` and `password.weak` (every fault at once).
    """
    user = User(
        username=username, full_name=full_name, email=email, agency=agency, division=division, nip=nip, phone=phone
    )
    faults = (*_taken(username, email), *_weak(password, user))
    if faults:
        raise InvalidError(faults)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@transaction.atomic
def change_person(user: User, values: Mapping[str, str], *, actor: User, at: datetime) -> None:
    """Changes name, NIP, telephone and e-mail. Raises `InvalidError` `email.taken`."""
    email = values["email"]
    if User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise InvalidError((Fault("email.taken", field="email"),))
    before = {name: getattr(user, name) for name in PERSONAL}
    for name in PERSONAL:
        setattr(user, name, values[name])
    user.save(update_fields=PERSONAL)
    EmailAddress.objects.filter(user=user, primary=True).update(email=email)
    after = {name: getattr(user, name) for name in PERSONAL}
    record(f"people.user:{user.pk}", before=before, after=after, actor=actor, at=at)


@transaction.atomic
def change_phone(user: User, phone: str, *, at: datetime) -> None:
    """The person's own new telephone number; "" for none."""
    before = User.objects.select_for_update().get(pk=user.pk).phone
    user.phone = phone
    user.save(update_fields=["phone"])
    record(f"people.user:{user.pk}", before={"phone": before}, after={"phone": phone}, actor=user, at=at)


def refuse_weak(password: str, user: User) -> None:
    """Raises `InvalidError` `password.weak` when the password cannot be this person's."""
    faults = _weak(password, user)
    if faults:
        raise InvalidError(tuple(faults))


def choose_language(user: User, language: str) -> None:
    """In which language the person is written to; one of `settings.LANGUAGES`."""
    user.language = language
    user.save(update_fields=["language"])


def choose_theme(user: User, theme: Theme) -> None:
    user.theme = theme
    user.save(update_fields=["theme"])


@transaction.atomic
def enrol_totp(user: User, secret: str) -> None:
    """Makes `secret` (base32) the person's one authenticator secret, in place of a former one."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    TOTP.activate(user, secret)


def _taken(username: str, email: str) -> list[Fault]:
    faults = []
    if User.objects.filter(username__iexact=username).exists():
        faults.append(Fault("username.taken", field="username"))
    if User.objects.filter(email__iexact=email).exists():
        faults.append(Fault("email.taken", field="email"))
    return faults


def _weak(password: str, user: User) -> list[Fault]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [Fault("password.weak", field="password", facts={"words": error.messages})]
    return []
