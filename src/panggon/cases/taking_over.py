"""The hand-over of a site's access: one named person is invited, and takes it over with the code on the paper.

Every use is kept in the log of changes under `subject_of`: sent, taken over, refused, keys and password set.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac

from panggon.audit.services import record
from panggon.cases.models import AccessInvitation, Case
from panggon.core.cases.access_codes import code_of, fits
from panggon.core.errors import Fault, InvalidError
from panggon.core.node.logs.logins import Way
from panggon.core.notify.messages import MessageKind
from panggon.outbox import defer
from panggon.papers.dates import moment_words
from panggon.people import services as people
from panggon.people.models import User
from panggon.people.services import Letter
from panggon.sites import services as sites
from panggon.sites.models import Site

LIFE = timedelta(days=7)
WAYS = {Way.PASSWORD: "kata sandi", Way.KEY: "kunci SSH", Way.NONE: "–"}
SALT = "panggon.cases.access_code"


def subject_of(case: Case) -> str:
    """Under which the log of changes keeps what became of a site's access."""
    return f"cases.access:{case.pk}"


def code(case: Case) -> str:
    """What the access document prints. Drawn from the installation's key, so that it need not be kept."""
    return _drawn(case, settings.SECRET_KEY)


def admin_of(case: Case) -> tuple[str, str]:
    """Name and address of the admin teknis: as the request says, else its contact, else the person who asked."""
    if case.admin_email:
        return case.admin_name or case.admin_email, case.admin_email
    if case.contact_email:
        return case.contact_name or case.contact_email, case.contact_email
    if case.applicant.agency_id == case.agency_id:
        return case.applicant.full_name, case.applicant.email
    return case.admin_name or case.contact_name, ""


def newest(case: Case) -> AccessInvitation | None:
    return case.access_invitations.select_related("used_by", "made_by").last()


def holder_of(case: Case) -> User | None:
    """Who has taken the access over, the last time that somebody did."""
    used = case.access_invitations.filter(used_at__isnull=False).select_related("used_by").last()
    return used.used_by if used else None


def is_open(invitation: AccessInvitation | None, *, now: datetime) -> bool:
    return invitation is not None and invitation.used_at is None and invitation.expires_at > now


def is_for(invitation: AccessInvitation | None, user: User) -> bool:
    return invitation is not None and invitation.email.lower() == user.email.lower()


def first_login(site: Site) -> str:
    """When the owner came in first and how, as the machine recorded it; empty before that."""
    first = site.first_login
    return f"{moment_words(datetime.fromisoformat(first['at']))}, dengan {WAYS[first['way']]}" if first else ""


@transaction.atomic
def invite(case_id: int, *, name: str, email: str, actor: User | None, at: datetime, reason: str = "") -> None:
    """Invite this person by mail, for seven days; an older invitation of the case is worth nothing any more.

    Whoever has no account of the OPD gets the way to one in the same mail. Raises `InvalidError`
    `access.elsewhere` for an account that was closed or is of somebody else than the OPD.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("agency", "site").get(pk=case_id)
    letter = Letter(case.letter_number, case.letter_date, case.number)
    try:
        account = people.invite_admin(email, case.agency, letter=letter, actor=actor, at=at)
    except InvalidError as error:
        raise InvalidError((Fault("access.elsewhere", "email"),)) from error
    before = newest(case)
    invitation = case.access_invitations.create(name=name, email=email, made_by=actor, made_at=at, expires_at=at + LIFE)
    after = {"sent": email, "until": invitation.expires_at.isoformat()}
    former = {"sent": before.email, "until": before.expires_at.isoformat()} if before else None
    record(subject_of(case), before=former, after=after, actor=actor, at=at, reason=reason)
    facts = {
        "name": name or email,
        "host": case.host,
        "until": invitation.expires_at.isoformat(),
        "path": reverse("cases:access", args=[case.number]),
        "invitation": account.pk if account else None,
    }
    defer("notify.write", kind=MessageKind.ACCESS.value, reference=f"access:{case.pk}", to=email, facts=facts)


def refuse_wrong_code(case: Case, typed: str, *, user: User, at: datetime) -> None:
    """Raises `InvalidError` `access.code`, and keeps that somebody tried: outside of any transaction."""
    if fits(typed, [_drawn(case, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]):
        return
    record(subject_of(case), before={}, after={"code": "refused"}, actor=user, at=at)
    raise InvalidError((Fault("access.code", "code"),))


@transaction.atomic
def take_over(
    case_id: int, *, user: User, ssh_keys: tuple[str, ...] | None, password: str | None, at: datetime
) -> None:
    """Use up the open invitation of this person and set keys or password in one go. The code was looked at before.

    Raises `InvalidError` `access.over`, `access.nothing` and what `set_access` refuses: then nothing is used up.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("site").get(pk=case_id)
    invitation = newest(case)
    if not is_open(invitation, now=at) or not is_for(invitation, user):
        raise InvalidError((Fault("access.over"),))
    if not password and not (case.site.ssh_keys if ssh_keys is None else ssh_keys):
        raise InvalidError((Fault("access.nothing", "password"),))
    former = holder_of(case)
    invitation.used_by, invitation.used_at = user, at
    invitation.save(update_fields=["used_by", "used_at"])
    before = {"holder": former.full_name} if former else None
    record(subject_of(case), before=before, after={"holder": user.full_name}, actor=user, at=at)
    set_access(case, user=user, ssh_keys=ssh_keys, password=password, at=at)


@transaction.atomic
def set_access(
    case: Case,
    *,
    user: User,
    ssh_keys: tuple[str, ...] | None,
    password: str | None,
    new_database_password: bool = False,
    at: datetime,
) -> None:
    """Keys and passwords by whoever holds the access. Raises what `sites.services.set_access` raises."""
    before = {"keys": len(case.site.ssh_keys)}
    sites.set_access(
        case.site.pk, ssh_keys=ssh_keys, password=password, new_database_password=new_database_password, at=at
    )
    case.site.refresh_from_db(fields=["ssh_keys", "password_fingerprint"])
    after: dict[str, object] = {"keys": len(case.site.ssh_keys)}
    if password is not None:
        after["password"] = case.site.password_fingerprint[:12]
    if new_database_password:
        after["database"] = True
    if ssh_keys is not None or password is not None or new_database_password:
        record(subject_of(case), before=before, after={**after, "set": True}, actor=user, at=at)


# ------------------------------------------------------------------------------------------------------------------


def _drawn(case: Case, key: str | bytes) -> str:
    return code_of(salted_hmac(SALT, case.number, secret=key, algorithm="sha256").digest())
