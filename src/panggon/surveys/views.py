from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.core.surveys.figures import SMALLEST, Period
from panggon.papers import services as papers
from panggon.pdf import pdf_response
from panggon.people import selectors as people
from panggon.people.permissions import holders, public
from panggon.surveys import selectors, services
from panggon.surveys.card import card_content
from panggon.surveys.forms import AnswerForm, ImprovementForm
from panggon.surveys.models import Answer, Improvement, Invitation
from panggon.surveys.selectors import Survey
from panggon.surveys.words import BAND_LABELS, FAULT_WORDS, GROUP_LABELS, QUESTIONS

READERS = (Role.COMPLAINTS_OFFICER, Role.HEAD, Role.ADMINISTRATOR)


@never_cache
@public
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation leads. Nobody has to sign in, and nothing on the page says who was invited."""
    invitation = selectors.invitation_of(token)
    if invitation is None or not selectors.is_open(invitation, now=timezone.now()):
        return render(request, "surveys/over.html", {"used": bool(invitation and invitation.used)}, status=410)
    form = AnswerForm(request.POST or None)
    if form.is_bound and form.is_valid() and _answered(invitation, form):
        return render(request, "surveys/thanks.html")
    status = 422 if form.is_bound else 200
    return render(request, "surveys/answer.html", {"form": form}, status=status)


@public
def results(request: HttpRequest) -> HttpResponse:
    """The published index: of a year, or of one quarter of it. Who reads the suggestions sees it of few as well."""
    years = selectors.years()
    period = _period(request, years)
    context: dict[str, Any] = {
        "years": years,
        "period": period,
        "smallest": SMALLEST,
        "improvements": selectors.improvements(),
    }
    if period:
        survey = selectors.survey_of(period)
        told = survey is not None and (not survey.hidden or _is_reader(request))
        context |= {"survey": survey, "told": told, "words": selectors.published_words(period)}
        context |= _shown(survey) if survey and told else {}
    return render(request, "surveys/results.html", context)


@public
def card(request: HttpRequest) -> HttpResponse:
    """The card with the index, to be put up at the desk."""
    period = _period(request, selectors.years())
    survey = selectors.survey_of(period) if period else None
    if survey is None or survey.hidden:
        raise Http404
    data = papers.card(card_content(survey), at=timezone.now())
    return pdf_response(data, name=f"ikm-{survey.period.name}.pdf")


@holders(*READERS)
def review(request: HttpRequest) -> HttpResponse:
    """What respondents wrote: nothing of it is public before somebody here has read it."""
    context = {"waiting": selectors.to_read(), "decided": selectors.already_read()}
    return render(request, "surveys/review.html", context)


@holders(*READERS)
@require_POST
def decide(request: HttpRequest, answer: int) -> HttpResponse:
    row = get_object_or_404(Answer.objects.exclude(words=""), pk=answer)
    services.read(row, publish="publish" in request.POST, actor=request.user, at=timezone.now())
    return redirect("surveys:review")


@holders(*READERS)
def improvements(request: HttpRequest) -> HttpResponse:
    """The list "you said, we did"."""
    form = ImprovementForm(request.POST or None, initial={"day": timezone.localdate()})
    if form.is_bound and form.is_valid():
        services.add_improvement(**form.cleaned_data, actor=request.user, at=timezone.now())
        return redirect("surveys:improvements")
    context = {"form": form, "improvements": selectors.improvements()}
    return render(request, "surveys/improvements.html", context, status=422 if form.is_bound else 200)


@holders(*READERS)
@require_POST
def remove_improvement(request: HttpRequest, improvement: int) -> HttpResponse:
    row = get_object_or_404(Improvement, pk=improvement)
    services.remove_improvement(row, actor=request.user, at=timezone.now())
    return redirect("surveys:improvements")


# ------------------------------------------------------------------------------------------------------------------


def _answered(invitation: Invitation, form: AnswerForm) -> bool:
    try:
        services.answer(invitation, form.cleaned_data, at=timezone.now())
    except InvalidError as error:
        for fault in error.faults:
            form.add_error(None, FAULT_WORDS[fault.code])
        return False
    return True


def _period(request: HttpRequest, years: tuple[int, ...]) -> Period | None:
    """The year or quarter that is asked for; without one the newest year with answers, None when nobody answered."""
    if not years:
        return None
    year, quarter = request.GET.get("tahun", ""), request.GET.get("triwulan", "")
    known = int(year) if year.isascii() and year.isdigit() and int(year) in years else years[0]
    return Period(known, int(quarter) if quarter in {"1", "2", "3", "4"} else 0)


def _is_reader(request: HttpRequest) -> bool:
    signed_in = request.user.is_authenticated
    return signed_in and not people.roles_of(request.user, now=timezone.now()).isdisjoint(READERS)


def _shown(survey: Survey) -> dict[str, Any]:
    result = survey.result
    rows = [(element.number, QUESTIONS[element].title, float(mean)) for element, mean in result.means.items()]
    groups = [(GROUP_LABELS[kind], groups) for kind, groups in survey.groups]
    return {
        "rows": rows,
        "groups": groups,
        "band": BAND_LABELS[result.band],
        "index": float(result.index),
        "weakest": [QUESTIONS[element].title for element in result.weakest] if len(result.weakest) < len(rows) else [],
    }
