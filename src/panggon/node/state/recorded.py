"""What is on record of the sites of this machine: of each what was applied last, and what is asked of all at once."""

import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning.desired import ALIVE
from panggon.core.node.planning.plan import Plan
from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import SITE_ID, Redirect, SiteKind, SiteSpec, SiteState
from panggon.node.state import records
from panggon.node.state.parked import Parked, uptime

RECORD = re.compile(f"{SITE_ID.pattern}\\.json")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Life:
    """Whether the site is parked, or neither that nor purged; the version of PHP that its programs need, "" where none
    run; the host that it leads its visitors to, "" where it is no redirect.
    """

    here: bool
    parked: bool
    php_version: str
    leads_to: str
    names: frozenset[str]
    generation: int


GONE = Life(here=False, parked=False, php_version="", leads_to="", names=frozenset(), generation=0)
UNREADABLE = replace(GONE, here=True)


@dataclass(frozen=True, slots=True)
class Recorded:
    """`state` is the node's own directory, `last_plan` what was applied last by the site's journal: it is asked where
    the record is damaged.
    """

    state: Path
    last_plan: Callable[[str], Plan | None]
    # Of each record: when it was written, and what it says of the site.
    _lives: dict[str, tuple[int, Life]] = field(default_factory=dict, repr=False, compare=False)

    # One site

    def applied(self, site: str) -> SiteSpec | None:
        """What was last applied, and proven then. Raises PermanentError `record.damaged` where its record does not say
        it, and the journal does not go back so far.
        """
        try:
            return self._said(site)
        except PermanentError:
            plan = self.last_plan(site)
            if plan is None:
                raise
            return plan.spec

    def document(self, site: str) -> Any:
        """Of what was last applied; None also where it is damaged: then the journal makes it anew."""
        with suppress(PermanentError, FileNotFoundError):
            return records.said(self._path(site), partial(self._noted, site, self._written(site)))
        return None

    def keep(self, spec: SiteSpec) -> None:
        """It is applied. What a kill or a full disk keeps from being written is written by the next who finds it
        missing.
        """
        try:
            if not self._is_kept(spec):
                records.save(self._path(spec.site), specs.dump(spec))
            if spec.state is SiteState.PARKED:
                self._parked.begin(spec.site, self._written(spec.site))
        except PanggonError as error:
            log.warning("%s is applied, but that is not on record: %s", spec.site, error)

    def is_here(self, site: str) -> bool:
        """Whether it is neither parked nor purged."""
        return self._life(site).here

    def is_gone(self, site: str) -> bool:
        """Whether it was here, and is parked or purged now."""
        life = self._life(site)
        return not life.here and life is not GONE

    def parked_for(self, site: str) -> timedelta:
        """How long this machine has seen it parked since that was put on record. A purge that was tried in vain since
        does not make it wait anew.
        """
        with suppress(FileNotFoundError):
            return self._parked.waited(site, self._written(site))
        return timedelta()

    # All of them

    def known(self) -> tuple[str, ...]:
        """Every site that was ever applied here."""
        return tuple(sorted(path.stem for path in self.folder.glob("s??????.json")))

    def unpurged(self) -> tuple[str, ...]:
        """Every site of which this machine still has something to keep: those in `here`, and the parked."""
        return tuple(site for site, life in self._each_life() if life.here or life.parked)

    def here(self) -> frozenset[str]:
        """Every site that is neither parked nor purged."""
        return frozenset(site for site, life in self._each_life() if life.here)

    def named(self) -> Mapping[str, frozenset[str]]:
        """The names of every site that was ever applied here."""
        return {site: life.names for site, life in self._each_life()}

    def names_beside(self, site: str) -> frozenset[str]:
        """The names of all other sites of which something is kept here."""
        lives = (life for each, life in self._each_life() if each != site and (life.here or life.parked))
        return frozenset(name for life in lives for name in life.names)

    def redirects_beside(self, site: str) -> Mapping[str, str]:
        """The names of all other redirects, and the host that each leads to."""
        lives = (life for each, life in self._each_life() if each != site and life.leads_to)
        return {name: life.leads_to for life in lives for name in life.names}

    def circles(self) -> tuple[tuple[str, ...], ...]:
        """The redirects that send visitors round for ever, each circle from its first name on: a machine that was
        updated may have some that no plan would make any more (`Sites.plan`).
        """
        redirects = self.redirects_beside("")
        found = set()
        for name in redirects:
            way = [name]
            while (following := redirects.get(way[-1])) and following not in way:
                way.append(following)
            if following:
                circle = way[way.index(following) :]
                first = circle.index(min(circle))
                found.add((*circle[first:], *circle[:first]))
        return tuple(sorted(found))

    def generations(self) -> Mapping[str, int]:
        """Of every site that was ever applied here what was applied last: by this the portal sees who is behind."""
        return {site: life.generation for site, life in self._each_life()}

    def with_php_but(self, there: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Sites whose programs need another version of PHP than these, by that version."""
        found: dict[str, list[str]] = {}
        for site, life in self._each_life():
            if life.php_version and life.php_version not in there:
                found.setdefault(life.php_version, []).append(site)
        return found

    def note_parked(self) -> None:
        """Time passes for parked sites only where this is done, at least every hour."""
        try:
            self._parked.note({site: self._written(site) for site, life in self._each_life() if life.parked})
        except TemporaryError as error:
            log.warning("how long sites are parked is not on record: %s", error)

    def _each_life(self) -> Iterator[tuple[str, Life]]:
        """Of every site that was ever applied here, in order. Asked every few minutes of thousands."""
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            written = {entry.name[:-5]: entry.stat().st_mtime_ns for entry in entries if RECORD.fullmatch(entry.name)}
            return ((site, self._life_written(site, written[site])) for site in sorted(written))
        return iter(())

    def _life(self, site: str) -> Life:
        try:
            return self._life_written(site, self._written(site))
        except FileNotFoundError:
            return GONE

    def _life_written(self, site: str, written: int) -> Life:
        """Only what was written since it was asked for last is read again."""
        if self._lives.get(site, (0, GONE))[0] != written:
            try:
                self._lives[site] = (written, records.said(self._path(site), partial(life_of, site)) or GONE)
            except PanggonError:
                return self._life_without_record(site)
        return self._lives[site][1]

    def _noted(self, site: str, written: int, document: Any) -> Any:
        """An agent that starts reads all of them, and asks right afterwards what they say: once is enough."""
        self._lives[site] = (written, life_of(site, document))
        return document

    def _life_without_record(self, site: str) -> Life:
        """One broken record stops nothing that is asked of all sites: of this one people are told (`drift`)."""
        try:
            spec = self.applied(site)
        except PanggonError:
            return UNREADABLE
        return life_of(site, specs.dump(spec)) if spec else GONE

    def _said(self, site: str) -> SiteSpec | None:
        """What the record says. Raises PermanentError `record.damaged`."""
        return records.made_of(self._path(site), partial(_spec_in, site))

    def _is_kept(self, spec: SiteSpec) -> bool:
        with suppress(PermanentError):
            return self._said(spec.site) == spec
        return False

    def _written(self, site: str) -> int:
        """When what was last applied was put on record, in nanoseconds: another one for each record."""
        return self._path(site).stat().st_mtime_ns

    def _path(self, site: str) -> Path:
        return self.state / f"specs/{site}.json"

    @property
    def folder(self) -> Path:
        return self.state / "specs"

    @property
    def _parked(self) -> Parked:
        return Parked(self.state / "parked.json", uptime)


def names_by_site(rows: Any) -> dict[str, list[str]]:
    return {str(site): list(map(str, names)) for site, names in rows.items()}


@lru_cache(maxsize=64)
def _spec_in(site: str, content: bytes) -> SiteSpec:
    """Whoever looks at a site asks for the same record before and after, and again for each thing that is looked at."""
    return spec_of(site, json.loads(content))


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
    alive = spec["state"] in ALIVE
    parked, purged = (spec["state"] == state for state in (SiteState.PARKED, SiteState.PURGED))
    names = frozenset((spec["host"], *spec.get("former_hosts", ())))
    version = spec["php_version"] if alive and spec["kind"] == SiteKind.PHP else ""
    leads_to = Redirect(spec["redirect"]["target"]).host if alive and spec["kind"] == SiteKind.REDIRECT else ""
    return Life(not (parked or purged), parked, version, leads_to, names, int(spec["generation"]))
