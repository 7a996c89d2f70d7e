import hashlib
from datetime import date
from operator import attrgetter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import TruncMonth

from panggon.core.cases.needs import Evidence
from panggon.core.sites.spec import SITE_ID, SiteState
from panggon.office.selectors import office
from panggon.questions import Given, question
from panggon.remembered import remembered
from panggon.sites.models import Availability, Node, Outcome, Plan, Progress, Purpose, RetiredName, Site, Wish

WAITING = Q(reported_at=None) & (Q(cancelled_at=None) | Q(taken_at__isnull=False))
ASIDE = frozenset({Purpose.ACCESS, Purpose.PARK, Purpose.QUARANTINE, Purpose.RELEASE})
# What a machine has done, or has to do whatever it said: a site stays wished closed.
STANDING = Q(outcome__in=(Outcome.APPLIED, Outcome.CLOSING)) | Q(
    purpose__in=(Purpose.PARK, Purpose.QUARANTINE), reported_at__isnull=False, cancelled_at=None
)
CLOSED = (SiteState.QUARANTINED, SiteState.PARKED, SiteState.PURGED, SiteState.SUSPENDED)
PROOFS = (Outcome.APPLIED, Outcome.VERIFIED, Outcome.UNPROVEN, Outcome.CLOSING)


def waiting_wishes() -> QuerySet[Wish]:
    """Asked of a node and not answered. One that was taken stays so, even cancelled: its work has begun, and only a
    report says how it ended.
    """
    return Wish.objects.filter(WAITING)


def running_wish(site: Site) -> Wish | None:
    """The oldest that is asked and not answered, as `waiting_wishes` says."""
    open_ones = (wish for wish in wishes_of(site) if wish.reported_at is None)
    return next((wish for wish in open_ones if wish.cancelled_at is None or wish.taken_at is not None), None)


def wish(number: int) -> Wish:
    return Wish.objects.get(pk=number)


def last_wish(site: Site, *purposes: Purpose) -> Wish | None:
    """The newest wish, of these purposes if any are named."""
    wishes = reversed(wishes_of(site))
    return next((wish for wish in wishes if not purposes or wish.purpose in purposes), None)


def failed_aside(site: Site) -> Wish | None:
    """The newest wish, if it failed and no step of the procedure repeats it: locking away, the owner's access."""
    beside = (Purpose.LOOK, Purpose.RESEND)
    last = next((wish for wish in reversed(wishes_of(site)) if wish.purpose not in beside), None)
    aside = last is not None and last.purpose in ASIDE
    return last if last and aside and last.reported_at and not last.cancelled_at and not last.succeeded else None


def standing_wish(site: Site) -> Wish | None:
    """The newest that its machine should have carried out: who approved it has approved it already."""
    return site.wishes.filter(STANDING).order_by("-id").first()


def highest_number() -> int:
    """Of all sites that ever were; 0 before the first."""
    return Site.objects.aggregate(highest=Max("number"))["highest"] or 0


def standing_generations(node: Node) -> dict[int, tuple[int, int]]:
    """Of each site of the machine, by number: its key, and the generation of its standing wish."""
    newest = Wish.objects.filter(STANDING, site__node=node).order_by("site", "-id").distinct("site")
    return {number: (key, generation) for number, key, generation in newest.values_list(*_OF_STANDING)}


def behind_sites() -> QuerySet[Site]:
    """Those of which their machines know less than is wished; first what is closed, because there it may be open."""
    closed = Case(When(state__in=CLOSED, then=0), default=1)
    return Site.objects.filter(behind_since__isnull=False).order_by(closed, "behind_since", "number")


def last_resend(site: Site) -> Wish | None:
    """The newest try to send again what the machine has not; None once another change was."""
    changing = (wish for wish in reversed(wishes_of(site)) if Purpose(wish.purpose).mode == "apply")
    last = next(changing, None)
    return last if last and last.purpose == Purpose.RESEND else None


