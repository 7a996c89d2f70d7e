"""Who is at the other end: address, network, and whether this device has signed in to an account before."""

import hashlib
import ipaddress
import secrets

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from panggon.people.models import User

KNOWN_SECONDS = 180 * 24 * 3600
_SALT = "panggon.signin.known-device"


def address_of(request: HttpRequest) -> str:
    """The client's address. Behind proxies it is what the outermost of our own proxies saw: PANGGON_PROXIES of them."""
    return str(get_adapter(request).get_client_ip(request))


def network_of(request: HttpRequest) -> str:
    """What one client can hardly change: an IPv4 address, of IPv6 the /64."""
    address = ipaddress.ip_address(address_of(request))
    prefix = 64 if address.version == 6 else 32
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))


def device_of(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:200]


def known_device(request: HttpRequest, user: User) -> str:
    """The mark of a device in which this account was signed in before; empty for any other."""
    try:
        return str(signing.loads(request.COOKIES.get(_cookie(user), ""), salt=_salt(user), max_age=KNOWN_SECONDS))
    except signing.BadSignature:
        return ""


def remember_device(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    mark = known_device(request, user) or secrets.token_urlsafe(16)
    response.set_cookie(
        _cookie(user),
        signing.dumps(mark, salt=_salt(user)),
        max_age=KNOWN_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _salt(user: User) -> str:
    """The cookie of one account says nothing about another; a new password makes every device unknown again."""
    return f"{_SALT}:{user.pk}:{user.password}"


def _cookie(user: User) -> str:
    mark = hashlib.sha256(f"{settings.SECRET_KEY}:{user.pk}".encode()).hexdigest()[:12]
    return f"{settings.PANGGON_COOKIE_PREFIX}perangkat-{mark}"
