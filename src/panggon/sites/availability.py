"""The only writer of how often sites answered the visits of their machines, since when one answers none, and until when
the certificate holds that the last one was shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from panggon.sites.models import Availability, Node, Site

AHEAD_MOST = timedelta(minutes=5)  # of a machine's clock


@dataclass(frozen=True, slots=True)
class Visit:
    """`mebibytes`: what the site stores; None where it was not looked at. `certificate_until`: None where none was
    shown that holds, and from a machine that does not tell.
    """

    number: int
    at: datetime
    answered: bool
    mebibytes: int | None
    certificate_until: datetime | None


@transaction.atomic
def count(node: Node, visits: Iterable[Visit], *, at: datetime) -> None:
    """Count the visits of this machine's sites, each once, in a few queries; one from the future, or from before the
    site was there, is none: the machine's clock was wrong.
    """
    Node.objects.select_for_update().get(pk=node.pk)  # what is told twice at the same time counts once
    told = sorted((visit for visit in visits if visit.at <= at + AHEAD_MOST), key=lambda visit: visit.at)
    sites = {site.number: site for site in node.sites.filter(number__in={visit.number for visit in told})}
    before = {site.pk: _seen(site) for site in sites.values()}
    rows = _rows((site.pk for site in sites.values()), {_month(visit) for visit in told})
    for visit in told:
        site = sites.get(visit.number)
        if site and visit.at >= site.reserved_at:
            month = _month(visit)
            row = rows.setdefault((site.pk, month), Availability(site=site, month=month))
            if row.last_at is None or visit.at > row.last_at:
                _add(row, visit)
                site.silent_since = None if visit.answered else site.silent_since or visit.at
                site.certificate_until = visit.certificate_until or site.certificate_until
    Availability.objects.bulk_create([row for row in rows.values() if row.pk is None])
    fields = ["visits", "answered", "last_at", "failed_at", "used_mebibytes"]
    Availability.objects.bulk_update([row for row in rows.values() if row.pk is not None], fields)
    changed = [site for site in sites.values() if _seen(site) != before[site.pk]]
    Site.objects.bulk_update(changed, ["silent_since", "certificate_until"])


# ------------------------------------------------------------------------------------------------------------------


def _seen(site: Site) -> tuple[datetime | None, datetime | None]:
    return site.silent_since, site.certificate_until


def _rows(sites: Iterable[int], months: Iterable[date]) -> dict[tuple[int, date], Availability]:
    kept = Availability.objects.filter(site__in=list(sites), month__in=list(months))
    return {(row.site_id, row.month): row for row in kept}


def _add(row: Availability, visit: Visit) -> None:
    row.visits += 1
    row.answered += visit.answered
    row.last_at = visit.at
    if not visit.answered:
        row.failed_at = visit.at
    if visit.mebibytes is not None:
        row.used_mebibytes = visit.mebibytes


def _month(visit: Visit) -> date:
    return localdate(visit.at).replace(day=1)
