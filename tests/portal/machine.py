"""The code of the agent on a simulated machine, which does what the office wishes."""

import shutil
from datetime import timedelta
from typing import Any

from panggon.node.agent import client
from panggon.node.agent.drift import DriftWatch
from panggon.node.agent.identity import Identity
from panggon.node.agent.wishes import Wishes
from panggon.sites import messages, reports, resending
from panggon.sites import selectors as machines
from panggon.sites.models import Node, Purpose, Wish
from panggon.upkeep import jobs, services
from tests.node import simulated
from tests.portal.upkeep import REASON, fresh


class Mute:
    """The agent's portal, where nobody listens to progress."""

    def progress(self, number, entries):
        pass

    def report(self, number, report, *, reduced):
        pass


class Machine:
    """Takes the office's wishes as the agent does; how long it has run is moved by the test."""

    ahead = timedelta()

    def __init__(self, office, place):
        self.office, self.place = office, place
        self._begin()

    def _begin(self):
        dns = {"zone": machines.host_of("x").removeprefix("x."), "ipv4": ["192.0.2.1"]}
        found = simulated.settings(self.place, dns=dns)
        self.fake = simulated.machine_of(found)
        self.sites = simulated.sites_on(found, self.fake)
        me = Identity("http://localhost", self.office.node.pk, "t")
        self.wishes = Wishes(self.sites, Mute(), me, reduced=())

    def works(self) -> Wish:
        wish = reports.take_wish(self.office.node, at=self.office.later())
        asked = client.Wish(
            wish.pk, client.Mode(Purpose(wish.purpose).mode), wish.spec, wish.approved_digest, reports.credentials(wish)
        )
        report = messages.report_of(client._dump(self.wishes.handle(asked), ()))
        assert reports.store_report(wish.pk, self.office.node, report, at=self.office.later())
        jobs.site_reported(wish.pk)
        wish.refresh_from_db()
        return wish

    def looks_around(self) -> None:
        watch = DriftWatch(self.sites)
        watch.look(elapsed=10**6)
        Node.objects.update(drift=list(watch.lines()))

    def backs_up(self) -> None:
        shutil.rmtree(self.place.with_name("backup"), ignore_errors=True)
        shutil.copytree(self.place, self.place.with_name("backup"))

    def comes_back(self) -> None:
        """As it was at its backup; the first that it says is its status."""
        shutil.rmtree(self.place)
        shutil.copytree(self.place.with_name("backup"), self.place)
        self._begin()
        self.tells()

    def tells(self) -> None:
        told = messages.generations_of({"generations": self.sites.recorded.generations()})
        self.office.node.refresh_from_db(fields=["taken_numbers"])
        resending.compare(self.office.node, told or {}, at=self.office.later())


def changed(office, machine, site, action, **data: Any):
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
