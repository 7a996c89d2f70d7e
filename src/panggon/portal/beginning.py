"""`panggon init`: what a new city has to say before its first request, checked and written down.

Run again it shows what is there, and changes only what is answered otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault, InvalidError
from panggon.office import services as offices
from panggon.office.forms import GroupForm, form_with
from panggon.office.selectors import office
from panggon.office.values import Group, Office
from panggon.office.words import PAGES, fault_words
from panggon.people import selectors as people
from panggon.people import services as accounts
from panggon.people.models import Invitation
from panggon.portal.answers import FORMS, Document, known_years, settings_under
from panggon.schedule import services as schedule

PACKAGE = Path("/usr/lib/panggon")  # where Debian's package has its programs
BOOTED = Path("/run/systemd/system")  # sd_booted(3)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was answered, checked; without the groups that nobody answered."""

    groups: Mapping[Group, Any]
    division: str = ""
    administrator: Mapping[str, str] = field(default_factory=dict)
    years: tuple[int, ...] = ()


def present(*, now: datetime) -> list[str]:
    """What is there, in words."""
    versions = office().versions
    lines = [f"{PAGES[group].title}: {'sudah diisi' if versions[group] else 'bawaan'}" for group in Group]
    administrators = ", ".join(user.username for user in people.holders_of(Role.ADMINISTRATOR, now=now))
    return [
        *lines,
        f"Administrator: {administrators or 'belum ada'}",
        f"Tahun kalender: {known_years() or 'belum ada'}",
    ]


def check(document: Document) -> Beginning:
    """The answers as values. Raises `InvalidError` with every fault at once, the words in its facts."""
    known = settings_under(document)
    wanted = {group for group in Group if group.value in document} | _unsaid(known)
    groups, faults = {}, []
    for group in sorted(wanted, key=list(Group).index):
        form = form_with(FORMS[group], known.of(group), document.get(group.value, {}))
        if form.is_valid():
            groups[group] = form.value()
        faults += _form_faults(group, form)
    faults += _other_faults(document)
    if faults:
        raise InvalidError(tuple(faults))
    years = tuple(document.get("years", ()))
    return Beginning(groups, document.get("division", ""), document.get("administrator", {}), years)


@transaction.atomic
def begin(answers: Beginning, *, at: datetime) -> list[str]:
    """Write down what was answered otherwise than it is; what came of it, line by line."""
    said = [
        f"{PAGES[group].title}: disimpan"
        for group, value in answers.groups.items()
        if offices.change(group, value, actor=None, at=at)
    ]
    if answers.division and accounts.found_division(answers.division):
        said.append(f"Bidang: {answers.division}")
    if answers.administrator:
        said += _administrator(answers.administrator, now=at)
    new = [year for year in answers.years if str(year) not in known_years().split()]
    if new:
        schedule.seed(new)
        said.append(f"Kalender: {' '.join(map(str, new))}")
    return said


def next_steps(*, now: datetime) -> list[str]:
    """What to do now that the portal knows whose it is."""
    return [
        f"Jalankan {_starting()}.",
        _way_in(now=now),
        "Buka Pengaturan: periksa bunyi standar pelayanan, kontak, logo, dan jam kerja (Kalender; terisi Pekalongan).",
        _mailbox(),
        "Buat akun Tata Usaha, Kepala Dinas, Kepala Bidang, petugas teknis, dan OPD pertama.",
        f"Daftarkan mesin hosting: buat kodenya di Pengaturan › Server hosting, lalu ikuti {_page_of_docs('node.md')}.",
    ]


def _starting() -> str:
    """What starts the portal on this machine: the units of its package where systemd runs them, else the commands."""
    if _is_packaged() and BOOTED.is_dir():
        return "`systemctl enable --now panggon.target`"
    return "`panggon serve`, `panggon serve --nodes`, dan `panggon worker`"


def _is_packaged() -> bool:
    return Path(__file__).is_relative_to(PACKAGE)


def _page_of_docs(name: str) -> str:
    return f"/usr/share/doc/panggon/{name}" if _is_packaged() else f"docs/{name}"


def _mailbox() -> str:
    """Whether complaints by e-mail, a channel of the service standard, arrive by themselves."""
    if settings.PANGGON_IMAP_HOST:
        return f"Pengaturan › Pengaduan lewat email: periksa apakah {settings.PANGGON_IMAP_ADDRESS} sudah terbaca."
    page = _page_of_docs("email.md")
    return f"Pengaduan lewat email belum diambil: isi PANGGON_IMAP_… menurut {page}, lalu mulai ulang portal."


