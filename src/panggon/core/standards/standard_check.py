"""Where the words of the service standard say otherwise than the system does: for the administrator to mend.

Nothing here is decided for anybody: a standard is quoted word for word, also where it is wrong.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from panggon.core.errors import Fault
from panggon.core.standards.contacts import Channel, Contact

TIME = re.compile(r"(\d+)\s*(hari\s+kerja|hari|jam|menit|minggu|bulan)?", re.IGNORECASE)
MONEY = re.compile(r"\bRp\b|\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What the documents say; `decree` and `contacts` are empty where a city has not told its own. `unset` are
    components without words, `untranslated` fields without English ones.
    """

    completion: str
    fee: str
    contacts: tuple[Contact, ...]
    decree: str
    unset: tuple[str, ...] = ()
    untranslated: tuple[str, ...] = ()
    pledge_day: date | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What the system does: `officers` hold the post Pejabat Pengaduan, `head` is Kepala Dinas now, `pledged_by` who
    was on the day of the pledge.
    """

    working_days: int
    share_total: int
    officers: Collection[str] = ()
    head: str = ""
    pledged_by: str = ""


def contradictions(said: Said, done: Done) -> tuple[Fault, ...]:
    """Everything to be looked at, the gravest first; `field` names the group of settings in which it is mended."""
    return (
        *_nobodys(said),
        *_time(said, done),
        *_fee(said),
        *_contacts(said, done),
        *_pledge(said, done),
        *_gaps(said),
    )


def _nobodys(said: Said) -> Iterator[Fault]:
    if not said.contacts:
        yield Fault("contacts.none", "contacts")
    if not said.decree:
        yield Fault("standard.no_decree", "standard")


def _time(said: Said, done: Done) -> Iterator[Fault]:
    found = TIME.search(said.completion)
    unit = re.sub(r"\s+", " ", (found[2] or "").lower()) if found else ""
    facts = {"said": said.completion, "counted": done.working_days}
    if found is None:
        yield Fault("standard.time_without_number", "standard", facts)
    elif unit != "hari kerja":
        yield Fault("standard.time_unit", "standard", facts)
    elif int(found[1]) != done.working_days:
        yield Fault("standard.time", "standard", facts)
    if done.share_total != 100:
        yield Fault("standard.shares", "", {"total": done.share_total})


def _fee(said: Said) -> Iterator[Fault]:
    if MONEY.search(said.fee):
        yield Fault("standard.fee", "standard", {"said": said.fee})


def _contacts(said: Said, done: Done) -> Iterator[Fault]:
    for contact in said.contacts:
        if contact.broken:
            code = "contact.replaced" if contact.working else "contact.broken"
            facts = {"channel": contact.channel, "printed": contact.printed, "reason": contact.fault}
            yield Fault(code, "contacts", facts)
    named = [contact.person for contact in said.contacts if contact.channel is Channel.OFFICER and contact.person]
    if not done.officers:
        yield Fault("officer.none", "contacts")
    for person in named:
        if done.officers and not any(_same(person, officer) for officer in done.officers):
            yield Fault("officer.other", "contacts", {"printed": person, "now": ", ".join(sorted(done.officers))})


def _pledge(said: Said, done: Done) -> Iterator[Fault]:
    if said.pledge_day is None:
        yield Fault("pledge.undated", "pledge")
    elif not done.pledged_by:
        yield Fault("pledge.nobody", "pledge", {"day": said.pledge_day})
    elif done.head and done.head != done.pledged_by:
        yield Fault("pledge.former", "pledge", {"by": done.pledged_by, "now": done.head})


def _gaps(said: Said) -> Iterator[Fault]:
    for name in said.unset:
        yield Fault("component.unset", "components", {"name": name})
    if said.untranslated:
        yield Fault("standard.untranslated", "standard", {"names": said.untranslated})


def _same(one: str, other: str) -> bool:
    """Whether two ways of writing a name are one person's: titles and degrees left away."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> tuple[str, ...]:
    words = re.findall(r"[^\W\d_]+(?!\.)\b", name.partition(",")[0])
    return tuple(word.lower() for word in words)
