"""The main menu: one line a page that people may go to from everywhere, and for whom it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from panggon.complaints import selectors as complaints
from panggon.complaints.parts import PARTS as HANDLERS
from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.procedure import FINDERS
from panggon.incidents import selectors as incidents
from panggon.notify.selectors import unread
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.portal.failed_jobs import failed
from panggon.sites.health import count_in_trouble
from panggon.surveys import selectors as surveys
from panggon.upkeep import selectors as upkeep

Roles = frozenset[Role]
OFFICIALS = frozenset(Role) - {Role.APPLICANT, Role.SYSTEM}


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """`view` is the name of the page, `icon` one of the sprite; `shown` looks at the roles of who is signed in.

    `count` says how many things wait on that page. What is `first` is always in sight, the rest folds into "Menu".
    """

    view: str
    words: Any
    icon: str
    shown: Callable[[Roles], bool]
    count: Callable[[User], int] = lambda _user: 0
    first: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    item: Item
    count: int


@dataclass(frozen=True, slots=True)
class Menu:
    first: tuple[Shown, ...]
    folded: tuple[Shown, ...]

    @property
    def waiting(self) -> tuple[Shown, ...]:
        """What is folded away and waits for this person all the same."""
        return tuple(shown for shown in self.folded if shown.count)


def words_to_read(_user: User) -> int:
    return surveys.to_read().count()


def complaints_to_do(user: User) -> int:
    return complaints.count_to_do(user, now=timezone.now())


def sites_to_do(user: User) -> int:
    return upkeep.to_do(user, now=timezone.now())


def incidents_to_do(user: User) -> int:
    return incidents.count_to_do(user, now=timezone.now())


def machines_to_look_at(_user: User) -> int:
    return count_in_trouble(now=timezone.now())


def jobs_to_run_again(_user: User) -> int:
    return failed().count()


def everybody(_roles: Roles) -> bool:
    return True


def having(*roles: Role) -> Callable[[Roles], bool]:
    return lambda held: not held.isdisjoint(roles)


SIGNED_IN: tuple[Item, ...] = (
    Item("cases:home", _("Menunggu saya"), "home", everybody, first=True),
    Item("notify:notices", _("Pemberitahuan"), "bell", everybody, unread, first=True),
    Item("cases:find", _("Permohonan"), "list-check", everybody, first=True),
    Item("upkeep:sites", _("Situs"), "world", everybody, sites_to_do),
    Item("sites:health", _("Server"), "server", having(Role.TECHNICIAN, Role.ADMINISTRATOR), machines_to_look_at),
    Item("cases:report", _("Laporan"), "chart-bar", having(Role.HEAD, Role.DIVISION_HEAD, Role.ADMINISTRATOR)),
    Item("cases:agenda", _("Buku agenda"), "book", having(Role.REGISTRAR, Role.HEAD, Role.ADMINISTRATOR)),
    Item("papers:register", _("Buku nomor"), "book", having(Role.REGISTRAR, Role.HEAD, Role.ADMINISTRATOR)),
    Item("public:track", _("Lacak"), "search", everybody),
    Item("schedule:now", _("Kalender"), "calendar", having(*OFFICIALS)),
    Item("people:team", _("Rekan"), "user", having(Role.APPLICANT)),
    Item("complaints:list", _("Pengaduan"), "phone", having(*HANDLERS), complaints_to_do),
    Item("incidents:list", _("Insiden"), "alert-triangle", having(*FINDERS), incidents_to_do),
    Item("surveys:review", _("Saran survei"), "pencil", having(Role.COMPLAINTS_OFFICER), words_to_read),
    Item("people:agencies", _("OPD"), "building", having(Role.REGISTRAR, Role.ADMINISTRATOR)),
    Item("administration", _("Pengaturan"), "settings", having(Role.ADMINISTRATOR), jobs_to_run_again),
)
VISITOR: tuple[Item, ...] = (
    Item("public:track", _("Lacak permohonan"), "search", everybody, first=True),
    Item("complaints:start", _("Pengaduan"), "phone", everybody, first=True),
    Item("public:verify", _("Periksa naskah"), "file-text", everybody),
    Item("account_login", _("Masuk"), "login", everybody, first=True),
)


def menu(request: HttpRequest) -> dict[str, Any]:
    """The items of this person, for the base template."""
    return {"menu": SimpleLazyObject(lambda: _menu(request))}


def _menu(request: HttpRequest) -> Menu:
    items = _items(request)
    first, folded = (tuple(shown for shown in items if shown.item.first is first) for first in (True, False))
    return Menu(first, folded)


def _items(request: HttpRequest) -> list[Shown]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return [Shown(item, 0) for item in VISITOR]
    roles = people.roles_of(user, now=timezone.now())
    return [Shown(item, item.count(user)) for item in SIGNED_IN if item.shown(roles)]
