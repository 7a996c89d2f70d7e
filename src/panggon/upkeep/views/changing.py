"""Asking for a change, its plan in words, who approves it, and what its machine has done."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from panggon.cases.views import preparation
from panggon.core.errors import InvalidError
from panggon.core.sites.life import APPROVALS, AT_ONCE, SiteAction, SiteNeed
from panggon.papers import store
from panggon.pdf import pdf_response
from panggon.people import selectors as people
from panggon.people.permissions import holders, official, signed_in
from panggon.sites import life
from panggon.sites.models import Outcome, Site
from panggon.upkeep import selectors, services
from panggon.upkeep.forms import FORMS, ApproveForm, AtOnceForm, ChangeForm, EndForm
from panggon.upkeep.models import Alteration, Request
from panggon.upkeep.views.sites import COMMANDS, site_or_404
from panggon.upkeep.words import ACTIONS, AT_THE_MACHINE, ENDINGS, MEANINGS, approvers_of, fault_words

# Faults that say that it is for somebody else to approve.
OTHERS = (life.NOT_YOURS, f"need.{SiteNeed.ANOTHER_PERSON}")


@official
def propose(request: HttpRequest, site: str, site_action: str) -> HttpResponse:
    """The form of one action; sent, the machine plans it, or does it where it is to be done at once."""
    found = site_or_404(request, site)
    action = _offered(request, found, site_action)
    if action is None:
        messages.warning(request, _("Tindakan itu tidak dapat dilakukan sekarang. Inilah keadaan situsnya."), "warning")
        return redirect("upkeep:site", found.identifier)
    asked = _request_of(request, found)
    form_class = FORMS.get(action, AtOnceForm)
    initial = {"reason": asked.words} if asked else {}
    form = form_class(request.POST or None, request.FILES or None, site=found, initial=initial)
    if asked and asked.letter_sha256:
        form.fields.pop("letter", None)  # it came with the request
    if form.is_bound:
        form.refuse_large(getattr(request, "too_large", set()))
        answer = _sent(request, found, action, form, asked) if form.is_valid() else None
        if answer:
            return answer
    context = {
        "site": found,
        "form": form,
        "asked": asked,
        "title": ACTIONS[action],
        "meaning": MEANINGS[action],
        "at_once": action in AT_ONCE,
        "four_eyes": action in APPROVALS and APPROVALS[action].four_eyes,
    }
    return render(request, "upkeep/propose.html", context, status=422 if form.is_bound else 200)


@signed_in
def change(request: HttpRequest, site: str, change: int) -> HttpResponse:
    """One change, for whoever sees the site; a posted form decides on it (`do`)."""
    found = site_or_404(request, site)
    known = _change_or_404(found, change)
    purges = known.action == SiteAction.PURGE
    approval, ending = ApproveForm(purges=purges, initial={"shown_digest": known.plan.digest}), EndForm()
    bound = request.method == "POST"
    if bound:
        approval, ending, done = _decided(request, known, approval, ending)
        if done:
            return redirect("upkeep:change", found.identifier, known.pk)
    context = {**_context(request, found, known), "approval": approval, "ending": ending}
    return render(request, "upkeep/change.html", context, status=422 if bound else 200)


@signed_in
@require_GET
def progress(request: HttpRequest, site: str, change: int) -> HttpResponse:
    """The part of the page that changes by itself."""
    found = site_or_404(request, site)
    known = _change_or_404(found, change)
    answer = render(request, "upkeep/progress.html", _context(request, found, known))
    if not _moves(known):
        answer.headers["HX-Refresh"] = "true"  # what may be done now stands elsewhere on the page
    return answer


@official
def letter(request: HttpRequest, site: str, change: int) -> HttpResponse:
    """The OPD's letter that a change was asked for with."""
    known = _change_or_404(site_or_404(request, site), change)
    if not known.letter_sha256:
        raise Http404
    return pdf_response(store.get(known.letter_sha256), name=f"surat-{known.site.identifier}-{known.pk}.pdf")


@holders(*selectors.KEEPERS)
@require_POST
def repeat(request: HttpRequest, site: str) -> HttpResponse:
    """Ask once more for what failed without a plan; pressed twice it asks once."""
    found = site_or_404(request, site)
    if services.repeat(found.pk, actor=request.user, at=timezone.now()):
        messages.success(request, _("Server diminta mencoba lagi."), "positive")
    else:
        messages.info(request, _("Tidak ada yang perlu diulang: server sudah diminta atau sudah berhasil."))
    return redirect("upkeep:site", found.identifier)


@holders(*selectors.KEEPERS)
@require_POST
def resend(request: HttpRequest, site: str) -> HttpResponse:
    """Send a machine again what it had done before it came back from its backup; pressed twice it is sent once."""
    found = site_or_404(request, site)
    _tell_sent(request, int(services.resend(found.pk, actor=request.user, at=timezone.now()) is not None))
    return redirect("upkeep:site", found.identifier)


