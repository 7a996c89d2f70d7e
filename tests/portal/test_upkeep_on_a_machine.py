"""Changes of sites from the page's services to the code of the agent on a simulated machine, and back."""

from datetime import timedelta

import pytest

from panggon.core.node.planning import plan as plans
from panggon.core.node.planning.resources import Key, Kind, absent
from panggon.core.sites.life import SiteAction
from panggon.sites import selectors as machines
from panggon.sites import services as sites
from panggon.sites.models import Node
from panggon.upkeep import services
from tests.node import simulated
from tests.portal.machine import changed
from tests.portal.office import LETTER, refused
from tests.portal.upkeep import REASON, fresh, open_site

A = SiteAction


@pytest.fixture
def site(office, machine):
    return open_site(office, opened=machine.works)


def on(machine, site):
    """The site as the machine has it."""
    return machine.sites.applied(fresh(site).identifier)


def test_what_was_approved_is_exactly_what_the_machine_does(office, machine, site):
    changed(office, machine, site, A.SUSPEND, notice="Sedang diperbaiki.")
    assert (on(machine, site).state, on(machine, site).notice) == ("suspended", "Sedang diperbaiki.")
    changed(office, machine, fresh(site), A.RESUME)
    assert (on(machine, site).state, on(machine, site).notice) == ("open", "")
    former, host = site.host, machines.host_of("baru")
    changed(office, machine, fresh(site), A.RENAME, host=host, keeps_former_name=True)
    assert (on(machine, site).host, on(machine, site).former_hosts) == (host, (former,))
    changed(office, machine, fresh(site), A.RENAME, host=former, keeps_former_name=False)
    assert (on(machine, site).host, on(machine, site).hosts) == (former, (former, host))
    details = {"tasks": [{"name": "a", "schedule": "0 3 * * *", "command": ["php", "private/a.php"], "seconds": 60}]}
    changed(office, machine, fresh(site), A.CHANGE_SETTINGS, columns={"upload_mebibytes": 128}, details=details)
    assert on(machine, site) == fresh(site).spec
    assert (on(machine, site).hosts, on(machine, site).tasks[0].name) == ((former,), "a")


def test_drift_is_found_planned_and_mended(office, machine, site):
    records = Key(Kind.RECORDS, site.host)
    machine.fake.put(absent(records))
    machine.looks_around()
    change = changed(office, machine, fresh(site), A.RESTORE)
    keys = {change.key for change in plans.load(change.wish.plan).changes}
    assert keys == {records, Key(Kind.SITE, site.identifier), Key(Kind.RUNTIME, site.identifier)}  # the generation
    machine.looks_around()
    assert Node.objects.get(pk=office.node.pk).drift == []


def test_a_site_is_purged_after_the_waiting_time_on_both_sides(office, machine, site):
    changed(office, machine, site, A.DEACTIVATE, letter=LETTER)
    site = fresh(site)
    office.now = site.released_at + timedelta(days=30)
    purge = {"action": A.PURGE, "data": {"reason": REASON, "typed_name": site.host}}
    change = services.propose(site.pk, actor=office.technician, at=office.later(), **purge)
    early = machine.works()
    assert (early.outcome, early.problem_code) == ("refused", "node.purge_early")
    services.refuse(change.pk, reason="Terlalu dini di mesinnya.", actor=office.technician, at=office.later())
    machine.ahead = timedelta(days=30, minutes=1)
    changed(office, machine, site, A.PURGE, typed_name=site.host)
    assert (fresh(site).state, on(machine, site).state) == ("purged", "purged")


def test_what_changed_on_the_machine_since_the_plan_is_not_run(office, machine, site):
    suspend = {"action": A.SUSPEND, "data": {"reason": REASON, "notice": "Tutup."}}
    change = services.propose(site.pk, actor=office.technician, at=office.later(), **suspend)
    planned = machine.works()
    machine.fake.put(absent(Key(Kind.RECORDS, site.host)))
    services.approve(change.pk, shown_digest=planned.digest, actor=office.head, at=office.later())
    done = machine.works()
    assert (done.outcome, done.problem_code) == ("stale", "plan.changed")
    assert (fresh(change).state, fresh(site).state, on(machine, site).state) == ("failed", "open", "open")


def test_one_access_more_makes_a_plan_stale(office, machine, site):
    suspend = {"action": A.SUSPEND, "data": {"reason": REASON, "notice": "Tutup."}}
    change = services.propose(site.pk, actor=office.technician, at=office.later(), **suspend)
    planned = machine.works()
    sites.set_access(site.pk, ssh_keys=(simulated.ssh_key("baru"),), at=office.later())
    machine.works()
    approval = {"shown_digest": planned.digest, "actor": office.head, "at": office.later()}
    assert refused(services.approve, change.pk, **approval) == [("need.is_next", "")]
