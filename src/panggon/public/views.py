from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from panggon.cases import selectors
from panggon.cases.content.sheets import blank_letter
from panggon.cases.selectors import PublicStatus
from panggon.core.errors import Fault, InvalidError, TemporaryError
from panggon.labels import STATE_LABELS
from panggon.office.selectors import office
from panggon.papers import selectors as paper_selectors
from panggon.papers import services as papers
from panggon.papers import verification
from panggon.papers.verification import Paper
from panggon.papers.words import fault_words
from panggon.pdf import pdf_response
from panggon.people.permissions import public
from panggon.public import services
from panggon.public.forms import FollowForm, TrackingForm, VerifyForm
from panggon.public.words import FAULT_WORDS
from panggon.signin import door


class Move(NamedTuple):
    at: datetime
    text: str


class Step(NamedTuple):
    words: str
    look: str


@public
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "public/start.html")


@public
def sample_letter(_request: HttpRequest) -> HttpResponse:
    """The letter that asks for hosting, to be filled in by hand."""
    data = papers.sample_letter(blank_letter(), at=timezone.now())
    return pdf_response(data, name="contoh-surat-permohonan-hosting.pdf")


@public
def track(request: HttpRequest) -> HttpResponse:
    """The way of a case by number and code, without any personal data; the address on the receipt leads here."""
    form = TrackingForm(request.GET or None)
    try:
        status = _status(request, form) if form.is_bound and form.is_valid() else None
    except ValidationError as held:
        form.add_error(None, held)
        return render(request, "public/track.html", {"form": form}, status=429)
    return _tracked(request, form, status, FollowForm())


@public
@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """Whoever has number and code may leave an address; it is written to only after a link in a first mail is used."""
    tracking, form = TrackingForm(request.POST), FollowForm(request.POST)
    try:
        with door.braked(door.follow_try(request)):
            status = _status(request, tracking) if tracking.is_valid() else None
    except ValidationError as held:
        tracking.add_error(None, held)
        return render(request, "public/track.html", {"form": tracking}, status=429)
    if status is None or not form.is_valid() or not _asked(status.number, form):
        return _tracked(request, tracking, status, form, code=422)
    words = _("Bila alamat itu belum mengikuti permohonan ini, kami baru saja mengirim tautan untuk mengonfirmasinya.")
    messages.success(request, words, "positive")
    return redirect(services.tracking_path(status.number))


@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the first mail. A program that looks at links in mails confirms nothing: the button does."""
    follower = services.follower_to_confirm(token)
    if follower is not None and request.method == "POST":
        services.confirm(follower, at=timezone.now())
    context = {"follower": follower, "done": request.method == "POST"}
    return render(request, "public/confirm.html", context, status=200 if follower else 410)


@csrf_exempt  # mail programs call it by RFC 8058; the token is the proof
@public
def unfollow(request: HttpRequest, token: str) -> HttpResponse:
    """The link in every mail: one press, and the address is erased."""
    number = services.unfollow(token) if request.method == "POST" else services.followed(token)
    return render(request, "public/unfollow.html", {"number": number, "done": request.method == "POST"})


@public
def verify(request: HttpRequest) -> HttpResponse:
    """Whether a PDF is what this portal issued; the file is looked at and not kept."""
    if request.method != "POST":
        return render(request, "public/verify.html", {"form": VerifyForm()})
    form = VerifyForm(request.POST, request.FILES)
    if "file" in getattr(request, "too_large", ()):
        form.errors.pop("file", None)
        form.add_error("file", _("Berkas lebih besar dari 20 MB."))
    if not form.is_valid():
        return render(request, "public/verify.html", {"form": form}, status=422)
    try:
        with door.braked(door.verify_try(request)):
            found = verification.verify(form.cleaned_data["file"].read())
    except ValidationError as held:
        form.add_error(None, held)
        return render(request, "public/verify.html", {"form": form}, status=429)
    except TemporaryError:
        form.add_error(None, _("Sedang banyak berkas yang diperiksa. Silakan coba lagi sebentar lagi."))
        return render(request, "public/verify.html", {"form": form}, status=503)
    return render(request, "public/verify.html", {"form": VerifyForm(), "found": found, **_about(found.paper, found)})


@public
def verify_paper(request: HttpRequest, paper: UUID) -> HttpResponse:
    """Where the QR of a paper leads: what this portal issued under it."""
    issued = paper_selectors.paper(paper)
    if issued is None:
        raise Http404
    return render(request, "public/verify.html", {"form": VerifyForm(), "shown": issued, **_about(issued)})


# ------------------------------------------------------------------------------------------------------------------


def _about(paper: Paper | None, found: verification.Verified | None = None) -> dict[str, Any]:
    """What the paper is for, and in words what a strange signature lacks."""
    faults = found.signed.faults if found and found.signed else ()
    return {
        "paper": paper,
        "subject": selectors.subject_of(paper.case_number) if paper else None,
        "fault": fault_words(Fault(faults[0])) if faults else "",
    }


def _tracked(
    request: HttpRequest, form: TrackingForm, status: PublicStatus | None, follow_form: FollowForm, *, code: int = 200
) -> HttpResponse:
    context = {"form": form, "status": status, "moves": _moves(status), "steps": _steps(status)}
    return render(request, "public/track.html", {**context, "follow_form": follow_form}, status=code)


def _asked(number: str, form: FollowForm) -> bool:
    try:
        services.ask(number, form.cleaned_data["email"], language=get_language() or "id", at=timezone.now())
    except InvalidError as error:
        for fault in error.faults:
            form.add_error("email", FAULT_WORDS[fault.code])
        return False
    return True


def _status(request: HttpRequest, form: TrackingForm) -> PublicStatus | None:
    """Raises ValidationError for who guesses; what is counted are failures, and they are all that this GET writes.

    A code has 128 random bits: a crowd of guesses at one moment finds none, and a right one is no guess.
    """
    number, token = form.cleaned_data["nomor"].strip().upper(), form.cleaned_data["kode"].strip()
    attempt = door.tracking_try(request)
    door.refuse_held(attempt)
    status = selectors.public_status(number, token)
    if status is None:
        with door.braked(attempt):
            form.add_error(None, _("Nomor permohonan dan kode lacak tidak cocok. Periksa tanda terima Anda."))
    return status


def _moves(status: PublicStatus | None) -> tuple[Move, ...]:
    """The newest first."""
    moves = reversed(status.steps) if status else ()
    return tuple(Move(at, str(STATE_LABELS[state].text)) for at, state in moves)


def _steps(status: PublicStatus | None) -> tuple[Step, ...]:
    """The nine steps of the SK, each done, under way or still to come; none of a case that was stopped."""
    if status is None or (status.step is None and STATE_LABELS[status.state].step is None):
        return ()
    steps = office().standard.steps
    now = status.step or len(steps) + 1
    looks = ["done" if number < now else "now" if number == now else "" for number in range(1, len(steps) + 1)]
    return tuple(map(Step, steps, looks))
