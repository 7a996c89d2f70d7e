"""What a stranger's PDF says that it is: looked for in a process of its own, which knows nothing of Django."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf

from panggon.papers.signed import Signed, Trust
from panggon.papers.validation import look_apart

PAGES_MOST = 100
ADDRESS = re.compile(r"/verifikasi/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/\Z")


def look(file: Path, *, trust: Trust) -> tuple[UUID | None, Signed]:
    """The paper to whose page of verification the file leads, and what its signature says."""
    signed = look_apart(file, trust=trust, frozen=None)
    try:
        return _claimed(file), signed
    except Exception:  # noqa: BLE001 (a hostile file may break a parser in any way; all of them mean the same)
        return None, signed


def _claimed(file: Path) -> UUID | None:
    with pikepdf.open(file) as pdf:
        for page in list(pdf.pages)[:PAGES_MOST]:
            notes: Any = page.get("/Annots", [])
            for note in notes:
                found = ADDRESS.search(str(note.get("/A", {}).get("/URI", "")))
                if found:
                    return UUID(found[1])
    return None
