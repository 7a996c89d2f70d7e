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


def text_faults(text: str, *, field: str, lines: bool = True) -> tuple[Fault, ...]:
    """Letters that nobody sees, and what is markup. `lines`: the text may have more than one."""
    return (*unseen_faults(text, field=field, lines=lines), *_markup_faults(text, field))


def unseen_faults(text: str, *, field: str, lines: bool = True) -> tuple[Fault, ...]:
    found = unseen(text, lines=lines)
    return (Fault("text.unseen", field, {"characters": found}),) if found else ()


def unseen(text: str, *, lines: bool) -> tuple[str, ...]:
    """The letters that nobody sees but that change what is read (controls, marks of direction), spelled out."""
    allowed = _LINES if lines else frozenset()
    return tuple(map(_spelled, sorted({letter for letter in text if _is_unseen(letter) and letter not in allowed})))


def plain_name(text: str) -> str:
    """A name as it is compared and kept: one form of each letter (UAX 15), single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def is_name(text: str) -> bool:
    """Whether all that reads as a letter is a Latin one, so that no name looks like another (UTS 39); and no markup."""
    strange = (letter for letter in text if letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN"))
    return not (any(strange) or set(text) & {"<", ">"})


def sentence(words: str) -> str:
    """What people wrote, to be put before another sentence: it ends like one."""
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


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


def _markup_faults(text: str, field: str) -> tuple[Fault, ...]:
    return (Fault("text.markup", field),) if _TAG.search(text) else ()


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _spelled(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()
