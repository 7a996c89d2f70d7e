"""What people write into fields: plain text, an employee's number, a telephone number. Every fault is reported at once.

Sources: Unicode Standard Annex 9 (marks that turn the direction of writing), BKN (a NIP has 18 digits: day of birth,
month of appointment, sex, number), ITU-T E.164 (at most 15 digits).
"""

import re
import unicodedata

from panggon.core.errors import Fault

NIP_DIGITS = 18
PHONE_DIGITS = (8, 15)
_TAG = re.compile(r"<[/!?]?[A-Za-z]")
_PHONE = re.compile(r"[0-9 ()+./-]*")
_LINES = frozenset("\n\r\t")


def text_faults(text: str, *, field: str) -> tuple[Fault, ...]:
    """Letters that nobody sees but that change what is read (controls, marks of direction), and what is markup."""
    unseen = sorted({letter for letter in text if _is_unseen(letter)})
    faults = []
    if unseen:
        faults.append(Fault("text.unseen", field, {"characters": tuple(map(_spelled, unseen))}))
    if _TAG.search(text):
        faults.append(Fault("text.markup", field))
    return tuple(faults)


def nip_faults(nip: str, *, field: str) -> tuple[Fault, ...]:
    """Of a NIP without its spaces; an empty one is none."""
    if not nip:
        return ()
    if not (nip.isascii() and nip.isdecimal()):
        return (Fault("person.nip_letters", field),)
    if len(nip) != NIP_DIGITS:
        return (Fault("person.nip_length", field, {"length": len(nip), "digits": NIP_DIGITS}),)
    return ()


def phone_faults(phone: str, *, field: str) -> tuple[Fault, ...]:
    if not phone:
        return ()
    if not _PHONE.fullmatch(phone):
        return (Fault("person.phone_letters", field),)
    least, most = PHONE_DIGITS
    count = sum(letter.isdigit() for letter in phone)
    if not least <= count <= most:
        return (Fault("person.phone_length", field, {"length": count, "least": least, "most": most}),)
    return ()


def plain_nip(nip: str) -> str:
    """As people write it in groups (`19800101 200501 1 001`), without the spaces."""
    return "".join(nip.split())


def _is_unseen(letter: str) -> bool:
    return letter not in _LINES and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _spelled(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()
