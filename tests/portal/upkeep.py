"""Sites after their cases, for the tests."""

from collections.abc import Callable
from typing import Any

from panggon.cases.models import Case
from panggon.core.cases.procedure import State
from panggon.core.sites.life import SiteAction
from panggon.sites import services as sites
from panggon.sites.models import Node, Outcome, Site, Wish
from panggon.sites.selectors import host_of
from panggon.upkeep import jobs, services
from panggon.upkeep.models import Alteration
from tests.portal.office import DIGEST, Office

REASON = "Formulir lama dapat disalahgunakan."


def open_site(office: Office, *, opened: Callable[[], object] | None = None, **request: Any) -> Site:
    """A site whose case is over, without the papers of its way there; `opened` is the machine's part in it."""
    case = office.draft(**request)
    site = sites.reserve_site(
        host_of(case.label), office.agency, kind="php", profile="plain", database=True, at=office.later()
    )
    Case.objects.filter(pk=case.pk).update(site=site, state=State.DONE, technician=office.technician)
    sites.wish_open(site, at=office.later())
    opened() if opened else office.node_reports(Outcome.APPLIED)
    Node.objects.update(facts={"php_versions": ["8.2", "8.4"]})
    return Site.objects.get(pk=site.pk)


def proposed(office: Office, site: Site, action: SiteAction, **data: Any) -> Alteration:
    """A change that a technician asks for, with its plan from the machine."""
    letter = data.pop("letter", None)
    values = {"reason": REASON, **data}
    change = services.propose(
        site.pk, action=action, data=values, actor=office.technician, at=office.later(), letter=letter
    )
    told(office, Outcome.PLANNED)
    return fresh(change)


def approved(office: Office, change: Alteration, **data: Any) -> Alteration:
    actor = data.pop("actor", office.division_head)
    return services.approve(change.pk, shown_digest=DIGEST, actor=actor, at=office.later(), **data)


def done(office: Office, site: Site, action: SiteAction, **data: Any) -> Alteration:
    """Asked for, approved, and proven by the machine."""
    typed = {"typed_name": data["typed_name"]} if "typed_name" in data else {}
    change = approved(office, proposed(office, site, action, **data), **typed)
    told(office, Outcome.APPLIED)
    return fresh(change)


def told(office: Office, outcome: Outcome, *, problem: str = "", **more: Any) -> Wish:
    """The machine does its next wish, and the worker hears of it."""
    wish = office.node_reports(outcome, problem=problem, **more)
    jobs.site_reported(wish.pk)
    return wish


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)
