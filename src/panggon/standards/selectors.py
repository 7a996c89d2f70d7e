"""The documents as they are now or were, in the reader's language, and what is to be looked at in them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import get_language

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault
from panggon.core.people.acting import ACTING_LABELS, ActingKind
from panggon.core.standards.contacts import Channel, Contact, printed_rows
from panggon.core.standards.standard_check import Done, Said, contradictions
from panggon.office import selectors as offices
from panggon.office.selectors import Published, office
from panggon.office.values import ENGLISH, Components, Contacts, Document, Group, Pledge, Standard, in_language
from panggon.people import selectors as people
from panggon.schedule import selectors as schedule
from panggon.standards.words import COMPONENTS, FIRST_OF_THE_EIGHT, PRINTED

PEOPLE_COUNTED = (Role.HEAD, Role.REGISTRAR, Role.DIVISION_HEAD, Role.TECHNICIAN, Role.COMPLAINTS_OFFICER)


@dataclass(frozen=True, slots=True)
class Component:
    """One of the fourteen. `lines` is empty where nothing is set; `ordered`: its lines are steps."""

    number: int
    key: str
    title: Any
    lines: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A service standard whole: the groups of settings that it consists of, in one language."""

    standard: Standard
    components: Components
    contacts: Contacts

    @property
    def delivery(self) -> tuple[Component, ...]:
        """The first five of the six that are published to users; the sixth, complaints, is more than lines."""
        said = self.standard
        lines = (said.requirements, said.steps, (said.completion,), (said.fee,), said.products)
        return tuple(
            Component(number, key, title, part, ordered=key in ("requirements", "steps", "products"))
            for number, ((key, title), part) in enumerate(zip(PRINTED.items(), lines, strict=False), start=1)
        )

    @property
    def management(self) -> tuple[Component, ...]:
        """The eight of how the service is made."""
        return tuple(
            Component(number, key, title, self._lines(key))
            for number, (key, title) in enumerate(COMPONENTS.items(), start=FIRST_OF_THE_EIGHT)
        )

    @property
    def channels(self) -> tuple[tuple[Channel, tuple[Contact, ...]], ...]:
        return printed_rows(self.contacts.rows)

    def _lines(self, key: str) -> tuple[str, ...]:
        lines: tuple[str, ...] = getattr(self.components, key)
        return (*lines, *filter(None, [self.standard.decree])) if key == "legal_basis" else lines


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs for the department on a day: the holder of the post, or who acts in it. Their NIP is not published."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Version:
    """Which edition of a document this is; `at` None: from before its first change."""

    number: int
    at: datetime | None
    is_newest: bool


def content(values: Mapping[Group, Any] | None = None) -> Content:
    """The standard as it is now, or of these groups, in the reader's language."""
    now, language = office(), get_language() or "id"
    groups = {group: now.of(group) for group in (Group.STANDARD, Group.COMPONENTS, Group.CONTACTS)} | dict(values or {})
    standard, components, contacts = groups[Group.STANDARD], groups[Group.COMPONENTS], groups[Group.CONTACTS]
    return Content(in_language(standard, language), in_language(components, language), contacts)


def pledge(value: Pledge | None = None) -> Pledge:
    said: Pledge = in_language(value or office().pledge, get_language() or "id")
    return said


def versions(document: Document) -> tuple[Version, ...]:
    """Every edition, the newest first; the one that nobody has changed yet is the first."""
    known = offices.editions(document)
    if not known:
        return (Version(1, None, is_newest=True),)
    return tuple(Version(number, at, number == known[0][0]) for number, at in known)


def edition(document: Document, number: int) -> Published | None:
    return offices.edition(document, number)


def signer_on(day: str, *, now: datetime) -> Signer | None:
    """The Kepala Dinas of a day (ISO 8601), or of today where none is said; None: nobody was."""
    today = localdate(now)
    said = date.fromisoformat(day) if day else today
    hands = people.hands_of(Role.HEAD, now=now) if said >= today else people.hands_on(Role.HEAD, said)
    if hands is None:
        return None
    acting = f"{ACTING_LABELS[ActingKind(hands.acting.kind)]} " if hands.acting else ""
    return Signer(hands.user.full_name, f"{acting}Kepala {office().letterhead.name}")


def counted_people(*, now: datetime) -> tuple[tuple[Role, int], ...]:
    """How many hold each post of the service now."""
    held = people.people_in_posts(now=now)
    return tuple((role, held.get(role, 0)) for role in PEOPLE_COUNTED)


def findings(*, now: datetime) -> tuple[Fault, ...]:
    """Where the documents say otherwise than the system does, or say nothing yet."""
    dinas = office()
    day = dinas.pledge.day
    head, pledged_by = signer_on("", now=now), signer_on(day, now=now) if day else None
    said = Said(
        completion=dinas.standard.completion,
        fee=dinas.standard.fee,
        contacts=dinas.contacts.rows,
        decree=dinas.standard.decree,
        unset=tuple(key for key in COMPONENTS if not getattr(dinas.components, key)),
        untranslated=_untranslated(dinas.standard),
        pledge_day=date.fromisoformat(day) if day else None,
    )
    done = Done(
        working_days=dinas.standard.working_days,
        share_total=sum(schedule.step_shares().values()),
        officers=[user.full_name for user in people.holders_of(Role.COMPLAINTS_OFFICER, now=now)],
        head=head.name if head else "",
        pledged_by=pledged_by.name if pledged_by else "",
    )
    return contradictions(said, done)


# ------------------------------------------------------------------------------------------------------------------


def _untranslated(standard: Standard) -> tuple[str, ...]:
    names = [field.name.removesuffix(ENGLISH) for field in fields(standard) if field.name.endswith(ENGLISH)]
    return tuple(name for name in names if not getattr(standard, name + ENGLISH))
