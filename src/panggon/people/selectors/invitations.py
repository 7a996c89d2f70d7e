"""Invitations that were not answered yet."""

from datetime import datetime

from django.db.models import Case, QuerySet, When

from panggon.core.cases.vocabulary import Role
from panggon.people.models import Agency, Invitation, User
from panggon.people.selectors.standing import roles_of


def open_invitations(agency: Agency | None, *, now: datetime) -> QuerySet[Invitation]:
    """Those that were not accepted and not withdrawn, the expired ones too, for they can be sent again."""
    pending = Invitation.objects.filter(agency=agency, accepted_at=None, withdrawn_at=None)
    return pending.annotate(expired=Case(When(expires_at__lte=now, then=True), default=False)).select_related(
        "invited_by", "division"
    )


def invitation_of(token_hash: str, *, now: datetime) -> Invitation | None:
    """The invitation that a link opens; None when the link is nobody's, used, withdrawn or expired."""
    pending = Invitation.objects.filter(token_hash=token_hash, accepted_at=None, withdrawn_at=None, expires_at__gt=now)
    return pending.select_related("agency", "user", "division").first()


def first_administrator_invited(*, now: datetime) -> Invitation | None:
    """The link that was made at the terminal and still opens an account."""
    made = Invitation.objects.filter(invited_by=None, accepted_at=None, withdrawn_at=None, expires_at__gt=now)
    return made.order_by("-pk").first()


def open_invitation(invitation: int, *, now: datetime) -> Invitation | None:
    """None when it was accepted, withdrawn, or has expired."""
    rows = Invitation.objects.select_related("agency", "user", "invited_by")
    return rows.filter(pk=invitation, accepted_at=None, withdrawn_at=None, expires_at__gt=now).first()


def may_manage(user: User, invitation: Invitation, *, now: datetime) -> bool:
    """Whether the person may send it again or withdraw it: an OPD its own, Tata Usaha those of OPDs, else all."""
    roles = roles_of(user, now=now)
    if Role.ADMINISTRATOR in roles:
        return True
    if invitation.agency_id is None:
        return False
    return Role.REGISTRAR in roles or user.agency_id == invitation.agency_id