def wishes_of(site: Site) -> list[Wish]:
    """All that was ever asked for a site, in this order; while a page is read, in one query for all its parts."""
    return remembered(("sites.wishes_of", site.pk), lambda: _read_wishes(site))


def reported_wishes(site: Site) -> list[Wish]:
    """What a machine has answered and nobody had taken back, in the order of the answers."""
    answered = [(wish.reported_at, wish.pk, wish) for wish in wishes_of(site) if wish.reported_at]
    return [wish for *_, wish in sorted(answered) if wish.cancelled_at is None]


def current_plan(site: Site) -> Wish | None:
    """The node's newest answer to a plan of the site as it is wished now; an older plan is nothing to approve."""
    asked = (Purpose.PLAN, site.generation, Outcome.PLANNED)
    planned = (wish for wish in wishes_of(site) if (wish.purpose, wish.generation, wish.outcome) == asked)
    return max((wish for wish in planned if wish.cancelled_at is None), key=attrgetter("pk"), default=None)


def last_proof(site: Site) -> Wish | None:
    """The wish whose report carries the newest evidence, good or bad."""
    proofs = (wish for wish in wishes_of(site) if wish.outcome in PROOFS and wish.proved_at and not wish.cancelled_at)
    return max(proofs, key=attrgetter("pk"), default=None)


def evidence_of(site: Site) -> Evidence | None:
    """The newest proofs as the rules ask for them."""
    wish = last_proof(site)
    if wish is None or wish.proved_at is None:
        return None
    return Evidence(
        ok=bool(wish.evidence) and wish.succeeded,
        generation=wish.generation,
        open=wish.spec["state"] == SiteState.OPEN,
        proved_at=wish.proved_at,
    )


def progress_of(wish: Wish) -> QuerySet[Progress]:
    return wish.progress.order_by("sequence")


def is_taken(host: str, *, except_for: Site | None = None) -> bool:
    """Whether another site holds the name now, or had it and still leads visitors from there."""
    holders = Site.objects.filter(Q(host=host) | Q(details__former_hosts__contains=[host]), released_at=None)
    return (holders.exclude(pk=except_for.pk) if except_for else holders).exists()


def site_named(host: str) -> Site | None:
    """The site that holds this name now."""
    return Site.objects.filter(host=host.lower(), released_at=None).first()


def site_called(identifier: str) -> Site | None:
    """The site that its machine calls so: `s000123`."""
    return Site.objects.filter(number=int(identifier[1:])).first() if SITE_ID.fullmatch(identifier) else None


def is_retired(host: str) -> bool:
    return RetiredName.objects.filter(host=host).exists()


def open_sites() -> QuerySet[Site]:
    """Those that visitors reach."""
    return Site.objects.filter(state=SiteState.OPEN)


def opened_by_month() -> dict[date, int]:
    """How many sites were opened for the first time in each month, by its first day."""
    opened = Site.objects.exclude(opened_at=None).order_by()
    months = opened.annotate(month=TruncMonth("opened_at", tzinfo=ZoneInfo(settings.TIME_ZONE)))
    return {row["month"].date(): row["count"] for row in months.values("month").annotate(count=Count("pk"))}


def availability_by_month() -> dict[date, tuple[int, int]]:
    """How often sites were visited by their machines in each month, by its first day, and how often they answered."""
    months = Availability.objects.order_by().values("month")
    counted = months.annotate(made=Sum("visits"), told=Sum("answered"))
    return {row["month"]: (row["made"], row["told"]) for row in counted}


def availability_of(site: Site, *, months: int) -> list[Availability]:
    """Of the last months in which it was visited, the newest first."""
    return list(site.availability.all()[:months])