@holders(*selectors.KEEPERS)
@require_POST
def resend_all(request: HttpRequest) -> HttpResponse:
    """The same of every site of which its machine knows less than is wished."""
    _tell_sent(request, services.resend_all(actor=request.user, at=timezone.now()))
    return redirect("upkeep:sites")


# ------------------------------------------------------------------------------------------------------------------


def _tell_sent(request: HttpRequest, count: int) -> None:
    if count:
        messages.success(request, _("%(count)s situs dikirim lagi ke servernya.") % {"count": count}, "positive")
    else:
        messages.info(request, _("Tidak ada yang perlu dikirim lagi: server sudah diminta atau sudah berhasil."))


def _offered(request: HttpRequest, site: Site, name: str) -> SiteAction | None:
    offers = selectors.offers(site, request.user, now=timezone.now())
    return next((action for action in offers if action == name), None)


def _request_of(request: HttpRequest, site: Site) -> Request | None:
    """The OPD's request from which a change is made."""
    key = request.GET.get("permintaan", "")
    known = key.isascii() and key.isdigit() and len(key) < 10
    return selectors.open_requests(site).filter(pk=int(key)).first() if known else None


def _change_or_404(site: Site, key: int) -> Alteration:
    known = selectors.alteration(site, key)
    if known is None:
        raise Http404
    known.site = site
    return known


def _sent(
    request: HttpRequest, site: Site, action: SiteAction, form: ChangeForm, asked: Request | None
) -> HttpResponse | None:
    now = timezone.now()
    try:
        if action in services.AT_ONCE:
            services.at_once(site.pk, action=action, reason=form.cleaned_data["reason"], actor=request.user, at=now)
            messages.success(request, _("Server diminta melakukannya sekarang."), "positive")
            return redirect("upkeep:site", site.identifier)
        change = services.propose(
            site.pk,
            action=action,
            data=form.data_of(),
            actor=request.user,
            at=now,
            letter=form.cleaned_data.get("letter"),
            request=asked,
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return None
    return redirect("upkeep:change", site.identifier, change.pk)


def _decided(
    request: HttpRequest, change: Alteration, approval: ApproveForm, ending: EndForm
) -> tuple[ApproveForm, EndForm, bool]:
    """The forms as they are to be shown, and whether it was decided."""
    what, now = request.POST.get("do"), timezone.now()
    form: ApproveForm | EndForm = approval
    try:
        if what == "approve":
            form = approval = ApproveForm(request.POST, purges=change.action == SiteAction.PURGE)
            if not form.is_valid():
                return approval, ending, False
            services.approve(change.pk, **form.cleaned_data, actor=request.user, at=now)
        elif what == "end":
            form = ending = EndForm(request.POST)
            if not form.is_valid():
                return approval, ending, False
            services.refuse(change.pk, reason=form.cleaned_data["decision"], actor=request.user, at=now)
        elif what == "plan":
            services.plan_again(change.pk, actor=request.user, at=now)
    except InvalidError as error:
        if not form.is_bound:
            messages.warning(request, fault_words(error.faults[0]), "warning")
            return approval, ending, True
        form.add_faults(error.faults)
        return approval, ending, False
    return approval, ending, True


def _context(request: HttpRequest, site: Site, change: Alteration) -> dict[str, Any]:
    action, user, now = SiteAction(change.action), request.user, timezone.now()
    faults = services.approval_faults_of(change, user, at=now) if change.waits else ()
    wish = change.wish or change.plan
    keeper = not people.roles_of(user, now=now).isdisjoint(selectors.KEEPERS)
    return {
        "site": site,
        "change": change,
        "title": ACTIONS[action],
        "meaning": MEANINGS[action],
        "shown": preparation.of_change(change.plan, change.wish),
        "moves": _moves(change),
        "ending_words": ENDINGS.get(wish.outcome, ""),
        "at_the_machine": AT_THE_MACHINE.get(wish.problem_code),
        "command": COMMANDS.get(wish.problem_code),
        "problem": "" if wish.succeeded else wish.problem_words,
        "may_approve": change.waits and not faults,
        "waits_for": approvers_of(action) if any(fault.code in OTHERS for fault in faults) else "",
        "not_yet": [fault_words(fault) for fault in faults if fault.code != life.NOT_YOURS],
        "may_end": change.waits and keeper,
        "own": change.asked_by_id == user.pk,
        "stale": change.waits and services.is_stale(change),
        "official": people.is_official(user, now=now),
    }


def _moves(change: Alteration) -> bool:
    """Whether the machine is at it, and soon at its end."""
    goes_on = change.wish is not None and change.wish.outcome == Outcome.CLOSING
    return (change.state == Alteration.State.RUNNING and not goes_on) or (
        change.waits and change.plan.reported_at is None
    )
