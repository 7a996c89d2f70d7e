"""A number is never given twice: what is not used any more is void, with the reason."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.selectors import history_of
from panggon.cases import jobs, paper_jobs
from panggon.core.cases.procedure import Action, State
from panggon.notify.models import Notice
from panggon.papers.contents import SIGNED_TOGETHER
from panggon.papers.models import Paper
from tests.portal.office import LETTER
from tests.portal.visitor import at, page, text

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


@pytest.mark.usefixtures("office_time")
def test_a_paper_that_is_void_by_hand_is_replaced_where_that_is_wanted(office):
    case = office.bring_to(State.RECEIVED)
    jobs.make_paper(case.events.last().pk, "receipt")
    receipt = Paper.objects.get(kind="receipt")
    values = {"reason": "Salah tulis alamat.", "replaced": "on"}
    answer = at(office, "registrar").post(f"/buku-nomor/{receipt.pk}/batal/", values, follow=True)
    assert "Nomor 555/001/2026 sudah batal; penggantinya sedang dibuat" in text(answer)
    for _ in range(2):  # the second time after a kill
        paper_jobs.replace_paper(**ProcrastinateJob.objects.get(task_name="cases.replace_paper").args)
    void, valid = Paper.objects.filter(kind="receipt").order_by("serial")
    assert (void.void_reason, valid.voided_at, valid.number) == ("Salah tulis alamat.", None, "555/002/2026")
    assert (valid.event, valid.reference) == (void.event, f"instead:{void.pk.hex}")
    assert valid.made_at > void.made_at
    notice = Notice.objects.get(recipient=office.applicant, reference=f"paper:{valid.pk}")
    assert notice.text == "Nomor 555/001/2026 batal: Salah tulis alamat. Yang berlaku nomor 555/002/2026."
    assert valid.number in text(page(office, "applicant", case))


@pytest.mark.usefixtures("office_time")
def test_what_was_made_void_before_is_replaced_later_and_once(office):
    case = office.bring_to(State.RECEIVED)
    jobs.make_paper(case.events.last().pk, "receipt")
    receipt, registrar = Paper.objects.get(kind="receipt"), at(office, "registrar")
    path = f"/buku-nomor/{receipt.pk}/batal/"
    registrar.post(path, {"reason": "Salah tulis."})
    assert not ProcrastinateJob.objects.filter(task_name="cases.replace_paper").exists()
    assert "Nomor ini sudah batal. Salah tulis." in text(registrar.get(path))
    assert "Pengganti nomor 555/001/2026 sedang dibuat" in text(registrar.post(path, {"do": "replace"}, follow=True))
    paper_jobs.replace_paper(**ProcrastinateJob.objects.get(task_name="cases.replace_paper").args)
    assert "Penggantinya: nomor 555/002/2026." in text(registrar.get(path))
    assert "penggantinya sudah ada" in text(registrar.post(path, {"do": "replace"}, follow=True))
    assert Paper.objects.filter(kind="receipt").count() == 2
    asked = history_of(f"papers.number:{receipt.number}").filter(after={"replaced": True}).get()
    assert asked.actor == office.registrar


@pytest.mark.usefixtures("office_time")
def test_the_dinas_s_own_paper_is_replaced_without_a_word_to_the_opd(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    nota = Paper.objects.get(kind="approval_request")
    at(office, "registrar").post(f"/buku-nomor/{nota.pk}/batal/", {"reason": "Ganda", "replaced": "on"})
    told = Notice.objects.count()
    paper_jobs.replace_paper(str(nota.pk))
    assert Paper.objects.filter(kind="approval_request", voided_at=None).count() == 1
    assert Notice.objects.count() == told
