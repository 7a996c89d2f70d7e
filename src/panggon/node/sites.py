"""The sites of this machine: what may be asked of them here, what a wish would change, and how far their runs are.

Nothing here changes a site, or what is on record of it; that is done in `runs`.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from panggon.core.errors import Fault, InvalidError, PanggonError, PermanentError
from panggon.core.node.planning import closing, desired, journal
from panggon.core.node.planning.desired import ALIVE, MachineFacts
from panggon.core.node.planning.journal import Position, Word
from panggon.core.node.planning.plan import Plan, make, new_names, not_given_up
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import SITE_ID, Engine, SiteKind, SiteSpec, SiteState
from panggon.drivers.nginx import htaccess
from panggon.engine import journal_file
from panggon.engine.observe import Drivers, observe
from panggon.node import layout, wiring
from panggon.node.settings.config import NodeConfig
from panggon.node.state import records
from panggon.node.state.passwords import Passwords
from panggon.node.state.recorded import Recorded, names_by_site


class DriversOf(Protocol):
    """Those for this spec, with these passwords' hashes; `silent` as in `wiring.drivers`."""

    def __call__(
        self, spec: SiteSpec, known: Mapping[str, str], /, *, silent: wiring.SilentServers | None = None
    ) -> Drivers: ...


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of this machine. Errors of all: those of drivers and of the engine."""

    config: NodeConfig
    facts: MachineFacts
    drivers: "DriversOf" = field(repr=False)
    recorded: Recorded = field(init=False, repr=False, compare=False)
    _ended: journal_file.Ended = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recorded", Recorded(self.config.paths.state, self._last_plan))
        object.__setattr__(self, "_ended", journal_file.Ended(self._journals))

    @classmethod
    def of(cls, config: NodeConfig) -> "Sites":
        def drivers(spec: SiteSpec, known: Mapping[str, str], *, silent: wiring.SilentServers | None = None) -> Drivers:
            return wiring.drivers(
                config,
                known,
                engine=spec.database,
                state=spec.state,
                kind=spec.kind,
                owned=made.owned(spec.site),
                silent=silent,
                site=spec.site,
            )

        made = cls(config, wiring.machine_facts(config), drivers)
        return made

    def together(self) -> "Sites":
        """For who proves many of them: a server of names that is silent for one is not asked for the next."""
        return replace(self, drivers=partial(self.drivers, silent={}))

    # What may be asked

    def parse(self, document: object) -> SiteSpec:
        """The spec, if this machine may carry it. Raises InvalidError with every fault."""
        spec = specs.parse(document)
        dns, sites, policies = self.config.dns, self.config.sites, self.config.policies
        refused = [
            (not self.config.takes(spec.site), "site", "node.site", f"{sites.first_site} sampai {sites.last_site}"),
            *((not host.endswith(f".{dns.zone}"), "host", "node.zone", dns.zone) for host in spec.hosts),
            (spec.kind.value not in sites.kinds, "kind", "node.kind", ", ".join(sites.kinds)),
            (spec.outgoing not in policies, "outgoing", "node.outgoing", ", ".join(policies)),
            (self._lacks_php(spec), "php_version", "node.php_version", ", ".join(self.php_versions)),
            (self._lacks_database(spec), "database", "node.database", ", ".join(self._databases)),
            (self._is_strange(spec), "proxy.target", "node.proxy", spec.proxy.target if spec.proxy else ""),
        ]
        faults = tuple(Fault(code, where, {"allowed": allowed}) for wrong, where, code, allowed in refused if wrong)
        if faults:
            raise InvalidError(faults)
        return spec

    @property
    def php_versions(self) -> tuple[str, ...]:
        """Every version of php-fpm that is on this machine now; a simulated one has none."""
        return () if self.config.simulate else wiring.php_versions(self.config)

    def _lacks_php(self, spec: SiteSpec) -> bool:
        real = spec.kind is SiteKind.PHP and not self.config.simulate and spec.state in ALIVE
        return real and spec.php_version not in self.php_versions

    def _lacks_database(self, spec: SiteSpec) -> bool:
        real = spec.database is not None and not self.config.simulate and spec.state in ALIVE
        return real and spec.database not in self._databases

    @property
    def _databases(self) -> tuple[Engine, ...]:
        return tuple(engine for engine in Engine if engine in self.config.services.run)

    def _is_strange(self, spec: SiteSpec) -> bool:
        """Whether it leads to a server that the settings of this machine do not name."""
        leads = spec.kind is SiteKind.PROXY and spec.proxy is not None and spec.state in ALIVE
        return leads and not self.facts.address(spec.proxy.target if spec.proxy else "")

    # What would be changed

    def plan(self, spec: SiteSpec) -> Plan:
        """Raises PermanentError `node.forgotten`, `node.database_engine`, `node.purge_early` and `node.redirect_loop`
        besides those of `make`.
        """
        return self.plan_from(self.position(spec.site), spec)

    def plan_from(self, position: Position | None, spec: SiteSpec) -> Plan:
        """The same for who knows already where the site's last run is. What that has reached counts, also where a full
        disk has kept it from being put on record.
        """
        reached = position and position.outcome and position.outcome.word is Word.APPLIED
        former = position.plan.spec if position and reached else self.applied(spec.site)
        if former and former.state is not SiteState.PURGED:
            _refuse_orphans(spec, former)
            _refuse_another_engine(spec, former)
            if spec.state is SiteState.PURGED:
                self._refuse_early_purge(former)
        if spec.redirect and spec.kind is SiteKind.REDIRECT and spec.state in ALIVE:
            _refuse_loop(spec, spec.redirect.host, self.recorded.redirects_beside(spec.site))
        return self._made(spec, former, position)

    def _made(self, spec: SiteSpec, former: SiteSpec | None, position: Position | None) -> Plan:
        settled = journal.may_begin(position)
        drivers = self.drivers(spec, {})
        assumed = closing.assumed(spec, former, self.facts) if former else {}
        found = observe(spec, drivers, assumed=assumed)
        names = (Key(Kind.HOST, name) for name in self.strays.get(spec.site, ()))
        kept = not_given_up(spec, former, self._names_of_others(spec))
        return make(
            spec,
            self.facts,
            found,
            mending=settled,
            strays=observe(names, drivers),
            kept=kept,
            new_names=new_names(spec, former),
        )

    def _names_of_others(self, spec: SiteSpec) -> frozenset[str]:
        """Asked of all sites, so only where something goes."""
        goes = spec.retired_hosts or spec.state is SiteState.PURGED
        return self.recorded.names_beside(spec.site) if goes else frozenset()

    def drift(self) -> dict[str, Plan | PanggonError]:
        """Every site that is no longer as it was applied, or that cannot be looked at now, and why."""
        found: dict[str, Plan | PanggonError] = {}
        for site in self.recorded.known():
            try:
                plan = self.drift_of(site)
            except PanggonError as error:
                found[site] = error
            else:
                if plan and plan.changes:
                    found[site] = plan
        return found

    def drift_of(self, site: str) -> Plan | None:
        """What would bring the site back to what was applied; None while a run is under way."""
        position, spec = self.position(site), self.applied(site)
        if spec is None or (position and not position.outcome):
            return None
        return self._made(spec, spec, position)

    def _refuse_early_purge(self, former: SiteSpec) -> None:
        site, waiting = former.site, timedelta(days=self.config.sites.purge_days)
        if former.state is not SiteState.PARKED:
            raise PermanentError("node.purge_early", f"{site} belum diparkir")
        waited = self.recorded.parked_for(site)
        if waited < waiting:
            since = f"{site} sudah diparkir {waited.days} hari selama mesin ini menyala"
            raise PermanentError("node.purge_early", f"{since}; baru dapat dihapus sesudah {waiting.days} hari")

    # What is known

    def position(self, site: str) -> Position | None:
        """Where the site's last run is; None where none was begun."""
        return journal.fold(journal_file.read(self.journal_path(site)))

    def begun(self) -> tuple[str, ...]:
        """Every site with a journal."""
        return tuple(sorted(path.stem for path in self._journals.glob("s??????.jsonl") if SITE_ID.fullmatch(path.stem)))

    def under_way(self) -> frozenset[str]:
        """Every site whose last run may not be at its end, whoever has begun it. Cheap: it is asked every minute."""
        return frozenset(path.stem for path in self._ended.others() if SITE_ID.fullmatch(path.stem))

    def sweep(self) -> None:
        """Take away what runs have left that were killed before they began."""
        journal_file.sweep(self._journals)

    def is_settled(self, site: str) -> bool:
        """Whether the site's last run has ended and left nothing to be done (`runs`). Cheap: it is asked of every
        site when an agent starts.
        """
        ended = journal_file.ended(self.journal_path(site))
        if ended is None or Passwords(self.config, site).keeps_former:
            return False
        word, spec = ended
        if word is not Word.APPLIED:
            return word is not Word.STUCK
        purged = spec["state"] == SiteState.PURGED
        return self.recorded.document(site) == spec and not (purged and self.logins_path(site).exists())

    def applied(self, site: str) -> SiteSpec | None:
        """`Recorded.applied`."""
        return self.recorded.applied(site)

    def owned(self, site: str) -> frozenset[Key]:
        """What is the site's own here; nothing where nobody knows any more what was applied."""
        with suppress(PanggonError):
            if former := self.applied(site):
                return desired.owned(former, self.facts)
        return frozenset()

    def _last_plan(self, site: str) -> Plan | None:
        """Of what was applied last, where the journal goes back so far."""
        return journal.applied(journal_file.read(self.journal_path(site)))

    def without_php(self) -> Mapping[str, Sequence[str]]:
        """Sites that cannot answer because their version of PHP was taken off the machine, by that version."""
        return self.recorded.with_php_but(self.php_versions)

    def is_left_alone(self, site: str) -> bool:
        """Whether no run is under way, and no closing was left before its end (`journal.is_shutting`). Cheap where the
        last run has reached its wish: it is asked before and after each visit.
        """
        ended = journal_file.ended(self.journal_path(site))
        if ended and ended[0] is Word.APPLIED:
            return True
        entries = journal_file.read(self.journal_path(site))
        position = journal.fold(entries)
        return (position is None or position.outcome is not None) and not journal.is_shutting(entries)

    def named_under_way(self) -> Mapping[str, frozenset[str]]:
        """The names that runs under way give, by site. Every journal is read for it."""
        found = {}
        for site in self.begun():
            with suppress(PanggonError):  # a broken journal: what it was for is told of
                if journal_file.ended(self.journal_path(site)) is None and (position := self.position(site)):
                    found[site] = frozenset(position.plan.spec.hosts)
        return found

    def unread(self, site: str) -> tuple[htaccess.Found, ...]:
        """Which words of the site's `.htaccess` files have no effect. Raises PermanentError `node.unknown_site`."""
        spec = self.applied(site) if SITE_ID.fullmatch(site) else None
        if spec is None:
            raise PermanentError("node.unknown_site", f"situs {site} tidak ada di mesin ini")
        return htaccess.found(self.config.paths.root / "sites" / site / "public", spec.profile)

    @property
    def strays(self) -> Mapping[str, Sequence[str]]:
        """Names that lead to a site and of which no wish speaks, by site: found by `agent.strays`."""
        return records.known(self._strays, names_by_site, otherwise={})

    def keep_strays(self, found: Mapping[str, Sequence[str]]) -> None:
        """Raises the errors of `records.save`."""
        if found != self.strays:
            records.save(self._strays, found)

    @property
    def _strays(self) -> Path:
        return self.config.paths.state / "strays.json"

    def journal_path(self, site: str) -> Path:
        return self.config.paths.state / f"journal/{site}.jsonl"

    @property
    def _journals(self) -> Path:
        return self.config.paths.state / "journal"

    def logins_path(self, site: str) -> Path:
        return layout.log_settings(self.config).logins / f"{site}.json"


def _refuse_orphans(spec: SiteSpec, former: SiteSpec) -> None:
    """What the site has now must be spoken of: a name that is left out would stay behind for whoever finds it."""
    left_out = [host for host in (former.host, *former.former_hosts) if host not in spec.hosts]
    if left_out:
        raise PermanentError(
            "node.forgotten", f"{', '.join(left_out)} milik {spec.site} di sini, dan tidak disebut lagi"
        )


def _refuse_loop(spec: SiteSpec, target: str, redirects: Mapping[str, str]) -> None:
    """Redirects of this machine that lead to each other would send visitors round for ever."""
    way = [target]
    while (following := redirects.get(way[-1])) and following not in (*way, spec.host, *spec.former_hosts):
        way.append(following)
    if following:
        words = ", yang mengarah ke ".join((*way, following))
        raise PermanentError("node.redirect_loop", f"pengunjung akan berputar-putar: {spec.host} mengarah ke {words}")


def _refuse_another_engine(spec: SiteSpec, former: SiteSpec) -> None:
    """No machine carries content from one engine to another, and none is left behind with nobody to look for it."""
    if former.database and spec.database and former.database is not spec.database:
        raise PermanentError("node.database_engine", f"{spec.site} mempunyai basis data {former.database}")
