"""What is on record of a site, read back: what was applied last, and of it what is asked of all sites at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from panggon.core import spec_document as specs
from panggon.core.desired import ALIVE
from panggon.core.spec import SiteKind, SiteSpec, SiteState


@dataclass(frozen=True, slots=True)
class Life:
    """Whether the site is parked, or neither that nor purged; the version of PHP that its programs need, "" where none
    run.
    """

    here: bool
    parked: bool
    php_version: str
    names: frozenset[str]
    generation: int


GONE = Life(here=False, parked=False, php_version="", names=frozenset(), generation=0)
UNREADABLE = replace(GONE, here=True)


def names_by_site(rows: Any) -> dict[str, list[str]]:
    return {str(site): list(map(str, names)) for site, names in rows.items()}


def spec_of(site: str, document: object) -> SiteSpec:
    spec = specs.parse(document)
    _demand(site, spec.site)
    return spec


def _demand(site: str, said: str) -> None:
    if said != site:
        raise ValueError(f"isinya tentang {said}")


def life_of(site: str, spec: Mapping[str, Any]) -> Life:
    """Raises ValueError where it is about another site."""
    _demand(site, spec["site"])
    runs_php = spec["kind"] == SiteKind.PHP and spec["state"] in ALIVE
    parked, purged = (spec["state"] == state for state in (SiteState.PARKED, SiteState.PURGED))
    names = frozenset((spec["host"], *spec.get("former_hosts", ())))
    version = spec["php_version"] if runs_php else ""
    return Life(not (parked or purged), parked, version, names, int(spec["generation"]))
