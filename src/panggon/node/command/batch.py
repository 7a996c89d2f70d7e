"""Many sites from a list, several at a time, each with a plan, a journal and proofs of its own.

Stopped anywhere, the same list given again goes on where it was: what is as wished and was proven is passed over.
"""

import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from panggon import file_words
from panggon.core.errors import Fault, InvalidError, PanggonError
from panggon.core.node.planning.bounds import is_new
from panggon.core.node.planning.journal import Problem, Word
from panggon.core.sites.spec import SiteSpec
from panggon.node import runs
from panggon.node.agent.bounds import DailyBounds
from panggon.node.clock import now
from panggon.node.sites import Sites

log = logging.getLogger(__name__)

# A site mostly waits for servers, so more sites than processors are under way: Knot lets updates that come within a
# second wait for each other, and takes all that wait at once. Not more, because visitors need the processors too.
AT_A_TIME_MOST = 8
LINE_SUFFIX = ".jsonl"


class Ending(StrEnum):
    APPLIED = "applied"
    KEPT = "kept"  # it was as wished already
    PROVEN = "proven"  # nothing was to be done but to prove it
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """How one site ended; `problem` says why it failed."""

    site: str
    ending: Ending
    problem: Problem | None = None


def is_list(path: Path) -> bool:
    """A folder of specs, or a file with one spec a line."""
    return path.is_dir() or path.suffix == LINE_SUFFIX


def read(sites: Sites, path: Path) -> tuple[SiteSpec, ...]:
    """The specs of a list. Raises InvalidError with every fault of all of them, each with its file or line."""
    found: list[SiteSpec] = []
    faults: list[Fault] = []
    for name, text in _documents(path):
        try:
            found.append(sites.parse(json.loads(text)))
        except InvalidError as error:
            faults += [replace(fault, field=f"{name}: {fault.field or 'dokumen'}") for fault in error.faults]
        except (ValueError, RecursionError) as error:
            faults.append(_fault(name, f"bukan JSON yang benar: {file_words.place(error)}"))
    for what, counted in (
        ("situs", [spec.site for spec in found]),
        ("nama", [h for spec in found for h in spec.hosts]),
    ):
        faults += [
            _fault(path.name, f"{what} {each} disebut dua kali") for each, n in Counter(counted).items() if n > 1
        ]
    if not found and not faults:
        faults.append(_fault(path.name, "tidak memuat spesifikasi situs"))
    if faults:
        raise InvalidError(tuple(faults))
    return tuple(found)


def apply(sites: Sites, wishes: Sequence[SiteSpec]) -> Iterator[Result]:
    """Each site's result as soon as it has ended. When the caller stops asking, nothing new is begun, and what is under
    way is brought to its end.
    """
    return _each(sites, [(wish.site, partial(_applied, sites, wish)) for wish in wishes])


def restore(sites: Sites) -> Iterator[Result]:
    """Every site that is not purged made once more as it was last applied, by what the settings say now."""
    return _each(sites, [(site, partial(_restored, sites, site)) for site in sites.recorded.unpurged()])


def verify(sites: Sites) -> Iterator[Result]:
    """Every site that is not purged proven as it was last applied, changing nothing; each as soon as it has been. Of
    the purged there is nothing to ask; what came back of them `drift` finds.
    """
    return _each(sites, [(site, partial(_verified, sites, site)) for site in sites.recorded.unpurged()])


def _each(sites: Sites, work: Sequence[tuple[str, Callable[[], Result]]]) -> Iterator[Result]:
    with ThreadPoolExecutor(_at_a_time(sites)) as pool:
        under_way = [pool.submit(_ended, site, do) for site, do in work]
        try:
            for each in as_completed(under_way):
                yield each.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _at_a_time(sites: Sites) -> int:
    """A simulated machine is one file with one writer."""
    return 1 if sites.config.simulate else min(AT_A_TIME_MOST, 4 * (os.cpu_count() or 1))


def _ended(site: str, do: Callable[[], Result]) -> Result:
    """A bug in one site's way must not stop the others."""
    try:
        return do()
    except PanggonError as error:
        return Result(site, Ending.FAILED, Problem(error.code, error.detail))
    except Exception as error:
        log.exception("%s", site)
        return Result(site, Ending.FAILED, Problem("node.unexpected", f"{type(error).__name__}: {error}"))


def _restored(sites: Sites, site: str) -> Result:
    _ended_before(sites, site)  # what was applied last is known only then
    wish = sites.applied(site)
    return _applied(sites, wish) if wish else Result(site, Ending.KEPT)


def _ended_before(sites: Sites, site: str) -> bool:
    """Bring an interrupted run to its end; whether there was one."""
    position = sites.position(site)
    interrupted = position is not None and position.outcome is None
    if interrupted:
        runs.resume(sites, site, credentials={})
    return interrupted


def _applied(sites: Sites, wish: SiteSpec) -> Result:
    interrupted = _ended_before(sites, wish.site)
    with runs.planned(sites, wish) as planned:
        plan = planned.plan
        if not plan.changes and sites.applied(wish.site) == wish:
            return Result(wish.site, Ending.APPLIED if interrupted else Ending.KEPT)
        if not is_new(plan):  # new ones are what such a list is for; its slips of the pen are bounded
            DailyBounds(sites).admit(plan, now=now())
        outcome = planned.carry_out()
    return Result(wish.site, Ending.APPLIED if outcome.word is Word.APPLIED else Ending.FAILED, outcome.problem)


def _verified(sites: Sites, site: str) -> Result:
    spec = sites.applied(site)
    failed = [f"{check.name}: {check.detail}" for check in (runs.verify(sites, spec) if spec else ()) if not check.ok]
    if failed:
        return Result(site, Ending.FAILED, Problem("unproven", "; ".join(failed)))
    return Result(site, Ending.PROVEN)


def _documents(path: Path) -> Iterator[tuple[str, str]]:
    """What stands in each spec, with the name that people find it by."""
    try:
        if path.is_dir():
            for each in sorted(path.glob("*.json")):
                yield each.name, each.read_text()
            return
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip():
                yield f"baris {number}", line
    except OSError as error:
        raise InvalidError((_fault(str(path), f"tidak dapat dibaca: {file_words.reason(error)}"),)) from error
    except UnicodeDecodeError as error:
        raise InvalidError((_fault(str(path), "bukan teks UTF-8"),)) from error


def _fault(field: str, words: str) -> Fault:
    return Fault("config.invalid", field, {"words": words})
