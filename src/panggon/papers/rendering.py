"""From facts to PDF bytes with Typst. The same facts give the same bytes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

from panggon.core.errors import PermanentError

TEMPLATES = Path(__file__).parent / "typst"


def render(template: str, facts: Mapping[str, Any]) -> bytes:
    """Compile `template` (a file name in the templates' folder) with these facts.

    Raises PermanentError `paper.template` with Typst's own words when a template is broken.
    """
    try:
        made = typst.compile(
            TEMPLATES / template,
            root=TEMPLATES,
            sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
            ignore_system_fonts=True,
        )
    except typst.TypstError as error:
        raise PermanentError("paper.template", str(error)) from error
    if not isinstance(made, bytes):
        raise PermanentError("paper.template", f"{template} gave no single document")
    return made
