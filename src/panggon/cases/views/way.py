"""The way of a case: its acts, with the papers that each caused, and what the machine did in between."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from panggon.cases.models import Case
from panggon.cases.views import presentation
from panggon.cases.views.presentation import Entry
from panggon.papers.models import Paper
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import selectors as sites
from panggon.sites.models import Purpose, Wish

# What ends so is no act of the case: everything else that a machine reports is one.
BESIDE: Mapping[tuple[Purpose, bool], Any] = {
    (Purpose.PLAN, True): _("Rencana disusun"),
    (Purpose.ACCESS, True): _("Hak akses dipasang"),
    (Purpose.ACCESS, False): _("Hak akses belum terpasang"),
    (Purpose.LOOK, True): _("Server diperiksa: semuanya bekerja"),
    (Purpose.LOOK, False): _("Server diperiksa: ada yang tidak bekerja"),
    (Purpose.PARK, True): _("Situs ditutup"),
    (Purpose.PARK, False): _("Situs belum tertutup"),
}


def way(case: Case, user: User, papers: Iterable[Paper], *, now: datetime) -> list[Entry]:
    """The newest first. `papers` are those that this person may read; machines are for the dinas."""
    caused = {
        event: tuple(map(presentation.attached, found))
        for event, found in groupby(sorted(papers, key=_event), key=_event)
    }
    acts = presentation.timeline(case, user, now=now)
    entries = [replace(act, papers=caused.get(act.sequence, ())) for act in acts]
    beside = list(_beside(case)) if people.is_official(user, now=now) else []
    return list(_merged(entries, beside))


# ------------------------------------------------------------------------------------------------------------------

_event = attrgetter("event")


def _merged(acts: list[Entry], beside: list[Entry]) -> Iterator[Entry]:
    """Acts keep their own order, the newest first; what came beside them (used up here) stands where its time is."""
    for act in acts:
        while beside and beside[-1].at > act.at:
            yield beside.pop()
        yield act
    yield from reversed(beside)


def _beside(case: Case) -> Iterator[Entry]:
    """The oldest first."""
    for wish in sites.reported_wishes(case.site) if case.site else ():
        words = BESIDE.get((Purpose(wish.purpose), wish.succeeded))
        if words:
            yield Entry(str(words), _machine(wish), wish.reported_at, None, "", wish.problem_words)


def _machine(wish: Wish) -> str:
    node = wish.site.node
    return gettext("Server %(name)s") % {"name": node.name} if node else gettext("Server")
