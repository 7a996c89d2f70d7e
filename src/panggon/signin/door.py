"""Which brakes a try at the door has to pass: a known device has its own, strangers share theirs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.core.people.brakes import ACCESS_CODE, CODE, COMPLAINT, FOLLOW, NETWORK, PASSWORD, RESET, TRACKING, VERIFY
from panggon.people.models import User
from panggon.signin import clients, services


@dataclass(frozen=True, slots=True)
class Try:
    """After a success `own` is forgotten; of `shared` only this one try is taken back, or guessers would wipe out
    their failures with a success of their own.
    """

    own: tuple[services.Guess, ...] = ()
    shared: tuple[services.Guess, ...] = ()


def user_named(login: str) -> User | None:
    """The account of a user name or e-mail address; PostgreSQL knows no NUL."""
    if "\0" in login:
        return None
    return User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).first()


def password_try(request: HttpRequest, login: str, user: User | None) -> Try:
    """One password for one account. On a device that is known to the account, nobody else's failures count."""
    mark = clients.known_device(request, user) if user else ""
    account = str(user.pk) if user else login.lower()
    if mark:
        return Try(own=((PASSWORD, f"{account}:device:{mark}"),))
    network = clients.network_of(request)
    return Try(own=((PASSWORD, f"{account}:network:{network}"),), shared=((NETWORK, network),))


def code_try(request: HttpRequest, user: User) -> Try:
    """One code of the second factor: all devices that are not known to the account share the tries."""
    mark = clients.known_device(request, user)
    return Try(own=((CODE, f"{user.pk}:device:{mark}" if mark else f"{user.pk}:strangers"),))


def reset_try(request: HttpRequest) -> Try:
    return Try(shared=((RESET, f"network:{clients.network_of(request)}"),))


def tracking_try(request: HttpRequest) -> Try:
    """A number and code of a case."""
    return Try(shared=((TRACKING, clients.network_of(request)),))


def access_code_try(user: User, thing: str) -> Try:
    """The code on the access document of one case."""
    return Try(own=((ACCESS_CODE, f"{user.pk}:{thing}"),))


def follow_try(request: HttpRequest) -> Try:
    return Try(shared=((FOLLOW, clients.network_of(request)),))


def complaint_try(request: HttpRequest) -> Try:
    return Try(shared=((COMPLAINT, clients.network_of(request)),))


def verify_try(request: HttpRequest) -> Try:
    return Try(shared=((VERIFY, clients.network_of(request)),))


def mail_try(user: User) -> Try:
    """Mails to one account: nobody can fill its box; the link in the last one still works."""
    return Try(shared=((RESET, f"account:{user.pk}"),))


class Held(ValidationError):  # noqa: N818 (it is no error of the program)
    """A brake holds until this moment."""

    def __init__(self, until: datetime) -> None:
        super().__init__(held_words(until))
        self.until = until


@contextmanager
def braked(attempt: Try) -> Iterator[Callable[[], None]]:
    """Counts the try; the block calls what it is given when the try was right.

    Raises `Held` with the time at which it may be tried again, when a brake holds.
    """
    until = services.count_failure((*attempt.own, *attempt.shared), at=timezone.now())
    if until:
        raise Held(until)

    def was_right() -> None:
        for guess in attempt.own:
            services.forgive(*guess)
        for guess in attempt.shared:
            services.take_back(*guess)

    yield was_right


def refuse_held(attempt: Try) -> None:
    """Raises `Held` when a brake holds; counts nothing, so that it is for what nobody can guess by trying at once."""
    until = services.held_until((*attempt.own, *attempt.shared), at=timezone.now())
    if until:
        raise Held(until)


def held_words(until: datetime) -> str:
    return _("Terlalu banyak percobaan. Silakan coba lagi setelah pukul %(time)s.") % {
        "time": f"{timezone.localtime(until):%H.%M.%S}"
    }
