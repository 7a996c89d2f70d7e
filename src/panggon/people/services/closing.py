"""Closing an account and opening it again: nothing of what the person did is lost."""

from datetime import datetime

from django.db import transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.people.models import Agency, Invitation, User
from panggon.people.services.acting import end_acting
from panggon.people.services.invitations import invite_again
from panggon.people.services.posts import end_posts, lock_posts, posts_in_words, refuse_last_administrator, user_subject


@transaction.atomic
def close_account(user: User, *, actor: User, at: datetime, reason: str = "") -> None:
    """The person cannot come in any more, every session ends, posts and acting posts are given back.

    Events and papers keep the name. Raises `InvalidError` `account.own`, `account.closed`,
    `account.last_administrator`.
    """
    lock_posts()
    user = User.objects.select_for_update().get(pk=user.pk)
    if user == actor:
        raise InvalidError((Fault("account.own"),))
    if not user.is_active:
        raise InvalidError((Fault("account.closed"),))
    posts = list(user.role_assignments.filter(ended_at=None))
    refuse_last_administrator(user, posts=posts)
    before = _values(user)
    for acting in user.acting_posts.filter(ended_at=None, last_day__gte=at.date()):
        end_acting(acting, actor=actor, at=at, reason=reason)
    end_posts(*posts, at=at)
    user.is_active = False
    user.set_unusable_password()  # so that no session comes to life again with the account
    user.save(update_fields=["is_active", "password"])
    record(user_subject(user), before=before, after=_values(user), actor=actor, at=at, reason=reason)


@transaction.atomic
def close_colleague(user: User, *, actor: User, at: datetime) -> None:
    """An OPD closes an account of its own people.

    Raises as `close_account`, and `account.of_another_agency`, `account.last_of_agency`.
    """
    if actor.agency_id is None or user.agency_id != actor.agency_id:
        raise InvalidError((Fault("account.of_another_agency"),))
    Agency.objects.select_for_update().get(pk=actor.agency_id)
    if not User.objects.filter(agency=actor.agency_id, is_active=True).exclude(pk=user.pk).exists():
        raise InvalidError((Fault("account.last_of_agency"),))
    if not User.objects.filter(pk=actor.pk, is_active=True).exists():  # closed by a colleague a moment ago
        raise InvalidError((Fault("account.closed"),))
    close_account(user, actor=actor, at=at)


@transaction.atomic
def reopen_account(user: User, *, actor: User, at: datetime) -> Invitation:
    """Opens the account again without any post; the person sets a new password by a link. Raises `account.open`."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise InvalidError((Fault("account.open"),))
    before = _values(user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(user_subject(user), before=before, after=_values(user), actor=actor, at=at)
    return invite_again(user, actor=actor, at=at)


# ------------------------------------------------------------------------------------------------------------------


def _values(user: User) -> dict[str, object]:
    return {"open": user.is_active, "posts": posts_in_words(user)}
