"""Invitations: the only way to an account once the first administrator is there."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from panggon.audit.services import record
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault, InvalidError
from panggon.core.notify.messages import MessageKind
from panggon.outbox import defer
from panggon.people.models import Agency, Division, Invitation, User
from panggon.people.services.accounts import create_account, refuse_weak
from panggon.people.services.agencies import agency_subject
from panggon.people.services.posts import give_post, user_subject

LIFE = timedelta(days=7)
LIFE_IN_HAND = timedelta(days=1)  # of a link that is handed over on the spot
SALT = "panggon.people.invitation"


@dataclass(frozen=True, slots=True)
class Letter:
    """The agency's letter on whose strength its account is made, and the case that it came with."""

    number: str
    date: date | None
    case_number: str = ""


@transaction.atomic
def invite_to_agency(
    email: str, agency: Agency, *, letter: Letter | None = None, actor: User, at: datetime
) -> Invitation:
    """Invites somebody to the OPD; the dinas on the strength of a letter, the OPD its own people.

    Whether the address has an account already is told to that address alone. Raises `InvalidError`
    `invitation.pending`, `invitation.letter`.
    """
    if letter is None and actor.agency_id != agency.pk:
        raise InvalidError((Fault("invitation.letter", "letter_number"),))
    if letter is None:
        return _invite(email, agency=agency, actor=actor, at=at)
    facts = {"letter_number": letter.number, "letter_date": letter.date, "case_number": letter.case_number}
    return _invite(email, agency=agency, actor=actor, at=at, **facts)


@transaction.atomic
def invite_official(
    email: str, *, role: Role | None = None, division: Division | None = None, actor: User, at: datetime
) -> Invitation:
    """Invites somebody of the dinas, with the post that is taken up. Raises `InvalidError` `invitation.pending`."""
    return _invite(email, role=role or "", division=division, actor=actor, at=at)


@transaction.atomic
def invite_admin(email: str, agency: Agency, *, letter: Letter, actor: User | None, at: datetime) -> Invitation | None:
    """For the admin teknis whom an agency's letter names, told by whoever asks; None for an address with an account.

    An invitation that waits already is used again, with a new link. Raises `InvalidError` `invitation.elsewhere` for
    an account that was closed or is of somebody else than that agency.
    """
    owner = User.objects.filter(email__iexact=email).first()
    if owner is not None:
        if owner.agency_id != agency.pk or not owner.is_active:
            raise InvalidError((Fault("invitation.elsewhere", "email"),))
        return None
    pending = Invitation.objects.select_for_update().filter(
        email__iexact=email, agency=agency, accepted_at=None, withdrawn_at=None
    )
    invitation = pending.first() or Invitation(
        email=email,
        agency=agency,
        letter_number=letter.number,
        letter_date=letter.date,
        case_number=letter.case_number,
        invited_by=actor,
        made_at=at,
        token_hash=secrets.token_hex(32),  # until its own is drawn from its number
        expires_at=at,
    )
    invitation.save()
    _draw(invitation, expires_at=at + LIFE)
    _record(invitation, "", "sent", actor=actor, at=at)
    return invitation


@transaction.atomic
def invite_first_administrator(email: str, *, at: datetime) -> Invitation:
    """A link that is handed over, not mailed: nobody is there yet who could invite. A former such link is dead.

    Raises `InvalidError` `email.taken`.
    """
    if User.objects.filter(email__iexact=email).exists():
        raise InvalidError((Fault("email.taken", "email"),))
    for former in Invitation.objects.filter(invited_by=None, agency=None, accepted_at=None, withdrawn_at=None):
        withdraw(former, actor=None, at=at)
    return _invite(email, role=Role.ADMINISTRATOR, actor=None, at=at)


@transaction.atomic
def invite_again(user: User, *, actor: User, at: datetime) -> Invitation:
    """For a person whose account was opened again: a link to set a new password."""
    return _invite(user.email, agency=user.agency, user=user, actor=actor, at=at)


@transaction.atomic
def send_again(invitation: Invitation, *, actor: User, at: datetime) -> None:
    """A new link, for as long as a first one; the old one is dead. Raises `InvalidError` `invitation.over`."""
    invitation = _open_or_refused(invitation)
    _renew(invitation, at=at)
    _record(invitation, "", "sent again", actor=actor, at=at)


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: User | None, at: datetime) -> None:
    """The link works no more. Raises `InvalidError` `invitation.over`."""
    invitation = _open_or_refused(invitation)
    invitation.withdrawn_at = at
    invitation.save(update_fields=["withdrawn_at"])
    _record(invitation, "sent", "withdrawn", actor=actor, at=at)


