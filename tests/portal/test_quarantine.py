"""A site is closed at once with everything kept, and released by who may decide so."""

import threading

import pytest
from django.db import connection

from panggon.audit.models import Change
from panggon.core.cases.procedure import Action, State
from panggon.sites import life, services
from panggon.sites.models import Outcome, Purpose, Site
from tests.portal.office import refused
from tests.portal.once import made_once
from tests.portal.upkeep import open_site

REASON = "Halaman judi ditemukan pada /slot."


@pytest.fixture
@made_once
def site(office) -> Site:
    return open_site(office)


def state(site) -> str:
    return Site.objects.get(pk=site.pk).state


def test_a_quarantine_is_one_wish_and_one_record(office, site):
    wish = life.quarantine(site.pk, reason=REASON, actor=office.technician, at=office.later())
    assert (wish.purpose, wish.spec["state"], wish.generation) == ("quarantine", "quarantined", site.generation + 1)
    change = Change.objects.get(subject=f"sites.site:{site.pk}")
    assert (change.before, change.after) == ({"state": "open"}, {"state": "quarantined", "wish": wish.pk})
    assert (change.reason, change.actor, change.at) == (REASON, office.technician, office.now)
    again = life.quarantine(site.pk, reason="lagi", actor=office.head, at=office.later())
    assert (again, site.wishes.filter(purpose=Purpose.QUARANTINE).count()) == (wish, 1)
    assert Change.objects.filter(subject=f"sites.site:{site.pk}").count() == 1


def test_a_release_opens_it_again_and_is_the_kepala_bidang_s(office, site):
    life.quarantine(site.pk, reason=REASON, actor=office.technician, at=office.later())
    office.node_reports(Outcome.APPLIED)
    release = {"reason": "Sudah bersih.", "at": office.later()}
    assert refused(life.release, site.pk, actor=office.technician, **release) == [("action.not_your_role", "")]
    assert state(site) == "quarantined"
    wish = life.release(site.pk, actor=office.division_head, **release)
    assert (wish.purpose, wish.spec["state"], state(site)) == ("release", "open", "open")
    assert life.release(site.pk, actor=office.head, **release) == wish
    second = life.quarantine(site.pk, reason=REASON, actor=office.head, at=office.later())
    assert (second.purpose, second.generation) == ("quarantine", wish.generation + 1)


def test_who_had_it_quarantined_does_not_release_it(office, site):
    life.quarantine(site.pk, reason=REASON, actor=office.head, at=office.later())
    release = {"reason": "Sudah bersih.", "at": office.later()}
    assert refused(life.release, site.pk, actor=office.head, **release) == [("need.not_who_quarantined", "")]
    assert life.release(site.pk, actor=office.division_head, **release).purpose == "release"


def test_what_the_table_forbids_is_refused(office, site):
    open_site = {"reason": REASON, "at": office.later()}
    assert refused(life.release, site.pk, actor=office.head, **open_site) == [("action.not_from_this_state", "")]
    assert refused(life.quarantine, site.pk, actor=office.registrar, **open_site) == [("action.not_your_role", "")]
    without = refused(life.quarantine, site.pk, reason=" ", actor=office.technician, at=office.later())
    assert without == [("need.site_reason", "reason")]
    assert (state(site), site.wishes.filter(purpose=Purpose.QUARANTINE).count()) == ("open", 0)
    prepared = office.bring_to(State.PREPARED, label="lain").site
    early = refused(life.quarantine, prepared.pk, reason=REASON, actor=office.technician, at=office.later())
    assert early == [("action.not_from_this_state", "")]


def test_no_step_of_a_case_opens_a_site_in_quarantine(office):
    case = office.bring_to(State.DELIVERED)
    case = office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="tidak bisa masuk")
    case = office.act(case, Action.CHANGE_SPEC, office.technician)
    office.node_reports(Outcome.VERIFIED)
    life.quarantine(case.site.pk, reason=REASON, actor=office.technician, at=office.later())
    office.told(case, office.node_reports(Outcome.PLANNED))
    office.told(case, office.node_reports(Outcome.APPLIED))
    case = office.prepare(office.act(case, Action.RETRY, office.technician))
    case = office.act(case, Action.REPORT, office.technician)
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    assert ("site.quarantined", "") in refused(office.act, case, Action.APPROVE, office.head)
    assert state(case.site) == "quarantined"


def test_one_that_failed_on_the_machine_is_asked_for_again(office, site):
    wish = life.quarantine(site.pk, reason=REASON, actor=office.technician, at=office.later())
    office.node_reports(Outcome.REFUSED, problem="node.bound")
    again = services.repeat(site.pk, at=office.later())
    assert (again.purpose, again.spec["state"], again.generation) == ("quarantine", "quarantined", wish.generation + 1)


@pytest.mark.django_db(transaction=True)
def test_two_officials_at_once_quarantine_it_once(office, site):
    made, at = [], office.later()

    def press(actor):
        made.append(life.quarantine(site.pk, reason=REASON, actor=actor, at=at).pk)
        connection.close()

    threads = [threading.Thread(target=press, args=[actor]) for actor in (office.technician, office.head)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert len(set(made)) == 1
