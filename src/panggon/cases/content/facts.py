"""What the rules ask, read from a case as it stands in memory and from what the actor gives."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from panggon.cases.content.checklist import ITEMS, reasons_in
from panggon.cases.content.paper_facts import evidence_digest, facts_of
from panggon.cases.content.parts import events_of, letter_of
from panggon.cases.models import Case, Event, LetterSource
from panggon.core.cases.procedure import Action, Facts, Role, State
from panggon.core.errors import Fault
from panggon.core.naming import label_faults, normalise
from panggon.core.notify.alerts import AlertKind
from panggon.core.papers.signing import Change, changes
from panggon.office.selectors import office
from panggon.papers import selectors as papers
from panggon.papers.composing import outdated
from panggon.papers.contents import SIGNED_TOGETHER, PaperKind
from panggon.papers.models import Paper
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.selectors import Capacity, Hands
from panggon.remembered import remembered
from panggon.sites import selectors as sites

Data = Mapping[str, Any]


def facts_for(case: Case, *, actor: User | None, data: Data) -> Facts:
    """The facts of this act. `case` carries already what `data` changes in it; nothing is saved yet.

    In which standing the actor acts is added by `in_capacity`.
    """
    events = events_of(case)
    return Facts(
        done_by=_done_by(events),
        of_agency=actor is not None and actor.agency_id == case.agency_id,
        refusal_letter=bool(data.get("refusal_letter")),
        signed_sheet=bool(data.get("signed_sheet")),
        reasons=reasons_in(data),
        shown_digest=str(data.get("shown_digest", "")),
        correction_unanswered=actor is None and _stayed_unanswered(case),
        checklist_complete=set(data.get("checklist", ())) == set(ITEMS),
        division=str(case.division_id or ""),
        technician=str(case.technician_id or ""),
        agenda_number=case.agenda_number,
        approved_at=case.approved_at,
        **_documents(case),
        delivers_by_itself=office().delivery.by_itself,
        **_request(case, data),
        **_site(case),
    )


def documents(case: Case) -> dict[PaperKind, Paper]:
    """What was frozen at the last step 6 to be signed together, in the order of signing; an earlier round's does not
    count.
    """
    found = _of_step_6(case)
    return {kind: found[kind] for kind in SIGNED_TOGETHER if kind in found}


def are_made(case: Case) -> bool:
    """Whether all that is signed together lies frozen, and beside it what asks for the signatures: nobody signs what he
    could not read.
    """
    return {*SIGNED_TOGETHER, PaperKind.APPROVAL_REQUEST} <= _of_step_6(case).keys()


def site_changes(case: Case, frozen: Mapping[PaperKind, Paper]) -> tuple[Change, ...] | None:
    """What the newest proofs see otherwise than those that were frozen, and what the access document would say
    otherwise; None when they cannot be compared.
    """
    seen, said = _seen_otherwise(case, frozen.get(PaperKind.HOSTING_DOCUMENT)), handed_over_changes(case, frozen)
    return None if seen is None or said is None else (*seen, *said)


def handed_over_changes(case: Case, frozen: Mapping[PaperKind, Paper]) -> tuple[Change, ...] | None:
    """What the access document would say otherwise if it were written now; None when there is none."""
    paper = frozen.get(PaperKind.ACCESS_DOCUMENT)
    return outdated(PaperKind.ACCESS_DOCUMENT, paper.stated, facts_of(case)) if paper else None


def _seen_otherwise(case: Case, document: Paper | None) -> tuple[Change, ...] | None:
    if document is None or case.site is None:
        return None
    proofs = [wish for wish in sites.wishes_of(case.site) if wish.evidence and not wish.cancelled_at]
    bound = [wish for wish in proofs if evidence_digest(wish.evidence) == document.evidence_digest]
    newest = sites.last_proof(case.site)
    return changes(bound[-1].evidence, newest.evidence) if bound and newest else None


def in_capacity(facts: Facts, case: Case, capacity: Capacity) -> Facts:
    """The same facts for somebody who acts in this standing: who is behind the act, and which division they head."""
    return replace(
        facts,
        people=capacity.people,
        of_division=case.division_id in capacity.divisions,
        names_the_signer=_names(case, capacity),
    )


def signer_named(case: Case) -> Hands | None:
    """Whom the frozen hosting document names: in whose hands the post of Kepala Dinas was at step 6."""
    asked = [event.at for event in events_of(case) if event.action == Action.REQUEST_APPROVAL]
    if not asked:
        return None
    return remembered(("cases.signer_named", case.pk), lambda: people.hands_of(Role.HEAD, now=asked[-1]))


def _names(case: Case, capacity: Capacity) -> bool:
    """Asked only where it is needed: whether the document that waits names whoever stands in this capacity."""
    named = signer_named(case) if case.state == State.AWAITING_APPROVAL else None
    return named is not None and named.acting == capacity.acting and str(named.user.pk) in capacity.people


def _request(case: Case, data: Data) -> dict[str, Any]:
    return {
        "letter": has_letter(case, data),
        "letter_facts": bool(case.letter_source and case.letter_date),
        "agency": case.agency_id is not None,
        "contact": bool(case.contact_name and (case.contact_phone or case.contact_email)),
        "name_faults": name_faults(case),
    }


def _site(case: Case) -> dict[str, Any]:
    site = case.site
    if site is None:
        return {}
    plan = sites.current_plan(site)
    return {
        "generation": site.generation,
        "plan_digest": plan.digest if plan else "",
        "wish_running": sites.running_wish(site) is not None,
        "evidence": sites.evidence_of(site),
        "login_recorded": site.first_login is not None,
    }


def _of_step_6(case: Case) -> dict[PaperKind, Paper]:
    """The papers of the last one."""
    asked = max((event.sequence for event in events_of(case) if event.action == Action.REQUEST_APPROVAL), default=0)
    return {PaperKind(paper.kind): paper for paper in papers.issued(case.number) if paper.event == asked}


def _stayed_unanswered(case: Case) -> bool:
    """Whether it was kept that all reminders went out and the time after them is over (`watching` does)."""
    return case.alerts.filter(kind=AlertKind.UNANSWERED, since=case.state_since).exists()


def name_faults(case: Case) -> tuple[Fault, ...] | None:
    """What keeps the wished name from being given to this case; None while no name is given.

    What is no name is nobody's: the database is asked only of names (PostgreSQL knows no NUL).
    """
    if not case.label:
        return None
    reserved = office().naming.reserved
    if faults := label_faults(case.label, reserved=reserved):
        return faults
    host = sites.host_of(case.label)
    if _is_own(case, host) and case.site.released_at is None:
        return ()
    if case.approved_at and not _is_own(case, host):  # letting go of the former name would close a site that is open
        return (Fault("label.live", "label"),)
    taken = {case.label} if sites.is_taken(host, except_for=case.site) else set()
    retired = {case.label} if sites.is_retired(host) and not _is_own(case, host) else set()
    return label_faults(case.label, taken=taken, retired=retired, reserved=reserved)


def faults_of_name(label: str) -> tuple[Fault, ...]:
    """What keeps a name from being given to a new site."""
    return name_faults(Case(label=normalise(label.strip()))) or ()


def explained(faults: tuple[Fault, ...], facts: Facts) -> tuple[Fault, ...]:
    """What is wrong with the name, and what changed on the site, instead of that something is so."""
    changed = facts.site_changes or ()
    known = {
        "need.name": facts.name_faults or (),
        "need.as_documented": _change_faults("site.changed", changed),
        "need.as_handed_over": _change_faults("access.outdated", changed),
    }
    return tuple(said for fault in faults for said in (known.get(fault.code) or (fault,)))


def has_letter(case: Case, data: Data) -> bool:
    """A file, or for what was told at the desk the words that were written down there."""
    if not case.letter_source:
        return False
    if case.letter_source == LetterSource.DESK and case.letter_subject:
        return True
    return bool(data.get("letter")) or (case.pk is not None and letter_of(case) is not None)


def _change_faults(code: str, found: tuple[Change, ...]) -> tuple[Fault, ...]:
    said = tuple(f"{change.name}: {change.before or '–'} → {change.after or '–'}" for change in found)
    return (Fault(code, facts={"changes": "; ".join(said)}),) if said else ()


def _is_own(case: Case, host: str) -> bool:
    return case.site is not None and case.site.host == host


def _done_by(events: list[Event]) -> dict[Action, frozenset[str]]:
    done: dict[Action, frozenset[str]] = {}
    for event in events:
        action, behind = Action(event.action), frozenset(map(str, {event.actor_id, event.represented_id} - {None}))
        done[action] = done.get(action, frozenset()) | behind
    return done


def _documents(case: Case) -> dict[str, Any]:
    """What stands about the papers that are signed; asked only where they are waited for."""
    if case.state not in (State.AWAITING_APPROVAL, State.APPROVED):
        return {}
    frozen = documents(case)
    signed = len(frozen) == len(SIGNED_TOGETHER) and all(paper.signed for paper in frozen.values())
    if case.state == State.APPROVED:
        return {"access_document": signed, "site_changes": handed_over_changes(case, frozen)}
    return {
        "documents": are_made(case),
        "site_changes": site_changes(case, frozen),
        "signed": signed,
    }
