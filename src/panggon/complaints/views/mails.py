"""For the dinas: what came in by e-mail, and what a person decides about a mail that is held."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panggon.audit.access import looked_at
from panggon.complaints import incoming, parts, selectors
from panggon.complaints.mailbox import account
from panggon.complaints.models import IncomingMail
from panggon.complaints.words import CHECKS, MAIL_OUTCOMES, MAIL_REASONS, MAILBOX_PROBLEMS, fault_words
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.incoming_mail import Check, Outcome, Reason
from panggon.core.complaints.procedure import TABLE
from panggon.core.errors import InvalidError
from panggon.papers import store
from panggon.pdf import POLICY
from panggon.people import selectors as people
from panggon.people.permissions import holders

TAKE, ADD, DISCARD = "terima", "tambahkan", "buang"


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as a page says it. `may_be_added`: a person may say that it belongs to the complaint that it names."""

    mail: IncomingMail
    what: Any
    check: Any
    is_held: bool
    may_be_added: bool


def shown(mail: IncomingMail) -> Shown:
    outcome = Outcome(mail.outcome or Outcome.NOTHING)
    is_held = mail.state == IncomingMail.State.HELD
    return Shown(
        mail,
        what=MAIL_REASONS[Reason(mail.reason)] if mail.reason else MAIL_OUTCOMES.get(outcome, ""),
        check=CHECKS[Check(mail.check_result)],
        is_held=is_held,
        may_be_added=is_held and mail.complaint is not None and mail.complaint.state not in TABLE.finals,
    )


@holders(*parts.OFFICERS, Role.ADMINISTRATOR)
def listed(request: HttpRequest) -> HttpResponse:
    """How far the mailbox is read; and for who handles complaints, what waits for a decision."""
    mailbox = account()
    context: dict[str, Any] = {"mailbox": mailbox, "is_officer": _is_officer(request)}
    if mailbox:
        box = selectors.present_mailbox(str(mailbox))
        context |= {"box": box, "problem": MAILBOX_PROBLEMS[box.problem] if box and box.problem else ""}
    if context["is_officer"]:
        looked_at("mails", "list", by=request.user)
        context["held"] = [shown(mail) for mail in selectors.held_mails(request.user)[: selectors.MAILS_SHOWN]]
        context["others"] = [shown(mail) for mail in selectors.other_mails(request.user)]
    return render(request, "complaints/mails.html", context)


@holders(*parts.OFFICERS)
@require_POST
def decide(request: HttpRequest, mail: int, decision: str) -> HttpResponse:
    """Take it as a complaint, or as more about the one that it names; or discard it."""
    row, back = _held_or_404(request, mail), "complaints:mails"
    if decision not in (TAKE, ADD, DISCARD):
        raise Http404
    now = timezone.now()
    try:
        if decision == DISCARD:
            incoming.discard(row, actor=request.user, at=now)
            messages.success(request, _("Email dibuang."), "positive")
            return redirect(back)
        complaint = incoming.take(row, into_complaint=decision == ADD, actor=request.user, at=now)
    except InvalidError as error:
        messages.warning(request, " ".join(fault_words(fault) for fault in error.faults), "warning")
        return redirect(back)
    messages.success(request, _("Email diterima: %(number)s.") % {"number": complaint.number}, "positive")
    return redirect("complaints:complaint", complaint.number)


@holders(*parts.OFFICERS)
def original(request: HttpRequest, mail: int) -> HttpResponse:
    """The mail as it came: always saved, never shown by the portal."""
    row = _held_or_404(request, mail)
    looked_at(f"mail {row.pk}", "original", by=request.user)
    headers = {"Content-Disposition": f'attachment; filename="surat-{row.pk}.eml"', "Content-Security-Policy": POLICY}
    return HttpResponse(store.get(row.file_sha256), content_type="application/octet-stream", headers=headers)


# ------------------------------------------------------------------------------------------------------------------


def _is_officer(request: HttpRequest) -> bool:
    return not parts.OFFICERS.isdisjoint(people.roles_of(request.user, now=timezone.now()))


def _held_or_404(request: HttpRequest, mail: int) -> IncomingMail:
    row = selectors.held_mails(request.user).filter(pk=mail).first()
    if row is None:
        raise Http404
    return row
