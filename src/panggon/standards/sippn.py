"""The sheet for SIPPN, the national catalogue of public services: its fields, to be copied there by hand.

Source: the published pages of sippn.menpan.go.id, which show these fields in this order. The form behind them was not
seen, and no interface for programs is known.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override

from panggon.core.standards.contacts import Channel, Contact, printed_rows
from panggon.labels import CHANNEL_LABELS
from panggon.office.selectors import office
from panggon.office.values import Contacts, Standard
from panggon.standards.words import PRINTED


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    title: str
    text: str

    @property
    def rows(self) -> int:
        """How many lines the text needs on a page that is not too narrow."""
        return min(sum(1 + len(line) // 70 for line in self.text.splitlines()) or 1, 20)


def fields_of_sippn() -> tuple[Field, ...]:
    """Word for word as the standard says them; SIPPN is Indonesian, whoever copies there."""
    with override("id"):
        return _fields()


def as_text(fields: tuple[Field, ...]) -> str:
    """The sheet as a plain text file."""
    return "\r\n\r\n".join(f"{field.title}\r\n{_crlf(field.text)}" for field in fields) + "\r\n"


# ------------------------------------------------------------------------------------------------------------------


def _fields() -> tuple[Field, ...]:
    dinas = office()
    said = dinas.standard
    texts = {
        "requirements": _numbered(said.requirements),
        "steps": _numbered(said.steps),
        "completion": said.completion,
        "fee": said.fee,
        "products": _numbered(said.products),
        "complaints": _complaints(said, dinas.contacts),
    }
    return (
        Field("service", _("Nama pelayanan"), said.service),
        Field("agency", _("Instansi"), f"{dinas.letterhead.government} / {dinas.letterhead.name}"),
        Field("decree", _("No. SK"), said.decree_number),
        *(Field(key, str(title), texts[key]) for key, title in PRINTED.items()),
    )


def _crlf(text: str) -> str:
    return "\r\n".join(text.splitlines())


def _numbered(lines: tuple[str, ...]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def _complaints(said: Standard, contacts: Contacts) -> str:
    """The channels as the SK prints them; what cannot be reached is followed by what can."""
    channels = tuple(_channel(channel, found) for channel, found in printed_rows(contacts.rows))
    return "\n".join(
        ("a. Permohonan Tak Langsung", _numbered(channels), "b. Permohonan Langsung.", _numbered(said.complaint_steps))
    )


def _channel(channel: Channel, contacts: tuple[Contact, ...]) -> str:
    if channel is Channel.OFFICER:
        words = "; ".join(f"{contact.person}, No HP : {_reached(contact)}" for contact in contacts)
    else:
        words = " ; ".join(map(_reached, contacts))
    return f"{CHANNEL_LABELS[channel]} : {words}"


def _reached(contact: Contact) -> str:
    return f"{contact.printed} ({contact.working})" if contact.working else contact.printed
