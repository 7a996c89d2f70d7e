"""What may be attached to a complaint: PDF and pictures, by what they are and not by what they are called.

They are handed out as downloads only; the portal opens none of them but a PDF, in a process of its own.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from panggon.core.errors import Fault, InvalidError
from panggon.papers.inspection import HEAD, MARKUP
from panggon.papers.services import inspect_letter

MOST_FILES = 5
SIZE_LIMIT_MEBIBYTES = 10
BEGINNINGS: Mapping[bytes, str] = MappingProxyType(
    {
        b"%PDF-": "application/pdf",
        b"\xff\xd8\xff": "image/jpeg",
        b"\x89PNG\r\n\x1a\n": "image/png",
    }
)
ENDINGS: Mapping[str, str] = MappingProxyType({"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"})


def media_type_of(data: bytes) -> str:
    """Raises `InvalidError` (`attachment.empty`, `.too_large`, `.type`, `.unsafe`) for what may not be attached."""
    if not data:
        raise _refused("attachment.empty")
    if len(data) > SIZE_LIMIT_MEBIBYTES * 1024 * 1024:
        raise _refused("attachment.too_large")
    media_type = next((kind for beginning, kind in BEGINNINGS.items() if data.startswith(beginning)), "")
    if not media_type:
        raise _refused("attachment.type")
    if any(mark in data[:HEAD].lower() for mark in MARKUP):
        raise _refused("attachment.unsafe")
    if media_type == "application/pdf":
        _inspect_pdf(data)
    return media_type


def safe_name(name: str, media_type: str) -> str:
    """The file's own name as far as letters, digits, `-` and `_` go, with the ending of what it is."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name.rpartition(".")[0] or name).strip("-")[:80]
    return (stem or "lampiran") + ENDINGS[media_type]


def _inspect_pdf(data: bytes) -> None:
    try:
        inspect_letter(data)
    except InvalidError as error:
        raise _refused("attachment.unsafe") from error


def _refused(code: str) -> InvalidError:
    return InvalidError((Fault(code, "files", {"limit_mebibytes": SIZE_LIMIT_MEBIBYTES}),))
