"""The main menu: one line a page that people may go to from everywhere, and for whom it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from panggon.core.vocabulary import Role
from panggon.people import selectors as people

Roles = frozenset[Role]


@dataclass(frozen=True, slots=True)
class Item:
    """`view` is the name of the page, `icon` one of the sprite; `shown` looks at the roles of who is signed in."""

    view: str
    words: Any
    icon: str
    shown: Callable[[Roles], bool]


def everybody(_roles: Roles) -> bool:
    return True


def having(*roles: Role) -> Callable[[Roles], bool]:
    return lambda held: not held.isdisjoint(roles)


SIGNED_IN: tuple[Item, ...] = (
    Item("cases:home", _("Menunggu saya"), "home", everybody),
    Item("public:track", _("Lacak"), "search", everybody),
)
VISITOR: tuple[Item, ...] = (
    Item("public:track", _("Lacak permohonan"), "search", everybody),
    Item("account_login", _("Masuk"), "login", everybody),
)


def menu(request: HttpRequest) -> dict[str, Any]:
    """The items of this person, for the base template."""
    return {"menu": SimpleLazyObject(lambda: _items(request))}


def _items(request: HttpRequest) -> list[Item]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return list(VISITOR)
    roles = people.roles_of(user)
    return [item for item in SIGNED_IN if item.shown(roles)]
