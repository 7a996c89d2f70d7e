"""A wish that fails outside of the procedure's own steps still reaches a person."""

from panggon.core.procedure import Action, State
from panggon.notify.models import Notice
from panggon.sites import services as sites
from panggon.sites.models import Outcome


def test_a_site_that_could_not_be_closed_is_told_to_its_technician(office):
    case = office.bring_to(State.PREPARED)
    case = office.act(case, Action.WITHDRAW, office.applicant)
    office.told(case, office.node_reports(Outcome.RESTORED, problem="disk.full"))
    notice = Notice.objects.filter(recipient=office.technician).last()
    assert "belum tertutup" in notice.subject


def test_access_that_could_not_be_installed_is_told_once(office):
    case = office.bring_to(State.DELIVERED)
    sites.set_access(case.site.pk, password="kata sandi yang panjang", at=office.later())
    wish = office.node_reports(Outcome.RESTORED, problem="disk.full")
    for _ in range(2):
        case = office.told(case, wish)
    told = Notice.objects.filter(recipient=office.technician, subject__contains="hak akses belum terpasang")
    assert told.count() == 1
    assert case.state == State.DELIVERED
