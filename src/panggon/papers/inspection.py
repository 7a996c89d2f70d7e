"""Is an uploaded letter a plain PDF? Every fault is reported at once."""

import hashlib
import io
import zipfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import BoundedSemaphore

import pikepdf

from panggon.core.errors import Fault, InvalidError
from panggon.papers.apart import Limits, look_into
from panggon.papers.expansion import expands_too_far

# `expands_too_far` knows one way of packing; a PDF has more, in each of which a small file may become larger than any
# memory as soon as it is opened.
LIMITS = Limits(seconds=20, memory_mebibytes=1024)

SIZE_LIMIT_MEBIBYTES = 20
PAGE_LIMIT = 200
# Keys that make a PDF act instead of being read (ISO 32000-1, 12.6 and 12.7.8), or carry other files.
ACTIVE_KEYS = frozenset({"/JavaScript", "/JS", "/Launch", "/RichMedia", "/XFA", "/EmbeddedFiles", "/EmbeddedFile"})
ACTIVE_NAMES = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/ImportData",
        "/SubmitForm",
        "/RichMedia",
        "/EmbeddedFile",
        "/FileAttachment",
        "/GoToE",
        "/GoToR",
        "/Movie",
        "/Rendition",
        "/Sound",
        "/3D",
    }
)
OBJECTS_MOST = 100_000
HEAD = 1024  # bytes in which other readers look for what a file is
KNOWN_MOST = 1000
_KNOWN: dict[bytes, list[str]] = {}
_CROWD = BoundedSemaphore(2)  # processes at a time, so that a crowd of letters takes no machine's memory
MARKUP = (b"<html", b"<script", b"<!doctype", b"<svg", b"<?php")


def inspect_letter(data: bytes) -> None:
    """Raise InvalidError with field `letter` unless `data` is a plain, readable PDF of at most 20 MiB."""
    facts = {"limit_mebibytes": SIZE_LIMIT_MEBIBYTES}
    faults = tuple(Fault(code, "letter", facts) for code in _faults_outside(data) or _faults_apart(data))
    if faults:
        raise InvalidError(faults)


def letter_faults(data: bytes) -> list[str]:
    """Codes of what is wrong with it; `inspect_letter` asks in a process of its own, that a hostile file may end."""
    return _faults_outside(data) or _faults_inside(data)


def _faults_outside(data: bytes) -> list[str]:
    """What can be said without unpacking anything."""
    if not data:
        return ["letter.empty"]
    if len(data) > SIZE_LIMIT_MEBIBYTES * 1024 * 1024:
        return ["letter.too_large"]
    # A file that starts as something else and holds a PDF later is two files for two readers.
    if not data.startswith(b"%PDF-"):
        return ["letter.not_pdf"]
    return ["letter.two_files"] if _is_something_else_too(data) else []


def _faults_apart(data: bytes) -> list[str]:
    """Of one letter they are asked once: a form looks at it, and then the act does."""
    digest = hashlib.sha256(data).digest()
    if digest not in _KNOWN:
        if len(_KNOWN) >= KNOWN_MOST:
            _KNOWN.clear()
        with _CROWD:
            try:
                _KNOWN[digest] = look_into(data, _look, limits=LIMITS)
            except (BrokenProcessPool, MemoryError):
                _KNOWN[digest] = ["letter.bomb"]
    return _KNOWN[digest]


# -- In the other process ------------------------------------------------------------------------------------------


def _look(letter: Path) -> list[str]:
    return _faults_inside(letter.read_bytes())


def _faults_inside(data: bytes) -> list[str]:
    if expands_too_far(data):
        return ["letter.bomb"]
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            return _faults_of(document)
    except pikepdf.PasswordError:
        return ["letter.encrypted"]
    except (pikepdf.PdfError, RecursionError, ValueError):
        return ["letter.broken"]


def _faults_of(document: pikepdf.Pdf) -> list[str]:
    faults = []
    if document.is_encrypted:
        faults.append("letter.encrypted")
    if not document.pages:
        faults.append("letter.no_pages")
    if len(document.objects) > OBJECTS_MOST:
        return [*faults, "letter.bomb"]
    if len(document.pages) > PAGE_LIMIT:
        faults.append("letter.too_many_pages")
    if any(is_active(item) for item in document.objects):
        faults.append("letter.active_content")
    return faults


def _is_something_else_too(data: bytes) -> bool:
    """A page of the web by its head, an archive by its end, or more behind the end of the PDF."""
    behind = data.rpartition(b"%%EOF")[2] if b"%%EOF" in data else b""
    is_page = any(mark in data[:HEAD].lower() for mark in MARKUP)
    return is_page or bool(behind.strip(b"\0\t\r\n ")) or zipfile.is_zipfile(io.BytesIO(data))


def is_active(item: pikepdf.Object) -> bool:
    """True for an object that holds an action anywhere in it; references are other objects and seen by themselves."""
    waiting = [item]
    while waiting:
        value = waiting.pop()
        if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            keys = set(value.keys())
            if keys & ACTIVE_KEYS or any(str(value.get(key)) in ACTIVE_NAMES for key in ("/S", "/Type", "/Subtype")):
                return True
            waiting.extend(child for child in (value[key] for key in keys) if _is_direct(child))
        elif isinstance(value, pikepdf.Array):
            waiting.extend(child for child in value if _is_direct(child))
    return False


def _is_direct(child: object) -> bool:
    return isinstance(child, pikepdf.Object) and not child.is_indirect
