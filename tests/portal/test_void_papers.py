"""A number is never given twice: what is not used any more is void, with the reason."""

from panggon.core.procedure import Action, State
from panggon.papers.contents import PaperKind
from panggon.papers.models import Paper
from tests.portal.visitor import page, text


def test_a_document_that_is_frozen_anew_voids_the_one_before(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    case = office.act(case, Action.SEND_BACK, office.head, reasons="Nama salah")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    office.papers(case)
    first, second = Paper.objects.filter(kind=PaperKind.HOSTING_DOCUMENT).order_by("made_at")
    assert (first.void_reason, second.void_reason) == (f"Diganti dengan naskah nomor {second.number}.", "")
    assert first.voided_at == second.made_at
    assert first.number != second.number
    assert first.void_reason in text(page(office, "head", case))
