"""What nodes are given and what they tell: wishes, how those ended, who came in. Higher apps hear of it by jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from panggon.core.sites.spec import SiteState
from panggon.outbox import defer
from panggon.sites import selectors
from panggon.sites.models import Node, Outcome, Progress, Purpose, Site, Wish

# Jobs of the apps above, by name.
REPORTED = "cases.site_reported"
CHANGED = "upkeep.site_reported"
INCIDENTS_REPORTED = "incidents.site_reported"
ENTERED = "cases.site_entered"
OF_A_CHANGE = (Purpose.PROPOSAL, Purpose.CHANGE, Purpose.QUARANTINE, Purpose.RELEASE, Purpose.RESEND)


@transaction.atomic
def take_wish(node: Node, *, at: datetime) -> Wish | None:
    """The oldest wish for this node that has no report. A site without a node goes to the first that asks."""
    wishes = selectors.waiting_wishes().filter(site__node=node) | selectors.waiting_wishes().filter(site__node=None)
    wish = wishes.select_related("site").select_for_update(of=("self", "site"), skip_locked=True).order_by("id").first()
    if wish is None:
        return None
    if wish.site.node_id is None:
        wish.site.node = node
        wish.site.save(update_fields=["node"])
    if wish.taken_at is None:
        wish.taken_at = at
        wish.save(update_fields=["taken_at"])
    return wish


def credentials(wish: Wish) -> dict[str, str]:
    """The password hash that this wish's fingerprint means, as long as it is still here."""
    site, wanted = wish.site, wish.spec["access"]["password_fingerprint"]
    return {wanted: site.password_hash} if wanted and site.password_fingerprint == wanted and site.password_hash else {}


@dataclass(frozen=True, slots=True)
class Report:
    """How a wish ended, as the node tells it; checked by `sites.messages`."""

    outcome: Outcome
    plan: Mapping[str, Any] | None
    digest: str
    evidence: tuple[Mapping[str, Any], ...]
    proved_at: datetime | None
    problem_code: str
    problem: str
    reduced: tuple[str, ...]
    seen: Mapping[str, Any] | None = None


@transaction.atomic
def store_report(wish_id: int, node: Node, report: Report, *, at: datetime) -> bool:
    """Keep the first report of a wish and tell the case, by a job. False when there is no such wish of this node.

    The same report again changes nothing: the node cannot know whether its first one arrived. Of a closing that went
    on, each report takes the place of the one before it; only the first and the last are told.
    """
    wish = Wish.objects.select_for_update().filter(pk=wish_id, site__node=node, taken_at__isnull=False).first()
    if wish is None or (wish.reported_at is not None and wish.outcome != Outcome.CLOSING):
        return wish is not None
    is_known = wish.outcome == report.outcome
    wish.reported_at, wish.outcome, wish.plan, wish.digest = at, report.outcome, report.plan, report.digest
    wish.evidence, wish.reduced = list(report.evidence), list(report.reduced)
    wish.proved_at = report.proved_at and _between(wish.taken_at, report.proved_at, at)
    wish.problem_code, wish.problem = report.problem_code, report.problem
    wish.seen = report.seen if wish.purpose == Purpose.LOOK else None
    wish.save()
    if wish.outcome == Outcome.APPLIED:
        _acknowledged(wish, at=at)
    if wish.outcome in (Outcome.APPLIED, Outcome.RESTORED, Outcome.CLOSING):
        _supersede(wish, node, at=at)
    if is_known:
        return True
    defer(CHANGED if wish.purpose in OF_A_CHANGE else REPORTED, lock=f"site-{wish.site_id}", wish=wish.pk)
    if wish.purpose in (Purpose.QUARANTINE, Purpose.RELEASE):
        defer(INCIDENTS_REPORTED, lock=f"site-{wish.site_id}", wish=wish.pk)
    return True


@transaction.atomic
def store_logins(node: Node, firsts: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep who came in first, by site, and tell the case by a job; what was told before stays."""
    numbers = {int(site[1:]): first for site, first in firsts.items()}
    entered = node.sites.select_for_update().filter(number__in=numbers, first_login__isnull=True, released_at=None)
    for site in entered:
        site.first_login = dict(numbers[site.number])
        site.save(update_fields=["first_login"])
        defer(ENTERED, lock=f"site-{site.pk}", site=site.pk)


def store_progress(wish: Wish, entries: tuple[Mapping[str, Any], ...], *, at: datetime) -> None:
    """Lines of progress; one that is known already is not taken again."""
    rows = [Progress(wish=wish, at=at, **entry) for entry in entries]
    Progress.objects.bulk_create(rows, ignore_conflicts=True)


# ------------------------------------------------------------------------------------------------------------------


def _between(taken_at: datetime | None, told: datetime, at: datetime) -> datetime:
    """When something was proven, by our own clock: a machine whose clock is ahead must not make old evidence new."""
    return min(max(taken_at or told, told), at)


def _supersede(newer: Wish, node: Node, *, at: datetime) -> None:
    """No machine goes on with what it was told before, and its word that it gave way may have been lost."""
    for older in Wish.objects.filter(site=newer.site_id, pk__lt=newer.pk, outcome=Outcome.CLOSING):
        problem = "permintaan yang lebih baru menggantikannya sebelum selesai"
        told = Report(Outcome.STALE, older.plan, older.digest, (), None, "superseded", problem, tuple(older.reduced))
        store_report(older.pk, node, told, at=at)


def _acknowledged(wish: Wish, *, at: datetime) -> None:
    site = Site.objects.select_for_update().get(pk=wish.site_id)
    site.behind_since = None
    if wish.spec["state"] == SiteState.OPEN:
        site.opened_at = site.opened_at or at
        if site.password_fingerprint == wish.spec["access"]["password_fingerprint"]:
            site.password_hash = ""
    site.save(update_fields=["behind_since", "opened_at", "password_hash"])
