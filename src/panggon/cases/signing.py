"""Step 7: the Kepala Dinas signs the hosting document. Two transactions, and between them whoever makes the signature.

The first freezes what is signed and records the attempt; the second stores the signed bytes and does the step, or
neither. Killed anywhere, the next try signs the same bytes again, and the first version that is stored is the only one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from panggon.cases import selectors
from panggon.cases.facts import hosting_document
from panggon.cases.models import Case
from panggon.cases.paper_facts import evidence_digest, signer_of
from panggon.cases.services import act, refuse_if_changed
from panggon.core.errors import Fault, InvalidError, PanggonError
from panggon.core.procedure import Action, State
from panggon.core.signing import Signatory, is_fresh
from panggon.papers import selectors as papers
from panggon.papers import signing
from panggon.papers.contents import PaperKind
from panggon.papers.models import Paper
from panggon.papers.signers.interface import Given
from panggon.people.models import User
from panggon.sites import selectors as sites

# Where a page shows a code; all others concern the whole.
FIELDS: Mapping[str, str] = {
    "signing.passphrase": "passphrase",
    "signing.nik": "nik",
    "signing.not_registered": "nik",
    **{
        f"signing.{code}": "file"
        for code in ("no_file", "not_same", "added", "added_later", "unsigned", "several", "broken", "not_intact")
    },
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person wants with the signature: a note for the log, and the NIK where a gateway asks for it."""

    note: str = ""
    nik: str = ""


def sign(case: Case, *, actor: User, given: Given, wanted: Wanted, expected_version: int | None = None) -> Case:
    """Sign and approve, or nothing at all. The clock is asked anew after the signature, which may take minutes.

    Raises `InvalidError` with what keeps the step from being done, `signing.…` with why there is no signature.
    """
    asked = _begin(case.pk, actor=actor, wanted=wanted, expected_version=expected_version)
    try:
        accepted = signing.ask(asked, given)
        return _finish(case.pk, asked, accepted, actor=actor, wanted=wanted)
    except InvalidError:
        signing.end(asked.attempt, "signing.overtaken", at=timezone.now())
        raise
    except PanggonError as error:
        signing.end(asked.attempt, error.code[:60], at=timezone.now())
        raise InvalidError((Fault(error.code, FIELDS.get(error.code, ""), error.facts),)) from error


def document_to_sign(case: Case, user: User) -> Paper | None:
    """The frozen document, for whoever may sign it now."""
    offers = selectors.offers(case, user, now=timezone.now())
    possible = any(offer.action is Action.APPROVE and offer.possible for offer in offers)
    return hosting_document(case) if possible else None


# ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def _begin(case_id: int, *, actor: User, wanted: Wanted, expected_version: int | None) -> signing.Asked:
    now = timezone.now()
    case = Case.objects.select_for_update().get(pk=case_id)
    refuse_if_changed(case, expected_version)
    _refuse_if_impossible(case, actor)
    document = hosting_document(case)
    proof = sites.last_proof(case.site) if case.site else None
    if document is None or proof is None or not is_fresh(proof.proved_at, now=now):
        raise InvalidError((Fault("signing.evidence_old"),))
    signing.remember_nik(actor, wanted.nik)
    attempt = signing.begin(document, signer=actor, evidence_digest=evidence_digest(proof.evidence), at=now)
    asked = case.events.filter(action=Action.REQUEST_APPROVAL).latest("sequence")
    printed = signer_of(PaperKind.HOSTING_DOCUMENT, asked)
    person = Signatory(printed.name, printed.role, printed.number, papers.nik_of(actor.pk))
    return signing.Asked(attempt, person, printed.note, f"Pengesahan {document.title} {document.number}")


@transaction.atomic
def _finish(case_id: int, asked: signing.Asked, accepted: signing.Accepted, *, actor: User, wanted: Wanted) -> Case:
    now = timezone.now()
    case = Case.objects.select_for_update().get(pk=case_id)
    signature = signing.keep(asked, accepted, at=now)
    if signature is None:  # another attempt was faster, and did the step as well
        return case
    data: dict[str, Any] = {
        "note": wanted.note,
        "evidence_digest": asked.attempt.evidence_digest,
        "signed_digest": signature.sha256,
    }
    return act(case.pk, action=Action.APPROVE, actor=actor, data=data, at=now)


def _refuse_if_impossible(case: Case, actor: User) -> None:
    if case.state != State.AWAITING_APPROVAL:
        raise InvalidError((Fault("action.not_from_this_state"),))
    offers = [offer for offer in selectors.offers(case, actor, now=timezone.now()) if offer.action is Action.APPROVE]
    if not offers:
        raise InvalidError((Fault("action.not_your_role"),))
    if offers[0].blockers:
        raise InvalidError(offers[0].blockers)