def fault_lines(faults: tuple[Fault, ...]) -> list[str]:
    return [f"{fault.field}: {_said(fault)}" for fault in faults]


def _said(fault: Fault) -> str:
    words = fault.facts.get("words") or fault_words(fault)
    return words if isinstance(words, str) else " ".join(map(str, words))


# ------------------------------------------------------------------------------------------------------------------


def _unsaid(known: Office) -> set[Group]:
    """What is published, and what nobody but the city itself can say: wanted for as long as it is empty."""
    said = {Group.STANDARD: known.standard.decree, Group.CONTACTS: known.contacts.rows}
    return {group for group, words in said.items() if not words}


def _form_faults(group: Group, form: GroupForm) -> list[Fault]:
    faults = [
        Fault("init.field", f"{group}.{name}".removesuffix(".__all__"), {"words": " ".join(map(str, errors))})
        for name, errors in form.errors.items()
    ]
    for number, row in enumerate(getattr(form, "rows", ())):
        faults += [
            Fault("init.field", f"{group}.{number + 1}.{name}", {"words": " ".join(map(str, errors))})
            for name, errors in row.errors.items()
        ]
    return faults


def _other_faults(document: Document) -> list[Fault]:
    known = {group.value for group in Group} | {"division", "administrator", "years"}
    faults = [Fault("init.field", name, {"words": _("tidak dikenal")}) for name in document if name not in known]
    faults += _person_faults(document.get("administrator"))
    if not all(isinstance(year, int) and 2000 <= year <= 2100 for year in document.get("years", ())):
        faults.append(Fault("init.field", "years", {"words": _("bukan daftar tahun")}))
    return faults


def _person_faults(person: Mapping[str, str] | None) -> list[Fault]:
    """An address alone gets a link; else everything has to be there."""
    if person is None:
        return []
    wanted = {"email"} if set(person) == {"email"} else {"login", "name", "email", "password"}
    missing = sorted(wanted - {name for name, words in person.items() if words})
    faults = [Fault("init.field", f"administrator.{name}", {"words": _("wajib diisi")}) for name in missing]
    try:
        validate_email(person.get("email") or "ada@example.go.id")
    except ValidationError as error:
        faults.append(Fault("init.field", "administrator.email", {"words": error.messages}))
    return faults


def _administrator(person: Mapping[str, str], *, now: datetime) -> list[str]:
    """The account with its password, or a link to make it; nothing where the administrator is known already."""
    if "password" not in person:
        return _administrator_by_link(person["email"], now=now)
    login = person["login"]
    user = people.user_named(login)
    if user is None:
        user = accounts.create_account(
            login,
            full_name=person["name"],
            email=person["email"],
            password=person["password"],
            nip=person.get("nip", ""),
        )
    elif user in people.holders_of(Role.ADMINISTRATOR, now=now):
        return []
    accounts.assign_role(user, Role.ADMINISTRATOR)
    return [f"Administrator: {login}"]


def _administrator_by_link(email: str, *, now: datetime) -> list[str]:
    user = people.account_of(email)
    if user in people.holders_of(Role.ADMINISTRATOR, now=now):
        return []
    if user is not None:
        accounts.assign_role(user, Role.ADMINISTRATOR)
        return [f"Administrator: {user.username}"]
    invitation = accounts.invite_first_administrator(email, at=now)
    until = date_format(localtime(invitation.expires_at), "j F Y, H.i")
    return [f"Tautan untuk {email}, berlaku satu kali sampai {until} WIB:", f"  {_link_of(invitation)}"]


def _link_of(invitation: Invitation) -> str:
    return settings.PANGGON_BASE_URL + reverse("people:accept", args=[accounts.token_of(invitation)])


def _way_in(*, now: datetime) -> str:
    """How somebody comes to be an administrator who is signed in."""
    administrators = ", ".join(user.username for user in people.holders_of(Role.ADMINISTRATOR, now=now))
    if administrators:
        address = settings.PANGGON_BASE_URL + reverse("account_login")
        return f"{administrators}: masuk di {address}, lalu pasang kode keamanan di ponsel."
    invitation = people.first_administrator_invited(now=now)
    if invitation is None:
        return (
            "Belum ada administrator: jalankan `panggon init` sekali lagi dan jawab emailnya, maka tautannya tercetak."
        )
    return (
        f"{invitation.email}: buka {_link_of(invitation)}, isi nama dan kata sandi, masuk, lalu pasang kode keamanan."
    )
