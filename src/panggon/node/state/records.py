"""Small JSON files of the node's own: for its user alone, each with one writer, replaced as a whole, durable."""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from panggon.core.errors import InvalidError, PanggonError, PermanentError
from panggon.drivers.system import files

Said = TypeVar("Said")
Otherwise = TypeVar("Otherwise")
DAMAGED = ".damaged"

log = logging.getLogger(__name__)


def save(path: Path, document: Any) -> None:
    with files.translated():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.sweep(path)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    files.write(path, text, mode=0o600, uid=os.getuid(), gid=os.getgid())


def load(path: Path) -> Any:
    """The document, or None where there is no file. Raises ValueError when it is damaged."""
    content = files.read(path)
    return None if content is None else json.loads(content)


def said(path: Path, shape: Callable[[Any], Said]) -> Said | None:
    """What `shape` makes of the document, or None where there is no file. Raises PermanentError `record.damaged`."""

    def parsed(content: bytes) -> Said | None:
        document = json.loads(content)
        return None if document is None else shape(document)

    return made_of(path, parsed)


def made_of(path: Path, shape: Callable[[bytes], Said | None]) -> Said | None:
    """The same of the file's content."""
    content = files.read(path)
    try:
        return None if content is None else shape(content)
    except (ValueError, LookupError, TypeError, AttributeError, InvalidError) as error:
        raise PermanentError("record.damaged", f"catatan {path} rusak: {error}") from error


def known(path: Path, shape: Callable[[Any], Said], *, otherwise: Otherwise) -> Said | Otherwise:
    """As `said`, for what is begun anew where it is lost: a damaged one counts as none, and is set aside for people."""
    try:
        found = said(path, shape)
    except PermanentError as error:
        if error.code != "record.damaged":
            raise
        log.error("%s; it is begun anew", error.detail)  # noqa: TRY400 -- said in one line, it is no bug
        _set_aside(path)
        return otherwise
    return otherwise if found is None else found


def damaged(folder: Path) -> tuple[Path, ...]:
    """What was set aside here; it is people's to take away."""
    return tuple(sorted(folder.glob(f"*{DAMAGED}")))


def _set_aside(path: Path) -> None:
    try:
        files.rename(path, path.with_name(path.name + DAMAGED))
    except PanggonError as error:  # a disk that takes nothing: it counts as none all the same
        log.warning("%s stays where it is: %s", path, error)
