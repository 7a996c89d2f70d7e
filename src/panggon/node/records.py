"""Small JSON files of the node's own: for its user alone, each with one writer, replaced as a whole, durable."""

import json
import os
from pathlib import Path
from typing import Any

from panggon.drivers import files


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
