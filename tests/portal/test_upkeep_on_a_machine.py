"""Changes of sites from the page's services to the code of the agent on a simulated machine, and back."""

from datetime import UTC, datetime, timedelta

import pytest

from panggon.core import plan as plans
from panggon.core.parking import Uptime
from panggon.core.resources import Key, Kind, absent
from panggon.core.site_life import SiteAction
from panggon.node import sites as on_the_machine
from panggon.node.agent import client
from panggon.node.agent.drift import DriftWatch
from panggon.node.agent.identity import Identity
from panggon.node.agent.loop import Agent
from panggon.sites import selectors as machines
from panggon.sites import services as sites
from panggon.sites.messages import report_of
from panggon.sites.models import Node, Purpose, Wish
from panggon.upkeep import jobs, services
from tests.node import simulated
from tests.portal.office import LETTER, refused
from tests.portal.upkeep import REASON, fresh, open_site

A = SiteAction


class Mute:
    """The agent's portal, where nobody listens to progress."""

    def progress(self, number, entries):
        pass


class Machine:
    """Takes the office's wishes as the agent does; how long it has run is moved by the test."""

    def __init__(self, office, place):
        dns = {"zone": machines.host_of("x").removeprefix("x."), "ipv4": ["192.0.2.1"]}
        found = simulated.settings(place, dns=dns)
        self.office, self.fake = office, simulated.machine_of(found)
        self.sites = simulated.sites_on(found, self.fake)
        me = Identity("http://localhost", office.node.pk, "t", datetime(2026, 1, 1, tzinfo=UTC))
        self.agent = Agent(self.sites, Mute(), me, reduced=())

    def works(self) -> Wish:
        wish = sites.take_wish(self.office.node, at=self.office.later())
        asked = client.Wish(wish.pk, client.Mode(Purpose(wish.purpose).mode), wish.spec, wish.approved_digest, {})
        report = report_of(client._dump(self.agent.handle(asked), ()))
        assert sites.store_report(wish.pk, self.office.node, report, at=self.office.later())
        jobs.site_reported(wish.pk)
        wish.refresh_from_db()
        return wish

    def looks_around(self) -> None:
        watch = DriftWatch(self.sites)
        watch.look(elapsed=10**6)
        Node.objects.update(drift=list(watch.lines()))


@pytest.fixture
def machine(office, tmp_path, monkeypatch):
    monkeypatch.setattr(on_the_machine, "uptime", lambda: Uptime("boot", 60.0 + found.ahead.total_seconds()))
    (tmp_path / "machine").mkdir()
    found = Machine(office, tmp_path / "machine")
    found.ahead = timedelta()
    return found


@pytest.fixture
def site(office, machine):
    return open_site(office, opened=machine.works)


def changed(office, machine, site, action, **data):
    """Proposed, planned by the machine, approved with what it planned, and done."""
    letter, typed = data.pop("letter", None), {name: data[name] for name in ("typed_name",) if name in data}
    values = {"action": action, "data": {"reason": REASON, **data}, "letter": letter}
    change = services.propose(site.pk, actor=office.technician, at=office.later(), **values)
    planned = machine.works()
    assert (planned.outcome, planned.problem) == ("planned", "")
    approval = {"shown_digest": planned.digest, "actor": office.head, **typed}
    services.approve(change.pk, at=office.later(), **approval)
    done = machine.works()
    assert (done.outcome, done.problem, done.digest) == ("applied", "", planned.digest)
    return fresh(change)


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
