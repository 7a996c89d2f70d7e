"""Which host names may be given out. Every fault is reported at once; nothing is repaired in silence.

Sources: RFC 1035 section 2.3.4 (63 and 253 octets), RFC 1123 section 2.1 (letters, digits, hyphen), RFC 5891 section
4.2.3.1 (hyphens in the third and fourth place mark encoded names).
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from string import ascii_lowercase, digits

from panggon.core.errors import Fault, InvalidError

LABEL_LENGTH = 63
HOST_LENGTH = 253
HTTPS = 443  # its port
LETTERS = frozenset(ascii_lowercase + digits + "-")
PUNYCODE = "xn--"

# Names that machines or people take for infrastructure: whoever holds one can receive what was meant for another.
_INFRASTRUCTURE = """
    admin administrator api autoconfig autodiscover broadcasthost cpanel dns ftp gateway hostmaster imap isatap
    localhost localdomain mail mta-sts mx ns panel panggon pop pop3 postmaster proxy root sftp smtp ssh ssl sso vpn
    webdisk webmail webmaster whm wpad www
"""
RESERVED = frozenset(_INFRASTRUCTURE.split())
NUMBERED = re.compile(r"(dns|mail|mx|ns|smtp|www)[0-9]+")

# Words of gambling pages, the usual loot of a go.id name; the short ones only as words of their own (`judisial`).
GAMBLING_ANYWHERE = (
    "casino",
    "gacor",
    "jackpot",
    "judionline",
    "kasino",
    "maxwin",
    "sbobet",
    "slotonline",
    "togel",
)
GAMBLING_WORDS = frozenset({"judi", "poker", "slot"})


def normalise(name: str) -> str:
    """Upper-case ASCII in lower case. Other letters stay: `str.lower` turns the Kelvin sign into a plain k."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def label_faults(
    label: str,
    *,
    taken: Collection[str] = frozenset(),
    retired: Collection[str] = frozenset(),
    reserved: Collection[str] = frozenset(),
) -> tuple[Fault, ...]:
    """What keeps a name from being given to a site.

    `taken` and `retired` are labels in the same zone, `reserved` those that the city keeps for itself beside ours.
    """
    name = normalise(label)
    return (*_syntax_faults(name), *_policy_faults(name, taken=taken, retired=retired, reserved=reserved))


def doubtful_words(label: str, words: Collection[str]) -> tuple[str, ...]:
    """Those of the city's words of warning that a name holds: a person should look, nothing is refused."""
    name = normalise(label)
    return tuple(sorted(word for word in words if word in name))


def host(label: str, zone: str) -> str:
    """The full host name. Raises `InvalidError` when the label is not exactly one, or the two do not make a name."""
    name = normalise(f"{label}.{zone}")
    faults = (*_syntax_faults(normalise(label)), *host_faults(name))
    if faults:
        raise InvalidError(faults)
    return name


def address(host: str, port: int) -> str:
    """Of a site, for people: the port is said where it is not that of HTTPS itself (RFC 9110, section 4.2.2)."""
    return f"https://{host}/" if port == HTTPS else f"https://{host}:{port}/"


def host_faults(name: str) -> tuple[Fault, ...]:
    """What keeps a string from being a full host name: syntax only, no policy. It may come from a stranger."""
    return tuple(_host_faults(normalise(name)))


def _syntax_faults(name: str) -> Iterator[Fault]:
    if not name:
        yield _fault("empty")
    if len(name) > LABEL_LENGTH:
        yield _fault("too_long", length=len(name), limit=LABEL_LENGTH)
    yield from _letter_faults(name, field="label", letters=LETTERS)
    if name.startswith(PUNYCODE):
        yield _fault("punycode")
    if name.startswith("-"):
        yield _fault("leading_hyphen")
    if name.endswith("-"):
        yield _fault("trailing_hyphen")
    if "--" in name.removeprefix(PUNYCODE):
        yield _fault("double_hyphen")


def _policy_faults(
    name: str, *, taken: Collection[str], retired: Collection[str], reserved: Collection[str]
) -> Iterator[Fault]:
    if name in RESERVED or name in reserved or NUMBERED.fullmatch(name):
        yield _fault("reserved", name=name)
    if name in taken:
        yield _fault("taken", name=name)
    if name in retired:
        yield _fault("retired", name=name)
    for word in _gambling(name):
        yield _fault("gambling", word=word)


def _gambling(name: str) -> list[str]:
    words = {part.rstrip(digits) for part in name.split("-")}
    joined = name.replace("-", "")
    return sorted((words & GAMBLING_WORDS) | {word for word in GAMBLING_ANYWHERE if word in joined})


def _host_faults(name: str) -> Iterator[Fault]:
    if not name:
        yield _fault("empty", field="host")
        return
    if len(name) > HOST_LENGTH:
        yield _fault("too_long", field="host", length=len(name), limit=HOST_LENGTH)
    yield from _letter_faults(name, field="host", letters=LETTERS | {"."})
    labels = name.split(".")
    if "" in labels:
        yield _fault("empty_label", field="host")
    if len(labels) == 1:
        yield _fault("one_label", field="host")
    if labels[-1].isdecimal():
        yield _fault("address", field="host")
    for label in labels:
        if len(label) > LABEL_LENGTH:
            yield _fault("label_too_long", field="host", label=label, length=len(label), limit=LABEL_LENGTH)
        if label.startswith("-") or label.endswith("-"):
            yield _fault("outer_hyphen", field="host", label=label)


def _letter_faults(name: str, *, field: str, letters: frozenset[str]) -> Iterator[Fault]:
    wrong = sorted(set(name) - letters)
    ascii_ones = tuple(_spelled(letter) for letter in wrong if letter.isascii())
    foreign = tuple(_spelled(letter) for letter in wrong if not letter.isascii())
    if ascii_ones:
        yield _fault("bad_character", field=field, characters=ascii_ones)
    if foreign:
        yield _fault("not_ascii", field=field, characters=foreign)


def _spelled(letter: str) -> str:
    """`U+0430 CYRILLIC SMALL LETTER A`: what looks like a Latin letter has to be named to be seen."""
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()


def _fault(rule: str, *, field: str = "label", **facts: object) -> Fault:
    return Fault(f"{field}.{rule}", field=field, facts=facts)
