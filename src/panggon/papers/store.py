"""Files kept by their content: the name is the SHA-256, so a stored file can be checked and never changes."""

import hashlib
import os
import secrets
from pathlib import Path

from django.conf import settings

from panggon.core.errors import PermanentError


def put(data: bytes) -> str:
    """Keep the bytes durably and give their SHA-256 (64 hex digits). Keeping them twice is one file."""
    digest = hashlib.sha256(data).hexdigest()
    path = _path(digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{digest}.{secrets.token_hex(6)}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return digest


def get(digest: str) -> bytes:
    """The bytes, checked against their name. Raises PermanentError `file.missing` or `file.altered`."""
    try:
        data = _path(digest).read_bytes()
    except FileNotFoundError as error:
        raise PermanentError("file.missing", digest) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise PermanentError("file.altered", digest)
    return data


def remove(digest: str) -> None:
    """Forget the bytes for good; what is gone already stays gone."""
    _path(digest).unlink(missing_ok=True)


def _path(digest: str) -> Path:
    return Path(settings.PANGGON_FILES) / digest[:2] / digest
