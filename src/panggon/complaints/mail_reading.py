"""From the bytes of an e-mail to the values that the rules look at; whatever the bytes are.

Headers are read by the standard library's newest rules (`policy.default`), of which many a broken header makes an
exception of any kind: such a header is read as the plain words that it has. A large mail is read in a process of its
own, because a few bytes may become many objects.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from functools import partial
from pathlib import Path

from panggon.core.complaints.incoming_mail import Letter, Report, check_of
from panggon.core.complaints.mail_text import HTML_MOST, cut, plain, visible
from panggon.core.errors import PermanentError
from panggon.papers.apart import Limits, look_into

SMALL = 64 * 1024  # bytes that can do no harm to the process that reads them
LIMITS = Limits(seconds=60, memory_mebibytes=1024)
HEADER_MOST = 16_000  # letters of one header
HEADERS_MOST, PARTS_MOST, DEPTH_MOST = 1000, 200, 20
# Of plain letters (RFC 5321): to others (RFC 6531) not every mail server can write.
ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}"
)
DOMAIN_MOST = 253  # letters
MESSAGE_ID = re.compile(r"<([!-;=?-~]{1,250})>")
# Codecs whose work grows faster than what they are given, or which read what no mail means.
STRANGE_CODECS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape"})
AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file of a mail; `data` is None when the mail was too large to be fetched whole."""

    name: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Opened:
    letter: Letter
    enclosures: tuple[Enclosure, ...]


def open_mail(raw: bytes, *, is_whole: bool, authserv: str = "") -> Opened:
    """`authserv` is the name by which the own mail server signs what it found out (RFC 8601); empty: nothing counts.

    Raises `PermanentError` `mail.unreadable`.
    """
    look = partial(_open_file, is_whole=is_whole, authserv=authserv)
    try:
        if len(raw) <= SMALL:
            return _open(raw, is_whole=is_whole, authserv=authserv)
        return look_into(raw, look, limits=LIMITS)
    except Exception as error:  # whatever a mail does to the library, or to the process that read it
        raise PermanentError("mail.unreadable", type(error).__name__) from error


# ------------------------------------------------------------------------------------------------------------------


def _open_file(path: Path, *, is_whole: bool, authserv: str) -> Opened:
    return _open(path.read_bytes(), is_whole=is_whole, authserv=authserv)


def _open(raw: bytes, *, is_whole: bool, authserv: str) -> Opened:
    message: EmailMessage = message_from_bytes(raw, policy=policy.default)
    if len(message) > HEADERS_MOST:
        raise PermanentError("mail.unreadable", "headers")
    leaves = list(_leaves(message, depth=0))[:PARTS_MOST]
    texts = [leaf for leaf in leaves if _is_text(leaf)]
    enclosures = [leaf for leaf in leaves if not _is_text(leaf)]
    last = None if is_whole or not leaves else leaves[-1]
    files = tuple(Enclosure(_file_name(leaf), None if leaf is last else _bytes(leaf)) for leaf in enclosures)
    name, sender, beyond_ascii = _sender(message)
    results = _results(message, authserv)
    letter = Letter(
        sender=sender,
        name=name,
        beyond_ascii=beyond_ascii,
        subject=visible(_words(message, "Subject"), lines=False)[:150],
        message_id=next(iter(_ids(message, "Message-ID")), ""),
        about=(*_ids(message, "In-Reply-To"), *_ids(message, "References")),
        to=tuple(ADDRESS.findall(" ".join(_raw(message, name) for name in ("To", "Cc", "Delivered-To")).lower())),
        return_path=_return_path(message),
        auto_submitted=_token(message, "Auto-Submitted"),
        precedence=_token(message, "Precedence"),
        auto_reply=any(_has(message, name) for name in AUTOMATIC_HEADERS),
        of_a_list=any(_has(message, name) for name in ("List-Id", "List-Post", "List-Unsubscribe")),
        unanswerable=_has(message, "X-Auto-Response-Suppress"),
        report=_report(message),
        check=check_of(results, sender=sender),
        found=visible(results, lines=False)[:300],
        text=_text(texts),
        has_files=bool(files),
    )
    return Opened(letter, files)


def _leaves(part: EmailMessage, *, depth: int) -> Iterator[EmailMessage]:
    """The parts that hold something, without those of a mail that is enclosed."""
    children = part.get_payload() if part.get_content_maintype() == "multipart" else None
    if not isinstance(children, list):
        yield part
    elif depth < DEPTH_MOST:
        for child in children:
            if isinstance(child, EmailMessage):
                yield from _leaves(child, depth=depth + 1)


def _is_text(part: EmailMessage) -> bool:
    is_file = _token(part, "Content-Disposition") == "attachment" or bool(_given_name(part))
    return part.get_content_type() in ("text/plain", "text/html") and not is_file


def _text(parts: list[EmailMessage]) -> str:
    """The plain words, or where there are none those of the HTML."""
    plains = [_decoded(part) for part in parts if part.get_content_type() == "text/plain"]
    words = visible("\n".join(plains))
    if not words:
        words = visible("\n".join(plain(_decoded(part)) for part in parts if part.get_content_type() == "text/html"))
    return cut(words)


def _decoded(part: EmailMessage) -> str:
    """As the mail says it is written; where that is not so, as UTF-8 or the usual letters of Western Europe."""
    data = _bytes(part)[:HTML_MOST]
    for charset in (_charset(part), "utf-8"):
        with suppress(LookupError, ValueError):
            return data.decode(charset)
    return data.decode("utf-8", "ignore") if _is_cut_utf8(data) else data.decode("cp1252", "replace")


