"""What a site's programs say, which may be anything: JSON that is taken for nothing but what it is."""

import json
from collections.abc import Mapping
from typing import Any

UNFIT = "?"  # for what is no word


def document(content: bytes) -> Mapping[str, Any]:
    """The JSON object. Raises ValueError for anything else, also for one that is too deep to be read."""
    try:
        found = json.loads(content)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 -- bad content, like any other
    return found


def word(found: object) -> str:
    """A text, a number, true or false; `UNFIT` for all else."""
    return str(found) if isinstance(found, str | int) else UNFIT


def words(found: object) -> tuple[str, ...]:
    """Each of a list; one that does not fit where there is no list."""
    return tuple(map(word, found)) if isinstance(found, list) else (UNFIT,)
