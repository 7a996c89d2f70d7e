"""From facts to PDF bytes with Typst. The same facts give the same bytes."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from panggon.core.errors import PermanentError
from panggon.papers.press import Broken, Press

TEMPLATES = Path(__file__).parent / "typst"
PRESS = Press()
NOTHING: Mapping[str, bytes] = MappingProxyType({})
PLACE = re.compile(r"([\w-]+\.typ):(\d+):\d+")


def shipped() -> dict[str, str]:
    """The templates as they came with Panggon, by file name."""
    return {file.name: file.read_text() for file in sorted(TEMPLATES.glob("*.typ"))}


def render(template: str, facts: Mapping[str, Any], *, files: Mapping[str, bytes] = NOTHING) -> bytes:
    """Compile `template` (a file name in the templates' folder) with these facts.

    `files` take the place of shipped ones, or stand beside them; nothing else can be read. Raises PermanentError
    `paper.template` with Typst's own words, and in its facts `file` and `line`, when a template is broken; and what
    `Press.make` raises when it does not end.
    """
    with _folder(files) as folder:
        made = PRESS.make(folder / template, json.dumps(facts, ensure_ascii=False))
    if isinstance(made, Broken):
        place = PLACE.search(made.report)
        file, line = (place[1], int(place[2])) if place else (template, 0)
        raise PermanentError("paper.template", made.message, file=file, line=line)
    return made


@contextmanager
def _folder(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder with the templates and nothing else: all that a template can read."""
    with TemporaryDirectory(prefix="panggon-paper-") as place:
        folder = Path(place)
        for name, data in ({file.name: file.read_bytes() for file in TEMPLATES.glob("*.typ")} | dict(files)).items():
            (folder / name).write_bytes(data)
        yield folder
