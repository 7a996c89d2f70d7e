"""Step 7: the Kepala Dinas signs what was frozen in step 6, in one sitting; with the last signature the step is done.

For each paper two transactions, and between them whoever makes the signature. The first freezes what is signed and
records the attempt; the second stores the signed bytes. Killed or refused anywhere, the papers that are signed stay
signed, and the next sitting signs the rest: never one of them twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from panggon.cases import selectors
from panggon.cases.content.facts import documents
from panggon.cases.content.paper_facts import evidence_digest, signer_of
from panggon.cases.models import Case
from panggon.cases.services import act, refuse_if_changed
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import Fault, InvalidError, PanggonError
from panggon.core.papers.signing import Signatory, is_fresh
from panggon.papers import signatories, signing
from panggon.papers.contents import SIGNED_TOGETHER, TITLES, PaperKind
from panggon.papers.models import Paper
from panggon.papers.signers.interface import Given
from panggon.people.models import User
from panggon.sites import selectors as sites

# Where a page shows a code; all others concern the whole. Each file that is brought back has a field of its own.
FIELDS: Mapping[str, str] = {
    "signing.passphrase": "passphrase",
    "signing.nik": "nik",
    "signing.not_registered": "nik",
}
OF_A_FILE = frozenset(
    f"signing.{code}"
    for code in ("no_file", "not_same", "added", "added_later", "unsigned", "several", "broken", "not_intact")
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person wants with the signatures: a note for the log, and the NIK where a gateway asks for it."""

    note: str = ""
    nik: str = ""


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who signs, with what for each paper, in one request; nothing of it outlives that."""

    actor: User
    given: Mapping[PaperKind, Given]
    wanted: Wanted


def sign(case: Case, sitting: Sitting, *, expected_version: int | None = None) -> Case:
    """Sign what is not signed yet, and approve with the last. The clock is asked anew after each signature, which may
    take minutes.

    Raises `InvalidError` with what keeps the step from being done, `signing.…` with why there is no signature, and
    `signing.partly` (facts: `signed`, `waiting`) beside it when some papers are signed and others are not.
    """
    try:
        for kind in SIGNED_TOGETHER:
            case = _sign_one(case.pk, kind, sitting, expected_version=expected_version)
    except InvalidError as error:
        raise InvalidError((*error.faults, *_partly(case))) from error
    return case


def documents_to_sign(case: Case, user: User) -> list[Paper]:
    """What was frozen and is not signed yet, for whoever may sign it now."""
    offers = selectors.offers(case, user, now=timezone.now())
    possible = any(offer.action is Action.APPROVE and offer.possible for offer in offers)
    return [paper for paper in documents(case).values() if not paper.signed] if possible else []


# ------------------------------------------------------------------------------------------------------------------


def _sign_one(case_id: int, kind: PaperKind, sitting: Sitting, *, expected_version: int | None) -> Case:
    case, asked = _begin(case_id, kind, sitting, expected_version=expected_version)
    if asked is None:
        return case
    try:
        accepted = signing.ask(asked, sitting.given.get(kind, Given()))
        return _finish(case_id, asked, accepted, sitting)
    except InvalidError:
        signing.end(asked.attempt, "signing.overtaken", at=timezone.now())
        raise
    except PanggonError as error:
        signing.end(asked.attempt, error.code[:60], at=timezone.now())
        field = f"file_{kind}" if error.code in OF_A_FILE else FIELDS.get(error.code, "")
        raise InvalidError((Fault(error.code, field, error.facts),)) from error


@transaction.atomic
def _begin(
    case_id: int, kind: PaperKind, sitting: Sitting, *, expected_version: int | None
) -> tuple[Case, signing.Asked | None]:
    """The case, and what is to be signed: nothing where another sitting has signed it."""
    now, actor = timezone.now(), sitting.actor
    case = Case.objects.select_for_update().get(pk=case_id)
    refuse_if_changed(case, expected_version)
    frozen = documents(case)
    if kind in frozen and frozen[kind].signed:
        return case, None
    _refuse_if_impossible(case, actor)
    proof = sites.last_proof(case.site) if case.site else None
    if proof is None or not is_fresh(proof.proved_at, now=now):
        raise InvalidError((Fault("signing.evidence_old"),))
    signatories.remember(actor, sitting.wanted.nik)
    attempt = signing.begin(frozen[kind], signer=actor, evidence_digest=evidence_digest(proof.evidence), at=now)
    asked = case.events.filter(action=Action.REQUEST_APPROVAL).latest("sequence")
    printed = signer_of(kind, asked)
    person = Signatory(printed.name, printed.role, printed.number, signatories.nik_of(actor.pk))
    return case, signing.Asked(attempt, person, printed.note, f"Pengesahan {frozen[kind]}")


@transaction.atomic
def _finish(case_id: int, asked: signing.Asked, accepted: signing.Accepted, sitting: Sitting) -> Case:
    now = timezone.now()
    case = Case.objects.select_for_update().get(pk=case_id)
    if signing.keep(asked, accepted, at=now) is None:  # another attempt was faster
        return case
    signed = {kind: paper.signed.sha256 for kind, paper in documents(case).items() if paper.signed}
    if len(signed) < len(SIGNED_TOGETHER):
        return case
    data: dict[str, Any] = {
        "note": sitting.wanted.note,
        "evidence_digest": asked.attempt.evidence_digest,
        "signed_digests": signed,
    }
    return act(case.pk, action=Action.APPROVE, actor=sitting.actor, data=data, at=now)


def _partly(case: Case) -> tuple[Fault, ...]:
    """Told as it is: what is signed stays so, and is not signed again."""
    frozen = documents(case)
    signed = ", ".join(TITLES[kind] for kind, paper in frozen.items() if paper.signed)
    waiting = ", ".join(TITLES[kind] for kind, paper in frozen.items() if not paper.signed)
    if not signed or not waiting or any(paper.voided_at for paper in frozen.values()):
        return ()
    return (Fault("signing.partly", facts={"signed": signed, "waiting": waiting}),)


def _refuse_if_impossible(case: Case, actor: User) -> None:
    if case.state != State.AWAITING_APPROVAL:
        raise InvalidError((Fault("action.not_from_this_state"),))
    offers = [offer for offer in selectors.offers(case, actor, now=timezone.now()) if offer.action is Action.APPROVE]
    if not offers:
        raise InvalidError((Fault("action.not_your_role"),))
    if offers[0].blockers:
        raise InvalidError(offers[0].blockers)
