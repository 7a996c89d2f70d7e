"""A number is never given twice: what is not used any more is void, with the reason."""

import pytest

from panggon.core.procedure import Action, State
from panggon.papers.contents import SIGNED_TOGETHER
from panggon.papers.models import Paper
from tests.portal.office import LETTER
from tests.portal.visitor import page, text

ENDINGS = [
    (Action.SEND_BACK, {"reasons": "Nama salah"}, "Dikembalikan sebelum disahkan."),
    (Action.REFUSE, {"reasons": "Bukan OPD", "refusal_letter": LETTER}, "Permohonan ditolak."),
    (Action.WITHDRAW, {"reasons": "Tidak jadi"}, "Permohonan dibatalkan."),
]


@pytest.mark.parametrize(("action", "data", "reason"), ENDINGS)
def test_what_was_frozen_for_an_approval_that_does_not_come_is_void(office, action, data, reason):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    office.act(case, action, office.applicant if action is Action.WITHDRAW else office.head, **data)
    frozen = Paper.objects.filter(kind__in=SIGNED_TOGETHER)
    assert {(paper.void_reason, paper.voided_at) for paper in frozen} == {(reason, office.now)}
    assert not Paper.objects.filter(kind="approval_request").exclude(voided_at=None).exists()
    assert reason in text(page(office, "head", case))


def test_what_is_frozen_anew_has_numbers_of_its_own(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    case = office.act(case, Action.SEND_BACK, office.head, reasons="Nama salah")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    office.papers(case)
    first, second = Paper.objects.filter(kind="hosting_document")
    assert (first.serial, second.serial, second.voided_at) == (1, 5, None)
    assert list(Paper.objects.values_list("serial", flat=True)) == list(range(1, 9))
