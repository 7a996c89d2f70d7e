"""The pages about plans and machines."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panggon.audit.history import history
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.core.sites.life import SITE_STATE_LABELS
from panggon.core.sites.spec import USUAL_PHP_VERSION, SiteState
from panggon.people import selectors as people
from panggon.people.permissions import holders
from panggon.sites import health, machines, plans, selectors
from panggon.sites.forms import NodeForm, PlanForm
from panggon.sites.models import Node, Plan
from panggon.sites.words import fault_words


@holders(Role.ADMINISTRATOR)
def plan_list(request: HttpRequest) -> HttpResponse:
    php_version = selectors.available_php_version(USUAL_PHP_VERSION)
    return render(request, "sites/plans.html", {"plans": selectors.plans(), "php_version": php_version})


@holders(Role.ADMINISTRATOR)
def new_plan(request: HttpRequest) -> HttpResponse:
    first = not selectors.plans().exists()
    php_version = selectors.available_php_version(USUAL_PHP_VERSION)
    return _plan_page(request, Plan(version=0, is_default=first, php_version=php_version), _("Paket baru"))


@holders(Role.ADMINISTRATOR)
def plan(request: HttpRequest, plan: int) -> HttpResponse:
    """One plan, with the sites that would follow it."""
    known = get_object_or_404(selectors.plans(), pk=plan)
    return _plan_page(request, known, known.name)


@holders(Role.TECHNICIAN, Role.ADMINISTRATOR)
def healths(request: HttpRequest) -> HttpResponse:
    """How the machines are: what is wrong, and what to do."""
    now = timezone.now()
    states = selectors.counted_by_state()
    hosts = {site.identifier: site.host for site, _words in selectors.full_sites()}
    rows = [health.shown(node, now=now, hosts=hosts) for node in selectors.enrolled_nodes()]
    context = {
        "machines": [(row, _state_rows(states.get(row.node.pk, {}))) for row in rows],
        "troubled": sum(row.in_trouble for row in rows),
        "administers": Role.ADMINISTRATOR in people.roles_of(request.user, now=now),
    }
    return render(request, "sites/health.html", context)


@never_cache
@holders(Role.ADMINISTRATOR)
def nodes(request: HttpRequest) -> HttpResponse:
    """The machines: who comes in. A posted name gives its code, shown this once."""
    form, code = NodeForm(request.POST or None), ""
    if form.is_bound and form.is_valid():
        code = machines.issue_code(form.cleaned_data["name"], at=timezone.now(), actor=request.user)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "sites/nodes.html", _nodes_context(form, code=code, now=timezone.now()), status=status)


@holders(Role.ADMINISTRATOR)
@require_POST
def retire_node(request: HttpRequest, node: int) -> HttpResponse:
    known = get_object_or_404(Node, pk=node)
    try:
        machines.retire(known.pk, actor=request.user, at=timezone.now())
    except InvalidError as error:
        for fault in error.faults:
            messages.warning(request, fault_words(fault), "warning")
    else:
        messages.success(request, _("Server %(name)s sudah dipensiunkan.") % {"name": known.name}, "positive")
    return redirect("sites:nodes")


# ------------------------------------------------------------------------------------------------------------------


def _plan_page(request: HttpRequest, known: Plan, heading: str) -> HttpResponse:
    initial = {name: getattr(known, name) for name in (*plans.FIELDS, "version")}
    form = PlanForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid() and (saved := _save(request, known, form)):
        behind = selectors.sites_behind(saved).count()
        words = _("Paket sudah disimpan. %(count)s situs belum mengikutinya.") if behind else _("Paket sudah disimpan.")
        messages.success(request, words % {"count": behind}, "positive")
        return redirect("sites:plan", saved.pk)
    context = {
        "form": form,
        "heading": heading,
        "plan": known,
        "behind": selectors.sites_behind(known) if known.pk else (),
        "history": history(plans.subject_of(known), labels=form.labels) if known.pk else (),
    }
    return render(request, "sites/plan.html", context, status=422 if form.is_bound else 200)


def _save(request: HttpRequest, known: Plan, form: PlanForm) -> Plan | None:
    values = {name: form.cleaned_data[name] for name in plans.FIELDS}
    try:
        return plans.save_plan(
            known, values, actor=request.user, at=timezone.now(), expected_version=form.cleaned_data["version"]
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return None


def _nodes_context(form: NodeForm, *, code: str, now: datetime) -> dict[str, Any]:
    rows = list(selectors.nodes())
    labels = {
        "code_until": _("Kode pendaftaran berlaku sampai"),
        "enrolled_at": _("Terdaftar"),
        "retired_at": _("Dipensiunkan"),
    }
    return {
        "form": form,
        "code": code,
        "nodes": [(node, health.connection(node, now=now)) for node in rows],
        "history": history(
            "sites.node:", labels=labels, things={machines.subject_of(node): node.name for node in rows}
        ),
    }


def _state_rows(counted: dict[str, int]) -> list[tuple[str, Any, int]]:
    """State, its words, how many; in the order of a site's life."""
    return [(state.value, _(SITE_STATE_LABELS[state]), counted[state]) for state in SiteState if state in counted]