def silent_sites() -> QuerySet[Site]:
    """Open sites that did not answer the last visits of their machine, two at least: once is soon over."""
    again = Availability.objects.filter(site=OuterRef("pk"), last_at__gt=OuterRef("silent_since"))
    return Site.objects.filter(Exists(again), state=SiteState.OPEN, released_at=None, silent_since__isnull=False)


def full_sites() -> list[tuple[Site, str]]:
    """Sites that may not write, because they or their databases store too much, each with its machine's sentence. What
    a machine says of another machine's site is nobody's word.
    """
    said = [(node.pk, *line.partition(": ")) for node in Node.objects.filter(retired_at=None) for line in node.reduced]
    sentences = {(node, int(name[1:])): words for node, name, _, words in said if SITE_ID.fullmatch(name)}
    numbers = {number for _, number in sentences}
    rows = Site.objects.filter(number__in=numbers, released_at=None).select_related("agency", "case__technician")
    return [(site, sentences[told]) for site in rows if (told := (site.node_id, site.number)) in sentences]


def nodes() -> QuerySet[Node]:
    """The machines by name, each with the number of sites that it carries (`carried`)."""
    carried = Count("sites", filter=Q(sites__released_at=None))
    return Node.objects.annotate(carried=carried).order_by(F("retired_at").asc(nulls_first=True), "name")


def enrolled_nodes() -> QuerySet[Node]:
    """Those that may come in."""
    return Node.objects.filter(retired_at=None, enrolled_at__isnull=False).order_by("name")


def counted_by_state() -> dict[int, dict[str, int]]:
    """How many sites each machine has in each state, by its key; not those that are gone for good."""
    kept = Site.objects.filter(node__isnull=False).exclude(state=SiteState.PURGED).order_by()
    found: dict[int, dict[str, int]] = {}
    for row in kept.values("node", "state").annotate(count=Count("pk")):
        found.setdefault(row["node"], {})[row["state"]] = row["count"]
    return found


def plans() -> QuerySet[Plan]:
    """Every plan, each with the number of sites that have it (`used`)."""
    return Plan.objects.annotate(used=Count("sites", filter=Q(sites__released_at=None)))


def offered_plans() -> QuerySet[Plan]:
    return Plan.objects.filter(is_offered=True)


def default_plan() -> Plan | None:
    return Plan.objects.filter(is_default=True).first()


def available_php_version(wished: str) -> str:
    """The wished one where a machine has it, or none has told yet; else the newest that a machine has."""
    told = Node.objects.filter(retired_at=None).values_list("facts", flat=True)
    there = {version for facts in told for version in facts.get("php_versions", [])}
    return max(there) if there and wished not in there else wished


def fitting_plan(*, php_version: str, quota_mebibytes: int) -> Plan | None:
    """The default plan if it has this version ("": any) and room, else the smallest that has; None: none has."""
    fitting = offered_plans().filter(quota_mebibytes__gte=quota_mebibytes)
    if php_version:
        fitting = fitting.filter(php_version=php_version)
    return fitting.order_by("-is_default", "quota_mebibytes", "memory_mebibytes", "name").first()


def sites_behind(plan: Plan) -> QuerySet[Site]:
    """The sites of a plan that have not what it offers now; each follows when its next plan is approved."""
    same = Q(**plan.allowance)
    return plan.sites.filter(released_at=None).exclude(same).select_related("agency")


def node_of(token: str) -> Node | None:
    """Whose token this is. It is looked up by its hash, so that no comparison of secrets can be timed."""
    return Node.objects.filter(token_hash=sha256(token)).first() if token else None


def sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def host_of(label: str) -> str:
    return f"{label}.{office().naming.zone}"


_OF_STANDING = ("site__number", "site", "generation")


def _read_wishes(site: Site) -> list[Wish]:
    wishes = _wishes(site=site.pk)
    for wish in wishes:
        wish.site = site
    return wishes


@question
def _wishes() -> QuerySet[Wish]:
    return Wish.objects.filter(site=Given("site")).order_by("id")
