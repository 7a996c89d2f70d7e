"""A machine that came back from its backup knows less than was wished since: who is behind, and sending it again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import F

from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import SiteSpec
from panggon.sites import selectors
from panggon.sites.models import Node, Purpose, Site, Wish
from panggon.sites.services import ask_node

PASSWORD_LOST = "user.password_unknown"  # noqa: S105 (a code)


@transaction.atomic
def compare(node: Node, generations: Mapping[int, int], *, at: datetime) -> None:
    """Keep which sites of the machine are behind, by what it tells that it applied last of each, and which it has that
    nobody here knows: they were made by hand.
    """
    standing, highest = selectors.standing_generations(node), selectors.highest_number()
    taken = sorted(number for number in generations.keys() - standing.keys() if number > highest)
    if taken != node.taken_numbers:
        node.taken_numbers = taken
        node.save(update_fields=["taken_numbers"])
    behind = {key for number, (key, wished) in standing.items() if generations.get(number, 0) < wished}
    known = set(node.sites.filter(behind_since__isnull=False).values_list("pk", flat=True))
    node.sites.filter(pk__in=behind - known).update(behind_since=at)
    node.sites.filter(pk__in=known - behind).update(behind_since=None)


def resend(site: Site, *, at: datetime) -> Wish | None:
    """Ask for what the machine had done already, which was approved then; None while something else is asked of it.

    The password's hash is kept nowhere once a machine had it. Where the machine said that it does not have it either,
    the site follows without one, until its owner sets another.
    """
    standing = selectors.standing_wish(site)
    if standing is None or selectors.running_wish(site):
        return None
    spec = specs.parse(standing.spec)
    last = selectors.last_resend(site)
    if last and last.problem_code == PASSWORD_LOST:
        spec = _without_password(site, spec)
    Site.objects.filter(pk=site.pk).update(generation=F("generation") + 1)
    site.refresh_from_db(fields=["generation"])
    return ask_node(site, Purpose.RESEND, at=at, spec=replace(spec, generation=site.generation))


# ------------------------------------------------------------------------------------------------------------------


def _without_password(site: Site, spec: SiteSpec) -> SiteSpec:
    if site.password_fingerprint == spec.access.password_fingerprint:
        site.password_fingerprint = site.password_hash = ""
        site.save(update_fields=["password_fingerprint", "password_hash"])
    return replace(spec, access=replace(spec.access, password_fingerprint=""))
