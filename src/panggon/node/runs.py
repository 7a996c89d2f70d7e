"""What is done with one site: a plan is carried out, a run that was interrupted is ended, the proofs are made. The same
for the agent and for the command line.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from panggon.core.errors import PanggonError, TemporaryError
from panggon.core.node.planning import journal
from panggon.core.node.planning.desired import CLOSED
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.journal import Outcome, Position, Word
from panggon.core.node.planning.plan import Plan
from panggon.core.node.planning.resources import Key
from panggon.core.sites.life import SITE_STATE_LABELS
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.databases import mariadb
from panggon.drivers.system import files
from panggon.engine import journal_file, runner
from panggon.engine.journal_file import JournalFile
from panggon.engine.patience import BRIEF, USUAL
from panggon.engine.steps import Checks, Progress
from panggon.node import wiring
from panggon.node.clock import now
from panggon.node.sites import Sites
from panggon.node.state import passwords
from panggon.node.state.passwords import Passwords

Watcher = Callable[[int, Progress], None]
# Progress is numbered on from here for each entry that the journal has when a run is taken up again: more than any
# run reports between two entries, so no number is used twice.
NUMBERS_AN_ENTRY = 100


def ignore(_number: int, _progress: Progress) -> None:
    """For those who do not watch."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the hold on its site's journal. `_fresh`: it was made under this hold (`runner.run`)."""

    plan: Plan
    _sites: Sites
    _store: JournalFile
    _fresh: bool

    def carry_out(
        self,
        *,
        wish: int = 0,
        enrolment: str = "",
        credentials: Mapping[str, str] | None = None,
        watch: Watcher = ignore,
    ) -> Outcome:
        sites, spec = self._sites, self.plan.spec
        hashes = Passwords(sites.config, spec.site)
        if journal.may_begin(journal.fold(self._store.entries())):  # else a former password would be overwritten
            hashes.keep_former(self.plan)
        outcome = runner.run(
            self.plan,
            store=self._store,
            drivers=sites.drivers(spec, hashes.known(credentials or {})),
            now=now,
            progress=_numbered(watch, 0),
            wish=wish,
            enrolment=enrolment,
            fresh=self._fresh,
            policy=USUAL,
            together=_at_once,
        )
        return _ended(sites, spec, outcome)


@contextmanager
def planned(sites: Sites, spec: SiteSpec) -> Iterator[Planned]:
    """The plan, and the site's lock until it is carried out or left: nobody of ours comes between, so it is carried
    out without looking at everything once more. For who decides at once. Errors as `Sites.plan`, and TemporaryError
    `journal.busy`.
    """
    with journal_file.writing(sites.journal_path(spec.site)) as store, mariadb.lasting():
        plan = sites.plan_from(_settled(sites, store), spec)
        yield Planned(plan, sites, store, _fresh=True)


def apply(sites: Sites, plan: Plan, *, credentials: Mapping[str, str] | None = None) -> Outcome:
    """Carry out a plan that was made before. An earlier run of the site must have been brought to its end (`resume`); a
    closing that cannot come to it now gives way.
    """
    with journal_file.writing(sites.journal_path(plan.spec.site)) as store:
        _settled(sites, store)
        return Planned(plan, sites, store, _fresh=False).carry_out(credentials=credentials)


def resume(
    sites: Sites,
    site: str,
    *,
    credentials: Mapping[str, str] | None = None,
    watch: Watcher = ignore,
) -> Outcome | None:
    """Bring the site's last run to its end; its outcome again when it has ended; None where nothing was begun.

    Without `credentials` a run that needs a password's hash which this machine does not have raises
    TemporaryError `password.awaited`: the portal will offer its wish, and the hash with it, again.
    """
    with journal_file.writing(sites.journal_path(site)) as store:
        position = _settled(sites, store)
        if position is None:
            return None
        spec = position.plan.spec
        if position.outcome:
            return position.outcome
        wiring.sweep_proofs(sites.config, site)
        known = Passwords(sites.config, site).known(credentials or {})
        if credentials is None and passwords.awaited(position, known):
            raise TemporaryError("password.awaited", site)
        outcome = runner.resume(
            store,
            drivers=sites.drivers(spec, known),
            now=now,
            progress=_numbered(watch, len(store.entries()) * NUMBERS_AN_ENTRY),
            policy=BRIEF if _is_tried_again(position) else USUAL,
            together=_at_once,
        )
        return _ended(sites, spec, outcome)


def verify(sites: Sites, spec: SiteSpec) -> tuple[Check, ...]:
    """Every proof of the wish, made once. Where the site is closed here by another wish, nobody goes in to prove: what
    a proof lays down there would spoil evidence.
    """
    if (closed := _closed(sites, spec.site)) and closed is not spec.state:
        words = f"di mesin ini situs itu {SITE_STATE_LABELS[closed].lower()}"
        return (Check("site.state", ok=False, detail=words),)
    return runner.verify(spec, sites.facts, sites.drivers(spec, {}), together=_at_once)


def _closed(sites: Sites, site: str) -> SiteState | None:
    """How the site is closed here, or about to be."""
    with suppress(PanggonError):  # what is on record is damaged: nobody knows
        position = sites.position(site)
        counts = position and (position.outcome.word is Word.APPLIED if position.outcome else position.plan.closes)
        wished = position.plan.spec if position and counts else sites.applied(site)
        return wished.state if wished and wished.state in CLOSED else None
    return None


def _settled(sites: Sites, store: JournalFile) -> Position | None:
    """Where the site's last run is; one that has ended is on record then."""
    position = journal.fold(store.entries())
    if position and position.outcome:
        _ended(sites, position.plan.spec, position.outcome)
    return position


def _ended(sites: Sites, spec: SiteSpec, outcome: Outcome) -> Outcome:
    """Put on record how a run has ended; the outcome again. For who holds the site's journal. Idempotent: what a kill
    or a full disk has prevented is done at the next start, or by the next run, from the journal.
    """
    if outcome.word is Word.APPLIED:
        sites.recorded.keep(spec)
    if outcome.word is Word.APPLIED and spec.state is SiteState.PURGED:
        # Who came in from which address is not kept longer than the site.
        files.remove(sites.logins_path(spec.site))
    if outcome.word is not Word.STUCK:
        Passwords(sites.config, spec.site).forget_former()
    return outcome


def _numbered(watch: Watcher, first: int) -> Callable[[Progress], None]:
    numbers = itertools.count(first)
    return lambda progress: watch(next(numbers), progress)


def _at_once(ask: Callable[[Key], Checks], keys: Sequence[Key]) -> list[Checks]:
    """A proof mostly waits for servers: the one of SFTP takes as long as all others together."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(ask, keys))


def _is_tried_again(position: Position) -> bool:
    """Whether the run, where it fails for now, stays open; others wait meanwhile."""
    plan = position.plan
    return plan.closes or plan.spec.state is SiteState.PURGED or position.problem is not None
