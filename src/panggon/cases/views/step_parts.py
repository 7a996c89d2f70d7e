"""What the page of each step shows beside its form: exactly what that step is decided on."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from panggon.cases import selectors, taking_over
from panggon.cases.archive import agenda
from panggon.cases.content import corrections
from panggon.cases.content.facts import name_faults
from panggon.cases.models import Case
from panggon.cases.views import acting, preparation, presentation, signing
from panggon.cases.views.buttons import Button
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import Action
from panggon.labels import ACTION_LABELS
from panggon.people.models import User

TEMPLATES: Mapping[Action, str] = {
    Action.RECEIVE: "receive",
    Action.DISPOSE: "dispose",
    Action.ASSIGN: "assign",
    Action.REASSIGN: "assign",
    Action.COMPLETE: "checklist",
    Action.RETURN_TO_APPLICANT: "checklist",
    Action.PREPARE: "prepare",
    Action.REPORT: "proven",
    Action.REQUEST_APPROVAL: "proven",
    Action.APPROVE: "sign",
    Action.DELIVER: "proven",
    Action.CONFIRM: "confirm",
    Action.CHANGE_SPEC: "spec",
    Action.RETRY: "spec",
    Action.SEND_BACK: "proven",
}


# What else may be decided on the same page, where something is not as it should be.
INSTEAD: Mapping[Action, Action] = {
    Action.PREPARE: Action.RETURN_TO_APPLICANT,
    Action.REQUEST_APPROVAL: Action.SEND_BACK,
    Action.APPROVE: Action.SEND_BACK,
    Action.CONFIRM: Action.REPORT_NO_ACCESS,
}
STEPS_TOLD = 4  # of the SK; who did the ones before decides nothing any more


def template_of(action: Action) -> str:
    """The page of a step; those that need no more than their form share one."""
    return f"cases/steps/{TEMPLATES[action]}.html" if action in TEMPLATES else "cases/step.html"


def context_of(action: Action, case: Case, user: User) -> dict[str, Any]:
    parts = PARTS[action](case, user) if action in PARTS else {}
    return {**parts, "instead": _instead(action, case, user)}


# ------------------------------------------------------------------------------------------------------------------


def _instead(action: Action, case: Case, user: User) -> Button | None:
    other = INSTEAD.get(action)
    offer = acting.offer_of(case, user, other) if other else None
    return Button(offer.action, str(ACTION_LABELS[offer.action].text), "btn-calm") if offer else None


def _receipt(_case: Case, _user: User) -> dict[str, Any]:
    return {"upcoming": agenda.upcoming(timezone.now())}


def _check(case: Case, user: User) -> dict[str, Any]:
    """Both endings of the check, as far as this person may bring it to them now."""
    faults = [fault_words(fault) for fault in name_faults(case) or ()]
    endings = (Action.COMPLETE, Action.RETURN_TO_APPLICANT)
    return {
        "endings": [action for action in endings if acting.offer_of(case, user, action)],
        "name_faults": faults,
        "rounds": corrections.rounds(case),
    }


def _machine(case: Case, _user: User) -> dict[str, Any]:
    return {"preparation": preparation.view_of(case)}


def _entry(case: Case, _user: User) -> dict[str, Any]:
    return {"first_login": taking_over.first_login(case.site) if case.site else ""}


def _proof(case: Case, user: User) -> dict[str, Any]:
    """Who asks for what, who has done the steps before, what is proven, and the papers to read."""
    return {
        "preparation": preparation.view_of(case),
        "doers": [doer for doer in presentation.doers(case) if doer.step >= STEPS_TOLD],
        "papers": selectors.papers_for(case, user, now=timezone.now()),
    }


def _signing(case: Case, user: User) -> dict[str, Any]:
    """What is signed is listed apart from what is only read."""
    parts, signed = _proof(case, user), signing.context_of(case)
    read = [paper for paper in parts["papers"] if paper not in signed["documents"] and not paper.voided_at]
    return {**parts, **signed, "papers": read}


PARTS: Mapping[Action, Callable[[Case, User], dict[str, Any]]] = {
    Action.RECEIVE: _receipt,
    Action.COMPLETE: _check,
    Action.RETURN_TO_APPLICANT: _check,
    Action.PREPARE: _machine,
    Action.CONFIRM: _entry,
    Action.APPROVE: _signing,
    **dict.fromkeys((a for a, name in TEMPLATES.items() if name == "proven"), _proof),
}