def _is_cut_utf8(data: bytes) -> bool:
    """Whether only the last letter is in two."""
    try:
        data[:-4].decode()
    except ValueError:
        return False
    return len(data) >= HTML_MOST


def _charset(part: EmailMessage) -> str:
    with suppress(Exception):  # the library reads the whole header for it
        charset = str(part.get_content_charset() or "utf-8")
        return "utf-8" if charset.replace("-", "_") in STRANGE_CODECS else charset
    return "utf-8"


def _bytes(part: EmailMessage) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError):
        data = None
    if isinstance(data, bytes):
        return data
    inner = part.get_payload()  # a mail that is enclosed
    return b"" if not isinstance(inner, list) else b"".join(_as_bytes(mail) for mail in inner[:1])


def _as_bytes(mail: object) -> bytes:
    with suppress(Exception):  # what was read broken is not always written again
        return bytes(mail) if isinstance(mail, EmailMessage) else b""
    return b""


def _file_name(part: EmailMessage) -> str:
    return visible(_given_name(part), lines=False)[:120] or part.get_content_type()


def _given_name(part: EmailMessage) -> str:
    with suppress(Exception):
        return str(part.get_filename() or "")
    return "lampiran"


# -- Headers


def _raw(message: EmailMessage, name: str) -> str:
    """All headers of this name as they stand there."""
    return " ".join(str(value) for key, value in message.raw_items() if key.lower() == name.lower())[:HEADER_MOST]


def _has(message: EmailMessage, name: str) -> bool:
    return any(key.lower() == name.lower() for key, _value in message.raw_items())


def _words(message: EmailMessage, name: str) -> str:
    raw = _raw(message, name)
    try:
        return str(policy.default.header_fetch_parse(name, raw))
    except Exception:  # noqa: BLE001 (see above)
        return raw.encode("utf-8", "replace").decode()


def _token(message: EmailMessage, name: str) -> str:
    """The first word of a header, in small letters."""
    return re.split(r"[\s;(]", _raw(message, name).strip().lower(), maxsplit=1)[0]


def _ids(message: EmailMessage, name: str) -> tuple[str, ...]:
    """Also of programs that write a long one as encoded words, which it never is (RFC 2047, 5)."""
    raw = _raw(message, name)
    return tuple(MESSAGE_ID.findall(_words(message, name) if "=?" in raw else raw)[-50:])


def _return_path(message: EmailMessage) -> str | None:
    return _raw(message, "Return-Path").strip(" <>\r\n\t") if _has(message, "Return-Path") else None


def _sender(message: EmailMessage) -> tuple[str, str, bool]:
    """Name and address as the mail claims them; an address that can be none is empty.

    One whose domain has other letters is written as it is registered (RFC 5890). Where the part before the @ has them
    (the last is True then) it belongs to the name, so that a person reads it: the portal cannot write to it.
    """
    words = _words(message, "From")
    name, address = parseaddr(words)
    shown, address = visible(name, lines=False), _registered(visible(address, lines=False))
    if ADDRESS.fullmatch(address):
        return shown[:150], address.lower(), False
    mailbox, _at, domain = address.rpartition("@")
    if not mailbox.isascii() and ADDRESS.fullmatch(f"x@{domain}"):
        return f"{shown} {address}".strip()[:150], "", True
    return "", next(filter(ADDRESS.fullmatch, re.split(r'[\s<>,;:"()]+', words)), "").lower(), False


def _registered(address: str) -> str:
    """With the domain in plain letters, where it can be written so."""
    mailbox, at, domain = address.rpartition("@")
    if domain.isascii() or len(domain) > DOMAIN_MOST:
        return address
    with suppress(UnicodeError):
        return f"{mailbox}{at}{domain.encode('idna').decode()}"
    return address


def _results(message: EmailMessage, authserv: str) -> str:
    """What the own server wrote above all that came from outside: the first header with its name."""
    for key, value in message.raw_items():
        if authserv and key.lower() == "authentication-results":
            server, _semicolon, results = str(value)[:HEADER_MOST].partition(";")
            if server.split()[:1] == [authserv]:
                return results
    return ""


# -- What mail servers report


def _report(message: EmailMessage) -> Report | None:
    if message.get_content_type() != "multipart/report" or not isinstance(message.get_payload(), list):
        return None
    parts = list(message.walk())[1:PARTS_MOST]
    status = " ".join(_status(part) for part in parts if part.get_content_type() == "message/delivery-status")
    if not status:
        return None
    returned = " ".join(_returned(part) for part in parts)
    actions = re.findall(r"(?im)^action:\s*([a-z]+)", status)
    words = re.search(r"(?im)^diagnostic-code:\s*(?:smtp;)?\s*(.+)", status)
    said = visible(words[1], lines=False)[:300] if words else ""
    return Report("failed" in (action.lower() for action in actions), said, tuple(MESSAGE_ID.findall(returned)[:50]))


def _status(part: EmailMessage) -> str:
    inner = part.get_payload()
    return "\n".join(str(block) for block in map(_as_text, inner)) if isinstance(inner, list) else str(inner)


def _as_text(block: object) -> str:
    return _as_bytes(block).decode("utf-8", "replace")


def _returned(part: EmailMessage) -> str:
    """The threads of the mail that came back, or of its headers alone."""
    if part.get_content_type() == "text/rfc822-headers":
        return _bytes(part).decode("utf-8", "replace")[:HEADER_MOST]
    return " ".join(_raw(part, name) for name in ("Message-ID", "References"))
