from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from panggon.cases.forms.base import StepForm
from panggon.cases.forms.steps import form_for
from panggon.cases.models import Case, Event
from panggon.cases.sheets import SHEETS
from panggon.cases.views import acting, application, preparation, presentation, review
from panggon.cases.views.buttons import EXPLANATIONS, look
from panggon.core.procedure import ACTION_LABELS, Action
from panggon.people.permissions import signed_in

# Whoever decides on these sees plan and evidence on the same page.
WITH_PREPARATION = frozenset({Action.PREPARE, Action.REPORT, Action.REQUEST_APPROVAL, Action.APPROVE, Action.DELIVER})
WITH_LETTER = frozenset(
    {Action.RECEIVE, Action.DISPOSE, Action.ASSIGN, Action.REASSIGN, Action.COMPLETE, Action.RETURN_TO_APPLICANT}
)


@signed_in
def step(request: HttpRequest, number: str, action: Action) -> HttpResponse:
    """The page of one step: GET shows its form, POST acts. Which steps there are is the table's business."""
    case = acting.case_or_404(request, number)
    event = acting.news(request, case) if request.method == "POST" else None
    if event and acting.is_repetition(event, request, action):
        return redirect("cases:case", case.number)
    offer = acting.offer_of(case, request.user, action)
    if offer is None:
        return acting.gone(request, case, event)
    if action is Action.SAVE_DRAFT:
        return redirect("cases:section", case.number, application.SECTIONS[0].slug)
    if action in (Action.SUBMIT, Action.RESUBMIT):
        return review.send(request, case, offer, event)
    digest = preparation.digest_of(case)
    if request.method != "POST":
        return _page(request, case, action, form_for(offer, case, digest=digest), changed=None)
    form = form_for(offer, case, data=acting.renewed(request, case, event), files=request.FILES)
    done = None if event else acting.attempt(request, case, action, form)
    acting.show_newest(form, shown_digest=digest)
    return done or _page(request, case, action, form, changed=event)


def _page(request: HttpRequest, case: Case, action: Action, form: StepForm, *, changed: Event | None) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "heading": ACTION_LABELS[action].text,
        "explanation": EXPLANATIONS.get(action, ""),
        "look": "btn-careful" if look(action) == "btn-careful" else "btn-primary",
        "changed": acting.as_change(changed) if changed else None,
        "preparation": preparation.view_of(case) if action in WITH_PREPARATION else None,
        "sheet": action if action in SHEETS and "signed_sheet" in form.fields else None,
        "remarks": presentation.remarks(case, request.user, now=timezone.now()),
        "letter": acting.letter_of(case) if action in WITH_LETTER else None,
    }
    return render(request, "cases/step.html", context, status=422 if form.is_bound and form.errors else 200)
