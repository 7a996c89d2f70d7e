"""The list of sites, and one of them: what it is, who has it now, what may be done."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panggon.audit.history import history
from panggon.cases.content.paper_facts import ENGINES, allowance_words
from panggon.cases.content.request import SITE_KINDS
from panggon.cases.taking_over import first_login
from panggon.cases.views import preparation, presentation
from panggon.core.cases.vocabulary import Role
from panggon.core.sites.availability import percent
from panggon.core.sites.life import SiteAction, purge_from
from panggon.core.sites.spec import SiteState
from panggon.paging import page_of
from panggon.people import selectors as people
from panggon.people.permissions import signed_in
from panggon.sites import life, plans
from panggon.sites import selectors as machines
from panggon.sites.forms import PlanForm
from panggon.sites.models import Outcome, Site
from panggon.upkeep import selectors
from panggon.upkeep.forms import FindForm
from panggon.upkeep.words import ACTIONS, AT_THE_MACHINE, MEANINGS, NEEDS, NOWHERE, SHOWN, STATES

PAGE_SIZE = 25
MONTHS_SHOWN = 3
COMMANDS = {"node.bound": "panggon-node allow JUMLAH"}
KINDS = dict(SITE_KINDS)
CAREFUL = (SiteAction.QUARANTINE, SiteAction.DEACTIVATE, SiteAction.PURGE)
LABELS = {
    **{name: field.label for name, field in PlanForm.base_fields.items() if name in plans.FIELDS},
    "state": _("Keadaan"),
    "host": _("Alamat"),
    "php_version": _("Versi PHP"),
    "asked": _("Diusulkan"),
    "ended": _("Berakhir"),
    "wish": _("Tugas server"),
    "details": _("Pengaturan lain"),
    "plan_id": _("Paket"),
}


@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    now, form = timezone.now(), FindForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = selectors.found(request.user, words=asked.get("q", "").strip(), state=asked.get("keadaan", ""), now=now)
    page = page_of(request, rows, size=PAGE_SIZE)
    context = {
        "form": form,
        "page": page,
        "rows": [(row, STATES[SiteState(row.state)], *SHOWN[SiteState(row.state)][:2]) for row in page],
        "requests": selectors.requests_for(request.user, now=now),
        "proposals": [
            (each, ACTIONS[SiteAction(each.action)]) for each in selectors.proposals_for(request.user, now=now)
        ],
        "official": people.is_official(request.user, now=now),
        "behind": selectors.behind_for(request.user, now=now),
    }
    return render(request, "upkeep/list.html", context, status=200 if form.is_valid() else 422)


@signed_in
def site(request: HttpRequest, site: str) -> HttpResponse:
    return render(request, "upkeep/site.html", context_of(request, site_or_404(request, site)))


def site_or_404(request: HttpRequest, identifier: str) -> Site:
    """The site, if this person may see it; for anybody else it does not exist."""
    found = selectors.site_for(request.user, identifier, now=timezone.now())
    if found is None:
        raise Http404
    return found


def context_of(request: HttpRequest, found: Site) -> dict[str, Any]:
    now = timezone.now()
    state, official = SiteState(found.state), people.is_official(request.user, now=now)
    look, mark, sentence = SHOWN[state]
    proof = preparation.proof_of(found)
    spec = found.spec
    lead = spec.redirect or spec.proxy
    changes = list(selectors.alterations_of(found))
    facts = selectors.facts_of(found, now=now)
    failed = machines.failed_aside(found) if official else None
    behind = official and found.behind_since is not None and failed is None
    resent = machines.last_resend(found) if behind else None
    refused = failed or resent
    availability = machines.availability_of(found, months=MONTHS_SHOWN)
    case = getattr(found, "case", None)
    return {
        "site": found,
        "state": STATES[state],
        "look": look,
        "mark": mark,
        "sentence": sentence if proof.evidence or state is not SiteState.PREPARED else NOWHERE,
        "state_value": state.value,
        "official": official,
        "asks_for_others": Role.REGISTRAR in people.roles_of(request.user, now=now),
        "own": request.user.agency_id == found.agency_id,
        "in_use": state not in (SiteState.PARKED, SiteState.PURGED),
        "kind": KINDS[found.kind],
        "engine": ENGINES[found.engine] if found.database else "",
        "allowance": allowance_words(found),
        "lead": lead.target if lead else "",
        "spec": spec,
        "availability": [(row, percent(answered=row.answered, visits=row.visits)) for row in availability],
        "stored": next((row for row in availability if row.used_mebibytes is not None), None),
        "first_login": first_login(found),
        "proof": proof,
        "drift": selectors.drift_of(found) if official else (),
        "fullness": selectors.fullness_of(found),
        "is_silent": machines.silent_sites().filter(pk=found.pk).exists(),
        "case": case,
        "access_open": case is not None and presentation.access_open(case, request.user),
        "case_over": facts.case_over,
        "open_change": next((each for each in changes if each.state in selectors.WAITING), None),
        "changes": [(each, ACTIONS[SiteAction(each.action)]) for each in changes],
        "requests": selectors.open_requests(found),
        "offers": [
            (action, ACTIONS[action], MEANINGS[action], action in CAREFUL)
            for action in selectors.offers(found, request.user, now=now)
            if _makes_sense(found, action)
        ],
        "blockers": [NEEDS[need] for need in selectors.blockers(found, request.user, now=now)],
        "failed": failed,
        "goes_on": failed is not None and failed.outcome == Outcome.CLOSING,
        "behind": behind,
        "resent": resent,
        "sends_again": selectors.is_keeper(request.user, now=now),
        "at_the_machine": AT_THE_MACHINE.get(refused.problem_code) if refused else "",
        "command": COMMANDS.get(refused.problem_code) if refused else "",
        "purge_from": purge_from(found.released_at, purge_after=facts.purge_after)
        if state is SiteState.PARKED and found.released_at
        else None,
        "history": history(life.subject_of(found), labels=LABELS) if official else (),
    }


# ------------------------------------------------------------------------------------------------------------------


def _makes_sense(found: Site, action: SiteAction) -> bool:
    """Another plan needs that one is offered; another PHP version is for a PHP site whose machine has one."""
    if action is SiteAction.CHANGE_PLAN:
        return machines.offered_plans().exists()
    if action is not SiteAction.CHANGE_PHP:
        return True
    versions = found.node.facts.get("php_versions", []) if found.node else []
    return found.kind == "php" and any(version != found.php_version for version in versions)
