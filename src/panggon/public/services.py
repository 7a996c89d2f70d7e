"""The only writer of followers: people without an account who are told of the public steps of one case.

Nothing is written to an address before its owner has used the link in the first mail (double opt-in); the links are
signed, so that no secret is kept.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from panggon.cases import selectors as cases
from panggon.core.errors import Fault, InvalidError
from panggon.notify.mail import link
from panggon.notify.retries import MAIL
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.public.models import Follower

SALT = "panggon follower"
CONFIRM_WITHIN = timedelta(hours=48)
ASK_AGAIN_AFTER = timedelta(minutes=10)
# What one address may be asked a day, whatever the cases, so that nobody can flood it; and how many may follow a case.
MOST_ASKED_A_DAY, MOST_FOLLOWERS = 3, 20


@transaction.atomic
def ask(number: str, email: str, *, language: str, at: datetime) -> None:
    """Send a first mail to the address, unless it follows already or was asked often enough: that is told to nobody.

    Raises `InvalidError` `follower.too_many`.
    """
    email, followers = email.lower(), Follower.objects.filter(number=number)
    if Follower.objects.filter(email=email, asked_at__gt=at - timedelta(days=1)).count() >= MOST_ASKED_A_DAY:
        return
    if followers.count() >= MOST_FOLLOWERS and not followers.filter(email=email).exists():
        raise InvalidError((Fault("follower.too_many", "email"),))
    follower, is_new = followers.get_or_create(
        number=number, email=email, defaults={"asked_at": at, "language": language}
    )
    if not is_new and (follower.confirmed_at or follower.asked_at > at - ASK_AGAIN_AFTER):
        return
    follower.asked_at, follower.language = at, language
    follower.save()
    defer("public.ask_follower", queue=MAIL, follower=follower.pk)


def confirm(follower: Follower, *, at: datetime) -> None:
    if follower.confirmed_at is None:
        follower.confirmed_at = at
        follower.save(update_fields=["confirmed_at"])


def follower_to_confirm(token: str) -> Follower | None:
    """None when the link is not ours, too old, or its follower is gone."""
    return _follower(token, max_age=CONFIRM_WITHIN)


def followed(token: str) -> str:
    """The number that the bearer of this link follows; empty when the link is of no use any more."""
    follower = _follower(token)
    return follower.number if follower else ""


def unfollow(token: str) -> str:
    """Erases the follower; the number that was followed."""
    follower = _follower(token)
    if follower is None:
        return ""
    erase(follower)
    return follower.number


def erase(follower: Follower) -> None:
    Follower.objects.filter(pk=follower.pk).delete()


def mark_told(follower: Follower, *, sequence: int) -> None:
    follower.told = sequence
    follower.save(update_fields=["told"])


def forget_old(*, now: datetime) -> int:
    """Erase who never confirmed, and who followed a case that is over for as long as the department keeps them."""
    over = cases.over_since(now - timedelta(days=office().retention.followers_days)).values("number")
    never_confirmed = Q(confirmed_at=None, asked_at__lt=now - CONFIRM_WITHIN)
    return Follower.objects.filter(never_confirmed | Q(number__in=over)).delete()[0]


def tracking_path(number: str) -> str:
    return f"{reverse('public:track')}?{urlencode({'nomor': number, 'kode': cases.token_of(number)})}"


def links_of(follower: Follower) -> dict[str, Any]:
    """The addresses that mails to a follower need."""
    token = signing.dumps(follower.pk, salt=SALT)
    return {
        "confirm_url": link(reverse("public:confirm", args=[token])),
        "unfollow_url": link(reverse("public:unfollow", args=[token])),
        "tracking_url": link(tracking_path(follower.number)),
    }


def _follower(token: str, *, max_age: timedelta | None = None) -> Follower | None:
    try:
        pk = signing.loads(token, salt=SALT, max_age=max_age)
    except signing.BadSignature:
        return None
    return Follower.objects.filter(pk=pk).first()
