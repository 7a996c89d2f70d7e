"""Plan, progress and evidence on the pages."""

import pytest

from panggon.cases import jobs
from panggon.cases.views import case as views
from panggon.cases.views.preparation import THINGS
from panggon.core.cases.procedure import Action, State
from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.resources import Kind
from panggon.papers.contents import SIGNED_TOGETHER
from panggon.sites.models import Outcome, Wish
from tests.core.node.planning.plans import FACTS, PREPARED, nothing
from tests.portal.office import refused
from tests.portal.visitor import buttons, page, post, text

pytestmark = pytest.mark.usefixtures("office_time")


def test_the_preparation_is_followed_while_it_runs(office):
    case = office.bring_to(State.PREPARING)
    polled = page(office, "technician", case, "kemajuan")
    assert "Menunggu server mengambil tugas" in text(polled)
    assert 'hx-trigger="every 1s"' in polled.content.decode()
    assert "HX-Refresh" not in polled.headers
    whole = page(office, "technician", case)
    assert "siapkan" not in buttons(whole, case)
    assert "Server sedang bekerja" in text(whole)
    assert "Setelah selesai, giliran Teknis, Petugas Teknis." in text(whole)
    office.node_reports(Outcome.PLANNED)
    assert "Sekarang menunggu Anda" in text(page(office, "technician", case))
    finished = page(office, "technician", case, "kemajuan")
    assert finished.headers["HX-Refresh"] == "true"
    assert "every 1s" not in finished.content.decode()
    assert "siapkan" in buttons(page(office, "technician", case), case)


def test_whatever_a_machine_is_at_has_words():
    assert THINGS.keys() == set(Kind)


def test_a_plan_that_changed_after_it_was_shown_is_not_carried_out(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    answer = post(office, "technician", case, "siapkan", shown_digest="0" * 64)
    assert "Rencana sudah berubah" in text(answer)


def test_a_failure_says_why_and_offers_to_try_again(office):
    case = office.bring_to(State.PREPARING)
    office.told(case, office.node_reports(Outcome.REFUSED, problem="plan.foreign"))
    shown = page(office, "technician", case)
    assert "plan.foreign happened" in text(shown)
    assert "coba-lagi" in buttons(shown, case)


def test_nothing_is_to_be_tried_again_where_nothing_failed(office):
    """What a plan is made from is changed from the page of that plan."""
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    shown = buttons(page(office, "technician", case), case)
    assert ("siapkan" in shown, "coba-lagi" in shown) == (True, False)
    assert "coba-lagi" in buttons(page(office, "technician", case, "siapkan"), case)
    approved = office.bring_to(State.APPROVED, label="lain")
    office.papers(approved)
    office.told(approved, office.node_reports(Outcome.APPLIED))
    assert "coba-lagi" not in buttons(page(office, "technician", approved), approved)


def test_without_a_plan_one_can_be_asked_for_though_nothing_failed(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    case.site.wishes.update(cancelled_at=office.now)
    assert "coba-lagi" in buttons(page(office, "technician", case), case)


def test_an_opening_that_failed_can_be_tried_again(office):
    case = office.bring_to(State.APPROVED)
    office.papers(case)
    office.told(case, office.node_reports(Outcome.RESTORED, problem="tls.refused"))
    assert "coba-lagi" in buttons(page(office, "technician", case), case)


def test_whoever_is_to_sign_waits_for_the_papers_on_a_page_that_looks_by_itself(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    waiting, polled = page(office, "head", case), page(office, "head", case, "naskah")
    assert "belum selesai dibuat" in text(waiting)
    shown = waiting.content.decode()
    assert f'hx-get="/permohonan/{case.number}/naskah/" hx-trigger="every 2s"' in shown
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in shown
    assert (polled.status_code, polled.content, "HX-Refresh" in polled.headers) == (204, b"", False)
    another = page(office, "division_head", case).content.decode()  # who only reads has his list of papers look
    assert f"/permohonan/{case.number}/naskah/" not in another
    assert another.count("every 2s") == another.count('hx-select="#berkas" hx-trigger="every 2s"') == 1
    for kind in SIGNED_TOGETHER:
        jobs.make_paper(case.events.last().pk, kind)
    unread = page(office, "head", case)  # what asks for the signatures is not there to be read yet
    assert "belum selesai dibuat" in text(unread)
    assert "sahkan" not in buttons(unread, case)
    assert "HX-Refresh" not in page(office, "head", case, "naskah").headers
    assert refused(office.act, case, Action.APPROVE, office.head) == [("need.documents", "")]
    office.papers(case)
    assert page(office, "head", case, "naskah").headers["HX-Refresh"] == "true"
    made = page(office, "head", case)
    assert "sahkan" in buttons(made, case)
    assert "every 2s" not in made.content.decode()
    assert 'http-equiv="refresh"' not in made.content.decode()


def test_a_proof_that_does_not_hold_is_told_to_the_dinas_and_not_to_the_agency(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    post(office, "technician", case, "siapkan", shown_digest="d" * 64)
    proofs = ({"name": "dns.answer", "ok": False, "detail": "no answer"},)
    office.told(case, office.node_reports(Outcome.UNPROVEN, proofs=proofs))
    assert "Ada bukti yang belum terpenuhi" in text(page(office, "technician", case))
    assert "no answer" in text(page(office, "division_head", case))
    assert "belum terpenuhi" not in text(page(office, "applicant", case))


def test_the_evidence_stands_on_the_page_of_whoever_decides(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    assert "dns.answer" in text(page(office, "head", case, "sahkan"))


@pytest.mark.parametrize("moment", ["preparation.view_of", "selectors.offers"])
def test_a_plan_that_arrives_while_the_page_is_made_leaves_no_dead_end(office, office_time, monkeypatch, moment):
    """Either the button is there, or the page asks again by itself."""
    case = office.bring_to(State.PREPARING)
    module, _, name = moment.partition(".")
    reading = getattr(getattr(views, module), name)

    def late(*arguments, **options):
        office.node_reports(Outcome.PLANNED)
        return reading(*arguments, **options)

    monkeypatch.setattr(getattr(views, module), name, late)
    answer = page(office, "technician", case)
    assert "siapkan" in buttons(answer, case) or "hx-get" in answer.content.decode()


def test_plan_and_evidence_are_told_in_english_to_who_reads_english(office):
    case = office.bring_to(State.PREPARING)
    office.technician.language = "en"
    office.technician.save()
    assert "Waiting for the server to take the task" in text(page(office, "technician", case, "kemajuan"))
    wish = office.node_reports(Outcome.PLANNED)
    Wish.objects.filter(pk=wish.pk).update(plan=plans.dump(plans.make(PREPARED, FACTS, nothing(PREPARED))))
    shown = page(office, "technician", case)
    assert shown.context["preparation"].plan_meanings[:2] == (
        "The site gets its own account on the server, separate from other sites.",
        "The site folder is created.",
    )
    assert f"The address https://{PREPARED.host} is set up, being prepared." in text(shown)
    case = office.bring_to(State.PREPARED, label="lain")
    shown = text(page(office, "technician", case))
    assert "The domain name is answered correctly." in shown
    assert "Proven to work: domain name, site page." in shown
