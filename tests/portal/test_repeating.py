"""What failed outside of the procedure's steps is tried again by its technician with one button."""

import pytest

from panggon.audit.models import Change
from panggon.core.cases.procedure import Action, Role, State
from panggon.sites import services as sites
from panggon.sites.models import Outcome, Purpose
from tests.portal.once import made_once
from tests.portal.visitor import at, page, text

pytestmark = pytest.mark.usefixtures("office_time")
FAILED = "Situs belum tertutup Disk mesin penuh: disk.full happened Coba lagi"


@pytest.fixture
@made_once
def parked(office):
    """A withdrawn case whose site could not be closed."""
    case = office.act(office.bring_to(State.PREPARED), Action.WITHDRAW, office.applicant)
    return office.told(case, office.node_reports(Outcome.RESTORED, problem="disk.full"))


def press(office, who, case):
    return at(office, who).post(f"/permohonan/{case.number}/ulangi/")


def test_a_site_that_could_not_be_closed_is_asked_for_again(office, parked):
    shown = page(office, "technician", parked)
    assert FAILED in text(shown)
    assert press(office, "technician", parked).headers["Location"] == f"/permohonan/{parked.number}/"
    wish = parked.site.wishes.last()
    assert (wish.purpose, wish.running, parked.site.wishes.filter(purpose=Purpose.PARK).count()) == ("park", True, 2)
    change = Change.objects.get(subject=f"sites.site:{parked.site.pk}")
    assert (change.actor, change.after) == (office.technician, {"wish": wish.pk})
    office.told(parked, office.node_reports(Outcome.APPLIED))
    assert FAILED not in text(page(office, "technician", parked))


def test_pressed_twice_it_asks_once(office, parked):
    for _ in range(2):
        press(office, "technician", parked)
    assert parked.site.wishes.filter(purpose=Purpose.PARK).count() == 2
    assert Change.objects.filter(subject__startswith="sites.site:").count() == 1


def test_access_that_was_not_installed_is_asked_for_again(office):
    case = office.bring_to(State.DELIVERED)
    sites.set_access(case.site.pk, password="kata sandi yang panjang", at=office.later())
    case = office.told(case, office.node_reports(Outcome.RESTORED, problem="disk.full"))
    assert "Hak akses belum terpasang" in text(page(office, "technician", case))
    press(office, "technician", case)
    case.site.refresh_from_db()
    assert (case.site.wishes.last().purpose, bool(case.site.password_hash)) == ("access", True)


def test_nothing_that_succeeded_or_belongs_to_a_step_is_repeated(office):
    case = office.bring_to(State.DELIVERED)
    before = case.site.wishes.count()
    assert "Coba lagi" not in text(page(office, "technician", case))
    press(office, "technician", case)
    assert case.site.wishes.count() == before


def test_only_its_technician_may(office, parked):
    office.colleague = office.person("rekan", Role.TECHNICIAN, division=office.division)
    codes = {who: press(office, who, parked).status_code for who in ("applicant", "head", "registrar", "colleague")}
    assert codes == {"applicant": 403, "head": 403, "registrar": 403, "colleague": 404}
    assert "Coba lagi" not in text(page(office, "head", parked))
    assert parked.site.wishes.filter(purpose=Purpose.PARK).count() == 1


def test_looking_at_the_address_does_nothing(office, parked):
    assert page(office, "technician", parked, "ulangi").status_code == 405
    assert parked.site.wishes.filter(purpose=Purpose.PARK).count() == 1
