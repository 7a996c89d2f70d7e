from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from panggon.people.models import User
from panggon.questions import Among, Given, question
from panggon.signin.models import Braked, ClientKey, Visit

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def sessions_of(user: User) -> list[UserSession]:
    """The sessions in which the person is signed in, the last used first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return list(UserSession.objects.filter(user=user, session_key__in=alive).order_by("-last_seen_at"))


def factors_of(user: User) -> QuerySet[Authenticator]:
    """What the person may have to give besides the password, the oldest first."""
    return Authenticator.objects.filter(user=user).order_by("created_at", "pk")


def codes_left(user: User) -> int:
    """How many recovery codes were not used yet."""
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(codes.wrap().get_unused_codes()) if codes else 0


def client_keys(*, now: datetime) -> list[ClientKey]:
    """The key that signs, then those that will; without the former ones."""
    keys = list(ClientKey.objects.order_by("signs_from", "pk"))
    started = [key for key in keys if key.signs_from <= now]
    return started[-1:] + [key for key in keys if key.signs_from > now]


def visits_of(user: User) -> QuerySet[Visit]:
    """What happened at the door of the account, the newest first."""
    return Visit.objects.filter(user=user)


def has_second_factor(user: User) -> bool:
    return bool(_second_factors(user=user.pk))


def braked(keys: Iterable[str]) -> list[Braked]:
    """What was counted under these keys."""
    return _braked(keys=list(keys))


# ------------------------------------------------------------------------------------------------------------------


@question
def _second_factors() -> QuerySet[Authenticator, tuple[int]]:
    return Authenticator.objects.filter(user=Given("user"), type__in=SECOND_FACTORS).values_list("pk")[:1]


@question
def _braked() -> QuerySet[Braked]:
    return Braked.objects.filter(key=Among(Given("keys")))
