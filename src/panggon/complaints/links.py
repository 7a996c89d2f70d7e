"""The case and the site that a complaint is about, as far as its words name them."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple, TypeVar

from panggon.cases import selectors as cases
from panggon.cases.models import Case
from panggon.core.sites.spec import HOST
from panggon.sites import selectors as sites
from panggon.sites.models import Site

Found = TypeVar("Found", Case, Site)

LOOKED_UP_MOST = 5  # names in one text
NUMBER = re.compile(r"\b[A-Z]{3}-\d{4}-\d{4,9}\b", re.IGNORECASE)
NAME = re.compile(r"(?<![a-z0-9.-])[a-z0-9-]++(?:\.[a-z0-9-]++)+", re.IGNORECASE)


class Links(NamedTuple):
    case: Case | None
    site: Site | None


def named_in(text: str) -> Links:
    """The first case whose number stands there, and its site; else the first site whose address does."""
    case = _first(cases.numbered, (found[0] for found in NUMBER.finditer(text)))
    if case:
        return Links(case, case.site)
    names = (found[0].lower() for found in NAME.finditer(text))
    return Links(None, _first(sites.site_named, filter(HOST.fullmatch, names)))


def _first(known: Callable[[str], Found | None], names: Iterable[str]) -> Found | None:
    """Of the first few names the first that is known."""
    return next((found for name in islice(names, LOOKED_UP_MOST) if (found := known(name))), None)