@transaction.atomic
def accept(invitation: Invitation, *, full_name: str, nip: str, phone: str, password: str, at: datetime) -> User:
    """Makes the account, or opens the one that the invitation is of; the link is used up.

    Raises `InvalidError` `invitation.over`, `email.taken`, `password.weak`, and what `give_post` says.
    """
    invitation = _open_or_refused(invitation, now=at)
    if invitation.user:
        user = invitation.user
        user.full_name, user.nip, user.phone = full_name, nip, phone
        refuse_weak(password, user)
        user.set_password(password)
        user.save()
    else:
        user = create_account(
            invitation.email.lower(),
            full_name=full_name,
            email=invitation.email,
            password=password,
            agency=invitation.agency,
            division=invitation.division,
            nip=nip,
            phone=phone,
        )
    if invitation.role:
        give_post(user, Role(invitation.role), division=invitation.division, actor=invitation.invited_by, at=at)
    invitation.accepted_at, invitation.user = at, user
    invitation.save(update_fields=["accepted_at", "user"])
    record(user_subject(user), before=None, after={"full_name": full_name, "open": True}, actor=user, at=at)
    _record(invitation, "sent", "accepted", actor=user, at=at)
    return user


def token_of(invitation: Invitation) -> str:
    """The secret of the link; drawn from the key of the installation, so that it need not be kept."""
    return salted_hmac(SALT, f"{invitation.pk}:{invitation.nonce}", algorithm="sha256").hexdigest()


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------------------------


def _invite(
    email: str, *, actor: User | None, at: datetime, agency: Agency | None = None, **facts: object
) -> Invitation:
    pending = Invitation.objects.filter(email__iexact=email, agency=agency, accepted_at=None, withdrawn_at=None)
    if pending.filter(expires_at__gt=at).exists():
        raise InvalidError((Fault("invitation.pending", "email"),))
    invitation = Invitation(email=email, agency=agency, invited_by=actor, made_at=at, expires_at=at, **facts)
    invitation.token_hash = secrets.token_hex(32)  # until its own is drawn from its number
    invitation.save()
    if actor:
        _renew(invitation, at=at)
    else:
        _draw(invitation, expires_at=at + LIFE_IN_HAND)
    _record(invitation, "", "sent", actor=actor, at=at)
    return invitation


def _renew(invitation: Invitation, *, at: datetime) -> None:
    """A new link, by mail."""
    _draw(invitation, expires_at=at + LIFE)
    defer(
        "notify.write",
        kind=MessageKind.INVITATION.value,
        reference=f"invitation:{invitation.pk}",
        to=invitation.email,
        language=invitation.user.language if invitation.user else "id",
        facts={"invitation": invitation.pk},
    )


def _draw(invitation: Invitation, *, expires_at: datetime) -> None:
    invitation.nonce, invitation.expires_at = secrets.token_hex(16), expires_at
    invitation.token_hash = hash_of(token_of(invitation))
    invitation.save(update_fields=["nonce", "token_hash", "expires_at"])


def _open_or_refused(invitation: Invitation, *, now: datetime | None = None) -> Invitation:
    locked = Invitation.objects.select_for_update(of=("self",)).select_related(
        "agency", "division", "user", "invited_by"
    )
    invitation = locked.get(pk=invitation.pk)
    over = invitation.accepted_at or invitation.withdrawn_at or (now and invitation.expires_at <= now)
    if over:
        raise InvalidError((Fault("invitation.over"),))
    return invitation


def _record(invitation: Invitation, before: str, after: str, *, actor: User | None, at: datetime) -> None:
    letter = f"{invitation.letter_number}, {invitation.letter_date}" if invitation.letter_number else ""
    facts = {"invitation": invitation.email, "letter": letter, "case": invitation.case_number}
    record(
        agency_subject(invitation.agency) if invitation.agency else f"people.invitation:{invitation.pk}",
        before={**facts, "state": before} if before else None,
        after={**facts, "state": after},
        actor=actor,
        at=at,
    )
