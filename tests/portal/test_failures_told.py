"""A wish that fails outside of the procedure's own steps still reaches a person."""

import pytest
from django.utils import translation

from panggon.core.cases.procedure import Action, State
from panggon.notify.models import Notice
from panggon.sites import services as sites
from panggon.sites.models import Outcome, Wish


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


@pytest.mark.parametrize(
    ("code", "detail", "language", "told"),
    [
        ("plan.partial", "database:s000123", "id", "Ada yang setengah tertulis: database:s000123"),
        ("shell.missing", "knotc", "en", "This program is not installed: knotc"),
        ("node.bound", "Sudah 5 situs diubah.", "id", "Sudah 5 situs diubah."),
        ("node.bound", "", "id", "node.bound"),
        ("", "", "id", ""),
    ],
)
def test_what_only_names_things_is_told_with_its_meaning(code, detail, language, told):
    with translation.override(language):
        assert Wish(problem_code=code, problem=detail).problem_words == told
